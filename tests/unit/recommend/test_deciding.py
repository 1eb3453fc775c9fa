"""Large models are decided about in processes of their own, and nothing else changes."""

import os
import pickle
import resource
import signal
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collector.contract.device_class import leaf
from collector.jobs.recommend import deciding
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.deciding import WorkerDied, decide_all
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import LINUX, inputs, visits

SETTINGS = RecommendSettings()
SMALL = replace(inputs(visits("webgl", 30, 20.0), visits("wasm-simd", 30, 5.0)), model="small")
LARGE = replace(inputs(visits("webgl", 60, 20.0), visits("wasm-simd", 60, 30.0)), model="large")


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "LARGE", 100)
    monkeypatch.setattr(deciding, "_cores", lambda: 2)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[deciding._Worker]:
    """The workers that were started."""
    found: list[deciding._Worker] = []

    class Seen(deciding._Worker):
        def __init__(self, given: ModelInputs, settings: RecommendSettings) -> None:
            super().__init__(given, settings)
            found.append(self)

    monkeypatch.setattr(deciding, "_Worker", Seen)
    return found


def test_records_are_the_same_and_in_the_order_of_the_models(started: list[deciding._Worker]) -> None:
    models = [LARGE, SMALL, replace(LARGE, model="second"), SMALL]
    decided = list(decide_all(models, SETTINGS))
    assert started
    assert [[each.to_json() for each in one] for one in decided] == [
        [each.to_json() for each in decide(one, SETTINGS)] for one in models
    ]
    assert all(worker._process.returncode is not None for worker in started)


def test_a_worker_that_has_decided_ends_while_others_are_read(started: list[deciding._Worker]) -> None:
    # Its answer fills a pipe twice over; one that waited for a reader would keep what it decided from.
    kinds = [leaf(dict(LINUX.facts) | {"gpu": f"gpu-{number}"}) for number in range(40)]
    arms = [visits(backend, 30, 20.0, device=kind) for backend in ("webgl", "wasm-simd") for kind in kinds]
    many = replace(inputs(*arms), model="many")
    assert len(pickle.dumps(decide(many, SETTINGS))) > 2 * 65_536

    def models() -> Iterator[ModelInputs]:
        yield many
        started[0]._process.wait(timeout=60)
        yield SMALL

    assert len(list(decide_all(models(), SETTINGS))) == 2


def test_a_model_that_a_process_has_is_not_held_while_the_next_is_read() -> None:
    held: list[weakref.ref[Any]] = []

    def read(name: str) -> ModelInputs:
        given = replace(inputs(visits("webgl", 120, 20.0)), model=name)
        held.append(weakref.ref(given.visits.predictions))
        return given

    def models() -> Iterator[ModelInputs]:
        yield read("first")
        assert held[0]() is None
        yield read("second")

    assert len(list(decide_all(models(), SETTINGS))) == 2


def test_a_process_with_more_open_files_than_select_can_watch(started: list[deciding._Worker]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as files:
        files.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
        for _ in range(1100):
            files.enter_context(Path(os.devnull).open())
        list(decide_all([LARGE, LARGE], SETTINGS))
    assert started


def test_one_core_and_a_small_model_start_nothing(
    started: list[deciding._Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(list(decide_all([SMALL], SETTINGS))) == 1
    monkeypatch.setattr(deciding, "_cores", lambda: 1)
    assert len(list(decide_all([LARGE], SETTINGS))) == 1
    assert not started


def test_what_fails_in_a_worker_fails_here() -> None:
    broken = replace(LARGE, days="many")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'str'"):
        list(decide_all([broken], SETTINGS))


def test_a_worker_that_was_killed_is_told_of(started: list[deciding._Worker]) -> None:
    def models() -> Iterator[ModelInputs]:
        yield LARGE
        os.kill(started[0]._process.pid, signal.SIGKILL)
        yield SMALL

    with pytest.raises(WorkerDied, match="status -9"):
        list(decide_all(models(), SETTINGS))


def test_no_worker_is_left_when_reading_fails(started: list[deciding._Worker]) -> None:
    def models() -> Iterator[ModelInputs]:
        yield LARGE
        raise OSError("the store is gone")

    with pytest.raises(OSError, match="the store is gone"):
        list(decide_all(models(), SETTINGS))
    assert started[0]._process.returncode is not None
