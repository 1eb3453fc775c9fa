"""Which weights stay float32."""

import numpy as np
import pytest
from inferfleet_converters.float_weights import asked_to_keep, fits_float16, kept_float
from inferfleet_converters.refusal import Refused

RANDOM = np.random.default_rng(1)
KERNEL = RANDOM.normal(size=(8, 64)).astype(np.float32)


def why(values: np.ndarray, kind: str) -> str | None:
    return kept_float({"w": values.astype(np.float32)}, kind, set()).get("w")


@pytest.mark.parametrize("kind", ["float16", "uint16", "uint8", "int8"])
def test_kernels_are_quantised_and_constants_are_not(kind: str) -> None:
    assert why(KERNEL, kind) is None
    assert why(np.zeros((8, 64)), kind) is None
    assert why(np.array(1e-12), kind) == "a scalar"
    assert why(np.ones(1), kind) == "a scalar"
    assert why(np.ones(32), kind) == "a constant of 32 values"
    assert why(np.ones(33), kind) is None


def test_float16_keeps_what_it_cannot_hold() -> None:
    assert why(np.full((8, 8), -1e9), "float16") == "holds 1e+09, and float16 ends at 65504"
    assert why(np.full((8, 8), 65504.0), "float16") is None
    assert why(np.full(64, 1e-12), "float16") == "holds 1e-12, which is 0 in float16"
    assert why(np.append(np.ones(63), 1e-12), "float16") == "holds 1e-12, which is 0 in float16"
    # One tiny value of a kernel changes nothing; a kernel of tiny values is gone.
    tiny = KERNEL.copy()
    tiny[0, 0] = 1e-12
    assert why(tiny, "float16") is None
    assert why(KERNEL * 1e-12, "float16") is not None


def test_one_huge_value_does_not_wipe_out_the_others() -> None:
    huge = KERNEL.copy()
    huge[0, 0] = 1e9
    assert why(huge, "uint8") == "511 of 512 values would be 0 in uint8: the largest is 1e+09"
    assert why(huge, "uint16") is not None
    # 0 and -1e9 are both exact.
    assert why(np.where(KERNEL > 0, 0, -1e9), "uint8") is None


def test_a_constant_fits_float16_or_does_not() -> None:
    assert fits_float16(np.array([0.0, 1.0, -65504.0, 1e-7], np.float32))
    assert not fits_float16(np.array(1e-12, np.float32))
    assert not fits_float16(np.array([1.0, -1e9], np.float32))


def test_globs_and_names() -> None:
    names = ["a/w", "a/w[1]", "a/w1", "b/w"]
    assert asked_to_keep(names, ["a/*"]) == {"a/w", "a/w[1]", "a/w1"}
    assert asked_to_keep(names, ["a/w[1]"]) == {"a/w[1]"}
    assert asked_to_keep(names, ["a/w[2]", "b/w"][1:]) == {"b/w"}
    with pytest.raises(
        Refused, match=r"--keep-float c/\* matches no weight; the model's float weights are a/w, "
    ):
        asked_to_keep(names, ["a/*", "c/*"])
