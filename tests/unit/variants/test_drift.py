"""Backends that feed their own rounding back: what is honest and what is wrong."""

import numpy as np

from collector.variants.evaluate.drift import judge_sequences

CALLS = 30
STARTS = (0, CALLS)


def chaos(
    nudge: float = 0.0, *, forgets: bool = False, breaks_at: int | None = None
) -> list[list[np.ndarray]]:
    """Two sequences of a logistic map, of which each call is off by ``nudge``."""
    outputs = []
    for begin in (0.3, 0.4):
        state = begin
        for at in range(CALLS):
            state = 3.9 * state * (1 - state) * (1 + nudge)
            if at == breaks_at:
                state = 1 - state / 2
            outputs.append([np.array([state], np.float32)])
            if forgets:
                state = begin
    return outputs


def tame(nudge: float = 0.0, *, forgets: bool = False) -> list[list[np.ndarray]]:
    outputs = []
    for begin in (0.3, 0.4):
        state = begin
        for _ in range(CALLS):
            state = (state * 0.9 + 0.1) * (1 + nudge)
            outputs.append([np.array([state], np.float32)])
            if forgets:
                state = begin
    return outputs


def test_where_rounding_fades_all_calls_count() -> None:
    found = judge_sequences({"cpu": tame(), "wasm": tame(1e-7), "webgl": tame(-1e-7)}, "cpu", STARTS)
    assert (found.agreeing, found.wrong, found.drifts) == (("cpu", "wasm", "webgl"), (), False)
    assert len(found.samples) == 2 * CALLS


def test_where_rounding_grows_backends_are_judged_by_the_beginnings() -> None:
    outputs = {"cpu": chaos(), "wasm": chaos(1e-7), "webgl": chaos(-1e-7)}
    assert judge_sequences(outputs, "cpu", ()).wrong  # as if nobody knew that something is carried
    found = judge_sequences(outputs, "cpu", STARTS)
    assert (found.agreeing, found.wrong, found.drifts) == (("cpu", "wasm", "webgl"), (), True)
    assert found.samples == (0, 1, CALLS, CALLS + 1)
    assert found.decided_by == "majority"


def test_one_that_does_not_read_its_state_is_wrong_either_way() -> None:
    for make in (tame, chaos):
        outputs = {"cpu": make(), "wasm": make(1e-7), "webgl": make(forgets=True)}
        assert judge_sequences(outputs, "cpu", STARTS).wrong == ("webgl",)


def test_one_that_jumps_later_is_not_taken_for_rounding() -> None:
    outputs = {"cpu": chaos(), "wasm": chaos(0), "webgl": chaos(breaks_at=5)}
    found = judge_sequences(outputs, "cpu", STARTS)
    assert (found.wrong, found.drifts) == (("webgl",), False)


def test_a_single_call_or_none_that_is_carried_is_judged_as_ever() -> None:
    outputs = {"cpu": chaos()[:1], "wasm": chaos(-0.1)[:1]}
    assert judge_sequences(outputs, "cpu", (0,)).decided_by == "referee"
    assert judge_sequences(outputs, "cpu", ()).wrong == ("wasm",)
