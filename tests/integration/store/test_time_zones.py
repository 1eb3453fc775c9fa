"""The store's answers and deletions are the same whatever time zone the machine is in."""

import os
import subprocess
import sys

import pytest

from tests.integration.store.conftest import ROOT

TESTS = [
    "tests/integration/apps/test_retention.py",
    "tests/integration/store/test_store_inserts.py",
    "tests/integration/store/test_store_failures.py",
]
OF_TIMES = "retention or time or old_events or after_a_merge or comes_back or spans_partitions or clock"


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Los_Angeles"])
def test_the_tests_of_times_hold_in_other_zones(zone: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *TESTS, "-k", OF_TIMES],
        cwd=ROOT,
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "passed" in done.stdout
