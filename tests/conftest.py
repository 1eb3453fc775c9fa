"""For all tests: no time limit for an example, and what a run did not test is said once at its end."""

import os

import hypothesis
import pytest

# On a busy machine an example takes as long as it takes; that says nothing of what it tests.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

SERVER = "INFERFLEET_TEST_CLICKHOUSE_URL"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not os.environ.get(SERVER):
        terminalreporter.write_line(
            f"No ClickHouse server was tested: {SERVER} names none (http://user:password@host:8123)."
        )
