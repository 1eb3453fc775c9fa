"""From a registration to the plan: what is registered of a variant decides whether devices get it."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.contract.variant_quality import Limits
from collector.jobs import publish
from collector.jobs.publish import PublishSettings
from collector.jobs.publish.versions import read_active
from collector.jobs.recommend import DecisionRecord, RecommendSettings, explain, newest_decisions, run
from collector.jobs.recommend.record import ArmEvidence
from collector.models import ModelRegistry, Registration
from collector.store import Store
from tests.integration.jobs_recommend.rows import insert_sessions
from tests.unit.contract.test_variant_quality import published

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = RecommendSettings(min_sessions=10)
READY = {"original": 50.0, "uint16": 30.0, "uint8": 8.0}
"""Milliseconds, made up: the worst variant is the fastest."""


@pytest.fixture
def models(store: Store) -> ModelRegistry:
    return ModelRegistry(store, origins_of=lambda _: ["*"], limits=Limits(0.99, 0.01))


def variant(name: str, **facts: Any) -> Registration:
    told = {"url": f"https://cdn.example/{name}/model.json", "bytes": 1000} | facts
    return Registration.model_validate({"model": "blazeface", "variant": name, **told})


def fill(store: Store) -> None:
    for seed, (name, ready) in enumerate(READY.items()):
        arms = {"webgl": (ready, 100.0), "wasm-simd": (ready * 2, 100.0)}
        insert_sessions(store, NOW - DAY, arms, 30, seed=seed, default="webgl", variant=name)


def root(store: Store, *, now: datetime = NOW, settings: RecommendSettings = SETTINGS) -> DecisionRecord:
    run(store, settings, now=now)
    (found,) = newest_decisions(store, "demo", "blazeface", "*")
    return found.record


def arm(record: DecisionRecord, backend: str, name: str) -> ArmEvidence:
    return next(each for each in record.arms if (each.backend, each.variant) == (backend, name))


def failed(record: DecisionRecord, backend: str, name: str) -> list[str]:
    return [gate.gate for gate in arm(record, backend, name).gates if not gate.passed]


def test_the_published_mobilenet_gets_uint16_and_never_uint8(store: Store, models: ModelRegistry) -> None:
    fill(store)
    assert root(store).recommended == ("webgl", "original"), "what nobody measured is never chosen"
    row = published("MobileNetV2", "top1")
    names = {"original": "float32", "uint16": "uint16", "uint8": "uint8"}
    models.register(
        "demo",
        [
            variant(name, accuracy=row[column], accuracy_of="top1", samples=50_000)
            for name, column in names.items()
        ],
    )
    record = root(store, now=NOW + timedelta(minutes=1))
    assert record.recommended == ("webgl", "uint16")
    assert failed(record, "webgl", "uint16") == []
    assert failed(record, "webgl", "uint8") == failed(record, "wasm-simd", "uint8") == ["accuracy"]
    assert (
        "webgl with uint8: accuracy: top1 0.28 where the original has 0.618, accuracy lost 0.338"
        in explain(store, "demo", "blazeface", "*")
    )
    publish.run(store, PublishSettings(), now=NOW + timedelta(minutes=1))
    active = read_active(store, "demo")
    assert active is not None
    plan = active.plans["*"]["blazeface"]
    best = max(plan.arms, key=lambda each: each.probability)
    assert (best.variant, best.url) == ("uint16", "https://cdn.example/uint16/model.json")
    assert "uint8" not in {each.variant for each in plan.arms}
    originals = [
        each for each in (*plan.arms, *(plan.race.arms if plan.race else [])) if each.variant == "original"
    ]
    assert originals
    assert {each.url for each in originals} == {None}, "the page has the original"


def test_a_wide_budget_lets_it_in_and_a_removal_takes_it_out_again(
    store: Store, models: ModelRegistry
) -> None:
    fill(store)
    told = {"original": 0.9, "uint16": 0.895, "uint8": 0.87}
    models.register("demo", [variant(name, accuracy=each, accuracy_of="top1") for name, each in told.items()])
    assert failed(root(store), "webgl", "uint8") == ["accuracy"]
    models.set_budget("demo", "blazeface", 0.05)
    wide = root(store, now=NOW + timedelta(minutes=1))
    assert wide.recommended == ("webgl", "uint8")
    assert wide.parameters.max_accuracy_loss == 0.05
    models.remove("demo", "blazeface", "uint8")
    publish.run(store, PublishSettings(), now=NOW + timedelta(minutes=1))
    active = read_active(store, "demo")
    plans = active.plans if active is not None else {}
    assert "uint8" not in str(plans), "the decision is older than the removal"
    assert root(store, now=NOW + timedelta(minutes=2)).recommended == ("webgl", "uint16")


def test_a_backend_that_its_evaluation_refused_is_refused_there_alone(
    store: Store, models: ModelRegistry
) -> None:
    fill(store)
    backends = {
        "webgl": {"accepted": False, "agrees": False, "refused_by": ["agreement"]},
        "wasm": {"accepted": True, "agrees": True},
    }
    models.register("demo", [variant("uint8", agreement=1.0, accepted=False, backends=backends)])
    record = root(store)
    assert failed(record, "webgl", "uint8") == ["accuracy", "agreement"]
    assert failed(record, "wasm-simd", "uint8") == []
    assert record.recommended == ("wasm-simd", "uint8")


def test_sizes_are_those_of_the_registry(store: Store, models: ModelRegistry) -> None:
    fill(store)
    models.register("demo", [variant("uint8", bytes=123, agreement=1.0), variant("original", bytes=456)])
    weighed = SETTINGS.model_copy(update={"objective": "ready=1,bytes=0.1"})
    record = root(store, settings=weighed)
    sizes = {each.variant: each.bytes for each in record.arms}
    assert (sizes["uint8"], sizes["original"]) == (123, 456)
    assert sizes["uint16"] is None or not math.isfinite(sizes["uint16"])


def test_a_published_variant_gets_its_first_visitors_and_then_the_place_that_it_earns(
    store: Store, models: ModelRegistry
) -> None:
    insert_sessions(store, NOW - DAY, {"webgl": (50.0, 4000.0), "wasm-simd": (30.0, 4000.0)}, 30, seed=1)
    sizes = {"original": 4_000_000, "uint8": 1_000_000, "uint16": 2_000_000}
    told = [
        variant("original", bytes=sizes["original"]),
        variant("uint16", bytes=sizes["uint16"], agreement=0.999),
        variant("uint8", bytes=sizes["uint8"], agreement=0.5),
    ]
    models.register("demo", told)
    record = root(store)
    (new,) = [each for each in record.arms if each.predicted]
    assert (new.backend, new.variant, new.sessions) == ("wasm-simd", "uint16", 0)
    assert {each.variant: each.verdict for each in record.variants} == {
        "original": "chosen",
        "uint16": "unproven",
        "uint8": "refused",
    }
    text = explain(store, "demo", "blazeface", "*")
    assert "wasm-simd with uint16 (expected to cost" in text
    assert "uint8: accuracy: agreement 0.5" in text
    publish.run(store, PublishSettings(), now=NOW)
    active = read_active(store, "demo")
    assert active is not None
    plan = active.plans["*"]["blazeface"]
    ways = [*plan.arms, *(plan.race.arms if plan.race else [])]
    assert ("wasm-simd", "uint16", "https://cdn.example/uint16/model.json") in {
        (each.backend, each.variant, each.url) for each in ways
    }
    assert "uint8" not in {each.variant for each in ways}
    insert_sessions(store, NOW - DAY, {"wasm-simd": (30.0, 2000.0)}, 30, seed=2, variant="uint16")
    later = root(store, now=NOW + timedelta(minutes=1))
    assert later.recommended == ("wasm-simd", "uint16")
    assert not any(each.predicted for each in later.arms)
