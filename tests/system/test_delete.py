"""Deleting by the command line, through a collector that owns the store and holds reports in its spool."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import Served, batch, post, run, told

pytestmark = pytest.mark.system


def test_a_session_is_deleted_with_what_waits_in_the_spool(
    serve: Callable[..., Served], tmp_path: Path, rows_by_batch: Callable[[], dict[str, int]]
) -> None:
    served = serve(INFERFLEET_SPOOL__LINGER_SECONDS="60")
    url = served.wait_until_up()
    assert post(url, batch("one")) == (202, None)
    session = ("--app", "demo", "--session", "s" * 22, "--author", "ada", "--note", "request 7")
    assert told(run(tmp_path, "delete", *session, "--json"))["rows"]["windows"] == 2
    assert told(run(tmp_path, "delete", *session, "--json"))["rows"]["windows"] == 0
    audit = json.loads(run(tmp_path, "audit", "--json").stdout)["entries"]
    assert [(entry["subject"], entry["author"], entry["note"]) for entry in audit] == [
        ("data", "ada", "request 7")
    ] * 2

    assert post(url, batch("two")) == (202, None)
    served.stop(signal.SIGKILL)
    careful = run(tmp_path, "delete", "--app", "demo")
    assert careful.returncode == 1
    assert "add --yes" in careful.stderr
    assert told(run(tmp_path, "delete", "--app", "demo", "--yes", "--json"))["rows"]["windows"] == 2
    assert rows_by_batch() == {}
