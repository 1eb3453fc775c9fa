"""For all tests: no time limit for an example, no data in the checkout, and a word on what was not tested."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# On a busy machine an example takes as long as it takes; that says nothing of what it tests.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

DEFAULT_DATA = Path(__file__).parents[1] / "inferfleet-data"
"""Where a command puts its data when nobody tells it where."""

SERVER = "INFERFLEET_TEST_CLICKHOUSE_URL"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not os.environ.get(SERVER):
        terminalreporter.write_line(
            f"No ClickHouse server was tested: {SERVER} names none (http://user:password@host:8123)."
        )


@pytest.fixture(autouse=True)
def _no_data_in_the_checkout() -> Iterator[None]:
    """A test keeps its data in a folder of its own; a developer may have some here already."""
    had = DEFAULT_DATA.exists()
    yield
    assert had or not DEFAULT_DATA.exists(), f"the test made {DEFAULT_DATA}: set INFERFLEET_DATA_DIR for it"
