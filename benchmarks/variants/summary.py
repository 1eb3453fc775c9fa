"""Evaluations as the figures that are published. Pure."""

from collections.abc import Mapping
from typing import Any

TARGET_RATIO = 0.30
TARGET_SLIMMING = 0.10
TARGET_LOSS = 0.01


def rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each variant of an evaluation."""
    return [_row(report["model"], variant) for variant in report["variants"]]


def _row(model: str, variant: Mapping[str, Any]) -> dict[str, Any]:
    accuracy = variant["accuracy"]
    return {
        "model": model,
        "variant": variant["name"],
        "bytes": variant["bytes"],
        "br_bytes": variant["brotli_bytes"],
        "backends": {cell["backend"]: _cell(cell) for cell in variant["cells"]},
        "accuracy": None if accuracy is None else accuracy["top1"],
        "agreement": variant["error"],
        "accepted": variant["accepted"],
        "refused_by": variant["refused_by"],
    }


def _cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    wrong = {"wrong_backend", "not_finite"} & set(cell["refused_by"])
    return {
        "load_ms": cell["load_ms"],
        "first_ms": cell["first_ms"],
        "first_from": cell["first_from"],
        "ready_p75_ms": cell["ready_ms"]["p75"],
        "max_abs_err": cell["max_abs"],
        "agrees": None if cell["max_abs"] is None else not wrong,
        "refused_by": cell["refused_by"],
    }


def ratio(report: Mapping[str, Any], given_bytes: int) -> dict[str, Any]:
    """The smallest accepted variant beside the source: as its package has it, and as it was built.

    The target is about the model that goes in; of digits, which are trained here, about the source as built.
    """
    source = next(each for each in report["variants"] if each["name"] == "source")
    accepted = [each for each in report["variants"] if each["accepted"]]
    smallest = min(accepted, key=lambda each: each["bytes"], default=None)
    if smallest is None:
        return {"variant": None, "of_source": None, "of_given": None, "met": False}
    of_source = round(smallest["bytes"] / source["bytes"], 4)
    of_given = round(smallest["bytes"] / given_bytes, 4) if given_bytes else None
    return {
        "variant": smallest["name"],
        "of_source": of_source,
        "of_given": of_given,
        "met": (of_source if of_given is None else of_given) <= TARGET_RATIO,
    }


def slimming(report: Mapping[str, Any]) -> dict[str, Any]:
    """The way from the flatten head: what each step weighs, and how often it is right."""
    by_name = {each["name"]: each for each in report["variants"]}
    flatten = by_name["source"]
    accepted = [each for each in report["variants"] if each["accepted"]]
    end = min(accepted, key=lambda each: each["bytes"])
    share = end["bytes"] / flatten["bytes"]
    lost = flatten["accuracy"]["top1"] - end["accuracy"]["top1"]
    return {
        "flatten_kb": _kb(flatten),
        "pooled_kb": _kb(by_name["pooled"]),
        "quantised_kb": _kb(by_name["pooled-uint8"]),
        "smallest": end["name"],
        "smallest_kb": _kb(end),
        "smallest_of_flatten": round(share, 4),
        "accuracy": {name: each["accuracy"]["top1"] for name, each in by_name.items() if each["accuracy"]},
        "interval": {
            name: [each["accuracy"]["low"], each["accuracy"]["high"]]
            for name, each in by_name.items()
            if each["accuracy"]
        },
        "samples": flatten["accuracy"]["samples"],
        "met": share <= TARGET_SLIMMING and lost <= TARGET_LOSS + 1e-9,
    }


def _kb(variant: Mapping[str, Any]) -> float:
    return round(int(variant["bytes"]) / 1000, 1)
