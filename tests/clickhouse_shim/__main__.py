"""``python -m tests.clickhouse_shim --path FOLDER --port 0``: prints its URL, then serves until killed."""

import argparse
from pathlib import Path

from tests.clickhouse_shim.cut_off import CutOff
from tests.clickhouse_shim.engine import Engine
from tests.clickhouse_shim.server import ShimServer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", type=Path, required=True, help="the engine's folder")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--user", default="default")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--version", help="claim to be this version of ClickHouse")
    parser.add_argument(
        "--cut-off",
        type=CutOff.parse,
        metavar="TABLE:PARTS",
        help="die in the next insert into this table, when so many of its parts are stored",
    )
    arguments = parser.parse_args()
    engine = Engine(arguments.path, version=arguments.version, cut_off=arguments.cut_off)
    server = ShimServer(engine, port=arguments.port, user=arguments.user, password=arguments.password)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
