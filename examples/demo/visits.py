"""Visits of a real browser to the example page, and what came of them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from examples.demo.children import Children
from examples.demo.collector_process import APP, CollectorProcess
from examples.demo.errors import DemoError
from examples.demo.programs import ROOT, VISIT, Programs

FAMILIES = ("cpu", "wasm", "webgl", "webgpu")
_VISIT_SECONDS = 180
_START_SECONDS = 60
BYTES_PER_SECOND = 1_000_000
"""Of each visitor's line, 8 Mbit/s: on a phone's line a smaller variant is a shorter wait."""
_AT_A_TIME = 2

Profiles = dict[str, Any]
"""Visitor -> what the browser keeps of its visits: installs, configs, what is known of the device."""


@dataclass(frozen=True)
class Wish:
    """One visit to make. Visits of one visitor share a browser profile; the cache is lost between runs."""

    name: str
    visitor: str
    backend: str | None = None
    leak: bool = False
    predictions: int = 40
    seconds: int = 3

    def query(self, key: str) -> str:
        """The query string of the page."""
        asked = {"app": APP, "key": key, "n": self.predictions, "seconds": self.seconds}
        if self.backend is not None:
            asked["backend"] = self.backend
        if self.leak:
            asked["leak"] = 1
        return urlencode(asked)


@dataclass(frozen=True)
class SentReport:
    """A report as the browser's side saw it leave."""

    batch_id: str | None
    """None for a zipped report, of which the browser tells that it left, and nothing more."""
    items: int
    type: str
    """``fetch`` or ``beacon``."""
    status: int | None
    """HTTP status; None for a beacon, and 0 for a request that failed."""


@dataclass(frozen=True)
class Visit:
    """One visit made. Figures are the page's own (examples/face_detection/src/visit_result.ts)."""

    wish: Wish
    result: dict[str, Any]
    reports: list[SentReport]

    @property
    def backend(self) -> str:
        """What ran the model, for example ``wasm-simd-threads``."""
        return str(self.result["backend"])

    @property
    def family(self) -> str:
        """``cpu``, ``wasm``, ``webgl`` or ``webgpu``."""
        return self.backend.partition("-")[0]

    @property
    def variant(self) -> str:
        """``original``, or what of it ran."""
        return str(self.result["variant"])

    @property
    def source(self) -> str:
        """Who chose the backend."""
        return str(self.result["source"])

    @property
    def ready_ms(self) -> list[float]:
        """Latencies of the visit but the first one's, in milliseconds."""
        return [float(value) for value in self.result["ready_ms"]]


def rounds_of(wishes: Sequence[Wish], at_a_time: int = _AT_A_TIME) -> list[list[Wish]]:
    """Wishes in their order, as rounds of visits that are made at the same time.

    The visits of a round are of different visitors on the same backend, which competes with its like only.
    """
    rounds: list[list[Wish]] = []
    for wish in wishes:
        last = rounds[-1] if rounds else []
        if (
            not last
            or len(last) == at_a_time
            or last[0].backend != wish.backend
            or any(other.visitor == wish.visitor for other in last)
        ):
            rounds.append([wish])
        else:
            last.append(wish)
    return rounds


def _way(visit: Visit) -> str:
    return visit.backend if visit.variant == "original" else f"{visit.backend} with {visit.variant}"


def make_visits(
    children: Children,
    programs: Programs,
    collector: CollectorProcess,
    wishes: Sequence[Wish],
    say: Callable[[str], None] = print,
    *,
    profiles: Profiles | None = None,
) -> list[Visit]:
    """Lets Chromium make visits, in rounds (:func:`rounds_of`); ``say`` hears of each.

    ``profiles`` are those of visitors who were here before, and afterwards of these, too.

    Raises:
        DemoError: the browser did not work, or a page could not run its model.
    """
    profiles = {} if profiles is None else profiles
    plan = {
        "profiles": profiles,
        "chromium": programs.chromium,
        "bytes_per_second": BYTES_PER_SECOND,
        "received": collector.metric("inferfleet_reports_received_total"),
        "rounds": [
            [
                {
                    "name": wish.name,
                    "visitor": wish.visitor,
                    "url": f"{collector.url}/demo/?{wish.query(collector.key)}",
                    "timeout_ms": _VISIT_SECONDS * 1000,
                }
                for wish in round_
            ]
            for round_ in rounds_of(wishes)
        ],
    }
    visits: list[Visit] = []

    def note(line: str) -> None:
        made = json.loads(line)
        if "profile" in made:
            profiles[made["visitor"]] = made["profile"]
            return
        visit = Visit(
            wishes[len(visits)], made["result"], [SentReport(**report) for report in made["reports"]]
        )
        if "error" in visit.result:
            raise DemoError(f"visit {visit.wish.name} failed in the page: {visit.result['error']}")
        visits.append(visit)
        say(f"  {visit.wish.name}: {_way(visit)}, {visit.result['predictions']} predictions")

    children.ask(
        "browser",
        [programs.node, str(VISIT)],
        json.dumps(plan),
        cwd=ROOT,
        seconds=_START_SECONDS + _VISIT_SECONDS * len(wishes),
        on_line=note,
    )
    if len(visits) != len(wishes):
        raise DemoError(f"the browser made {len(visits)} of {len(wishes)} visits\n{children.tail('browser')}")
    return visits
