"""What traced sessions of a finding's cohort say of where the memory was made that stays.

Traces come from pages, so anybody can send one: what many sessions say comes first.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from collector.contract.finding import Finding
from collector.contract.leak_trace import LeakFrame, LeakSite, LeakTrace
from collector.contract.vocabulary import LeakedDtype
from collector.jobs.leaks.loading import load_findings
from collector.store.lending import Tables

MOST_TRACES = 2_000
MOST_SITES = 16
MOST_TENSORS = 8
SHORTEST_ID = 4


class UnknownFinding(ValueError):
    """No finding has this id, or several begin with it; the message says which there are."""


class TracedTensors(BaseModel):
    """Tensors of one shape and dtype, or sessions, over all traced sessions."""

    model_config = ConfigDict(frozen=True)

    shape: str
    dtype: LeakedDtype
    count: int
    bytes: int


class TracedSite(BaseModel):
    """One call site over all sessions that told of it."""

    model_config = ConfigDict(frozen=True)

    model: str = Field(description="The model that had predicted last when most of it was made")
    sessions: int = Field(description="Traced sessions that tell of it")
    predictions: int = Field(description="Predictions in which it left that behind, of all these sessions")
    loads: int = Field(description="Models of this name that came in these sessions while they were traced")
    count: int = Field(description="How many stayed")
    bytes: int = Field(description="Their bytes")
    kinds: int = Field(description="How many shapes and dtypes, the most that a session told")
    tensors: list[TracedTensors]
    frames: list[LeakFrame] = Field(description="The calls that made it, the innermost first")


class LeakExplanation(BaseModel):
    """A finding, and the lines that its cohort's traces lead to, as places in the page's scripts."""

    model_config = ConfigDict(frozen=True)

    finding: Finding
    traced: int = Field(description="Sessions of the cohort that were traced")
    growing: int = Field(description="Those of them in which something stays and grows in number")
    sites: list[TracedSite] = Field(description="What most sessions tell first")


def explain_leak(store: Tables, finding_id: str) -> LeakExplanation:
    """The finding of an id, or of its first digits, with the traces of its cohort.

    Raises:
        UnknownFinding: there is none, or there are several.
        StoreUnavailable: the store does not answer.
    """
    finding = _find(load_findings(store), finding_id)
    cohort = finding.cohort
    rows = store.query(
        "leaks_traces",
        app=cohort.app,
        release=cohort.release,
        backend=cohort.backend.value,
        sessions=MOST_TRACES,
    )
    return explain(finding, rows)


def explain(finding: Finding, rows: Iterable[Mapping[str, Any]]) -> LeakExplanation:
    """The same, from the rows of ``leaks_traces``.

    A page's models share one engine, and a tensor does not say whose it is: where the finding's own model
    has no trace that grows, those of the others on the same backend are shown.
    """
    model = finding.cohort.model
    own: list[tuple[str, LeakTrace]] = []
    others: list[tuple[str, LeakTrace]] = []
    for row in rows:
        trace = LeakTrace.model_validate_json(
            json.dumps(
                {
                    "model": row["model"],
                    "backend": finding.cohort.backend.value,
                    "at": 0,
                    "predictions": row["predictions"],
                    "loads": row["loads"],
                    "sites": json.loads(row["sites"]),
                }
            )
        )
        (own if trace.model == model else others).append((row["session"], trace))
    shown = own if any(trace.sites for _, trace in own) else own + others
    return LeakExplanation(
        finding=finding,
        traced=len({session for session, _ in shown}),
        growing=len({session for session, trace in shown if trace.sites}),
        sites=_merged(shown),
    )


def _find(findings: Sequence[Finding], wanted: str) -> Finding:
    given = wanted.strip().lower()
    found = [finding for finding in findings if finding.finding_id.startswith(given)]
    if len(found) == 1 and len(given) >= SHORTEST_ID:
        return found[0]
    if not found:
        raise UnknownFinding(f"there is no finding {wanted!r}: `inferfleet leaks` prints those there are")
    raise UnknownFinding(f"{len(found)} findings begin with {wanted!r}: give more digits of the id")


def _merged(traces: Sequence[tuple[str, LeakTrace]]) -> list[TracedSite]:
    told: dict[tuple[Any, ...], list[tuple[str, LeakTrace, LeakSite]]] = {}
    for session, trace in traces:
        for site in trace.sites:
            frames = tuple((frame.script, frame.line, frame.column) for frame in site.frames)
            told.setdefault((trace.model, frames), []).append((session, trace, site))
    sites = [_of_all(model, each) for (model, _), each in told.items()]
    return sorted(sites, key=lambda site: (-site.sessions, -site.bytes, -site.count))[:MOST_SITES]


def _of_all(model: str, told: Sequence[tuple[str, LeakTrace, LeakSite]]) -> TracedSite:
    tensors: dict[tuple[str, LeakedDtype], list[int]] = {}
    for _, _, site in told:
        for each in site.tensors:
            sums = tensors.setdefault((each.shape, each.dtype), [0, 0])
            sums[0] += each.count
            sums[1] += each.bytes
    listed = [
        TracedTensors(shape=shape, dtype=dtype, count=count, bytes=size)
        for (shape, dtype), (count, size) in tensors.items()
    ]
    return TracedSite(
        model=model,
        sessions=len({session for session, _, _ in told}),
        predictions=sum(site.predictions for _, _, site in told),
        # Of the part of a trace in which this was left behind. They are counted from its first prediction to
        # its last, and so over one fewer than there are.
        loads=sum(
            round(trace.loads * site.predictions / max(1, trace.predictions - 1)) for _, trace, site in told
        ),
        count=sum(site.count for _, _, site in told),
        bytes=sum(site.bytes for _, _, site in told),
        kinds=max(*(site.kinds for _, _, site in told), len(listed)),
        tensors=sorted(listed, key=lambda each: (-each.bytes, -each.count, each.shape))[:MOST_TENSORS],
        frames=told[0][2].frames,
    )
