"""A run can be played again: the seed alone decides who visits."""

import asyncio
import gzip
import json
import sys
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from collector.simulate import Fleet, PageClient, Script, play
from tests.unit.simulate.tables import TWO_DEVICES, cells_of, document


def visits_at(hour: int, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """(form factor, model, predictions) of each report of a fleet that is played at an hour of the day."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2026, 11, 30, hour, tzinfo=UTC)

    # Nothing there asks for the time of day; what would is caught by this.
    monkeypatch.setattr(sys.modules["collector.simulate.play"], "datetime", Clock, raising=False)
    seen: list[tuple[str, str, int]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"document": document(("webgl", 1.0, {})).model_dump_json()})
        body = request.read()
        report = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        counts = sum(window["count"] for window in report.get("windows", ()))
        seen.append((report["device"]["form"], report["release"], counts))
        return httpx.Response(202, json={"accepted": 1, "duplicate": 0, "rejected": {}})

    async def run() -> None:
        script = Script(Fleet(sessions=60, seed=3), days=1.5, at_once=1)
        async with aclosing(
            PageClient("http://c", "x-simulated", "k", transport=httpx.MockTransport(answer))
        ) as client:
            await play(cells_of(TWO_DEVICES), script, app="x-simulated", client=client)

    asyncio.run(run())
    return seen


def test_a_seed_brings_the_same_visitors_at_any_hour_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    morning = visits_at(5, monkeypatch)
    assert len(morning) >= 60
    assert visits_at(19, monkeypatch) == morning
