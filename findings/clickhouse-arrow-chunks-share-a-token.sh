#!/usr/bin/env bash
# Versions: chdb 4.4.0 (engine 26.9), clickhouse-connect 1.12.0, pyarrow 26.0.1, Python 3.11, Linux.
#
# What happens: one call of insert_arrow with a table whose columns have four chunks is stored as four blocks (four
# parts), although it is one INSERT with one insert_deduplication_token. Each block is remembered under the token and
# its own number. Different rows that are sent later under the same token are dropped without an error, since only the
# token and the number of the block are compared, not the rows. The setting that prevents it,
# min_insert_block_size_rows, is often set to 0 by those who want "one insert, one block".
#
# Why it matters: pyarrow.concat_tables keeps the chunks of its inputs, so a batch that was joined from many small
# tables is many blocks. If a server stores some of them and dies, and the client sends only the missing rows again
# under the same token, then some of the missing rows count as repeats and are lost.
#
# Output seen:
#   four chunks: 40 rows in 4 parts
#   ten other rows under the same token: 40 rows
#   four chunks made one with combine_chunks: 40 rows in 1 part
#
# What we do: combine_chunks before every insert; what is sent again under a token is exactly what was sent first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet chdb==4.4.0 'clickhouse-connect[arrow]==1.12.0' pyarrow==26.0.1
"$folder/venv/bin/python" - "$folder/data" <<'PYTHON'
import sys

import clickhouse_connect
import pyarrow as pa

client = clickhouse_connect.get_client(dsn=f"chdb://{sys.argv[1]}")
settings = {
    "insert_deduplication_token": "batch-1",
    "insert_deduplicate": 1,
    "async_insert": 0,
    "min_insert_block_size_rows": 0,
    "min_insert_block_size_bytes": 0,
}


def made(name):
    client.command(
        f"CREATE TABLE {name} (x UInt64) ENGINE = MergeTree ORDER BY x "
        "SETTINGS non_replicated_deduplication_window = 1000"
    )


def rows_and_parts(name):
    return client.query(
        f"SELECT count(), (SELECT count() FROM system.parts WHERE table = '{name}' AND active) FROM {name}"
    ).result_rows[0]


four = pa.concat_tables(
    [pa.table({"x": pa.array(range(i * 10, i * 10 + 10), pa.uint64())}) for i in range(4)]
)
made("chunked")
client.insert_arrow("chunked", four, settings=settings)
first = rows_and_parts("chunked")
print("four chunks: {} rows in {} parts".format(*first))
client.insert_arrow("chunked", pa.table({"x": pa.array(range(1000, 1010), pa.uint64())}), settings=settings)
second = rows_and_parts("chunked")
print("ten other rows under the same token: {} rows".format(second[0]))
made("combined")
client.insert_arrow("combined", four.combine_chunks(), settings=settings)
third = rows_and_parts("combined")
print("four chunks made one with combine_chunks: {} rows in {} part".format(*third))
if (first, second[0], third) != ((40, 4), 40, (40, 1)):
    sys.exit("changed: the figures are others than the ones described above")
PYTHON
