"""What came of the variants, and what must hold of it. Pure, as ``outcome`` is."""

from collections import Counter
from typing import Any

from examples.demo.scenario import Tried
from examples.demo.variants import ORIGINAL


def summarise_variants(tried: Tried) -> dict[str, Any]:
    """The key ``variants`` of the demo's last line."""
    variants, decision = tried.variants, tried.decision
    recommended = decision["variant"] or ORIGINAL
    return {
        "made": {
            each.name: {
                "bytes": each.bytes,
                "relative_error": each.relative_error,
                "refused_by": each.refused_by,
            }
            for each in variants.made
        },
        "build_s": round(variants.build_seconds, 1),
        "evaluate_s": round(variants.evaluate_seconds, 1),
        "races": sum(visit.source == "race" for visit in tried.racing),
        "ran": dict(sorted(Counter(visit.variant for visit in tried.racing + tried.chosen).items())),
        "decision": decision["state"],
        "recommended": {"backend": decision["backend"], "variant": decision["variant"]},
        "bytes_saved": variants.bytes_of(ORIGINAL) - variants.bytes_of(recommended),
        "second_visits": [
            {"backend": visit.backend, "variant": visit.variant, "source": visit.source}
            for visit in tried.chosen
        ],
    }


def find_variant_faults(summary: dict[str, Any]) -> list[str]:
    """What does not hold of ``summarise_variants``, in words."""
    made, recommended = summary["made"], summary["recommended"]
    faults = []
    refused = [name for name, each in made.items() if each["refused_by"]]
    if not refused:
        faults.append("the evaluation refused no variant, not even uint8, whose boxes are elsewhere")
    faults += [f"{name} was refused, and ran all the same" for name in refused if name in summary["ran"]]
    if not summary["races"]:
        faults.append("no visitor's page raced a variant against the original")
    if summary["decision"] != "committed":
        faults.append(f"the decision about variants is {summary['decision']}, not committed")
    if recommended["variant"] in (None, ORIGINAL):
        faults.append("no variant is recommended in the original's place")
    elif summary["bytes_saved"] <= 0:
        faults.append(f"{recommended['variant']} is recommended and not smaller than the original")
    wanted = recommended | {"source": "config"}
    faults += [
        f"{recommended} is recommended, but a second visit's was {visit}"
        for visit in summary["second_visits"]
        if visit != wanted
    ]
    return faults
