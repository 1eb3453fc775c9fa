"""What is decided from what evidence."""

from dataclasses import replace

import numpy as np
import pytest

from collector.contract.device_class import leaf, parse
from collector.contract.variant_quality import VariantQuality
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.counting.conduct import NOT_STARTED
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import EVERYTHING, LINUX, arm, inputs, visits

SETTINGS = RecommendSettings()
TWO = (visits("webgl", 60, 60.0), visits("wasm-simd", 60, 10.0))


def at_leaf(given: ModelInputs, settings: RecommendSettings = SETTINGS) -> DecisionRecord:
    return next(record for record in decide(given, settings) if record.device_class == LINUX.key)


def failed(record: DecisionRecord, backend: str, variant: str = "original") -> list[str]:
    found = next(item for item in record.arms if (item.backend, item.variant) == (backend, variant))
    return [gate.gate for gate in found.gates if not gate.passed]


def test_the_cheapest_arm_is_committed_and_measured_against_the_default() -> None:
    record = at_leaf(inputs(*TWO))
    assert record.state == "committed"
    assert record.recommended == (Backend.WASM_SIMD, "original")
    assert record.default == (Backend.WEBGL, "original")
    assert record.expected_ratio == pytest.approx(1 / 6, rel=0.2)
    assert record.expected_interval is not None
    assert record.expected_interval.high is not None
    assert record.expected_ratio is not None
    assert record.expected_ratio < record.expected_interval.high < 1


def test_the_same_inputs_in_any_order_give_the_same_bytes() -> None:
    given = inputs(*TWO, visits("cpu", 60, 300.0))
    order = np.random.default_rng(1).permutation(len(given.visits))
    again = replace(given, visits=given.visits.take(order))
    assert [r.to_json() for r in decide(given, SETTINGS)] == [r.to_json() for r in decide(again, SETTINGS)]


def test_a_record_survives_its_stored_form() -> None:
    record = at_leaf(inputs(*TWO))
    assert DecisionRecord.model_validate_json(record.to_json()).to_json() == record.to_json()


def test_near_arms_stay_explored_and_split_traffic_until_one_is_ahead() -> None:
    record = at_leaf(inputs(visits("webgl", 25, 11.0, spread=0.6), visits("wasm-simd", 25, 10.0, spread=0.6)))
    assert record.state == "exploring"
    assert len(record.propensities) >= 2
    assert sum(round(share.probability * 10_000) for share in record.propensities) == 10_000


@pytest.mark.parametrize("exploration", [0.0, 0.01, 0.04])
def test_a_committed_arm_gets_all_but_exploration_and_holdback(exploration: float) -> None:
    settings = RecommendSettings(exploration=exploration, holdback=0.002, regret_budget=0.3)
    able = {"capable": frozenset({Backend.WEBGL, Backend.WEBGPU, Backend.WASM_SIMD})}
    near = [
        visits(name, 200, ms, **able) for name, ms in (("webgl", 20.0), ("wasm-simd", 10.0), ("webgpu", 25.0))
    ]
    shares = {item.backend: item.probability for item in at_leaf(inputs(*near), settings).propensities}
    assert shares[Backend.WASM_SIMD] == pytest.approx(1 - (exploration or 0.002))
    assert shares[Backend.WEBGL] == pytest.approx(exploration / 2 or 0.002)


def test_fresh_evidence_of_losers_costs_at_most_a_quarter_of_the_budget() -> None:
    able = {"capable": frozenset({Backend.WEBGL, Backend.WASM_SIMD})}
    far = [visits("webgl", 200, 25.0, **able), visits("wasm-simd", 200, 10.0, **able)]
    settings = RecommendSettings(exploration=0.05, holdback=0)
    shares = {item.backend: item.probability for item in at_leaf(inputs(*far), settings).propensities}
    assert 0 < shares[Backend.WEBGL] * 1.5 <= 0.25 * settings.regret_budget * 1.1


def test_start_up_decides_for_sessions_with_few_predictions() -> None:
    def with_predictions(count: int) -> ModelInputs:
        return inputs(
            visits("webgl", 60, 18.0, start_ms=6015.0, predictions=count),
            visits("wasm-simd", 60, 62.0, start_ms=125.0, predictions=count),
        )

    assert at_leaf(with_predictions(10)).recommended == (Backend.WASM_SIMD, "original")
    assert at_leaf(with_predictions(10_000)).recommended == (Backend.WEBGL, "original")


@pytest.mark.parametrize(
    ("fields", "gate"),
    [
        ({"errors": 5}, "errors"),
        ({"incidents": frozenset({"hang"})}, "incidents"),
        ({"incidents": frozenset({"not_started"})}, "capability"),
    ],
)
def test_a_fast_arm_that_fails_is_refused(fields: dict[str, object], gate: str) -> None:
    record = at_leaf(inputs(TWO[0], visits("wasm-simd", 60, 10.0, **fields)))
    assert record.recommended != (Backend.WASM_SIMD, "original")
    assert gate in failed(record, "wasm-simd")


def test_a_backend_that_the_class_lacks_is_refused() -> None:
    blind = EVERYTHING - {Backend.WEBGPU}
    record = at_leaf(
        inputs(visits("webgl", 200, 60.0, capable=blind), visits("webgpu", 25, 5.0, capable=EVERYTHING))
    )
    assert failed(record, "webgpu") == ["capability"]


def test_an_open_leak_refuses_a_backend() -> None:
    record = at_leaf(inputs(*TWO, leaking={Backend.WASM_SIMD: ["0123456789abcdef"]}))
    assert failed(record, "wasm-simd") == ["leak"]


@pytest.mark.parametrize(
    ("quality", "passes"),
    [
        (None, False),
        (VariantQuality(None, None), False),
        (VariantQuality(0.995, None), True),
        (VariantQuality(0.9, None), False),
        (VariantQuality(None, 0.624), True),
        (VariantQuality(None, 0.28), False),  # the published MobileNetV2 under uint8
        (VariantQuality(0.995, 0.28), False),
    ],
)
def test_a_variant_needs_a_recorded_accuracy_within_budget(
    quality: VariantQuality | None, passes: bool
) -> None:
    variants = {"original": VariantQuality(None, 0.618)} | ({"small": quality} if quality else {})
    record = at_leaf(inputs(TWO[0], visits(arm("webgl", "small"), 60, 10.0), variants=variants))
    assert (failed(record, "webgl", "small") == []) is passes
    assert (record.recommended == (Backend.WEBGL, "small")) is passes


def test_too_few_sessions_pass_no_gate_and_leave_the_default_in_place_while_others_are_tried() -> None:
    record = at_leaf(inputs(visits("webgl", 6, 60.0), visits("wasm-simd", 6, 10.0)))
    assert not any(each.passed for each in record.arms)
    assert (record.state, record.recommended) == ("exploring", (Backend.WEBGL, "original"))
    assert record.expected_ratio == 1.0
    assert {each.why for each in record.propensities} <= {"recommended", "exploration"}
    assert record.race is not None


def test_a_device_that_lacks_what_its_parents_run_is_held_against_what_it_would_run_without_a_plan() -> None:
    """All of its sessions were given threads, which did not start there: the default is no such arm."""
    lacks = leaf(dict(LINUX.facts) | {"cores": "8"})
    able = frozenset({Backend.CPU, Backend.WASM, Backend.WEBGL})
    given = [
        visits("webgl", 60, 50.0),
        visits("wasm-simd-threads", 60, 10.0),
        visits("wasm", 60, 90.0),
        visits(
            "wasm-simd-threads",
            30,
            90.0,
            device=lacks,
            incidents=frozenset({NOT_STARTED}),
            predictions=0,
            capable=able,
        ),
        visits("wasm", 30, 90.0, device=lacks, capable=able),
    ]
    known = replace(inputs(*given), defaults={LINUX: {Backend.WEBGL: 9}})
    record = next(each for each in decide(known, SETTINGS) if each.device_class == lacks.key)
    assert (record.default, record.default_source) == ((Backend.WEBGL, "original"), "observed")
    assert record.recommended == (Backend.WEBGL, "original")


def test_backends_never_tried_are_tried_once_the_default_is_known_all_kinds_of_wasm_among_them() -> None:
    record = at_leaf(inputs(visits("webgl", 60, 60.0)))
    assert record.state == "exploring"
    assert record.recommended == (Backend.WEBGL, "original")
    # Not plain wasm: whoever asks for it where there is SIMD gets SIMD.
    assert record.untried == [Backend.WASM_SIMD, Backend.WASM_SIMD_THREADS, Backend.WEBGPU]
    shares = {item.backend: (item.probability, item.why) for item in record.propensities}
    assert shares.pop(Backend.WEBGL)[1] == "recommended"
    assert shares.keys() <= set(record.untried)
    assert all(0 < share <= SETTINGS.first_step and why == "exploration" for share, why in shares.values())


def test_one_session_counts_once_however_much_it_claims() -> None:
    flood = visits("wasm-simd", 1, 0.001, predictions=4_000_000_000, errors=4_000_000_000)
    assert at_leaf(inputs(*TWO, flood)).recommended == (Backend.WASM_SIMD, "original")


def test_hostile_incidents_neither_keep_a_new_arm_out_nor_undo_a_choice() -> None:
    hostile = visits("wasm-simd", 6, 1e6, incidents=frozenset({"device_lost"}), errors=100)
    fresh = at_leaf(inputs(*TWO, hostile))
    assert failed(fresh, "wasm-simd") == []
    chosen = at_leaf(inputs(*TWO, hostile, incumbents={LINUX.key: arm("wasm-simd")}))
    assert chosen.recommended == (Backend.WASM_SIMD, "original")
    assert chosen.state == "committed"


def test_a_truly_broken_incumbent_is_dropped() -> None:
    broken = visits("wasm-simd", 60, 10.0, incidents=frozenset({"device_lost"}))
    record = at_leaf(inputs(TWO[0], broken, incumbents={LINUX.key: arm("wasm-simd")}))
    assert record.recommended == (Backend.WEBGL, "original")


def test_a_rare_class_follows_its_parent() -> None:
    rare = leaf(dict(LINUX.facts) | {"gpu": "apple"})
    few = [visits("webgl", 3, 60.0, device=rare), visits("wasm-simd", 3, 10.0, device=rare)]
    record = next(
        record for record in decide(inputs(*TWO, *few), SETTINGS) if record.device_class == rare.key
    )
    assert record.follows == "form=desktop,os=linux,browser=chromium"
    assert record.recommended == (Backend.WASM_SIMD, "original")
    assert record.propensities == []


def test_a_class_that_follows_tries_what_only_its_own_devices_have() -> None:
    able = {"capable": frozenset({Backend.WEBGL, Backend.WASM_SIMD})}
    rare = leaf(dict(LINUX.facts) | {"gpu": "apple"})
    common = [visits("webgl", 60, 60.0, **able), visits("wasm-simd", 60, 10.0, **able)]
    few = [visits("webgl", 3, 60.0, device=rare), visits("wasm-simd", 3, 10.0, device=rare)]
    decided = {record.device_class: record for record in decide(inputs(*common, *few), SETTINGS)}
    parent = decided["form=desktop,os=linux,browser=chromium"]
    child = decided[f"{parent.device_class},gpu=apple"]
    assert parent.state == "committed"
    assert child.follows == parent.device_class
    shares = {item.backend: item.why for item in child.propensities}
    assert shares.pop(Backend.WASM_SIMD) == "recommended"
    assert "exploration" in shares.values()
    assert set(shares) <= {Backend.WEBGPU, Backend.WASM_SIMD_THREADS, Backend.WASM, Backend.WEBGL}
    assert decided[rare.key].propensities == []  # the class above it tries them already


def test_a_class_seen_often_speaks_for_itself() -> None:
    phone = leaf(
        {"form": "mobile", "os": "ios", "browser": "safari", "gpu": "apple", "memory_gb": 0, "cores": 4}
    )
    own = [visits("webgl", 60, 10.0, device=phone), visits("wasm-simd", 60, 60.0, device=phone)]
    chosen = {record.device_class: record.recommended for record in decide(inputs(*TWO, *own), SETTINGS)}
    assert chosen[phone.key] == (Backend.WEBGL, "original")
    assert chosen[LINUX.key] == (Backend.WASM_SIMD, "original")


def test_a_faster_machine_in_a_class_is_not_taken_for_a_faster_arm() -> None:
    """Only the default was seen on a class five times faster: what it borrows keeps the arms' order."""
    fast = leaf(dict(LINUX.facts) | {"gpu": "nvidia-ampere", "cores": 16})
    records = decide(inputs(*TWO, visits("webgl", 8, 12.0, device=fast)), SETTINGS)
    record = next(record for record in records if record.device_class == fast.key)
    costs = {item.backend: item.borrowed_cost_ms for item in record.arms}
    assert costs[Backend.WASM_SIMD] is not None
    assert costs[Backend.WEBGL] is not None
    assert costs[Backend.WASM_SIMD] < costs[Backend.WEBGL] / 3


def test_classes_too_rare_get_no_record() -> None:
    stray = leaf({"form": "tablet", "os": "android"})
    keys = {
        record.device_class
        for record in decide(inputs(*TWO, visits("webgl", 2, 9.0, device=stray)), SETTINGS)
    }
    assert keys == {place.key for place in LINUX.ancestors()}
    assert parse("*").key in keys


def test_no_class_is_made_of_devices_whose_gpu_is_not_known_yet() -> None:
    """Their sessions count in the classes above, and the devices follow those."""
    early = leaf(dict(LINUX.facts) | {"gpu": "unknown"})
    records = decide(inputs(*TWO, visits("cpu", 60, 1.0, device=early)), SETTINGS)
    keys = {record.device_class for record in records}
    assert not {key for key in keys if "gpu=unknown" in key}
    above = next(
        record for record in records if record.device_class == "form=desktop,os=linux,browser=chromium"
    )
    assert Backend.CPU in {item.backend for item in above.arms}


def test_webnn_is_decided_about_where_sessions_ran_it_and_refused_where_few_did() -> None:
    everywhere = at_leaf(inputs(visits("webnn", 60, 2.0), default="webnn"))
    assert everywhere.default == (Backend.WEBNN, "original")
    assert failed(everywhere, "webnn") == []
    rare = at_leaf(inputs(visits("webgl", 200, 60.0), visits("webnn", 25, 5.0)))
    assert failed(rare, "webnn") == ["capability"]
    assert rare.recommended != (Backend.WEBNN, "original")
