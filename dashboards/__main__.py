"""``python -m dashboards build|check|push``: Grafana's files, without a collector."""

import argparse
import os
import sys
from pathlib import Path

from dashboards import push
from dashboards.grafana.errors import PushError
from dashboards.grafana.files import build, check

TOKEN = "INFERFLEET_GRAFANA_TOKEN"  # noqa: S105 - the variable's name


def main(arguments: list[str] | None = None) -> None:
    """Runs one command; exits with 1 and a sentence when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("build", "write the files"), ("check", "fail when the files are stale")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--out", type=Path, default=Path("deploy/grafana"))
    command = commands.add_parser("push", help=f"send them to a Grafana; the token comes from {TOKEN}")
    command.add_argument("--url", required=True, help="for example https://grafana.example")
    command.add_argument("--datasource", help="uid or name of the ClickHouse data source for the alert rules")
    command.add_argument(
        "--runbooks", help="where the runbooks can be opened, for example https://wiki.example/ml"
    )
    asked = parser.parse_args(arguments)
    if asked.command == "build":
        lines = [str(path) for path in build(asked.out)]
    elif asked.command == "check":
        if stale := check(asked.out):
            sys.exit(
                f"not what the panels define, run `python -m dashboards build`: {', '.join(map(str, stale))}"
            )
        lines = []
    else:
        try:
            summary = push(
                asked.url, os.environ.get(TOKEN, ""), datasource=asked.datasource, runbooks=asked.runbooks
            )
        except PushError as error:
            sys.exit(str(error))
        lines = [f"board {uid}" for uid in summary.boards] + [f"rule {uid}" for uid in summary.rules]
    for line in lines:
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
