"""Panels over rows made for one question each: unlike groups, no release, robots, software backends."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from collector.store import Store
from dashboards.boards import FLEET
from dashboards.grafana.board import grafana_board
from dashboards.macros import expand
from tests.integration.fleet.page_lives import DESKTOP, NOW, PHONE, insert, session
from tests.integration.fleet.site import seeded_store, serve


def ask(fleet: httpx.Client, app: str, panel: str, **query: str) -> dict[str, list[Any]]:
    times = {"from": (NOW - timedelta(hours=1)).isoformat(), "to": (NOW + timedelta(minutes=5)).isoformat()}
    answer = fleet.get(f"/v1/fleet/panels/{panel}", params={"app": app, **times, **query})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["columns"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One of its own, since other tests count the apps of the seeded one."""
    with seeded_store(tmp_path_factory.mktemp("groups") / "engine", sessions=0) as store:
        yield store


@pytest.fixture(scope="module")
def fleet(store: Store) -> Iterator[httpx.Client]:
    with serve(store) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def mixed(store: Store) -> Iterator[str]:
    """The config's arm is 20 % faster on phones and on desktops, and phones mostly have it."""
    rows = []
    for number in range(240):
        phone = number < 120
        steered = number % 6 != 0 if phone else number % 6 == 0
        ready = (100.0 if phone else 15.0) * (0.8 if steered else 1.0)
        rows.append(
            session(
                "mixed",
                number,
                ready_ms=ready,
                backend="wasm-simd" if steered else "webgl",
                source="config" if steered else "default",
                **(PHONE if phone else DESKTOP),
            )
        )
    insert(store, "windows", [row for made in rows for row in made["windows"]])
    insert(store, "exposures", [row for made in rows for row in made["exposures"]])
    yield "mixed"


@pytest.mark.parametrize(
    ("panel", "column", "faster", "slower"),
    [("ready_by_source", "source", "config", "default"), ("arms", "backend", "wasm-simd", "webgl")],
)
def test_groups_with_other_shares_of_arms_do_not_turn_the_comparison_around(
    fleet: httpx.Client, mixed: str, panel: str, column: str, faster: str, slower: str
):
    columns = ask(fleet, mixed, panel)
    p75 = {
        (device, arm): value
        for device, arm, value in zip(columns["device"], columns[column], columns["p75"], strict=True)
    }
    devices = {device for device, _ in p75}
    assert len(devices) == 2
    for device in devices:
        assert p75[device, faster] / p75[device, slower] == pytest.approx(0.8, rel=0.05), device


def test_no_release_is_a_choice_of_its_own_on_both_surfaces(fleet: httpx.Client, store: Store):
    """5 sessions without a release, 20 of 1.0."""
    made = [session("bare", number, ready_ms=5, release="" if number < 5 else "1.0") for number in range(25)]
    insert(store, "windows", [row for part in made for row in part["windows"]])
    chosen = {"(none)": 5, "1.0": 20}
    for release, sessions in chosen.items():
        assert ask(fleet, "bare", "sessions", release=release)["value"] == [sessions]
    assert ask(fleet, "bare", "sessions", release="")["value"] == [5], "a link from before"
    assert ask(fleet, "bare", "sessions")["value"] == [25]

    board = grafana_board(FLEET)
    variables = {entry.name: entry for entry in board.templating.list_val if entry.type_val == "query"}
    listed = store.query_sql(
        expand(
            variables["release"].query["rawSql"],
            since=NOW,
            until=NOW,
            interval_s=60,
            variables={"app": "bare"},
        ).sql,
        {"app": "bare"},
    )
    names = {next(iter(row.values())) for row in listed}
    assert names == set(chosen), "no blank line, which the data source would take for All"
    # As the data source does it: a value that is not empty keeps the condition, with the value as text.
    (panel,) = [entry for entry in board.panels if entry.title == "Sessions"]
    for release, sessions in chosen.items():
        sql = panel.targets[0].to_json()["rawSql"]
        rows = store.query_sql(
            *expand(
                sql,
                since=NOW - timedelta(hours=1),
                until=NOW,
                interval_s=60,
                variables={"app": "bare", "release": release},
            )
        )
        assert rows[0]["value"] == sessions


def test_automated_browsers_are_left_out_of_headlines(fleet: httpx.Client, store: Store):
    made = [
        session("visited", number, ready_ms=5 if number < 30 else 500, automated=number >= 30)
        for number in range(50)
    ]
    insert(store, "windows", [row for part in made for row in part["windows"]])
    assert ask(fleet, "visited", "sessions")["value"] == [30]
    assert ask(fleet, "visited", "predictions")["value"] == [30 * 50]
    assert ask(fleet, "visited", "ready_p75")["value"] == [pytest.approx(5, rel=0.03)]
    assert ask(fleet, "visited", "ready_p75")["weight"] == [30]


def test_a_rig_of_automated_browsers_sees_itself(fleet: httpx.Client, store: Store):
    made = [session("rig", number, ready_ms=5, automated=True) for number in range(4)]
    insert(store, "windows", [row for part in made for row in part["windows"]])
    assert ask(fleet, "rig", "sessions")["value"] == [4]


def test_a_software_backend_alone_is_no_trouble(fleet: httpx.Client, store: Store):
    made = [session("soft", number, ready_ms=5) for number in range(10)]
    insert(store, "windows", [row for part in made for row in part["windows"]])
    kinds = ["software_backend"] * 9 + ["context_lost"]
    incidents = [made[number]["incidents"][0] | {"kind": kind} for number, kind in enumerate(kinds)]
    insert(store, "incidents", incidents)
    assert ask(fleet, "soft", "troubled_sessions")["value"] == [pytest.approx(0.1)]
    assert ask(fleet, "soft", "troubled_sessions")["weight"] == [10]


def test_a_release_whose_model_fails_to_load_can_be_chosen(fleet: httpx.Client, store: Store):
    """It has no window: nothing ever ran."""
    good, failing = (session("halted", number, ready_ms=5, release=f"{number}.0") for number in (1, 2))
    other = session("stillborn", 3, ready_ms=5)
    insert(store, "windows", good["windows"])
    failed = failing["incidents"] + other["incidents"]
    insert(store, "incidents", [row | {"kind": "load_failed"} for row in failed])
    apps = {app["app"]: app for app in fleet.get("/v1/fleet/apps").json()["apps"]}
    assert set(apps["halted"]["releases"]) == {"1.0", "2.0"}
    assert "stillborn" in apps

    entries = grafana_board(FLEET).templating.list_val
    variables = {entry.name: entry.query["rawSql"] for entry in entries if entry.type_val == "query"}
    listed = {
        name: [row[key] for row in store.query_sql(variables[name].replace("${app:singlequote}", "'halted'"))]
        for name, key in (("app", "app"), ("release", "name"))
    }
    assert {"halted", "stillborn"} <= set(listed["app"])
    assert set(listed["release"]) == {"1.0", "2.0"}


@pytest.mark.parametrize("panel", ["ready_by_device", "ready_by_source", "arms", "ready_by_backend"])
def test_a_test_rig_is_not_compared_with_visitors(fleet: httpx.Client, store: Store, panel: str):
    """It drives the same kind of browser on slow machines, always on the page's default."""
    app = f"rigged-{panel}".replace("_", "-")
    made = [
        session(app, number, ready_ms=10, backend="wasm-simd" if number % 2 else "webgl", source=source)
        for number in range(40)
        for source in ["config" if number % 2 else "default"]
    ] + [session(app, number, ready_ms=900, automated=True) for number in range(40, 140)]
    insert(store, "windows", [row for part in made for row in part["windows"]])
    insert(store, "exposures", [row for part in made for row in part["exposures"]])
    assert ask(fleet, app, panel)["p75"] == [pytest.approx(10, rel=0.03)] * 2


def test_killed_pages_are_a_share_of_the_sessions_of_their_arm(fleet: httpx.Client, store: Store):
    made = [session("deadly", number, ready_ms=5) for number in range(20)]
    insert(store, "windows", [row for part in made for row in part["windows"]])
    told = [part["incidents"][0] | {"kind": "killed"} for part in made]
    deaths = [
        told[0] | {"phase": "load"},
        told[0] | {"phase": "load"},  # two lives, found by one visit
        told[1] | {"phase": "predict"},
        told[2] | {"phase": "unknown", "model": "deadly", "backend": "other"},  # of a crash report
    ]
    alone = told[3] | {"phase": "start", "backend": "webgpu", "session": "saw-it-die-0000000"}
    insert(store, "incidents", [*deaths, alone])
    answer = ask(fleet, "deadly", "killed_share")
    assert answer["arm"] == ["webgl", "webgpu"]
    assert answer["share"] == [pytest.approx(0.1), 1.0]
    assert answer["killed"] == [3, 1]
    assert answer["while_loading"] == [2, 1]
    assert answer["sessions"] == [20, 1]
