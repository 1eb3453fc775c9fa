"""The page in a real Chromium."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from collector.store import SCHEMAS, Store, StoreUnavailable
from dashboards.boards import FLEET
from dashboards.panel import TimeSeries
from dashboards.panels import PANELS
from tests.integration.fleet.seed import APP
from tests.integration.fleet.site import SILENT_APP, serve

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        shutil.which("chromium") is None, reason="chromium is not installed: apt-get install chromium"
    ),
]
VISIT = Path(__file__).with_name("visit.mjs")
PLACED = {place.panel for section in FLEET.sections for place in section.places}


def visit(url: str, *, width: int = 1440, scheme: str = "light") -> dict[str, Any]:
    done = subprocess.run(
        ["node", str(VISIT), url, str(width), scheme],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_every_panel_is_drawn_without_a_complaint(url: str, width: int, scheme: str):
    seen = visit(f"{url}/?range=7d", width=width, scheme=scheme)
    assert seen["complaints"] == []
    assert seen["states"] == dict.fromkeys(PLACED, "drawn")
    lines = sum(isinstance(PANELS[panel].draw, TimeSeries) for panel in PLACED)
    assert (seen["canvases"], seen["blank"]) == (lines, 0)
    assert not seen["overflow"]
    assert seen["rows"] > 0, "the Data button shows rows"
    assert seen["search"] in ("?app=demo&range=6h", "?range=6h&app=demo")


def test_an_app_without_data_is_shown_how_to_begin(url: str):
    seen = visit(f"{url}/?app={SILENT_APP}")
    assert seen["complaints"] == []
    assert f"No data from {SILENT_APP} yet" in seen["text"]
    assert f"app: '{SILENT_APP}'" in seen["text"]
    assert url in seen["text"]


def test_markup_in_data_stays_text(url: str, store: Store):
    hostile = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    now = datetime.now(UTC)
    row = {
        "finding_id": "hostile000000000",
        "kind": hostile,
        "app": APP,
        "model": hostile,
        "release": hostile,
        "backend": hostile,
        "state": "open",
        "severity": "critical",
        "opened_at": now,
        "updated_at": now,
        "resolved_at": None,
        "summary": hostile,
        "evidence": json.dumps({hostile: hostile}),
    }
    store.insert("findings", pa.Table.from_pylist([row], schema=SCHEMAS["findings"]))
    seen = visit(f"{url}/?range=7d&release=all-of-them")
    assert hostile not in seen["text"], "another release"
    seen = visit(f"{url}/?range=7d")
    assert seen["title"] == "Inferfleet"
    assert seen["images"] == 0
    assert "<img src=x onerror" in seen["text"]
    assert seen["complaints"] == []


def test_a_range_without_data_says_so(url: str):
    seen = visit(f"{url}/?range=7d&model=nothing-of-this-name")
    assert seen["states"]["ready_by_backend"] == "empty"
    assert "No data in this range" in seen["text"]
    assert seen["complaints"] == []


class AwayStore:
    """A store whose server does not answer."""

    def query(self, name: str, **_: Any) -> list[dict[str, Any]]:
        raise StoreUnavailable(f"no answer to {name}")

    def query_sql(self, sql: str, _: Any = None) -> list[dict[str, Any]]:
        raise StoreUnavailable(f"no answer to {sql}")


class ForgetfulStore(AwayStore):
    """... which went away after the apps were listed."""

    def query(self, name: str, **_: Any) -> list[dict[str, Any]]:
        return [{"app": APP, "last_seen": datetime.now(UTC), "models": [], "releases": []}]


def test_a_store_that_is_away_is_said_in_words():
    with serve(AwayStore()) as url:
        seen = visit(url)
    assert "The store does not answer" in seen["text"]
    assert "ask again" in seen["text"]


def test_a_panel_that_fails_says_why_and_the_page_stands():
    with serve(ForgetfulStore()) as url:
        seen = visit(url)
    assert set(seen["states"].values()) == {"failed"}
    assert seen["text"].count("The store does not answer") == len(PLACED)
