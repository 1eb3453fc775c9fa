"""Every panel's SQL on a real engine, as the fleet page and as Grafana run it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from collector.contract.histogram import merge, quantile
from collector.store import Store
from dashboards.boards import BOARDS
from dashboards.grafana.alerts import ALERT_RULES
from dashboards.grafana.board import grafana_board
from dashboards.grafana.query import grafana_sql
from dashboards.macros import expand
from dashboards.panel import Stat, Table, TimeSeries
from dashboards.panels import PANELS
from tests.integration.fleet.seed import APP, LEAKING_RELEASE, OLD_RELEASE


def ask(fleet: httpx.Client, panel: str, *, days: float = 7.05, **query: str) -> dict:
    until = datetime.now(UTC) + timedelta(minutes=5)
    times = {"from": (until - timedelta(days=days)).isoformat(), "to": until.isoformat()}
    answer = fleet.get(f"/v1/fleet/panels/{panel}", params={"app": APP, **times, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def run(store: Store, sql: str, **variables: str | None) -> list[dict]:
    until = datetime.now(UTC)
    query = expand(
        sql,
        since=until - timedelta(days=7),
        until=until,
        interval_s=3600,
        variables={"app": APP, **variables},
    )
    return store.query_sql(query.sql, query.parameters)


@pytest.mark.parametrize("panel", PANELS.values(), ids=lambda panel: panel.id)
def test_a_panel_gives_the_columns_its_drawing_needs(fleet: httpx.Client, panel):
    answer = ask(fleet, panel.id)
    assert answer["rows"] > 0, "the seeded week has something for every panel"
    assert set(answer["columns"]) == set(panel.draw.columns())
    assert {len(column) for column in answer["columns"].values()} == {answer["rows"]}
    numbers = {
        Stat: lambda draw: [draw.value],
        TimeSeries: lambda draw: ["time", *draw.values],
    }.get(type(panel.draw), lambda draw: [])(panel.draw)
    for name in numbers:
        assert all(isinstance(value, int | float) for value in answer["columns"][name]), name


@pytest.mark.parametrize("panel", PANELS.values(), ids=lambda panel: panel.id)
@pytest.mark.parametrize("narrowed", [{"model": "blazeface"}, {"model": "facemesh", "release": OLD_RELEASE}])
def test_a_panel_takes_a_model_and_a_release(fleet: httpx.Client, panel, narrowed: dict[str, str]):
    ask(fleet, panel.id, **narrowed)


@pytest.mark.parametrize("panel", PANELS.values(), ids=lambda panel: panel.id)
def test_grafana_s_query_gives_only_columns_that_are_drawn(store: Store, panel):
    rows = run(store, grafana_sql(panel))
    assert rows
    names = set(rows[0])
    if isinstance(panel.draw, TimeSeries):
        assert names == {"time", panel.draw.series, panel.draw.shown}
    elif isinstance(panel.draw, Table):
        assert names == {column.name for column in panel.draw.shown}


def test_grafana_s_variables_list_what_reported(store: Store):
    for board in BOARDS:
        lists = {
            variable.name: [next(iter(row.values())) for row in run(store, variable.query["rawSql"])]
            for variable in grafana_board(board).templating.list_val
            if variable.type_val == "query"
        }
        assert lists["app"] == [APP]
        assert lists["model"] == ["blazeface", "facemesh"]
        assert lists["release"][0] == LEAKING_RELEASE


def test_alert_rules_fire_for_the_leaking_release_only(store: Store):
    for rule in ALERT_RULES:
        until = datetime.now(UTC) + timedelta(minutes=5)
        query = expand(rule.sql, since=until - timedelta(days=7), until=until, interval_s=60, variables={})
        rows = store.query_sql(query.sql, query.parameters)
        (number,) = {name for name in rows[0] if not isinstance(rows[0][name], str)}
        firing = {(row["release"], row["backend"]) for row in rows if row[number] > rule.limit}
        assert firing == {(LEAKING_RELEASE, "webgl")}, rule.uid


def test_quantiles_are_the_contract_s(store: Store):
    rows = store.query_sql("SELECT backend, ready_buckets AS b, ready_counts AS n FROM windows")
    whole = PANELS["ready_by_backend"].sql.replace("$__timeInterval(at) AS time", "0 AS time")
    answers = {row["backend"]: row for row in run(store, whole)}
    assert {"webgl", "cpu", "webgpu"} <= set(answers)
    for backend, answer in answers.items():
        merged = merge(
            dict(zip(row["b"], row["n"], strict=True)) for row in rows if row["backend"] == backend
        )
        for name, q in (("p50", 0.5), ("p75", 0.75), ("p95", 0.95)):
            assert answer[name] == pytest.approx(quantile(merged, q), rel=1e-9), (backend, name)


def test_the_leaking_release_shows_two_tensors_per_prediction(fleet: httpx.Client):
    columns = ask(fleet, "memory_by_release")["columns"]
    rows = list(
        zip(columns["release"], columns["backend"], columns["growing"], columns["slope"], strict=True)
    )
    leaking = [row for row in rows if row[0] == LEAKING_RELEASE and row[1] == "webgl"]
    assert leaking
    for _, _, growing, slope in leaking:
        assert growing == 1
        assert slope == pytest.approx(2, abs=0.1)
    assert all(growing < 0.1 for release, backend, growing, _ in rows if backend != "webgl")


def test_a_headline_compares_with_the_period_before(fleet: httpx.Client, store: Store):
    answer = ask(fleet, "sessions", days=2)
    since = datetime.fromtimestamp(answer["from_ms"] / 1000, UTC)
    until = datetime.fromtimestamp(answer["to_ms"] / 1000, UTC)

    def count(low: datetime, high: datetime) -> int:
        where = "at >= {low:DateTime64(3, 'UTC')} AND at < {high:DateTime64(3, 'UTC')}"
        sql = f"SELECT uniqExact(session) AS n FROM windows WHERE {where}"
        return store.query_sql(sql, {"low": low, "high": high})[0]["n"]

    assert answer["columns"] == {
        "value": [count(since, until)],
        "previous": [count(since - (until - since), since)],
    }


def test_an_interval_keeps_a_chart_within_its_points(fleet: httpx.Client):
    for days, seconds in ((1 / 24, 30), (1, 1800), (7, 3 * 3600), (30, 6 * 3600), (399, 7 * 86400)):
        answer = ask(fleet, "backend_share", days=days)
        assert answer["interval_s"] == seconds
        assert len(set(answer["columns"].get("time", []))) <= 121
