"""The link of an alert, opened in a real Chromium: exactly the picture of its cohort."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from collector.alerts import AlertSettings
from collector.alerts.episode import Told
from collector.alerts.notice import make_notice
from collector.contract.finding import Finding
from collector.jobs.findings import from_row
from collector.store import Store
from dashboards.boards import FLEET
from tests.integration.fleet.seed import APP

pytestmark = pytest.mark.browser
LINK = Path(__file__).with_name("link.mjs")
PLACED = {place.panel for section in FLEET.sections for place in section.places}


def open_link(url: str) -> dict[str, Any]:
    done = subprocess.run(["node", LINK, url], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def a_seeded_finding(store: Store, state: str) -> Finding:
    rows = store.query_sql(
        "SELECT * FROM findings FINAL WHERE app = {app:String} AND state = {state:String} "
        "ORDER BY finding_id LIMIT 1",
        {"app": APP, "state": state},
    )
    return from_row(rows[0])


def sessions_of(store: Store, finding: Finding, asked: dict[str, str]) -> int:
    cohort = finding.cohort
    (row,) = store.query_sql(
        "SELECT uniqExact(session) AS n FROM windows WHERE app = {app:String} AND model = {model:String} "
        "AND release = {release:String} AND backend = {backend:String} AND NOT automated "
        "AND at >= fromUnixTimestamp64Milli({a:Int64}) AND at <= fromUnixTimestamp64Milli({b:Int64})",
        {**cohort.model_dump(mode="json"), "a": int(asked["from"]), "b": int(asked["to"])},
    )
    n: int = row["n"]
    return n


@pytest.mark.parametrize("state", ["open", "resolved"])
def test_an_alerts_link_shows_its_cohort_and_nothing_else(store: Store, url: str, state: str) -> None:
    finding = a_seeded_finding(store, state)
    cohort = finding.cohort.model_dump(mode="json", exclude={"scope"})
    notice = make_notice(Told(finding, finding.opened_at), None)
    link = notice.dashboard_url(AlertSettings(fleet_page_url=url))
    seen = open_link(link)
    assert seen["complaints"] == []
    assert seen["failed"] == []
    assert seen["picked"] == cohort
    assert seen["pressed"] == ["range-span"]
    assert seen["search"] == f"?{urlsplit(link).query}", "the page keeps the link as it is, to be sent on"

    since = round((finding.opened_at - timedelta(days=1)).timestamp() * 1000)
    assert set(seen["asked"]) == PLACED
    for panel, asked in seen["asked"].items():
        assert asked == {**cohort, "from": str(since), "to": asked["to"]}, panel
    asked = seen["asked"]["sessions"]
    if finding.resolved_at is not None:
        assert int(asked["to"]) == round((finding.resolved_at + timedelta(hours=1)).timestamp() * 1000)

    chips = [cohort["model"], cohort["release"], cohort["backend"]]
    assert finding.finding_id in [found["id"] for found in seen["findings"]]
    assert all(found["chips"] == chips for found in seen["findings"])
    assert seen["openFindings"] == ("2" if state == "open" else "0")
    assert {"tensors_slope", "memory_by_release"} <= set(seen["drawn"])
    assert int(seen["sessions"].replace(",", "")) == sessions_of(store, finding, asked) > 0

    left = dict(parse_qsl(urlsplit(seen["left"]).query))
    assert left == {**cohort, "range": "6h"}, "another range leaves the time of the link, not its cohort"
