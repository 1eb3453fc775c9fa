"""A claim: since this version, these cohorts are worse. What is tested, told and looked at again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import numpy as np

from collector.contract.finding import Cohort, Every, Finding, FindingKind
from collector.contract.vocabulary import Backend
from collector.jobs.regressions.axes import AXES, BY_DAY
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.signals import SIGNALS, Signal
from collector.jobs.regressions.splits import DAY_S, NEVER, Split
from collector.jobs.regressions.votes import FACETS, Flags

BY_NAME = {signal.name: signal for signal in SIGNALS}


@dataclass(frozen=True, slots=True)
class Claim:
    """Since ``version`` of ``axis``, the cohorts of an app in any of ``scopes`` are worse."""

    app: str
    signal: Signal
    axis: str
    version: str
    """A release, a browser's major version, or a day as 2026-11-30."""
    scopes: tuple[tuple[tuple[str, str], ...], ...]
    """Each one's facets and their values, in the order of ``FACETS``; empty: the whole app."""
    needed: float = field(default=-math.inf, compare=False)
    """Logarithm of the e-value that it takes to be believed, among all that were judged with it."""

    @property
    def kind(self) -> FindingKind:
        """Which finding it makes."""
        return self.signal.kind

    @property
    def cause(self) -> tuple[str, FindingKind, str, str, str]:
        """What two claims that are one share."""
        return self.app, self.kind, self.axis, self.version, self._browser()

    def with_scopes_of(self, other: "Claim") -> "Claim":
        """The same, for cohorts of either."""
        return replace(self, scopes=tuple(dict.fromkeys([*self.scopes, *other.scopes])))

    def leaves(self, look: Look) -> Flags:
        """Of shape (leaves,): which cohorts it is about."""
        cells, kinds = look.votes.cells, look.kinds
        of_app = kinds.app == _code(cells["app"].names, self.app)
        found = np.zeros(kinds.leaves, dtype=bool)
        for scope in self.scopes:
            within = of_app.copy()
            for name, value in scope:
                within &= kinds.facets[name] == _code(cells[name].names, value)
            found |= within
        return found

    def split(self, look: Look) -> Split | None:
        """Where its version begins; None when nobody has reported that version."""
        if self.axis in BY_DAY:
            day = (date.fromisoformat(self.version) - date(1970, 1, 1)).days
            return Split(self.axis, np.full(1, day, dtype=np.int64))
        along = look.ordered[self.axis]
        since = np.array(
            [names.index(self.version) if self.version in names else NEVER for names in along.label],
            dtype=np.int64,
        )
        # Only where the claim's cohorts are: another app may have a release of that name.
        mine = np.unique(along.domain[self.leaves(look)[look.kinds.leaf]])
        elsewhere = np.setdiff1d(np.arange(along.domains), mine)
        since[elsewhere] = NEVER
        return Split(self.axis, since) if (since < NEVER).any() else None

    def cohort(self) -> Cohort:
        """Whom the finding is about. What all scopes share has a place of its own."""
        shared = {
            name: value for name, value in self.scopes[0] if all((name, value) in s for s in self.scopes)
        }
        model = shared.get("model", Every.ANY.value)
        backend = Backend(shared["backend"]) if "backend" in shared else Every.ANY
        told = {name: value for name, value in shared.items() if name not in ("model", "backend")}
        others = [
            "+".join(f"{name}={value}" for name, value in scope if (name, value) not in shared.items())
            for scope in self.scopes
        ]
        parts = [f"{name}={value}" for name, value in told.items()]
        if len(self.scopes) > 1:
            parts.append("one of " + " or ".join(sorted(others)))
        if self.axis != "release":
            parts.append(f"{'since' if self.axis in BY_DAY else self.axis}={self.version}")
        return Cohort(
            app=self.app,
            model=model,
            release=self.version if self.axis == "release" else Every.ANY.value,
            backend=backend,
            scope=",".join(sorted(parts)),
        )

    def _browser(self) -> str:
        within = next((axis.within for axis in AXES if axis.name == self.axis), ())
        return ",".join(value for name, value in self.scopes[0] if name in within)


def claim_of(finding: Finding) -> Claim:
    """The claim that a finding rests on."""
    told = finding.evidence
    return Claim(
        app=finding.cohort.app,
        signal=BY_NAME[told["signal"]],
        axis=told["axis"],
        version=told["version"],
        scopes=tuple(tuple((name, value) for name, value in scope.items()) for scope in told["scopes"]),
    )


def scope_of(look: Look, leaf: int, fixed: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The facets that a level fixes, as they are in a cohort."""
    cells = look.votes.cells
    return tuple(
        (name, str(cells[name].names[look.kinds.facets[name][leaf]])) for name in FACETS if name in fixed
    )


def version_of(look: Look, split: Split, leaf: int) -> str:
    """The version that a split names for a cohort."""
    if split.axis in BY_DAY:
        return datetime.fromtimestamp(int(split.since[0]) * DAY_S, tz=UTC).date().isoformat()
    along = look.ordered[split.axis]
    domain = int(along.domain[int(np.argmax(look.kinds.leaf == leaf))])
    return along.label[domain][int(split.since[domain])]


def as_dicts(claim: Claim) -> list[Mapping[str, str]]:
    """Its scopes, for the evidence."""
    return [dict(scope) for scope in claim.scopes]


def _code(names: Sequence[str], value: str) -> int:
    return names.index(value) if value in names else -1
