"""Figures of `make bench-variants`, from evaluations."""

from typing import Any

from benchmarks.variants.summary import ratio, rows, slimming


def variant(name: str, size: int, *, accepted: bool = True, top1: float | None = None) -> dict[str, Any]:
    cell = {
        "backend": "wasm",
        "load_ms": 5.0,
        "first_ms": 9.0,
        "first_from": None,
        "ready_ms": {"p50": 1.0, "p75": 2.0, "p95": 3.0},
        "max_abs": 0.25,
        "refused_by": [] if accepted else ["agreement"],
    }
    wrong = cell | {"backend": "webgpu", "refused_by": ["wrong_backend"]}
    silent = cell | {"backend": "webgl", "max_abs": None, "refused_by": ["hang"]}
    return {
        "name": name,
        "bytes": size,
        "brotli_bytes": size // 2,
        "cells": [cell, wrong, silent],
        "error": {"max_abs": 0.25},
        "accuracy": None if top1 is None else {"top1": top1, "low": top1, "high": top1, "samples": 599},
        "accepted": accepted,
        "refused_by": [] if accepted else ["agreement"],
    }


def test_a_backend_agrees_unless_it_is_wrong_or_says_nothing() -> None:
    (row,) = rows({"model": "face", "variants": [variant("uint8", 100, accepted=False)]})
    agrees = {name: cell["agrees"] for name, cell in row["backends"].items()}
    assert agrees == {"wasm": True, "webgpu": False, "webgl": None}
    assert (row["model"], row["br_bytes"], row["refused_by"]) == ("face", 50, ["agreement"])
    assert row["backends"]["wasm"]["ready_p75_ms"] == 2.0


def test_the_ratio_is_of_what_was_accepted() -> None:
    report = {
        "variants": [variant("source", 1000), variant("half", 500), variant("tiny", 10, accepted=False)]
    }
    # The target is about the model that went in.
    assert ratio(report, 2000) == {"variant": "half", "of_source": 0.5, "of_given": 0.25, "met": True}
    assert ratio(report, 1600)["met"] is False
    assert ratio(report, 0)["met"] is False
    report["variants"].append(variant("small", 300))
    assert ratio(report, 0) == {"variant": "small", "of_source": 0.3, "of_given": None, "met": True}
    assert ratio({"variants": [variant("source", 9, accepted=False)]}, 9)["met"] is False


def test_slimming_ends_at_the_smallest_that_was_accepted() -> None:
    made = [
        variant("source", 4_600_000, top1=0.997),
        variant("pooled", 383_000, top1=0.99),
        variant("pooled-uint8", 102_000, top1=0.99),
        variant("distilled-uint8", 32_000, top1=0.98, accepted=False),
    ]
    told = slimming({"variants": made})
    assert (told["flatten_kb"], told["pooled_kb"], told["quantised_kb"]) == (4600.0, 383.0, 102.0)
    assert (told["smallest"], told["met"]) == ("pooled-uint8", True)
    made[2]["accuracy"]["top1"] = 0.98
    assert slimming({"variants": made})["met"] is False  # 1.7 points
