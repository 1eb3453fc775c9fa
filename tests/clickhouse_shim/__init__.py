"""ClickHouse's HTTP interface over the embedded engine: tests the server path where there is no server.

The engine is the real one (chDB); only the HTTP framing is ours: query and body, ``param_*`` and settings
in the URL, any format in and out, deduplication tokens, compression, exceptions as status, code header and
text. Runs in its own process: ``python -m tests.clickhouse_shim --path FOLDER --port 0`` prints its URL.
"""
