"""What a device says that it cannot run: few answers, and the same in both languages."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.contract.capability import FACT, GRAPHICS, UNASKED, WORDS, read_capability, tell_lacks
from collector.contract.report import Device
from collector.contract.vocabulary import Backend

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "lacks.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["lacks"])
def test_a_device_tells_what_the_sdk_tells(vector: dict[str, Any]) -> None:
    assert tell_lacks(Device.model_validate(vector["device"])) == vector["lacks"]


def test_a_request_without_the_fact_says_nothing() -> None:
    assert read_capability({"gpu": "apple"}) is None


def test_each_word_rules_out_its_backends() -> None:
    told = read_capability({FACT: "threads.webgpu", "gpu": "apple"})
    assert told is not None
    assert told.lacks == {Backend.WASM_SIMD_THREADS, Backend.WEBGPU}
    assert not told.unsure


def test_graphics_that_were_not_looked_at_may_be_there() -> None:
    told = read_capability({FACT: "threads"})
    assert told is not None
    assert told.unsure == GRAPHICS
    sure = read_capability({FACT: "webgl"})
    assert sure is not None
    assert sure.unsure == {Backend.WEBGPU}


def test_webgpu_that_nobody_asked_for_may_be_there() -> None:
    told = read_capability({FACT: f"threads.{UNASKED}", "gpu": "intel"})
    assert told is not None
    assert told.unsure == {Backend.WEBGPU}


@given(st.text(max_size=200), st.sampled_from(["unknown", "apple"]))
def test_no_request_makes_a_capability_that_no_device_has(told: str, gpu: str) -> None:
    words = [*WORDS, UNASKED]
    possible = {
        read_capability({FACT: ".".join(chosen) or "none", "gpu": family})
        for size in range(len(words) + 1)
        for chosen in itertools.combinations(words, size)
        for family in ("unknown", "apple")
    }
    assert len(possible) <= 36
    assert read_capability({FACT: told, "gpu": gpu}) in possible


def test_words_of_a_newer_sdk_are_left_out() -> None:
    assert read_capability({FACT: "nnapi.webgpu", "gpu": "a"}) == read_capability(
        {FACT: "webgpu", "gpu": "a"}
    )
