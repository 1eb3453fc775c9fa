"""The made input and the picked values, as the vectors have them that the SDK is tested with, too."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collector.variant_folder import TensorSpec
from collector.variants.canary.picks import picks
from collector.variants.canary.reference_input import made_input
from collector.variants.evaluate.errors import EvaluateError
from tests.vectors import make_canary

VECTORS = json.loads(Path(make_canary.FILE).read_text())


@pytest.mark.parametrize("vector", VECTORS["inputs"], ids=lambda given: f"{given['dtype']} {given['scale']}")
def test_the_made_input(vector: dict[str, Any]) -> None:
    values = vector["values"]
    port = TensorSpec(name="x", dtype=vector["dtype"], shape=[None, len(values)])
    made = made_input([port], vector["scale"])["x"]
    assert (made.shape, made.dtype.name) == ((1, len(values)), vector["dtype"])
    assert made.ravel().tolist() == values


@pytest.mark.parametrize("vector", VECTORS["picks"], ids=lambda given: f"{given['most']} of {given['sizes']}")
def test_the_picked_values(vector: dict[str, Any]) -> None:
    taken = [part.tolist() for part in picks(vector["sizes"], vector["most"])]
    assert taken == vector["positions"]
    for size, part in zip(vector["sizes"], taken, strict=True):
        assert len(set(part)) == len(part)
        assert all(0 <= at < size for at in part)


def test_the_vectors_are_what_their_maker_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_canary, "FILE", tmp_path / "canary.json")
    make_canary.main()
    assert json.loads((tmp_path / "canary.json").read_text()) == VECTORS


def test_an_input_that_python_and_a_page_hold_alike_is_finite_and_varied() -> None:
    made = made_input([TensorSpec(name="x", dtype="float32", shape=[1, 128, 128, 3])], "0..1")["x"]
    assert np.isfinite(made).all()
    assert 0 <= made.min() < 0.001 < 0.999 < made.max() < 1
    assert abs(float(made.mean()) - 0.5) < 0.01
    assert len(np.unique(made)) > 0.99 * made.size


def test_a_size_that_nobody_can_guess_is_asked_for() -> None:
    with pytest.raises(EvaluateError, match=r"'x' has a free dimension beside its first.* --input"):
        made_input([TensorSpec(name="x", dtype="float32", shape=[1, None])], "0..1")
    with pytest.raises(EvaluateError, match="'string', which cannot be evaluated"):
        made_input([TensorSpec(name="x", dtype="string", shape=[1])], "0..1")
