"""A finding in one sentence."""

from collections.abc import Mapping
from typing import Any

from collector.jobs.regressions.axes import AXES, BY_DAY, DAY
from collector.jobs.regressions.claims import Claim

_SAYS = {"gpu_vendor": "GPU", "gpu": "GPU", "os": "system", "form": "form factor"}


def describe(claim: Claim, told: Mapping[str, Any]) -> str:
    """What got worse, by how much, since when, and for whom."""
    return f"{_where(claim)}: {_what(claim, told)} {_since(claim, told)} ({_basis(told)})."


def describe_recovery(claim: Claim, told: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """How it ended."""
    if "ratio" in told:
        rest = f"{now['ratio']:.2f} times what it was before, after {told['ratio']:.2f}"
    else:
        rest = f"{now['rise']:+.1%} of sessions against before, after {told['rise']:+.1%}"
    return f"{_where(claim)}: the newest sessions are back, {rest} {_since(claim, told)}."


def describe_end(claim: Claim, told: Mapping[str, Any], reason: str) -> str:
    """Why nothing more can be said of it."""
    return f"{_where(claim)}: {reason} ({_what(claim, told)} {_since(claim, told)})."


def _where(claim: Claim) -> str:
    scopes = [" on ".join(_facet(name, value) for name, value in scope) for scope in claim.scopes]
    return " or ".join(scope or "all models and devices" for scope in scopes)


def _facet(name: str, value: str) -> str:
    says = _SAYS.get(name)
    return f"{says} {value}" if says else value


def _what(claim: Claim, told: Mapping[str, Any]) -> str:
    if "ratio" in told:
        unit = "as much memory" if claim.signal.name == "memory" else "as long"
        return (
            f"{claim.signal.says} {told['ratio']:.2f} times {unit} "
            f"(95 %: {told['ratio_low']:.2f} to {told['ratio_high']:.2f})"
        )
    what = "errors" if claim.signal.name == "errors" else "incidents"
    return (
        f"{told['rise']:.1%} more of the sessions have {what} "
        f"(95 %: {told['rise_low']:.1%} to {told['rise_high']:.1%})"
    )


def _since(claim: Claim, told: Mapping[str, Any]) -> str:
    if claim.axis in BY_DAY:
        return f"since {claim.version}, {'with no new version' if claim.axis == DAY else 'in all versions'}"
    says = next(axis.says for axis in AXES if axis.name == claim.axis)
    before = f", compared with {told['before']}" if told.get("before") else ""
    others = told.get("versions_before", 1) - 1
    if others > 0:
        before += f" and {others} other version{'s' if others > 1 else ''} before it"
    return f"since {says} {claim.version}{before}"


def _basis(told: Mapping[str, Any]) -> str:
    return (
        f"{told['sessions']:,} session-days against {told['sessions_before']:,}; "
        f"{told['affected_share']:.0%} of the app's"
    )
