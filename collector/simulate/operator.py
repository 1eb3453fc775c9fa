"""Has the collector decide and publish between two rounds, as an operator with the admin token would."""

import asyncio
import re
import time
from typing import Any, Protocol

import httpx

from collector.simulate.client import SimulationStopped

AUTHOR = "simulate"
_PENDING = re.compile(r"^inferfleet_spool_pending_reports (\S+)$", re.MULTILINE)
_SETTLES_WITHIN_S = 300.0
_UNTOLD_S = 3.0
_JOB_S = 600.0


class Decider(Protocol):
    """Whoever has decisions made."""

    async def decide(self) -> None:
        """Has the collector decide about what was reported so far, and publish."""


class Operator:
    """The admin API for one app."""

    def __init__(
        self, url: str, app: str, token: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """
        Args:
            url: the collector's.
            app: the app that is decided about.
            token: the admin token.
            transport: instead of the network.
        """
        self._url = url.rstrip("/")
        self._app = app
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}"}, timeout=_JOB_S, transport=transport
        )

    async def aclose(self) -> None:
        """Ends the connections."""
        await self._client.aclose()

    async def decide(self) -> None:
        """Waits until what was reported is stored, then runs ``recommend`` and ``publish``.

        Raises:
            SimulationStopped: the collector refuses the token, or a job fails.
        """
        await self._settle()
        await self._run("recommend")
        await self._run("publish", author=AUTHOR, note="simulated fleet")

    async def _settle(self) -> None:
        """Until the drain has moved every report to the store; decisions read nothing else."""
        deadline = time.monotonic() + _SETTLES_WITHIN_S
        while True:
            answer = await self._get("/metrics")
            pending = _PENDING.search(answer.text) if answer.status_code == httpx.codes.OK else None
            if pending is None:  # a proxy may keep the metrics to itself
                await asyncio.sleep(_UNTOLD_S)
                return
            if float(pending[1]) == 0:
                return
            if time.monotonic() > deadline:
                raise SimulationStopped(
                    f"{self._url} still has {pending[1]} reports to store after {_SETTLES_WITHIN_S:.0f} s: "
                    "look at its log, and whether its store answers"
                )
            await asyncio.sleep(0.1)

    async def _run(self, job: str, **arguments: str) -> dict[str, Any]:
        path = f"/v1/admin/jobs/{job}"
        try:
            answer = await self._client.post(self._url + path, params={"app": self._app, **arguments})
        except httpx.TransportError as error:
            raise SimulationStopped(
                f"{self._url} does not answer {path}: {error or type(error).__name__}"
            ) from error
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise SimulationStopped(
                f"{self._url} does not accept the admin token: set INFERFLEET_API__ADMIN_TOKEN to its own, "
                "or leave --decide-every out and let its schedule decide"
            )
        if answer.status_code != httpx.codes.OK:
            raise SimulationStopped(f"{job} failed at {self._url}: {_say(answer)}")
        summary: dict[str, Any] = answer.json()
        return summary

    async def _get(self, path: str) -> httpx.Response:
        try:
            return await self._client.get(self._url + path)
        except httpx.TransportError as error:
            raise SimulationStopped(
                f"{self._url} does not answer {path}: {error or type(error).__name__}"
            ) from error


def _say(answer: httpx.Response) -> str:
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem = answer.json()
        return f"{problem['title']}: {problem['detail']}"
    return f"it answered {answer.status_code}"
