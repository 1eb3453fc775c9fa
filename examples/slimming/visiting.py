"""Visits of the page by a headless Chromium, each a visitor of its own."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from playwright.async_api import Error

from collector.variants.evaluate.chromium import driver
from collector.variants.evaluate.errors import EvaluateError
from examples.slimming.errors import SlimmingError

PREDICTIONS = 30
SECONDS = 60


class Wish(NamedTuple):
    """Which arm to force; neither: the page runs what Inferfleet says. ``wrong`` is a backend to spoil."""

    backend: str = ""
    variant: str = ""
    wrong: str = ""


async def visit(url: str, wishes: Sequence[Wish]) -> list[dict[str, Any]]:
    """What each visit says in ``window.visit``.

    Raises:
        SlimmingError: the browser does not start, or a page could not run its model.
    """
    made = []
    try:
        async with driver("software") as chromium:
            for wish in wishes:
                context = await (await chromium.browser()).new_context()
                page = await context.new_page()
                forced = {name: value for name, value in wish._asdict().items() if value}
                await page.goto(f"{url}/?{urlencode({'predictions': PREDICTIONS} | forced)}")
                await page.wait_for_function("() => window.visit", timeout=SECONDS * 1000)
                said = await page.evaluate("() => window.visit")
                if "error" in said:
                    raise SlimmingError(f"a visit ({wish.backend} {wish.variant}) failed: {said['error']}")
                made.append(said)
                await context.close()
    except (EvaluateError, Error) as error:
        raise SlimmingError(f"the visits could not be made: {str(error).splitlines()[0]}") from error
    return made
