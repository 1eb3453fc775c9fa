"""Talks to a collector as pages do: asks for configs, sends reports, and waits when it is told to."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import ValidationError

from collector.contract.config_document import ConfigDocument, ConfigEnvelope
from collector.contract.report import Device
from collector.simulate.devices import query

PATIENCE_S = 120.0
"""For how long one request is tried again before the run ends."""
_ASKED_TO_WAIT = (429, 503)
_UNTOLD_WAIT_S = 2.0
_LONGEST_WAIT_S = 30.0


class SimulationStopped(Exception):
    """The run cannot go on. The message says why and what to do."""


@dataclass(slots=True)
class Sent:
    """What became of the reports. The items add up."""

    reports: int = 0
    items: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    asked_to_wait: int = 0
    """Answers 429 and 503: the report was sent again after them."""


class PageClient:
    """The public HTTP API for one app."""

    def __init__(
        self,
        url: str,
        app: str,
        key: str,
        *,
        at_once: int = 16,
        patience_s: float = PATIENCE_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """
        Args:
            url: the collector's, without a path of its own behind it.
            app: the app that is played.
            key: its write key.
            at_once: most requests under way.
            patience_s: for how long a request is tried again.
            transport: instead of the network.
        """
        self.sent = Sent()
        self._url = url.rstrip("/")
        self._app = app
        self._key = key
        self._patience_s = patience_s
        self._quiet_until = 0.0
        self._known: dict[str, tuple[str, ConfigDocument]] = {}
        limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
        # Bounded by the pool; a request that waits for a place in it is not late.
        timeout = httpx.Timeout(30, pool=None)
        self._client = httpx.AsyncClient(limits=limits, timeout=timeout, transport=transport)

    async def aclose(self) -> None:
        """Ends the connections."""
        await self._client.aclose()

    async def config(self, device: Device) -> ConfigDocument:
        """The plan for a kind of device now. It asks each time, with the ETag of what it has, as browsers do.

        Raises:
            SimulationStopped: the collector does not answer, or does not know the app.
        """
        facts = httpx.QueryParams(query(device))
        path = f"/v1/config/{self._app}?{facts}"
        etag, document = self._known.get(path, ("", None))
        answer = await self._ask("GET", path, headers={"If-None-Match": etag} if etag else {})
        if answer.status_code == httpx.codes.NOT_MODIFIED and document is not None:
            return document
        if answer.status_code != httpx.codes.OK:
            raise SimulationStopped(self._refusal(answer))
        try:
            envelope = ConfigEnvelope.model_validate_json(answer.content)
            document = ConfigDocument.model_validate_json(envelope.document)
        except ValidationError as error:
            raise SimulationStopped(
                f"what answers at {self._url} is no collector, or one whose configs this version cannot read"
            ) from error
        self._known[path] = (answer.headers.get("etag", ""), document)
        return document

    async def report(self, report: dict[str, Any]) -> None:
        """Sends one report until it is stored; a retry carries the same ``batch_id``.

        Raises:
            SimulationStopped: the collector does not answer, refuses the key or the report, or asks to wait
                for longer than is patient.
        """
        answer = await self._ask("POST", f"/v1/report?{httpx.QueryParams(key=self._key)}", report=report)
        if answer.status_code != httpx.codes.ACCEPTED:
            raise SimulationStopped(self._refusal(answer))
        told = answer.json()
        sent = self.sent
        sent.reports += 1
        sent.items += sum(
            len(report.get(items, ())) for items in ("windows", "loads", "exposures", "incidents", "races")
        )
        sent.accepted += told["accepted"]
        sent.duplicate += told["duplicate"]
        for reason, items in told["rejected"].items():
            sent.rejected[reason] = sent.rejected.get(reason, 0) + items

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        report: dict[str, Any] | None = None,
    ) -> httpx.Response:
        began = time.monotonic()
        while True:
            if (wait := self._quiet_until - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            content = (
                None if report is None else json.dumps(report | {"sent_at": time.time_ns() // 1_000_000})
            )
            named = {**(headers or {}), **({"Content-Type": "application/json"} if content else {})}
            try:
                answer = await self._client.request(method, self._url + path, headers=named, content=content)
            except httpx.TransportError as error:
                self._lose_patience(began, f"no collector answers at {self._url} ({_why(error)})", error)
                await asyncio.sleep(_UNTOLD_WAIT_S)
                continue
            if answer.status_code not in _ASKED_TO_WAIT:
                return answer
            self._lose_patience(began, self._refusal(answer), None)
            # All of the fleet waits: whoever comes meanwhile would be told the same.
            self.sent.asked_to_wait += 1
            self._quiet_until = max(self._quiet_until, time.monotonic() + _wait_s(answer))

    def _lose_patience(self, began: float, why: str, cause: Exception | None) -> None:
        if cause is not None and not self._known:
            raise SimulationStopped(
                f"{why}: start one with `inferfleet serve`, or name its address with --to"
            ) from cause
        if time.monotonic() - began > self._patience_s:
            raise SimulationStopped(f"{why}, for {self._patience_s:.0f} s") from cause

    def _refusal(self, answer: httpx.Response) -> str:
        """What the collector has against a request, in its words, and how to mend it here."""
        said, code = f"{answer.status_code}", ""
        if answer.headers.get("content-type", "").startswith("application/problem+json"):
            problem = answer.json()
            said, code = f"{problem['title']}. {problem['detail']}", problem["code"]
        if code == "unknown_app":
            return f"{self._url} has no app {self._app}: make it with `inferfleet apps add --app {self._app}`"
        if code == "unknown_key":
            return (
                f"{self._url} does not take this write key for {self._app}: set INFERFLEET_WRITE_KEY to one "
                f"that `inferfleet keys add --app {self._app}` makes"
            )
        if not code:
            return f"what answers at {self._url} is no collector (it said {said})"
        return f"{self._url} refuses the simulation: {said}"


def _wait_s(answer: httpx.Response) -> float:
    try:
        told = float(answer.headers.get("retry-after", ""))
    except ValueError:
        told = _UNTOLD_WAIT_S  # nothing, or a date
    return min(max(told, 0.1), _LONGEST_WAIT_S)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
