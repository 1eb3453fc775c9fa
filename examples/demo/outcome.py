"""What a run came to, and what must hold of it. Pure: every figure comes from the run."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from examples.demo.faces import false_faces, true_faces
from examples.demo.outcome_of_variants import find_variant_faults, summarise_variants
from examples.demo.scenario import Run
from examples.demo.visits import FAMILIES, Visit

_ACCEPTED = 202


def quantile(values: Iterable[float], q: float) -> float | None:
    """The value below or at which a share ``q`` lies (nearest rank); None when there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)] if ordered else None


def summarise(run: Run) -> dict[str, Any]:
    """The demo's last line."""
    reports = [report for visit in run.visits for report in visit.reports]
    named = {report.batch_id: report for report in reports if report.batch_id is not None}
    zipped = [report.status for report in reports if report.batch_id is None]
    others = len(run.batches.keys() - named.keys())  # stored, and none of those whose ids are known
    accepted = zipped.count(_ACCEPTED)
    # The browser tells of no answer once the page was left, although the report may have arrived. One that
    # did not arrive is sent again, with an event of its own.
    unanswered = sum(status in (None, 0) for status in zipped)
    arrived = min(unanswered, max(0, others - accepted))
    unnamed = accepted + arrived
    empty = sum(report.items == 0 and batch not in run.batches for batch, report in named.items())
    lost = sum(report.items > 0 and batch not in run.batches for batch, report in named.items())
    rows_lost = sum(max(0, report.items - run.batches.get(batch, 0)) for batch, report in named.items())
    following = [visit for visit in run.later if visit.source == "config"]
    next_visit = following[0] if following else run.later[-1]
    alarm = run.alarm
    places = (alarm.alertmanager, alarm.alertmanager_webhook, alarm.collector_webhook)
    return {
        "visits": len(run.visits),
        "predictions": sum(visit.result["predictions"] for visit in run.visits),
        "backends": [family for family in FAMILIES if any(visit.family == family for visit in run.visits)],
        "visits_per_backend": dict(sorted(Counter(visit.backend for visit in run.visits).items())),
        "reports_sent": len(named) + unnamed,
        "reports_by_beacon": sum(report.type == "beacon" for report in named.values()),
        "reports_stored": len(run.batches),
        "reports_empty": empty,
        "reports_unanswered": unanswered - arrived,
        "lost": lost + max(0, unnamed - others),
        "not_sent": max(0, others - unnamed),
        "items_lost": rows_lost,
        "duplicates": run.duplicates,
        "faces_found": {
            family: min((true_faces(visit) for visit in run.visits if visit.family == family), default=0)
            for family in FAMILIES
        },
        "false_faces": sum(map(false_faces, run.visits)),
        "device_class": run.decision["device_class"],
        "decision": run.decision["state"],
        "default_backend": Counter(v.backend for v in _of(run.before, "default")).most_common(1)[0][0]
        if _of(run.before, "default")
        else None,
        "recommended": {"backend": run.decision["backend"], "variant": run.decision["variant"]},
        "next_visit": {"backend": next_visit.backend, "source": next_visit.source},
        "p75_ready_ms": {
            "default": _p75(_of(run.before, "default")),
            "recommended": _p75(following),
        },
        "alert": {
            "leaky_received": all(alarm.leaky_release in place for place in places),
            "clean_raised": any(alarm.clean_release in place for place in places),
        },
        "variants": None if run.tried is None else summarise_variants(run.tried),
    }


def find_faults(summary: dict[str, Any]) -> list[str]:
    """What does not hold, in words; empty when the demo is a success."""
    faults = [f"no visit ran on {family}" for family in FAMILIES if family not in summary["backends"]]
    faults += [
        f"the face was not found on every visit on {family}"
        for family, faces in summary["faces_found"].items()
        if family in summary["backends"] and faces != 1
    ]
    for count in ("lost", "items_lost", "not_sent", "duplicates", "false_faces"):
        if summary[count]:
            faults.append(f"{count} is {summary[count]}, not 0")
    if not summary["reports_by_beacon"]:
        faults.append("no report left by beacon when a page was left")
    recommended, following = summary["recommended"]["backend"], summary["next_visit"]
    if summary["decision"] != "committed":
        faults.append(f"the decision is {summary['decision']}, not committed")
    if recommended is None:
        faults.append("no backend is recommended")
    elif following != {"backend": recommended, "source": "config"}:
        faults.append(f"{recommended} is recommended, but the next visit's was {following}")
    before, after = summary["p75_ready_ms"]["default"], summary["p75_ready_ms"]["recommended"]
    if before is None:
        faults.append("no visit ran on TensorFlow.js's own choice")
    elif after is None:
        faults.append("no visit followed the config")
    elif recommended != summary["default_backend"] and after >= before:
        faults.append(f"the recommended backend takes {after} ms, the default one {before} ms")
    if not summary["alert"]["leaky_received"]:
        faults.append("the alert about the leaking release did not arrive everywhere")
    if summary["alert"]["clean_raised"]:
        faults.append("the release that does not leak raised an alert")
    return faults + ([] if summary["variants"] is None else find_variant_faults(summary["variants"]))


def tabulate(visits: Sequence[Visit]) -> list[list[str]]:
    """Rows for a person, one for each way in which the page ran; the first one has their heads."""
    rows = [
        ["chosen by", "backend", "variant", "visits", "predictions", "p50", "p75", "load", "first", "faces"]
    ]
    groups: dict[tuple[str, str, str, str], list[Visit]] = {}
    for visit in visits:
        way = (visit.source, visit.backend, visit.variant, visit.result["release"])
        groups.setdefault(way, []).append(visit)
    for (source, backend, variant, release), group in groups.items():
        latencies = [value for visit in group for value in visit.ready_ms]
        rows.append(
            [
                source if not group[0].wish.leak else f"{source} ({release})",
                backend,
                variant,
                str(len(group)),
                str(sum(visit.result["predictions"] for visit in group)),
                _say(quantile(latencies, 0.5)),
                _say(quantile(latencies, 0.75)),
                _say(quantile([visit.result["load_ms"] for visit in group], 0.5)),
                _say(quantile([visit.result["first_prediction_ms"] for visit in group], 0.5)),
                f"{sum(map(true_faces, group))} of {len(group)}",
            ]
        )
    return rows


def _of(visits: Sequence[Visit], source: str) -> list[Visit]:
    return [visit for visit in visits if visit.source == source]


def _p75(visits: Sequence[Visit]) -> float | None:
    found = quantile([value for visit in visits for value in visit.ready_ms], 0.75)
    return None if found is None else round(found, 1)


def _say(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "-"
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:,.0f} ms"
