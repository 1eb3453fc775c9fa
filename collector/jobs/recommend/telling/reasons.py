"""One sentence that says why a class runs a model the way it does."""

from collections.abc import Sequence

from collector.contract.device_class import ROOT
from collector.jobs.recommend.record import ArmEvidence, Change, DecisionRecord
from collector.mistakes import name_some


def explain_reason(record: DecisionRecord, *, kept_incumbent: bool) -> str:
    """The sentence for a record whose other fields are filled in; after a change another one before it."""
    reason = _explain(record, kept_incumbent=kept_incumbent)
    changes = record.reopened.changes if record.reopened else []
    if not changes or record.state == "committed":
        return reason
    return f"It looks at its arms again: {describe_changes(changes)}. {reason}"


def describe_changes(changes: Sequence[Change]) -> str:
    """What happened, and when."""
    return "; ".join(f"since {change.since:%Y-%m-%d %H:%M} UTC {_told(change)}" for change in changes)


def _told(change: Change) -> str:
    return (
        f"{change.what} (drift, in {_place(change.device_class)})" if change.why == "drift" else change.what
    )


def _explain(record: DecisionRecord, *, kept_incumbent: bool) -> str:
    if record.recommended is None:
        return f"No arm may be chosen yet, so nothing changes: {_refusals(record)}."
    name = name_arm(*record.recommended)
    if record.follows is not None:
        return (
            "The sessions of this class do not settle by themselves which arm is the cheapest. It uses the "
            f"choice of {_place(record.follows)}, which they do not contradict: {name}."
        )
    passing = [arm for arm in record.arms if arm.passed]
    rivals = [arm for arm in passing if (arm.backend, arm.variant) != tuple(record.recommended)]
    sure = f"{1 - record.parameters.error:.0%}"
    if record.state == "committed" and kept_incumbent:
        return f"{name} was committed to before, passes every gate, and no arm has beaten it since."
    if record.state == "committed" and not rivals:
        return f"{name} is the only arm that may be chosen: {_refusals(record)}."
    if record.state == "committed":
        nearest = min(rivals, key=lambda arm: arm.ratio_to_best or float("inf"))
        least = nearest.ratio_interval.low if nearest.ratio_interval else None
        return (
            f"{name} is the cheapest of {len(passing)} arms that pass every gate, {sure} sure at any time: "
            f"the next, {name_arm(nearest.backend, nearest.variant)}, "
            f"costs {nearest.ratio_to_best or 0:.2f} times as much"
            + (f" (at least {least:.2f})" if least else "")
            + "."
        )
    if record.doubt is not None:
        return _explain_doubt(record)
    if record.borrowed_from:
        return _explain_borrowing(record, name)
    if not any((arm.backend, arm.variant) == tuple(record.recommended) for arm in passing):
        return (
            f"Nothing is expected to cost less than the default, {name}, which has too few sessions to be "
            f"judged: {describe_split(record)}."
        )
    chance = next(
        (arm.best_probability for arm in passing if (arm.backend, arm.variant) == tuple(record.recommended)),
        0.0,
    )
    if not rivals:
        return (
            f"{name} is the only arm with enough sessions, so there is nothing to compare it with: "
            f"{describe_split(record)}."
        )
    if any(arm.best_probability > chance for arm in passing):
        return (
            f"{name} is the likeliest to be the cheapest of the arms that ran here ({chance:.0%}), and "
            f"{name_arm(*_likeliest(passing))} may be cheaper: {describe_split(record)}."
        )
    return (
        f"Of {len(passing)} arms that pass every gate, {name} is most likely the cheapest ({chance:.0%}), "
        f"but that is not yet {sure} sure: {describe_split(record)}."
    )


def _explain_borrowing(record: DecisionRecord, name: str) -> str:
    """Whose evidence a choice rests on, in a class where the model has not been seen."""
    models = name_some(record.borrowed_from, most=3)
    who = f"the model {models}" if len(record.borrowed_from) == 1 else f"the models {models}"
    chance = next((arm.best_probability for arm in record.arms if _is(arm, record.recommended)), 0.0)
    known = (
        f"This model has not been measured on these devices, but {who} of the same app "
        f"{'has' if len(record.borrowed_from) == 1 else 'have'}"
    )
    if record.recommended == record.default:
        return f"{known}: by what they show, nothing is likely to beat the default, {name}. {_until(record)}"
    return f"{known}: by what they show, {name} is most likely the cheapest ({chance:.0%}). {_until(record)}"


def _is(arm: ArmEvidence, key: tuple[str, str] | None) -> bool:
    return key is not None and (arm.backend, arm.variant) == tuple(key)


def _until(record: DecisionRecord) -> str:
    return f"Until its own sessions and races decide, {describe_split(record)}."


def _likeliest(passing: list[ArmEvidence]) -> tuple[str, str]:
    best = max(passing, key=lambda arm: arm.best_probability)
    return best.backend, best.variant


def describe_split(record: DecisionRecord) -> str:
    """What an undecided class's plan does with its traffic. Without exploration it may all go to one arm."""
    arms = len(record.propensities)
    if arms > 1:
        return f"traffic is split among {arms} arms"
    return "all traffic goes to one arm" + (
        "" if record.parameters.exploration else " (`recommend.exploration` is 0)"
    )


def _explain_doubt(record: DecisionRecord) -> str:
    """Why no arm is committed to, when the class's kinds of device are too unlike to be decided as one."""
    shown = record.doubted_by[:3]
    more = f" and {len(record.doubted_by) - 3} more" if len(record.doubted_by) > 3 else ""
    if record.doubt == "classes_disagree":
        return (
            "This class decides nothing for its devices as a whole, because they disagree: "
            f"{'; '.join(shown)}{more} {'is' if len(record.doubted_by) == 1 else 'are'} sure of another arm. "
            f"Of devices without a decision of their own, {describe_split(record)}."
        )
    arms = " and ".join(name_arm(*arm.split("/", 1)) for arm in shown)
    if len(record.doubted_by) == 1:
        return (
            f"{arms} and its rivals ran on the same kinds of device in only a small part of this class, "
            f"too little to decide for all of it: {describe_split(record)}."
        )
    return (
        f"{arms}{more} ran on different kinds of device or in different releases here, so they cannot be "
        "compared fairly: "
        f"{describe_split(record)} until one release on one kind of device has run both."
    )


def _place(device_class: str) -> str:
    return "all devices" if device_class == ROOT else device_class


def name_arm(backend: str, variant: str) -> str:
    """How people read an arm: the original variant goes without saying."""
    return backend if variant == "original" else f"{backend} with {variant}"


def failed_gates(arm: ArmEvidence) -> str:
    """The gates that refused an arm, with their figures."""
    return "; ".join(f"{gate.gate}: {gate.detail}" for gate in arm.gates if not gate.passed)


def _refusals(record: DecisionRecord) -> str:
    refused = [arm for arm in record.arms if not arm.passed]
    if not refused:
        return "no other arm was seen"
    named = [f"{name_arm(arm.backend, arm.variant)} {_trouble(arm)}" for arm in refused[:6]]
    return "; ".join(named) + (f"; and {len(refused) - 6} more" if len(refused) > 6 else "")


def _trouble(arm: ArmEvidence) -> str:
    """What keeps an arm from being chosen, as the rest of a sentence."""
    failed = [gate for gate in arm.gates if not gate.passed]
    faults = [_FAULTS[gate.gate] for gate in failed if not gate.lacks_data]
    return " and ".join(faults) if faults else "has too few sessions"


_FAULTS = {
    "data": "has too few sessions",
    "capability": "is missing or does not start on too many devices",
    "errors": "fails too often",
    "incidents": "has too many incidents",
    "killed": "kills too many pages",
    "leak": "leaks memory",
    "accuracy": "is not known to be accurate enough",
    "agreement": "was refused there by its evaluation",
}
