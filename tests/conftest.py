"""What a run did not test, said once at its end."""

import os

import pytest

SERVER = "INFERFLEET_TEST_CLICKHOUSE_URL"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not os.environ.get(SERVER):
        terminalreporter.write_line(
            f"No ClickHouse server was tested: {SERVER} names none (http://user:password@host:8123)."
        )
