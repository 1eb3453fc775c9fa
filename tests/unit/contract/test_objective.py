"""Objectives in their text form."""

import math

import pytest

from collector.contract.objective import PRESETS, TERMS, Objective, canonical, short


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_kept_in_full_and_shown_by_its_name(name: str) -> None:
    full = canonical(name)
    assert full != name
    assert Objective.of(full) == PRESETS[name]
    assert short(full) == name
    assert canonical(full) == full


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loop,fps=60", Objective(frame_rate=1, first_result=1, fps=60)),
        ("one-shot, bytes=0.5", Objective(first_result=1, bytes=0.5)),
        ("ready=1, first_result=0.5, quantile=0.9", Objective(ready=1, first_result=0.5, quantile=0.9)),
        ("balanced,first_result=0", Objective(ready=1)),
        ("bytes=1e2", Objective(bytes=100)),
    ],
)
def test_terms_have_weights_and_a_preset_may_be_changed(text: str, expected: Objective) -> None:
    assert Objective.of(text) == expected
    assert Objective.of(str(expected)) == expected
    assert expected.name == str(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fast", "there is no objective or term 'fast': write one of balanced, loop, one-shot"),
        ("ready=1,latency=2", "no objective or term 'latency'.*ready, frame_rate, first_result, bytes"),
        ("", "no objective or term ''"),
        ("ready=1,", "no objective or term ''"),
        ("ready", "ready must be a number from 0 to 100, as in ready=1"),
        ("ready=many", "ready must be a number from 0 to 100"),
        ("ready=-1", "ready must be a number from 0 to 100"),
        ("ready=nan", "ready must be a number from 0 to 100"),
        ("first_result=inf", "first_result must be a number from 0 to 100"),
        ("bytes=1e-9", "bytes must be 0 or at least 1e-06"),
        ("ready=0", "needs a term with a weight above 0: ready, frame_rate, first_result, bytes"),
        ("one-shot,first_result=0", "needs a term with a weight above 0"),
        ("ready=1,ready=2", "ready is given twice"),
        ("ready=1,quantile=0.2", "quantile must be a number from 0.5 to 0.99, as in quantile=0.9"),
        ("loop,fps=0", "fps must be a number from 1 to 240, as in fps=60"),
        ("balanced,fps=60", "fps is only for the term frame_rate: add frame_rate=1"),
        ("one-shot,quantile=0.9", "quantile is only for the terms ready and frame_rate"),
    ],
)
def test_what_is_no_objective_says_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Objective.of(text)


def test_every_term_has_a_weight_and_only_terms_have() -> None:
    assert list(TERMS) == list(Objective(1, 1, 1, 1).weights())


def test_a_text_of_a_newer_version_is_shown_as_it_is() -> None:
    assert short("battery=1") == "battery=1"


def test_weights_are_kept_to_six_digits() -> None:
    assert math.isclose(Objective.of(f"ready={1 / 3}").ready, 1 / 3, rel_tol=1e-5)
    assert canonical(f"ready={1 / 3}") == "ready=0.333333,quantile=0.75"
