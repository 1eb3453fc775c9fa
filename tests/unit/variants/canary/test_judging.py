"""What a canary may be made of, and what is refused."""

from typing import Any

import numpy as np
import pytest

from collector.contract.canary import CanaryReference
from collector.variants.canary.judging import Judged, make_canary
from collector.variants.canary.right import LEAST, UNKNOWN_HALF, Observed
from collector.variants.evaluate.errors import EvaluateError

RIGHT = np.array([[0.5, -2.0, 4.0, 1.0]], np.float32)
BLANK = np.array([[0.0, 0.1, 0.2, 0.3]], np.float32)
NOBODY: frozenset[str] = frozenset()


def answers(right: Any = RIGHT, blank: Any = BLANK, again: Any = None) -> list[list[np.ndarray]]:
    return [[right], [blank], [right if again is None else again]]


def observe(half: float | None = 1e-3, **source: Any) -> Observed:
    """Three backends that agree, but for what ``source`` says of one."""
    backends = {"cpu": answers(), "wasm": answers(RIGHT * np.float32(1 + 1e-6)), "webgl": answers()} | source
    halved = {} if half is None else {"source": answers(RIGHT + 4 * np.float32(half))}
    return Observed({"source": backends}, halved, "cpu")


def judge(observed: Observed, wrong: frozenset[str] = NOBODY, most: int = 32) -> Judged:
    return make_canary(observed, wrong, most)


def test_a_tolerance_is_three_times_what_half_floats_do_and_has_room_for_every_backend() -> None:
    judged = judge(observe())
    assert judged.references == [
        CanaryReference(variants=["original"], values=[0.5, -2.0, 4.0, 1.0], tolerances=[0.013] * 4)
    ]
    assert judged.agreeing == ("cpu", "wasm", "webgl")
    assert judged.tolerances == [pytest.approx(3e-3, rel=1e-3)]
    assert (judged.caught, judged.warnings) == ({}, [])


def test_a_tolerance_is_never_less_than_gpus_differ_by_and_one_per_cent_where_halves_are_unknown() -> None:
    assert judge(observe(half=1e-6)).tolerances == [LEAST]
    assert judge(observe(half=None)).tolerances == [UNKNOWN_HALF]


def test_each_output_has_a_tolerance_of_its_own_size() -> None:
    scores = np.array([0.25, 0.75], np.float32)
    both = [[RIGHT * 100, scores], [BLANK, scores / 2], [RIGHT * 100, scores]]
    judged = judge(Observed({"source": {"cpu": both, "wasm": both}}, {"source": both}, "cpu"))
    assert judged.references[0].tolerances == [0.4] * 4 + [0.00075] * 2


def test_whole_numbers_must_be_the_very_ones() -> None:
    label = [[np.array([7], np.int32)], [np.array([0], np.int32)], [np.array([7], np.int32)]]
    half = [[np.array([8], np.int32)], *label[1:]]
    judged = judge(Observed({"source": {"cpu": label, "wasm": label}}, {"source": half}, "cpu"))
    assert judged.references[0].model_dump() == {
        "variants": ["original"],
        "values": [7.0],
        "tolerances": [0.5],
    }


def test_variants_that_answer_alike_share_a_reference_and_others_have_their_own() -> None:
    near = {name: answers(RIGHT + np.float32(1e-3)) for name in ("cpu", "wasm")}
    far = {name: answers(RIGHT * np.float32(1.02)) for name in ("cpu", "wasm")}
    source = observe()
    judged = judge(source._replace(answers=source.answers | {"float16": near, "uint8": far}))
    assert [part.variants for part in judged.references] == [["original", "float16"], ["uint8"]]
    assert judged.references[1].values == [0.51, -2.04, 4.08, 1.02]
    assert {part.tolerances[0] for part in judged.references} == {0.041, 0.04}


def test_a_wrong_backend_is_caught_and_how_far_it_is_away_is_told() -> None:
    judged = judge(observe(webgl=answers(RIGHT * np.float32(1.05))))
    assert judged.agreeing == ("cpu", "wasm")
    assert judged.caught == {"webgl": pytest.approx(0.2 / 0.013, rel=0.01)}
    nan = answers(np.full_like(RIGHT, np.nan))
    assert judge(observe(webgl=nan)).caught == {"webgl": float("inf")}


def test_a_backend_that_the_evaluation_found_wrong_must_be_caught_too() -> None:
    caught = judge(observe(webgl=answers(RIGHT * np.float32(1.01))), frozenset({"webgl"})).caught
    assert caught["webgl"] > 1
    with pytest.raises(
        EvaluateError, match=r"webgl computes source wrong, and the canary would not catch it.* 0\.\d\d tol"
    ):
        judge(observe(webgl=answers(RIGHT * np.float32(1.001))), frozenset({"webgl"}))


def test_a_wrong_backend_that_picked_values_do_not_show_is_no_catch() -> None:
    long = np.linspace(1, 2, 1000, dtype=np.float32)[np.newaxis]
    wrong = long.copy()
    wrong[0, 999] = 9
    observed = Observed(
        {
            "source": {
                "cpu": answers(long, long / 2),
                "wasm": answers(long, long / 2),
                "webgl": answers(wrong, long / 2),
            }
        },
        {},
        "cpu",
    )
    with pytest.raises(EvaluateError, match=r"webgl computes source wrong.* more --values"):
        judge(observed, most=2)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"cpu": answers(again=RIGHT * np.float32(1.1))}, "two answers to the same input on cpu"),
        ({name: answers(RIGHT, RIGHT) for name in ("cpu", "wasm", "webgl")}, "an empty input within the tol"),
        ({name: answers(RIGHT * np.nan) for name in ("cpu", "wasm", "webgl")}, "not finite"),
        ({"cpu": answers(RIGHT * 2), "wasm": answers(RIGHT * 3)}, "no majority of backends agrees"),
        ({name: answers(np.array(["yes"])) for name in ("cpu", "wasm", "webgl")}, "answers with text"),
    ],
)
def test_what_no_canary_can_be_made_of_is_refused(source: dict[str, Any], said: str) -> None:
    with pytest.raises(EvaluateError, match=said):
        judge(observe(**source))


def test_one_backend_alone_is_believed_with_a_warning_when_it_is_the_referee() -> None:
    judged = judge(Observed({"source": {"wasm": answers()}}, {}, "wasm"))
    assert judged.agreeing == ("wasm",)
    assert judged.warnings == ["only wasm runs this model here: nothing shows whether it computes right"]
    with pytest.raises(EvaluateError, match=r"it ran on webgl.*install more backends"):
        judge(Observed({"source": {"webgl": answers()}}, {}, "wasm"))


def test_a_variant_on_which_no_two_backends_agree_is_left_out_and_said() -> None:
    source = observe()
    torn = {"cpu": answers(RIGHT), "wasm": answers(RIGHT * np.float32(1.5))}
    judged = judge(source._replace(answers=source.answers | {"uint8": torn, "uint16": {"cpu": answers()}}))
    assert [part.variants for part in judged.references] == [["original"]]
    assert [warning.partition(":")[0] for warning in judged.warnings] == ["uint8", "uint16"]


def test_half_floats_that_overflow_or_change_much_are_told() -> None:
    overflown = observe()._replace(half={"source": answers(RIGHT * np.inf)})
    assert "half floats output 0 is not finite" in judge(overflown).warnings[0]
    assert "a tolerance of 6.0% of its largest value" in judge(observe(half=0.02)).warnings[0]
