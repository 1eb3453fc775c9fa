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
from dashboards.panel import Bars, Histogram, Scatter, Stat, Table, TimeSeries
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
    elif isinstance(panel.draw, Table | Scatter):
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
    firing_at: dict[str, set[tuple[str, str]]] = {}
    for rule in ALERT_RULES:
        until = datetime.now(UTC) + timedelta(minutes=5)
        query = expand(rule.sql, since=until - timedelta(days=7), until=until, interval_s=60, variables={})
        rows = store.query_sql(query.sql, query.parameters)
        numbers = {name for row in rows for name in row if not isinstance(row[name], str)}
        assert len(numbers) <= 1, rule.uid
        firing_at[rule.uid] = {
            (row["release"], row["backend"]) for row in rows if row[next(iter(numbers))] > rule.limit
        }
    assert firing_at.pop("inferfleet-regression-finding") == set()
    assert len(firing_at) == 2
    for uid, firing in firing_at.items():
        assert firing == {(LEAKING_RELEASE, "webgl")}, uid


def test_quantiles_are_the_contract_s(store: Store):
    rows = store.query_sql(
        "SELECT backend, ready_buckets AS b, ready_counts AS n FROM windows WHERE model = 'facemesh'"
    )
    whole = PANELS["ready_by_backend"].sql.replace("$__timeInterval(at) AS time", "0 AS time")
    answers = {row["arm"]: row for row in run(store, whole, model="facemesh")}
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
    for backend, held, holds in zip(
        *(columns[name] for name in ("backend", "held", "engine_holds")), strict=True
    ):
        assert holds == (
            0 if backend == "cpu" else 64 << 20 if "wasm" in backend else pytest.approx(5 * held)
        )


def test_a_headline_compares_with_the_period_before(fleet: httpx.Client, store: Store):
    answer = ask(fleet, "sessions", days=2)
    since = datetime.fromtimestamp(answer["from_ms"] / 1000, UTC)
    until = datetime.fromtimestamp(answer["to_ms"] / 1000, UTC)

    def count(low: datetime, high: datetime) -> int:
        where = "at >= {low:DateTime64(3, 'UTC')} AND at < {high:DateTime64(3, 'UTC')}"
        sql = f"SELECT uniqExact(session) AS n FROM windows WHERE {where}"
        return store.query_sql(sql, {"low": low, "high": high})[0]["n"]

    now, before = count(since, until), count(since - (until - since), since)
    assert answer["columns"] == {
        "value": [now],
        "previous": [before],
        "weight": [now],
        "previous_weight": [before],
    }


def test_an_interval_keeps_a_chart_within_its_points(fleet: httpx.Client):
    for days, seconds in (
        (1 / 96, 60),
        (1 / 24, 60),
        (1, 1800),
        (7, 3 * 3600),
        (30, 6 * 3600),
        (399, 7 * 86400),
    ):
        answer = ask(fleet, "backend_share", days=days)
        assert answer["interval_s"] == seconds
        assert len(set(answer["columns"].get("time", []))) <= 121


def test_a_bar_chart_of_grafana_s_has_a_text_for_its_axis_and_no_two_bars_share_one(store: Store):
    for panel in PANELS.values():
        if isinstance(panel.draw, Histogram):
            rows = run(store, grafana_sql(panel))
            assert all(isinstance(row["size"], str) and row["size"].endswith(" ms") for row in rows)
            bars = [(row["size"], row[panel.draw.series]) for row in rows]
            assert len(set(bars)) == len(bars)
            sizes = [float(row["size"].removesuffix(" ms")) for row in rows]
            assert sizes == sorted(sizes)
        elif isinstance(panel.draw, Bars):
            assert all(isinstance(row[panel.draw.label], str) for row in run(store, grafana_sql(panel)))


def test_models_are_never_pooled_where_latency_is_shown(fleet: httpx.Client):
    both = ask(fleet, "ready_by_backend")["columns"]["arm"]
    assert {arm.split(" · ")[0] for arm in both} == {"blazeface", "facemesh"}
    one = ask(fleet, "ready_by_backend", model="blazeface")["columns"]["arm"]
    assert {"webgl", "wasm-simd"} <= set(one), "one model needs no name beside each line"
    for panel, column in (
        ("ready_by_device", "device"),
        ("ready_distribution", "arm"),
        ("ready_by_source", "device"),
        ("start_up", "arm"),
        ("stages", "stage"),
        ("ready_p75", "model"),
        ("first_result", "model"),
        ("arms", "model"),
    ):
        for label in ask(fleet, panel)["columns"][column]:
            assert ("blazeface" in label) != ("facemesh" in label), (panel, label)


@pytest.mark.parametrize("panel", ["ready_by_device", "ready_by_source", "start_up", "stages", "arms"])
def test_arms_are_compared_within_a_kind_of_device_and_the_title_says_so(fleet: httpx.Client, panel: str):
    assert "by kind of device" in PANELS[panel].title
    columns = ask(fleet, panel)["columns"]
    for label in columns.get("device") or columns.get("arm") or columns["stage"]:
        assert any(form in label for form in ("desktop · ", "mobile · ")), label


def test_a_panel_over_all_devices_says_so():
    for panel in ("ready_by_backend", "ready_distribution"):
        assert "all devices" in PANELS[panel].title
