"""Prints the newest decision of a class for people."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from collector.contract.device_class import DeviceClass, parse
from collector.jobs.recommend.record import ArmEvidence, DecisionRecord, Interval, Propensity
from collector.jobs.recommend.telling.objectives import describe_objective
from collector.jobs.recommend.telling.outlook import describe_outlook
from collector.jobs.recommend.telling.reasons import describe_changes, failed_gates, name_arm
from collector.jobs.recommend.telling.trade_off import describe_trade_off
from collector.mistakes import name_some
from collector.store.lending import Tables

_MEANING = {
    "committed": "this choice is sure",
    "exploring": "not sure yet",
    "insufficient": "too little evidence for a choice of its own",
}
_HEADER = (
    "arm",
    "sessions",
    "races",
    "predictions",
    "cost",
    "ready",
    "start",
    "ratio",
    "interval",
    "chance",
    "gates",
)


class Decision(NamedTuple):
    """A decision record, and when it was made."""

    decided_at: datetime
    record: DecisionRecord


def explain(store: Tables, app: str, model: str, device_class: str | None = None) -> str:
    """The newest decision records of a model, as text: see ``newest_decisions``."""
    return describe(newest_decisions(store, app, model, device_class))


def describe(decisions: Iterable[Decision]) -> str:
    """Decisions as text, a paragraph for each."""
    return "\n\n".join(
        f"decided {decided_at:%Y-%m-%d %H:%M:%S} UTC\n{format_record(record)}"
        for decided_at, record in decisions
    )


def newest_decisions(store: Tables, app: str, model: str, device_class: str | None = None) -> list[Decision]:
    """The newest decision of each device class for a model.

    Args:
        store: where the decisions are.
        app: the app.
        model: the model.
        device_class: a class key, or None for every class that has a decision. A class without one of its own
            gets its nearest ancestor's.

    Raises:
        ValueError: no decision is stored, or the key is not a class; the message says what to do.
    """
    records = {
        row["device_class"]: Decision(row["decided_at"], DecisionRecord.model_validate_json(row["record"]))
        for row in store.query("recommend_latest", app=app)
        if row["model"] == model
    }
    if not records:
        raise ValueError(
            f"no decision for model {model!r} of app {app!r}: "
            "check the names, or run `inferfleet recommend` first"
        )
    if device_class is not None:
        chosen = next((place for place in _lineage(device_class) if place in records), None)
        if chosen is None:
            known = name_some(records)
            raise ValueError(f"no decision for {device_class} or a class above it; there are: {known}")
        return [records[chosen]]
    return list(records.values())


def format_record(record: DecisionRecord) -> str:
    """One record as text: the reason, the arms, why some were refused, the variants, the split of traffic."""
    lines = [
        f"{record.app} / {record.model} on {record.device_class}: "
        f"{record.state.upper()} ({_MEANING[record.state]})",
        f"  {record.reason}",
    ]
    if record.reopened is not None:
        lines.append(
            f"  {describe_changes(record.reopened.changes)}: what came before decides nothing, and is a hint"
        )
    if record.default is not None:
        how = (
            "what sessions without a config ran"
            if record.default_source == "observed"
            else "the engine's own order"
        )
        lines.append(f"  without Inferfleet: {name_arm(*record.default)} ({how})")
    if record.expected_ratio is not None and record.recommended not in (None, record.default):
        interval = _interval(record.expected_interval)
        lines.append(f"  expected cost: {record.expected_ratio:.2f} times that {interval}".rstrip())
    lines += [f"  {line}" for line in describe_objective(record)]
    lines += ["", *_table([_HEADER, *(_row(arm) for arm in record.arms)])]
    refused = [arm for arm in record.arms if not arm.passed and not arm.predicted]
    if refused:
        lines += ["", "  not chosen, because"]
        lines += [f"    {name_arm(arm.backend, arm.variant)}: {failed_gates(arm)}" for arm in refused]
    trade_off = describe_trade_off(record)
    if trade_off:
        lines += ["", *(f"  {line}".rstrip() for line in trade_off)]
    untried = [*record.untried, *(_expect(arm) for arm in record.arms if arm.predicted)]
    if untried:
        lines += ["", f"  not tried yet: {', '.join(untried)}"]
    if record.propensities:
        lines += ["", "  share of visitors", *_shares(record.propensities)]
    if record.able is not None:
        able = record.able
        best = name_arm(*able.recommended)
        lines += [
            "",
            f"  share of visitors whose device has {able.recommended[0]}, as in {able.share:.0%} of the "
            f"sessions here ({best} is the cheapest there with a chance of {able.best_probability:.0%})",
            *_shares(able.propensities),
        ]
    outlook = describe_outlook(record)
    if outlook:
        lines += ["", "  what is still to be learnt", *(f"    {line}" for line in outlook)]
    return "\n".join(lines)


def _expect(arm: ArmEvidence) -> str:
    """A variant that no session ran, and what it is believed to cost by its bytes."""
    name = name_arm(arm.backend, arm.variant)
    return name if arm.borrowed_cost_ms is None else f"{name} (expected to cost {_ms(arm.borrowed_cost_ms)})"


def _shares(propensities: Iterable[Propensity]) -> list[str]:
    return [
        f"    {share.probability:7.2%}  {name_arm(share.backend, share.variant)} ({share.why})"
        for share in propensities
    ]


def _row(arm: ArmEvidence) -> tuple[str, ...]:
    return (
        name_arm(arm.backend, arm.variant),
        str(arm.sessions),
        str(arm.races),
        str(arm.predictions),
        _ms(arm.cost_ms),
        _ms(arm.ready_ms),
        _ms(arm.start_ms),
        "" if arm.ratio_to_best is None else f"{arm.ratio_to_best:.2f}x",
        _interval(arm.ratio_interval),
        f"{arm.best_probability:.1%}",
        "passed" if arm.passed else "not run" if arm.predicted else "refused",
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.3g} ms" if value < 1000 else f"{value:.0f} ms"


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return ""
    low = "?" if interval.low is None else f"{interval.low:.2f}"
    high = "?" if interval.high is None else f"{interval.high:.2f}"
    return f"[{low}, {high}]"


def _lineage(key: str) -> list[str]:
    device: DeviceClass = parse(key)
    return [place.key for place in device.ancestors()]
