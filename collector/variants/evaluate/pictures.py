"""Decodes a folder of pictures in the browser, as the user's page would."""

import base64
from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import Error

from collector.variant_folder import TensorSpec
from collector.variants.evaluate.chromium import Chromium
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs import Inputs, Scale
from collector.variants.evaluate.inputs.folder import as_sample, picture_of
from collector.variants.evaluate.lab import PAGES
from collector.variants.evaluate.server import Server


async def decode_pictures(
    chromium: Chromium, server: Server, files: Sequence[Path], ports: Sequence[TensorSpec], scale: Scale
) -> Inputs:
    """Each picture, resized to the model's input without keeping its proportions.

    Raises:
        EvaluateError: the model takes no picture, or the browser cannot decode one.
    """
    picture = picture_of(ports)
    server.add({"page/images.js": PAGES / "images.js"})
    server.add({f"pictures/{at}": path for at, path in enumerate(files)})
    context = await (await chromium.browser()).new_context()
    samples = []
    try:
        page = await context.new_page()
        await page.goto(server.base)
        await page.evaluate("async (script) => { await import(script); }", f"{server.base}page/images.js")
        for at, path in enumerate(files):
            try:
                pixels = await page.evaluate(
                    "(given) => decode(...given)",
                    [f"{server.base}pictures/{at}", picture.width, picture.height],
                )
            except Error as error:
                raise EvaluateError(
                    f"the browser cannot decode {path}: take it out of the folder, or save it as PNG or JPEG"
                ) from error
            samples.append(as_sample(base64.b64decode(pixels), picture, scale))
    finally:
        await context.close()
    return Inputs("images", [path.name for path in files], samples)
