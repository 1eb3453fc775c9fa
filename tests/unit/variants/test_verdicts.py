"""From cells to verdicts: a backend's error is not a variant's, and neither hides the other."""

import numpy as np
import pytest

from collector.variants.evaluate.cells import Cell
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.gates import Limits, Refusal
from collector.variants.evaluate.verdicts import VariantVerdict, decide, judge_source

SOURCE = np.array([3.0, -4.0, 5.0])
Cells = dict[tuple[str, str], Cell]


def cells(**outputs: dict[str, np.ndarray | Refusal]) -> Cells:
    made: Cells = {}
    for variant, by_backend in outputs.items():
        for at, (backend, given) in enumerate(by_backend.items()):
            cell = made[variant, backend] = Cell(variant, backend, ready_ms=[float(at + 1)])
            if isinstance(given, str):
                cell.reason = given
            else:
                cell.outputs = [[given.astype(np.float32)]] * 2
    return made


def verdict(made: Cells, variant: str) -> VariantVerdict:
    return decide(
        variant,
        made,
        judge_source(made, "cpu"),
        task="regression",
        limits=Limits(),
        referee="cpu",
        labels=None,
    )


def refused(found: VariantVerdict) -> dict[str, tuple[Refusal, ...]]:
    return {name: cell.refused_by for name, cell in found.cells.items()}


def test_the_error_of_quantisation_is_the_variants_alone() -> None:
    made = cells(
        source={"wasm": SOURCE, "webgl": SOURCE, "webgpu": SOURCE},
        uint8={"wasm": SOURCE * 1.02, "webgl": SOURCE * 1.02, "webgpu": SOURCE * 1.02},
    )
    found = verdict(made, "uint8")
    assert found.difference is not None
    assert found.difference.relative == pytest.approx(0.02, rel=1e-3)
    assert all(cell.error is not None and cell.error < 1e-6 for cell in found.cells.values())
    assert found.refused_by == ()


def test_a_backend_can_be_wrong_on_one_variant_only() -> None:
    """As seen in the field: q4 and q8 wrong on webgpu, float32 right (huggingface/transformers.js#1728)."""
    made = cells(
        source={"cpu": SOURCE, "wasm": SOURCE, "webgpu": SOURCE},
        q8={"cpu": SOURCE * 1.02, "wasm": SOURCE * 1.02, "webgpu": SOURCE[::-1]},
    )
    found = verdict(made, "q8")
    assert refused(found) == {"cpu": (), "wasm": (), "webgpu": ("wrong_backend",)}
    assert found.refused_by == ()
    assert refused(verdict(made, "source")) == {"cpu": (), "wasm": (), "webgpu": ()}


def test_a_backend_that_is_wrong_on_the_source_is_trusted_with_no_variant() -> None:
    made = cells(
        source={"cpu": SOURCE, "wasm": SOURCE, "webgpu": SOURCE * 2},
        uint8={"cpu": "failed_to_load", "wasm": "crash", "webgpu": SOURCE},
    )
    found = verdict(made, "uint8")
    assert refused(found) == {"cpu": ("failed_to_load",), "wasm": ("crash",), "webgpu": ("wrong_backend",)}
    assert found.refused_by == ("crash", "failed_to_load", "wrong_backend")


def test_a_backend_that_is_not_finite_is_refused_with_every_variant() -> None:
    made = cells(
        source={"cpu": SOURCE, "wasm": SOURCE, "webgl": SOURCE * np.nan},
        uint8={"cpu": SOURCE, "wasm": SOURCE, "webgl": SOURCE},
    )
    assert refused(verdict(made, "source"))["webgl"] == ("not_finite",)
    assert refused(verdict(made, "uint8"))["webgl"] == ("not_finite",)


def test_a_variant_that_is_too_far_off_is_refused_on_every_backend() -> None:
    made = cells(source={"cpu": SOURCE, "wasm": SOURCE}, uint8={"cpu": SOURCE * 1.3, "wasm": SOURCE * 1.3})
    found = verdict(made, "uint8")
    assert found.refused_by == ("agreement",)
    assert refused(found) == {"cpu": ("agreement",), "wasm": ("agreement",)}


def test_a_source_that_runs_nowhere_says_why() -> None:
    made = cells(source={"cpu": "failed_to_run", "wasm": "failed_to_load"})
    made["source", "cpu"].message = "no such op"
    with pytest.raises(EvaluateError, match=r"runs on no backend.*cpu: no such op"):
        judge_source(made, "cpu")


def test_a_variant_is_judged_by_the_outputs_that_an_app_reads_and_a_backend_by_all() -> None:
    made = cells(
        source={"cpu": SOURCE, "wasm": SOURCE, "webgl": SOURCE},
        int8={"cpu": SOURCE * 1.01, "wasm": SOURCE * 1.01, "webgl": SOURCE * 1.01},
    )
    for (variant, backend), cell in made.items():
        state = SOURCE * (2 if variant == "int8" else 1) * (3 if backend == "webgl" else 1)
        cell.outputs = [[*sample, state.astype(np.float32)] for sample in cell.outputs]
    source = judge_source(made, "cpu")
    assert source.wrong == ("webgl",)  # in the state alone

    def judged(places: list[int] | None) -> VariantVerdict:
        return decide(
            "int8",
            made,
            source,
            task="regression",
            limits=Limits(),
            referee="cpu",
            labels=None,
            places=places,
        )

    assert judged(None).refused_by == ("agreement",)
    assert judged([1]).refused_by == ("agreement",)
    found = judged([0])
    assert found.refused_by == ()
    assert found.difference is not None
    assert found.difference.relative == pytest.approx(0.01, rel=1e-3)
    assert refused(found) == {"cpu": (), "wasm": (), "webgl": ("wrong_backend",)}
