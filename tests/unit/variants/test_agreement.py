"""Which backends are right: by majority, by the referee, and with a tolerance that is learnt."""

import numpy as np
import pytest

from collector.variants.evaluate.agreement import COARSE, FLOOR, judge

TRUE = [[np.array([1.0, 2.0, 3.0], np.float32)], [np.array([-1.0, 0.5, 10.0], np.float32)]]


def off(share: float) -> list[list[np.ndarray]]:
    """What a backend gives whose values are off by this share of each."""
    return [[(array * (1 + share)).astype(np.float32) for array in sample] for sample in TRUE]


def test_backends_that_differ_by_rounding_all_agree() -> None:
    made = judge({"cpu": TRUE, "wasm": off(1e-7), "webgl": off(-3e-6), "webgpu": off(2e-6)}, "cpu")
    assert set(made.agreeing) == {"cpu", "wasm", "webgl", "webgpu"}
    assert (made.wrong, made.decided_by, made.tolerance) == ((), "majority", pytest.approx(FLOOR))


@pytest.mark.parametrize("wrong", ["cpu", "wasm", "webgl", "webgpu"])
@pytest.mark.parametrize("share", [2e-3, 0.05, -0.9, 1e6])
def test_the_one_that_is_wrong_is_named_whoever_it_is(wrong: str, share: float) -> None:
    outputs = {"cpu": TRUE, "wasm": off(1e-7), "webgl": off(-3e-6), "webgpu": off(2e-6)} | {wrong: off(share)}
    made = judge(outputs, "cpu")
    assert made.wrong == (wrong,)
    assert made.decided_by == "majority"
    assert made.distance[wrong] > made.tolerance


def test_the_tolerance_follows_the_spread_of_those_that_agree() -> None:
    tight = judge({"cpu": TRUE, "wasm": off(1e-7), "webgl": off(2e-3)}, "cpu")
    assert tight.wrong == ("webgl",)
    loose = judge({"cpu": TRUE, "wasm": off(5e-4), "webgl": off(2e-3)}, "cpu")
    assert loose.wrong == ()
    assert FLOOR < loose.tolerance <= COARSE


def test_of_two_that_disagree_the_referee_is_right() -> None:
    made = judge({"wasm": off(0.2), "cpu": TRUE}, "cpu")
    assert (made.decided_by, made.wrong, made.agreeing) == ("referee", ("wasm",), ("cpu",))


def test_two_camps_of_two_are_no_majority() -> None:
    made = judge({"webgl": off(4e-3), "webgpu": off(4e-3), "cpu": TRUE, "wasm": TRUE}, "cpu")
    assert (made.decided_by, set(made.wrong)) == ("referee", {"webgl", "webgpu"})


def test_nobody_vouches_for_a_backend_that_is_alone() -> None:
    made = judge({"webgl": TRUE}, "cpu")
    assert (made.decided_by, made.agreeing) == ("alone", ("webgl",))


def test_a_backend_that_is_not_finite_is_named_and_has_no_vote() -> None:
    bad = [[np.array([1.0, np.nan, 3.0], np.float32)], TRUE[1]]
    made = judge({"cpu": TRUE, "wasm": TRUE, "webgl": bad}, "cpu")
    assert (made.not_finite, made.wrong, made.agreeing) == (("webgl",), (), ("cpu", "wasm"))


def test_a_sample_on_which_the_model_itself_is_not_finite_is_left_out() -> None:
    blown = [[np.array([np.inf, 1.0, 1.0], np.float32)]]
    made = judge({"cpu": [*blown, *TRUE], "wasm": [*blown, *TRUE], "webgl": [*blown, *off(0.3)]}, "cpu")
    assert made.samples == (1, 2)
    assert made.wrong == ("webgl",)


def test_a_sample_of_large_values_does_not_hide_an_error_in_a_small_one() -> None:
    large = [[np.array([1e6, 1e6, 1e6], np.float32)]]
    small = [[np.array([1.0, 2.0, 3.0], np.float32)]]
    wrong = [[np.array([1.0, 2.1, 3.0], np.float32)]]
    made = judge({"cpu": [*large, *small], "wasm": [*large, *small], "webgl": [*large, *wrong]}, "cpu")
    assert made.wrong == ("webgl",)


def test_other_shapes_and_other_classes_are_wrong() -> None:
    classes = [[np.array([3], np.int32)]]
    made = judge({"cpu": classes, "wasm": classes, "webgl": [[np.array([4], np.int32)]]}, "cpu")
    assert made.wrong == ("webgl",)
    short = [[sample[0][:2]] for sample in TRUE]
    assert judge({"cpu": TRUE, "wasm": TRUE, "webgl": short}, "cpu").wrong == ("webgl",)
