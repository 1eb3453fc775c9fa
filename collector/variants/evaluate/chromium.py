"""Finds and starts the Chromium that evaluates."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal

from playwright.async_api import Browser, Error, async_playwright

from collector.variants.evaluate.errors import EvaluateError

Gpu = Literal["software", "hardware"]

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
FLAGS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-webgpu",
    "--enable-features=Vulkan",
    # Cells share one GPU process: without these a cell would find the shaders that others compiled.
    "--disable-gpu-program-cache",
    "--disable-gpu-shader-disk-cache",
)
SOFTWARE_FLAGS = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--use-webgpu-adapter=swiftshader",
)
START_MS = 180_000
"""Chromium starts in a second, and in a minute on a machine that is fully taken."""


def find_chromium() -> str:
    """Its path: INFERFLEET_CHROMIUM, or the first of the usual names that is on the path.

    Raises:
        EvaluateError: there is none.
    """
    given = os.environ.get("INFERFLEET_CHROMIUM")
    if given:
        found = shutil.which(given)
        if found is None:
            raise EvaluateError(f"INFERFLEET_CHROMIUM is {given}, and there is no such program")
        return found
    for program in PROGRAMS:
        if found := shutil.which(program):
            return found
    raise EvaluateError(
        "there is no Chromium: install one (Debian: apt-get install chromium), or point "
        "INFERFLEET_CHROMIUM at it"
    )


@asynccontextmanager
async def driver(gpu: Gpu) -> AsyncIterator["Chromium"]:
    """Starts browsers, and ends the last of them."""
    path = find_chromium()
    async with async_playwright() as playwright:

        async def launch() -> Browser:
            # Chromium's sandbox does not work for root; what runs in it is the user's own model and engine.
            sandbox = () if os.geteuid() else ("--no-sandbox",)
            software = SOFTWARE_FLAGS if gpu == "software" else ()
            try:
                return await playwright.chromium.launch(
                    executable_path=path, args=[*FLAGS, *software, *sandbox], timeout=START_MS
                )
            except Error as error:
                raise EvaluateError(f"{path} does not start: {error.message.splitlines()[0]}") from error

        chromium = Chromium(launch)
        try:
            yield chromium
        finally:
            await chromium.close()


class Chromium:
    """One browser, started when it is needed, and again after it died."""

    def __init__(self, launch: Callable[[], Awaitable[Browser]]) -> None:
        self._launch = launch
        self._browser: Browser | None = None
        self.starts = 0

    async def browser(self) -> Browser:
        """The running browser."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._launch()
            self.starts += 1
        return self._browser

    async def close(self) -> None:
        """Ends the browser, if it runs; the next use starts another one."""
        browser, self._browser = self._browser, None
        if browser is not None and browser.is_connected():
            await browser.close()
