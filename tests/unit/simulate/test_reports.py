"""What simulated pages send are reports of the contract, marked as simulated."""

import json
import time
from itertools import islice

import numpy as np
import pytest

from collector.contract import histogram
from collector.contract.report import MAX_ITEM_AGE_MS, Report
from collector.contract.vocabulary import ArmSource, Backend, FormFactor, IncidentKind, RaceOutcome
from collector.contract.wire_model import unknown_fields
from collector.simulate.cast import Fleet, cast_sessions
from collector.simulate.cells import ArmName
from collector.simulate.day import Calendar, intensity
from collector.simulate.liars import CLAIMED_MS, Lie, lie
from collector.simulate.life import LONGEST_MS, live
from collector.simulate.noise import slowness_of
from collector.simulate.race import run_race
from collector.simulate.reports import make_reports
from collector.simulate.visit import Choice, choose
from tests.unit.simulate.tables import NO_PLAN, TWO_DEVICES, cell_of, cells_of, document, race_plan

NOW = int(time.time() * 1000)
CELLS = cells_of(TWO_DEVICES)
FLEET = Fleet(sessions=400)
CALENDAR = Calendar([cell.device.form for cell in CELLS], 1.0, 12.0)


def parsed(reports):
    return [Report.model_validate_json(json.dumps(report | {"sent_at": NOW})) for report in reports]


def lived(cell, arm, session, fleet, seed):
    random = np.random.default_rng(seed)
    return live(cell, arm, slowness_of(session, fleet, random), fleet, random)


def play_one(cell, fleet=FLEET, seed=1, choice=None):
    session = next(cast_sessions([cell], fleet, Calendar([cell.device.form], 0, 0)))
    choice = choice or choose(cell, NO_PLAN, session.install, "x-simulated")
    life = lived(cell, choice.arm, session, fleet, seed)
    return choice, life, parsed(make_reports("x-simulated", cell, choice, life, NOW))


def test_every_report_fits_the_contract_and_says_that_nobody_visited():
    for number, session in enumerate(islice(cast_sessions(CELLS, FLEET, CALENDAR), 50)):
        cell = CELLS[session.cell]
        choice = choose(cell, document(("webgpu", 1.0, {})), session.install, "x-simulated")
        life = lived(cell, choice.arm, session, FLEET, number)
        reports = parsed(make_reports("x-simulated", cell, choice, life, NOW))
        assert [report.seq for report in reports] == list(range(len(reports)))
        for report in reports:
            assert report.sdk.startswith("simulate/")
            assert (report.release, report.app) == ("simulated", "x-simulated")
            assert not report.device.automated
            assert unknown_fields(report) == 0
            assert len(report.windows) == 1
        assert [len(report.loads) for report in reports] == [1] + [0] * (len(reports) - 1)
        (load,) = reports[0].loads
        assert [taken.backend for taken in load.fallbacks] == [Backend.WEBGPU]
        assert [incident.kind for incident in reports[0].incidents] == [IncidentKind.FALLBACK]
        (exposure,) = reports[0].exposures
        assert (exposure.source, exposure.config_version) == (ArmSource.FALLBACK, 7)
        assert sum(report.windows[0].count for report in reports) == len(life.ready_ms)


def test_a_window_has_the_histogram_of_what_was_measured():
    _, life, (report,) = play_one(CELLS[0])
    window = report.windows[0]
    assert window.ready_ms.decoded() == histogram.record(life.ready_ms.tolist())
    assert window.started_at + window.duration_ms <= NOW
    assert report.loads[0].at <= window.started_at


def test_a_long_session_sends_a_report_each_minute():
    slow = cell_of("a,m,cpu,3000")
    _, life, reports = play_one(slow, Fleet(sessions=1, predictions=100, predictions_sd=0))
    assert len(reports) > 3
    for report in reports:
        (window,) = report.windows
        assert 0 < window.duration_ms <= 60_000
    starts = [report.windows[0].started_at for report in reports]
    assert starts == sorted(set(starts))
    assert life.ready_ms.sum() < LONGEST_MS


def test_no_item_is_ever_too_old_for_a_collector():
    slowest = cell_of("a,m,cpu,600000")
    choice, life, _ = play_one(slowest)
    reports = make_reports("x-simulated", slowest, choice, life, NOW - int(1.9 * 86_400_000))
    for report in parsed(reports):
        times = [load.at for load in report.loads] + [window.started_at for window in report.windows]
        assert min(times) > NOW - MAX_ITEM_AGE_MS


def test_failed_predictions_are_counted_and_have_no_time():
    failing = cell_of("a,m,cpu,9,0.5", columns="device,model,backend,ms,error_rate")
    _, life, (report,) = play_one(failing)
    (window,) = report.windows
    assert 0 < window.errors == int(life.failed.sum()) < window.count
    assert sum(window.ready_ms.decoded().values()) == window.count - window.errors
    assert [incident.kind for incident in report.incidents] == [IncidentKind.ERROR]


@pytest.mark.parametrize("kind", Lie)
def test_liars_send_reports_of_the_contract_too(kind):
    cell = CELLS[0]
    plan = document(("webgl", 0.9, {}), ("wasm-simd", 0.1, {}))
    honest, life, _ = play_one(cell, choice=Choice(ArmName(Backend.WASM_SIMD), ArmSource.CONFIG, 0.1, 7, "*"))
    choice, claimed = lie(
        kind, cell, document=plan, honest=(honest, life), fleet=FLEET, random=np.random.default_rng(2)
    )
    (report,) = parsed(make_reports("x-simulated", cell, choice, claimed, NOW))
    window = report.windows[0]
    if kind is Lie.INCIDENTS:
        assert [incident.kind for incident in report.incidents] == [IncidentKind.CONTEXT_LOST]
        assert window.backend is Backend.WEBGL  # what most installs run
    else:
        assert list(window.ready_ms.decoded()) == [histogram.bucket_of(CLAIMED_MS)]
        assert window.backend is (Backend.WASM_SIMD if kind is Lie.FAST else Backend.WASM)
    if kind is Lie.RACES:
        (race,) = report.races
        assert [(each.backend, each.ready_ms) for each in race.results] == [
            (Backend.WEBGL, 60),
            (Backend.WASM_SIMD, 20),
            (Backend.WASM, CLAIMED_MS),  # the slowest there is
        ]
        assert (race.winner, report.exposures[0].source) == (2, ArmSource.RACE)
    else:
        assert report.races == []


@pytest.mark.parametrize("budget_ms", [1500, 21])
def test_a_race_is_an_item_of_the_first_report_and_came_before_the_model_was_used(budget_ms):
    cell, racers = CELLS[0], [ArmName(Backend.WEBGPU), ArmName(Backend.WEBGL), ArmName(Backend.WASM_SIMD)]
    random = np.random.default_rng(4)
    raced = run_race(cell, racers, racers[1], budget_ms=budget_ms, slowness=1.0, random=random)
    plan = document(("webgl", 1.0, {}), race=race_plan("webgpu", "webgl", "wasm-simd"))
    choice = choose(cell, plan, "i", "x-simulated", wins=raced.wins)
    life = live(cell, choice.arm, 1.0, FLEET, random, race=raced)
    (report,) = parsed(make_reports("x-simulated", cell, choice, life, NOW))
    (race,), (load,), (exposure,), (window,) = report.races, report.loads, report.exposures, report.windows
    assert (race.asked, race.input, race.budget_ms) == ("plan", "canary", budget_ms)
    assert race.spent_ms == pytest.approx(raced.spent_ms, abs=0.001)
    assert [result.outcome for result in race.results] == [lane.outcome for lane in raced.lanes]
    assert race.results[0].outcome is RaceOutcome.FAILED
    assert load.at == exposure.at == race.at + int(raced.kept.began_ms)
    assert abs(window.started_at - race.at - race.spent_ms) <= 2
    # Its model is not started again: the load tells what it took in the race.
    assert load.load_ms == pytest.approx(raced.kept.load_ms, abs=0.001)
    assert load.first_prediction_ms == pytest.approx(raced.kept.first_ms, abs=0.001)
    if budget_ms == 1500:
        assert (race.winner, exposure.source, window.backend) == (2, ArmSource.RACE, Backend.WASM_SIMD)
    else:
        assert (race.winner, exposure.source, window.backend) == (None, ArmSource.CONFIG, Backend.WEBGL)


def test_the_same_seed_brings_the_same_visitors_and_liars_change_no_other():
    def cast(**changes):
        return list(cast_sessions(CELLS, Fleet(sessions=300, seed=5, **changes), CALENDAR))

    once = cast()
    assert cast() == once
    with_liars = cast(hostile=0.2)
    assert 30 < sum(session.hostile for session in with_liars) < 90
    assert [(s.cell, s.install) for s in with_liars] == [(s.cell, s.install) for s in once]
    assert 0.2 < 1 - len({session.install for session in once}) / 300 < 0.4  # some were there before


def test_noise_has_the_spread_that_was_asked_for():
    cell = cell_of("a,m,cpu,10")
    fleet = Fleet(sessions=4000, device_sd=0.3, session_sd=0.2, returning=0)
    medians = [
        np.log(np.median(lived(cell, cell.default, session, fleet, session.number).ready_ms))
        for session in cast_sessions([cell], fleet, Calendar([cell.device.form], 0, 0))
    ]
    heavy = 0.2**2 * (0.95 + 0.05 * 9)
    assert np.std(medians) == pytest.approx(np.sqrt(0.3**2 + heavy), rel=0.08)
    assert np.median(medians) == pytest.approx(np.log(10), abs=0.03)


def test_day_and_night_say_when_visitors_come_and_on_what():
    forms = [FormFactor.DESKTOP, FormFactor.MOBILE]
    assert intensity(FormFactor.DESKTOP, 14) > 5 * intensity(FormFactor.DESKTOP, 2)
    calendar = Calendar(forms, 1.0, 0.0)  # a day that ends at midnight
    ago = [calendar.days_ago(share) for share in np.linspace(0, 1, 1001)]
    assert ago == sorted(ago, reverse=True)
    assert (ago[0], ago[-1]) == (1.0, 0.0)
    hours = 24 * (1 - np.array(ago))
    assert np.mean((hours > 11) & (hours < 23)) > 0.6  # of 0.5 without a swing
    desktop, mobile = calendar.weights(10 / 24)  # at 14 h
    assert desktop > mobile
    desktop, mobile = calendar.weights(3 / 24)  # at 21 h
    assert mobile > desktop


def test_without_days_all_happens_now_on_all_cells_alike():
    calendar = Calendar([FormFactor.DESKTOP, FormFactor.MOBILE], 0, 9.0)
    assert calendar.days_ago(0.3) == 0
    assert calendar.weights(0).tolist() == [0.5, 0.5]
