"""A variant by the command line, while a collector owns the store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import Served, run, told
from tests.unit.models.folders import build, evaluate

pytestmark = pytest.mark.system


def test_a_folder_is_registered_through_the_collector_that_owns_the_store(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    made = build(tmp_path / "built", "source", "uint8")
    evaluate(tmp_path / "built", made, source=0.618, uint8=0.28)
    serve().wait_until_up()
    place = (str(tmp_path / "built"), "--url-base", "https://cdn.example/face/v1")
    done = run(tmp_path, "variants", "register", *place, "--app", "demo")
    assert done.returncode == 0, done.stderr
    assert "face/uint8: registered, version 1; refused" in done.stdout
    trail = told(run(tmp_path, "audit", "--app", "demo", "--json"))["entries"]
    assert [each["about"] for each in trail] == ["face/uint8", "face/original"]
    rows = run(tmp_path, "audit", "--app", "demo").stdout.splitlines()
    assert len(rows) == 3
    assert max(map(len, rows)) < 250
    assert 'kind: "uint8"' in rows[1]
