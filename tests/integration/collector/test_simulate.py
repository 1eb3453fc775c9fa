"""A fleet played to a real collector: all of it is stored, plans are followed, one command deletes it."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.apps import AppSettings
from collector.contract.class_plan import ClassPlan
from collector.contract.config_document import Arm, RaceArm, RacePlan
from collector.ingest.settings import LimitSettings
from collector.jobs.publish.versions import ConfigVersion, append
from collector.jobs.settings import ScheduleSettings
from collector.store.columns import millisecond
from tests.integration.collector.conftest import Running, settings_for
from tests.unit.simulate.tables import TWO_DEVICES

COMMAND = Path(sys.executable).parent / "inferfleet"
Result = subprocess.CompletedProcess[str]
APP = "lab-simulated"
KEY = "lab-key-for-made-up-sessions"
EVENTS = ("windows", "loads", "exposures", "incidents", "drops", "stages", "races")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A collector with an app for the fleet, and a budget that a fleet at full speed is over.

    It decides when it is told to, and at no other time.
    """
    running = Running(
        settings_for(
            tmp_path_factory.mktemp("simulate") / "data",
            apps={APP: AppSettings(keys=[KEY]), "shop": AppSettings(keys=["shop-key"])},
            limits=LimitSettings(key_reports_per_second=25, key_burst=25),
            schedule=ScheduleSettings(enabled=False),
        )
    )
    yield running
    running.stop()


@pytest.fixture
def call(lab: Running, tmp_path: Path) -> Callable[..., Result]:
    """``inferfleet``, called as an operator of the lab's collector would, in a process of its own."""
    (tmp_path / "fleet.csv").write_text(TWO_DEVICES)
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("INFERFLEET_")}
    ours = {"INFERFLEET_DATA_DIR": str(lab.collector.settings.data_dir), "INFERFLEET_WRITE_KEY": KEY}

    def run(*words: str, **more: str) -> Result:
        return subprocess.run(
            [COMMAND, *words],
            cwd=tmp_path,
            env=theirs | ours | more,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def played(call: Callable[..., Result], lab: Running, *more: str, sessions: int) -> dict[str, Any]:
    told = ["--table", "fleet.csv", "--sessions", str(sessions), "--to", str(lab.collector.url)]
    done = call("simulate", *told, "--app", APP, "--json", *more)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no bar where nobody looks
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def counts(lab: Running) -> dict[str, int]:
    """Stored items. A race is one, with a row for each of its arms."""
    of = {"races": "uniqExact(batch_id, race)"}
    return {
        table: int(
            lab.rows(f"SELECT {of.get(table, 'count()')} AS n FROM {table} WHERE app = '{APP}'")[0]["n"]
        )
        for table in EVENTS
    }


def serve(lab: Running, version: int, plan: ClassPlan) -> None:
    """Phones get this plan from now on."""
    append(
        lab.collector.store,
        ConfigVersion(
            app=APP,
            version=version,
            created_at=millisecond(datetime.now(UTC)),
            author="test",
            action="publish",
            note="",
            enabled=True,
            sample_rate=1.0,
            plans={"form=mobile,os=android": {"face": plan}},
        ),
    )
    lab.collector.config.refresh(APP)


def test_a_fleet_learns_from_defaults_and_is_taken_away_by_one_command(
    lab: Running, call: Callable[..., Result]
) -> None:
    outcome = played(call, lab, "--decide-every", "120", "--seed", "3", sessions=240)
    reported = outcome["reported"]
    # Everything sent was stored, although the collector said "later" on the way.
    assert reported["asked_to_wait"] > 0
    assert reported["reports"] >= 240
    assert (reported["accepted"], reported["duplicate"], reported["rejected"]) == (reported["items"], 0, {})
    assert sum(counts(lab).values()) == reported["items"]
    lab.assert_all_accounted_for()
    # It began on the engine's default, and went by the plan once there was one.
    rows = lab.rows(
        f"SELECT source, config_version, toString(backend) AS backend FROM exposures WHERE app = '{APP}'"
    )
    assert len(rows) == 240
    assert {row["source"] for row in rows if row["config_version"] == 0} == {"default"}
    assert {row["backend"] for row in rows if row["config_version"] == 0} == {"webgl"}
    steered = Counter(row["source"] for row in rows if row["config_version"])
    # An explored backend that the table does not have falls back, and says so.
    assert steered.keys() <= {"config", "race", "fallback", "default"}
    assert steered["config"] + steered["race"] > steered.total() / 2
    assert counts(lab)["races"] == outcome["races"] > 0
    # The curve: a point for each decision; at first half of the cells are wrong, by the default's order.
    assert [point["sessions"] for point in outcome["curve"]] == [120, 240]
    assert outcome["curve"][0]["wasted"] == outcome["curve"][0]["wasted_default"] > 0
    assert outcome["curve"][-1]["config_version"] >= 1
    assert [state["best"] for state in outcome["states"]] == ["wasm-simd", "webgl"]
    devices = lab.rows(f"SELECT DISTINCT os, gpu, sdk, release FROM windows WHERE app = '{APP}' ORDER BY os")
    assert [(row["os"], row["gpu"], row["release"]) for row in devices] == [
        ("android", "qualcomm-adreno6", "simulated"),
        ("macos", "intel", "simulated"),
    ]
    assert {row["sdk"].partition("/")[0] for row in devices} == {"simulate"}

    done = call("delete", "--app", APP, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert sum(counts(lab).values()) == 0
    assert lab.rows(f"SELECT count() AS n FROM decisions WHERE app = '{APP}'")[0]["n"] == 0


def test_installs_draw_the_shares_of_the_plan_that_is_served(
    lab: Running, call: Callable[..., Result]
) -> None:
    plan = ClassPlan(
        arms=[Arm(backend="wasm-simd", probability=0.75), Arm(backend="webgpu", probability=0.25)],
        fallbacks=["webgl"],
    )
    serve(lab, 1000, plan)
    outcome = played(call, lab, "--days", "0", sessions=200)
    phones = lab.rows(
        f"SELECT source, toString(backend) AS backend, probability FROM exposures "
        f"WHERE app = '{APP}' AND config_version = 1000 AND os = 'android'"
    )
    drawn = Counter((row["source"], row["backend"], round(row["probability"], 2)) for row in phones)
    # No phone of the table has WebGPU, and each says so: a quarter is given the first fallback at once.
    assert drawn.keys() == {("config", "wasm-simd", 0.75), ("config", "webgl", 0.25)}
    assert 0.55 < drawn["config", "wasm-simd", 0.75] / len(phones) < 0.9
    assert lab.rows(f"SELECT count() AS n FROM incidents WHERE app = '{APP}'")[0]["n"] == 0
    others = lab.rows(f"SELECT DISTINCT source FROM exposures WHERE app = '{APP}' AND os = 'macos'")
    assert [row["source"] for row in others] == ["default"]
    assert [state["wrong"] for state in outcome["states"]] == [False, False]
    assert outcome["first_right_at"] == outcome["curve"][0]["sessions_a_cell"] == 10.0


def test_pages_race_where_the_plan_has_them_and_go_on_with_what_won(
    lab: Running, call: Callable[..., Result]
) -> None:
    arms = [RaceArm(backend=backend) for backend in ("webgl", "wasm-simd", "webgpu")]
    race = RacePlan(share=0.5, budget_ms=20_000, arms=arms)
    plan = ClassPlan(arms=[Arm(backend="webgl", probability=1.0)], fallbacks=["wasm-simd"], race=race)
    serve(lab, 1001, plan)
    outcome = played(call, lab, "--days", "0", "--seed", "5", sessions=120)
    raced = lab.rows(
        "SELECT session, groupArray((toString(backend), toString(outcome), winner)) AS arms FROM ("
        f"SELECT * FROM races WHERE app = '{APP}' ORDER BY place) WHERE session IN "
        f"(SELECT session FROM exposures WHERE app = '{APP}' AND config_version = 1001) GROUP BY session"
    )
    assert len(raced) == outcome["races"] > 15
    assert {row["arms"][0][:2] for row in raced} == {("webgl", "measured")}
    assert {len(row["arms"]) for row in raced} == {2}  # what they lack is not raced
    won = [row["session"] for row in raced if row["arms"][1] == ("wasm-simd", "measured", True)]
    assert len(won) > 0.9 * len(raced)  # it is three times as fast
    phones = lab.rows(
        f"SELECT session, source, toString(backend) AS backend FROM exposures WHERE app = '{APP}' "
        "AND config_version = 1001 AND os = 'android'"
    )
    by_race = {row["session"]: row["backend"] for row in phones if row["source"] == "race"}
    assert set(won) < by_race.keys()  # and those of installs that had raced before
    assert set(by_race.values()) == {"wasm-simd"}
    assert {row["backend"] for row in phones if row["source"] == "config"} == {"webgl"}
    assert 0 < outcome["raced"] < outcome["wasted"]

    without = played(call, lab, "--days", "0", "--seed", "6", "--no-races", sessions=40)
    assert (without["races"], without["raced"]) == (0, 0)
    lies = played(call, lab, "--days", "0", "--hostile", "1", "--lie", "races", "--no-races", sessions=10)
    claims = lab.rows(f"SELECT count() AS n FROM races WHERE app = '{APP}' AND winner AND ready_ms < 0.01")
    assert claims[0]["n"] == lies["hostile"] == 10


def test_hostile_sessions_claim_and_do_not_count_as_waiting(
    lab: Running, call: Callable[..., Result]
) -> None:
    claimed = f"SELECT count() AS n FROM windows WHERE app = '{APP}' AND arrayMax(ready_buckets) < -170"
    before = lab.rows(claimed)[0]["n"]
    outcome = played(
        call, lab, "--hostile", "0.5", "--lie", "crowd", "--days", "0", "--seed", "9", sessions=80
    )
    assert 20 < outcome["hostile"] < 60
    assert lab.rows(claimed)[0]["n"] - before == outcome["hostile"]


def test_a_drift_shows_in_the_curve(lab: Running, call: Callable[..., Result]) -> None:
    serve(lab, 1002, ClassPlan(arms=[Arm(backend="wasm-simd", probability=1.0)]))
    outcome = played(call, lab, "--drift", "20", "--days", "0", sessions=40)
    by_sessions = {point["sessions"]: point["geo"] for point in outcome["curve"]}
    assert by_sessions[40] > 2 * by_sessions[20]


@pytest.mark.parametrize(
    ("app_name", "key", "said"),
    [
        (
            "nobody-simulated",
            KEY,
            "has no app nobody-simulated: make it with `inferfleet apps add --app nobody",
        ),
        (APP, "wrong", f"does not take this write key for {APP}: set INFERFLEET_WRITE_KEY to one that"),
        (APP, "shop-key", "does not take this write key"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(
    lab: Running, call: Callable[..., Result], app_name: str, key: str, said: str
) -> None:
    told = ["--table", "fleet.csv", "--sessions", "5", "--to", str(lab.collector.url)]
    done = call("simulate", *told, "--app", app_name, "--key", key)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_wrong_admin_token_is_one_line_too(lab: Running, call: Callable[..., Result]) -> None:
    told = ["--table", "fleet.csv", "--sessions", "2", "--to", str(lab.collector.url), "--app", APP]
    done = call(
        "simulate", *told, "--decide-every", "2", INFERFLEET_API__ADMIN_TOKEN="not-the-one-of-this-one"
    )
    assert done.returncode == 1
    assert "does not accept the admin token: set INFERFLEET_API__ADMIN_TOKEN to its own" in done.stderr


def test_the_words_have_the_curve_and_the_way_to_delete(lab: Running, call: Callable[..., Result]) -> None:
    told = ["--table", "fleet.csv", "--sessions", "20", "--to", str(lab.collector.url), "--app", APP]
    done = call("simulate", *told)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("played 20 sessions on 2 cells (2 devices) in ")
    assert any(line.startswith("SESSIONS A CELL  WRONG CELLS  COST OVER BEST") for line in lines)
    assert lines[-1] == f"to take all of it away: inferfleet delete --app {APP} --yes"
