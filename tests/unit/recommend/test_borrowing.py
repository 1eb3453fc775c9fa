"""What one model of an app shows of a kind of device informs the others, and never commits them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from collector.contract.device_class import DeviceClass, leaf
from collector.jobs.publish.plan import make_plans
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.believing.borrowing import Borrowed
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.lessons import Lent, Lesson, Normal
from collector.jobs.recommend.reading.lent import lesson_of, read_lent
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.session_days import SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import arm, visits

SETTINGS = RecommendSettings()
WEBGL, WASM = arm("webgl"), arm("wasm-simd")
Costs = Mapping[ArmKey, float]
FAST_GPU: Costs = {WEBGL: 10.0, WASM: 30.0}
SLOWER_WASM: Costs = {WEBGL: 10.0, WASM: 13.0}
SLOW_GPU: Costs = {WEBGL: 40.0, WASM: 10.0}


def device(gpu: str, browser: str = "chromium", os: str = "windows") -> DeviceClass:
    return leaf({"form": "desktop", "os": os, "browser": browser, "gpu": gpu})


KNOWN = [device(f"nvidia-rtx{number}") for number in (20, 30, 40, 50)]
ODD = device("intel-gen7")


def sessions(places: Mapping[DeviceClass, Costs], scale: float = 1.0, count: int = 30) -> list[Visit]:
    return [
        each
        for place, costs in places.items()
        for key, cost in costs.items()
        for each in visits(key, count, cost * scale, device=place, spread=0.3)
    ]


def asked(
    model: str, told: list[Visit], lent: Lent | None = None, before: frozenset[str] = frozenset()
) -> dict[str, DecisionRecord]:
    defaults = {visit.device: {WEBGL.backend: 10} for visit in told}
    inputs = ModelInputs(
        "demo", model, SessionDays.of(told), defaults=defaults, lent=lent or {}, borrowing=before
    )
    return {record.device_class: record for record in decide(inputs, SETTINGS)}


def lessons(records: Mapping[str, DecisionRecord]) -> dict[str, Lesson]:
    return {key: lesson_of(record) for key, record in records.items()}


FLEET = dict.fromkeys(KNOWN, FAST_GPU)
TEACHER = asked("teacher", sessions({**FLEET, ODD: SLOW_GPU}))


def nearest(records: Mapping[str, DecisionRecord], place: DeviceClass) -> DecisionRecord:
    return next(records[each.key] for each in place.ancestors() if each.key in records)


def test_a_model_new_on_a_known_device_is_published_a_plan_before_its_first_session_there() -> None:
    own = sessions(FLEET, scale=5)
    alone = nearest(asked("pupil", own), ODD)
    assert alone.recommended == WEBGL  # what suits all other devices
    told = asked("pupil", own, {"teacher": lessons(TEACHER)})
    record = nearest(told, ODD)
    assert (record.state, record.recommended, record.borrowed_from) == ("exploring", WASM, ["teacher"])
    assert "the model teacher of the same app has" in record.reason
    assert {share.why for share in record.propensities} > {"recommended"}  # its own sessions will tell
    plans = make_plans(told.values(), {}, PublishSettings()).plans
    plan = plans[record.device_class]["pupil"]
    assert max(plan.arms, key=lambda each: each.probability).backend == WASM.backend


def test_a_plan_that_rested_on_others_is_withdrawn_once_they_say_nothing_more() -> None:
    own = sessions(FLEET, scale=5)
    place = nearest(asked("pupil", own, {"teacher": lessons(TEACHER)}), ODD).device_class
    after = asked("pupil", own, before=frozenset({place}))
    assert (after[place].state, after[place].borrowed_from) == ("insufficient", [])
    assert after[place].follows is not None
    assert place not in make_plans(after.values(), {}, PublishSettings()).plans


def test_own_sessions_outweigh_what_is_borrowed() -> None:
    own = sessions({**FLEET, ODD: FAST_GPU})
    told = nearest(asked("pupil", own, {"teacher": lessons(TEACHER)}), ODD)
    assert told.recommended == WEBGL
    assert told.borrowed_from == []


def test_what_is_borrowed_commits_no_class_and_keeps_none_from_committing() -> None:
    own = sessions({**dict.fromkeys(KNOWN, SLOWER_WASM), ODD: {WEBGL: 13.0, WASM: 10.0}}, 5, 60)
    alone, told = asked("pupil", own), asked("pupil", own, {"teacher": lessons(TEACHER)})

    def sure(records: Mapping[str, DecisionRecord]) -> dict[str, object]:
        return {key: each.recommended for key, each in records.items() if each.state == "committed"}

    assert sure(alone)
    assert sure(told) == sure(alone)
    few = asked("pupil", sessions({**FLEET, ODD: {WEBGL: 13.0}}), {"teacher": lessons(TEACHER)})
    assert nearest(few, ODD).state == "exploring"


def test_a_model_that_others_do_not_resemble_borrows_little() -> None:
    """On every device that both know the arms stand differently, so the teacher says nothing of one more."""
    gpus = [device(f"amd-{number}") for number in range(6)]
    teacher = asked(
        "teacher",
        sessions({**{gpu: (FAST_GPU, SLOW_GPU)[n % 2] for n, gpu in enumerate(gpus)}, ODD: FAST_GPU}),
    )
    unlike = sessions({gpu: (SLOW_GPU, FAST_GPU)[n % 2] for n, gpu in enumerate(gpus)})
    alike = sessions({gpu: (FAST_GPU, SLOW_GPU)[n % 2] for n, gpu in enumerate(gpus)})
    lent = {"teacher": lessons(teacher)}
    assert nearest(asked("pupil", alike, lent), ODD).borrowed_from == ["teacher"]
    assert nearest(asked("pupil", unlike, lent), ODD).borrowed_from == []


def test_a_made_up_model_teaches_nobody() -> None:
    """A tenth of the sessions may be made up, and a client names its model as it likes."""
    honest = Lesson({WEBGL: Normal(0.0, 0.01), WASM: Normal(1.0, 0.01)}, sessions=900)
    lie = Lesson({WEBGL: Normal(0.0, 0.01), WASM: Normal(-9.0, 0.01)}, sessions=100)
    lent = {"honest": {ODD.key: honest}, "made-up": {ODD.key: lie}}
    assert list(Borrowed([WEBGL, WASM], {}, lent, SETTINGS).of_class(ODD)) == ["honest"]
    alone = {"made-up": {ODD.key: lie}}
    assert Borrowed([WEBGL, WASM], {}, alone, SETTINGS, {ODD.key: 900}).of_class(ODD) == {}


def test_a_class_starts_from_its_relatives_with_the_same_gpu() -> None:
    """In Firefox only the default has run; on the same GPU in Chromium it is four times slower."""
    own = sessions({**FLEET, ODD: SLOW_GPU, device("nvidia-rtx20", "firefox"): FAST_GPU})
    relative, stranger = device("intel-gen7", "firefox"), device("amd-rdna2", "firefox")
    own += [each for gpu in (relative, stranger) for each in visits(WEBGL, 8, 20.0, device=gpu)]
    records = asked("pupil", own)

    def chance(place: DeviceClass) -> float:
        arms = nearest(records, place).arms
        return next(each.best_probability for each in arms if each.backend == WASM.backend)

    assert chance(relative) > 0.5 > chance(stranger)


def test_what_is_lent_is_read_back_from_the_stored_record_while_it_is_fresh() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    rows = [
        {"model": "teacher", "device_class": key, "decided_at": now, "record": record.to_json()}
        for key, record in TEACHER.items()
    ]
    read = read_lent(rows, since=now)["teacher"]
    assert read.keys() == TEACHER.keys()
    assert read[ODD.key].passed == lesson_of(TEACHER[ODD.key]).passed == {WEBGL.backend, WASM.backend}
    lent = read[device("intel-gen7").key]
    assert lent.sessions == 60
    assert read_lent(rows, since=datetime(2026, 1, 3, tzinfo=UTC)) == {}
    before = json.loads(rows[0]["record"])  # type: ignore[arg-type]
    for name in ("shows", "borrowed_from"):
        before.pop(name)
    old = rows[0] | {"record": json.dumps(before)}
    assert read_lent([old], since=now)["teacher"][str(old["device_class"])].effects == {}


def test_the_same_lessons_give_the_same_bytes_whatever_their_order() -> None:
    own, lent = sessions(FLEET, scale=5), {"teacher": lessons(TEACHER), "other": lessons(TEACHER)}
    first = [each.to_json() for each in asked("pupil", own, lent).values()]
    again = [each.to_json() for each in asked("pupil", own, dict(reversed(lent.items()))).values()]
    assert first == again
