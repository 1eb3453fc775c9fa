"""A backend of a real page that computes wrong, finite values: does the evaluation name it?"""

import asyncio
from pathlib import Path
from typing import Any

from collector.variants.evaluate import Options, Pace, evaluate
from tests.integration.variants.engines import WRONG_WASM, node_modules
from tests.integration.variants.folders import tfjs_folder


def find_wrong(scratch: Path) -> dict[str, Any]:
    """Here wasm forgets the activation of each fused convolution; the other backends are as they are."""
    folder = tfjs_folder(scratch / "wrong" / "liveness", "liveness", ())
    engine = node_modules(scratch / "wrong" / "engine", tfjs_backend_wasm=WRONG_WASM)
    options = Options(node_modules=engine, pace=Pace(runs=2, cell_s=0.5))
    report = asyncio.run(evaluate(folder, options, lambda _: None))
    cells = report["variants"][0]["cells"]
    wrong = next(cell for cell in cells if cell["backend"] == "wasm")
    return {
        "made_wrong": "wasm",
        "named": report["backends"]["wrong"],
        "message": wrong["message"],  # empty: it threw no error
        "backend_error": wrong["backend_error"],
        "tolerance": report["backends"]["tolerance"],
        "refused_by": wrong["refused_by"],
        "found": report["backends"]["wrong"] == ["wasm"] and wrong["refused_by"] == ["wrong_backend"],
    }
