"""What the kill switch says of running pages is what the SDK does."""

import re
from pathlib import Path

from collector.cli.config import REPORT_SECONDS

MONITOR = Path(__file__).parents[3] / "client_sdk_js/src/core/monitor.ts"


def test_a_page_reports_as_often_as_the_sdk_closes_its_longest_window() -> None:
    found = re.search(r"^const LONGEST_WINDOW_MS = ([\d_]+);$", MONITOR.read_text(), re.MULTILINE)
    assert found is not None
    assert int(found[1].replace("_", "")) == REPORT_SECONDS * 1000
