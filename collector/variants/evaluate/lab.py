"""A page of Chromium in which one backend runs, and what can go wrong in it."""

import asyncio
import base64
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from playwright.async_api import BrowserContext, CDPSession, Error, Page

from collector.variants.evaluate.agreement import Array
from collector.variants.evaluate.chromium import Chromium
from collector.variants.evaluate.engine import Backend, Engine
from collector.variants.evaluate.gates import Refusal
from collector.variants.evaluate.server import Server

PAGES = Path(__file__).with_name("page")
CLOSE_S = 10.0
MESSAGE = 300
_PREDICT = "async (given) => ({ ...(await lab.predict(...given)), memory: lab.memory() })"
_OUT_OF_MEMORY = re.compile(r"out of memory|allocation failed|cannot allocate|OOM", re.IGNORECASE)
_LOST = re.compile(r"(context|device) lost", re.IGNORECASE)
_GONE = re.compile(r"target crashed|page crashed|has been closed|connection closed", re.IGNORECASE)


class CellFailed(Exception):
    """A cell has no result, and why."""

    def __init__(self, reason: Refusal, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Call(NamedTuple):
    """A sample that the server has, where its inputs lie in it, and what is carried on.

    A port that is ``held`` is an output of the call before. ``carry`` has an output's name and place, and
    the input of the next call that it becomes.
    """

    sample: str
    ports: Sequence[dict[str, Any]]
    carry: Sequence[tuple[str, int, str]] = ()

    def given(self, base: str) -> list[Any]:
        """What the page's script takes."""
        return [base + self.sample, [*self.ports], [list(each) for each in self.carry]]


class Prediction(NamedTuple):
    """Milliseconds until all outputs were there, their names in the engine, they, and what the page held."""

    ready_ms: float
    names: list[str]
    outputs: list[Array]
    tensors: int | None
    heap_bytes: int


class Loaded(NamedTuple):
    """One load: milliseconds, requests, and what the engine holds (None where it does not count)."""

    load_ms: float
    requests: int
    tensors: int | None
    tensor_bytes: int | None
    heap_bytes: int


class Lab:
    """One backend in one page. After a failure it is of no use: ``close`` it and open another."""

    def __init__(
        self, context: BrowserContext, page: Page, devtools: CDPSession, server: Server, limit_s: float
    ) -> None:
        self._context = context
        self._page = page
        self._devtools = devtools
        self._server = server
        self._limit_s = limit_s
        self._starts = 0
        self._crashed = asyncio.Event()
        self.version = ""
        self.runs_as = ""
        page.on("crash", lambda _: self._crashed.set())

    @classmethod
    async def open(
        cls, chromium: Chromium, server: Server, engine: Engine, backend: Backend, limit_s: float
    ) -> "Lab":
        """A page with the backend started.

        Raises:
            CellFailed: it does not start here; the page is closed.
        """
        try:
            context = await (await chromium.browser()).new_context()
            page = await context.new_page()
            devtools = await context.new_cdp_session(page)
        except Error as error:
            await chromium.close()
            raise CellFailed("crash", "the browser ended") from error
        lab = cls(context, page, devtools, server, limit_s)
        try:
            await lab._call(devtools.send("Performance.enable"), "failed_to_start")
            await lab.start(engine, backend)
        except CellFailed:
            await lab.close(chromium)
            raise
        return lab

    async def start(self, engine: Engine, backend: Backend) -> None:
        """Loads the document and its scripts and starts the backend; a page in use forgets all that it had.

        Each time the scripts have another URL: V8 keeps what it compiled for one, and what it learnt of it.

        Raises:
            CellFailed: it does not start here.
        """
        page, base = self._page, self._server.base
        await self._call(page.goto(base, timeout=0), "failed_to_start")
        script = f"{base}page/{engine.name}.js"
        await self._call(
            page.evaluate("async (script) => { await import(script); }", script), "failed_to_start"
        )
        self._starts += 1
        given = [backend.name, [f"{script}?{self._starts}" for script in backend.scripts], base]
        started = await self._call(page.evaluate("(given) => lab.start(...given)", given), "failed_to_start")
        self.version, self.runs_as = str(started["version"]), str(started["runs_as"])

    async def load(self, entry: str, model_format: str) -> Loaded:
        """Downloads and prepares a model from ``entry``, below the server's base; a cold load.

        Raises:
            CellFailed: the engine refuses it.
        """
        await self._call(self._devtools.send("HeapProfiler.collectGarbage"), "failed_to_load")
        self._server.requested()
        loaded = await self._call(
            self._page.evaluate("(given) => lab.load(...given)", [self._server.base + entry, model_format]),
            "failed_to_load",
        )
        memory = loaded["memory"] or {}
        return Loaded(
            float(loaded["load_ms"]),
            len(self._server.requested()),
            memory.get("tensors"),
            memory.get("tensor_bytes"),
            await self._heap(),
        )

    async def predict(self, call: Call) -> Prediction:
        """Predicts one sample.

        Raises:
            CellFailed: the engine throws, hangs, or loses its context.
        """
        made = await self._call(self._page.evaluate(_PREDICT, call.given(self._server.base)), "failed_to_run")
        memory = made["memory"]
        return Prediction(
            float(made["ready_ms"]),
            [str(output["name"]) for output in made["outputs"]],
            [_decoded(output) for output in made["outputs"]],
            memory["tensors"] if memory else None,
            await self._heap(),
        )

    async def outputs(self, calls: Sequence[Call]) -> list[list[Array]]:
        """The outputs of several samples in their order; nothing is measured, and they may take as long as
        one by one.

        Raises:
            CellFailed: the engine throws, hangs, or loses its context.
        """
        given = [call.given(self._server.base) for call in calls]
        made = await self._call(
            self._page.evaluate("(given) => lab.outputs(given)", given), "failed_to_run", len(given)
        )
        return [[_decoded(output) for output in outputs] for outputs in made]

    async def unload(self) -> None:
        """Frees the model.

        Raises:
            CellFailed: the engine throws.
        """
        await self._call(self._page.evaluate("() => lab.unload()"), "failed_to_run")

    async def close(self, chromium: Chromium) -> None:
        """Ends the page; a page that cannot be ended takes the browser with it."""
        try:
            async with asyncio.timeout(CLOSE_S):
                with suppress(Error):  # the browser may be gone already
                    await self._context.close()
        except TimeoutError:
            await chromium.close()

    async def _heap(self) -> int:
        found = await self._call(self._devtools.send("Performance.getMetrics"), "failed_to_run")
        return next(int(metric["value"]) for metric in found["metrics"] if metric["name"] == "JSHeapUsedSize")

    async def _call(self, step: Any, reason: Refusal, steps: int = 1) -> Any:
        """Waits for one step, or several at once, until the page crashes or the time is over."""
        work = asyncio.ensure_future(step)
        crashed = asyncio.ensure_future(self._crashed.wait())
        try:
            await asyncio.wait(
                {work, crashed}, timeout=self._limit_s * steps, return_when=asyncio.FIRST_COMPLETED
            )
            if self._crashed.is_set():
                raise CellFailed("crash", "the page crashed")
            if not work.done():
                raise CellFailed("hang", f"no answer within {self._limit_s * steps:g} s")
            return work.result()
        except Error as error:
            raise self._failed(error.message, reason) from error
        finally:
            crashed.cancel()
            if not work.done():
                work.cancel()
                work.add_done_callback(_look_away)

    def _failed(self, message: str, reason: Refusal) -> CellFailed:
        if _GONE.search(message):
            return CellFailed("crash", "the page or the browser ended")
        line = re.sub(r"^[\w.]+: (?:Error: )?", "", message.splitlines()[0]).replace(self._server.base, "")
        if _LOST.search(line):
            return CellFailed("context_lost", line[:MESSAGE])
        if _OUT_OF_MEMORY.search(line):
            return CellFailed("out_of_memory", line[:MESSAGE])
        return CellFailed(reason, line[:MESSAGE])


def _look_away(step: "asyncio.Future[Any]") -> None:
    """A step that was given up may still fail; somebody has to have looked at it."""
    if not step.cancelled():
        step.exception()


def _decoded(output: dict[str, Any]) -> Array:
    dtype = {"bool": "bool", "string": "U"}.get(output["dtype"], output["dtype"])
    array = np.frombuffer(base64.b64decode(output["data"]), np.dtype(dtype))
    return cast("Array", array.reshape(output["shape"]))
