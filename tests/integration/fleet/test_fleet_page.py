"""The page in a real Chromium."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from collector.store import SCHEMAS, Store, StoreUnavailable
from dashboards.boards import FLEET
from dashboards.panel import TimeSeries
from dashboards.panels import PANELS
from tests.integration.fleet.below_path import below_path
from tests.integration.fleet.page_lives import insert, session
from tests.integration.fleet.seed import APP
from tests.integration.fleet.site import SILENT_APP, seeded_store, serve

pytestmark = pytest.mark.browser
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
    assert seen["range"] == "7d", "the chosen one"


def test_the_variants_are_read_by_keyboard_and_the_refused_say_why(url: str):
    seen = visit(f"{url}/?range=7d", width=1200)["tradeOff"]
    assert seen["chosen"] != "*", "the class that was chosen"
    assert len(seen["said"]) == len(set(seen["said"])) == 4, "each mark once"
    refused = [said for said in seen["said"] if said.startswith("uint8, refused")]
    assert len(refused) == 1
    assert "agreement 87.1 %" in refused[0]
    assert refused[0].endswith("accuracy: agreement 0.871 (at least 0.99, at most 0.01)")
    assert (seen["lit"], seen["hidden"]) == (1, True)
    assert seen["tip"].splitlines()[0] in seen["said"][-1]
    assert ["refused" in item for item in seen["listed"]].count(True) == 1


def test_the_page_works_below_a_path_that_a_proxy_takes_off(url: str):
    with below_path(url, "/fleetmon/") as below:
        seen = visit(f"{below}?range=7d")
        assert seen["complaints"] == []
        assert seen["failed"] == []
        assert seen["font"], "the style sheet and what it names"
        assert seen["states"] == dict.fromkeys(PLACED, "drawn")
        assert seen["blank"] == 0
        silent = visit(f"{below}?app={SILENT_APP}")
        assert f"endpoint: '{below.rstrip('/')}'" in silent["text"], (
            "where this browser reaches the collector"
        )


def test_the_first_minutes_are_a_chart_that_grows_by_itself(tmp_path: Path):
    """Nobody chooses a range, nobody presses a button."""
    with seeded_store(tmp_path / "engine", sessions=0) as store, serve(store) as url:
        now = datetime.now(UTC)
        rows = [
            session(APP, number, ready_ms=5, at=now - timedelta(minutes=1 + number)) for number in range(4)
        ]
        insert(store, "windows", [row for made in rows for row in made["windows"]])
        seen = visit(url)
        assert seen["range"] == "15m"
        assert seen["complaints"] == []
        with subprocess.Popen(
            ["node", str(VISIT.with_name("watch.mjs")), url], stdout=subprocess.PIPE, text=True
        ) as watching:
            assert watching.stdout is not None
            assert watching.stdout.readline().strip() == "4"
            more = session(APP, 99, ready_ms=5, at=datetime.now(UTC))
            insert(store, "windows", more["windows"])
            assert watching.stdout.readline().strip() == "5"
            assert watching.wait(30) == 0


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
        "scope": hostile,
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
        return [
            {
                "app": APP,
                "last_seen": datetime.now(UTC),
                "first_seen": datetime.now(UTC),
                "models": [],
                "releases": [],
                "backends": [],
            }
        ]


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
