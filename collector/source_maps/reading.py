"""``python -m collector.source_maps.reading``: looks places of one script up in its map, as JSON."""

import json
import sys
from pathlib import Path
from typing import Any

from collector.source_maps.maps import NoMap, open_map


def read(asked: dict[str, Any]) -> dict[str, Any]:
    """``found``: source, line and function of each place, or null; or ``problem``, a sentence."""
    try:
        known = open_map(Path(asked["script"]), Path(asked["folder"]))
    except NoMap as problem:
        return {"problem": str(problem)}
    tokens = [known.lookup(line, column, 0) for line, column in asked["places"]]
    return {
        "found": [
            [token.src, token.line, token.function_name or ""] if token is not None and token.src else None
            for token in tokens
        ]
    }


if __name__ == "__main__":
    json.dump(read(json.load(sys.stdin)), sys.stdout)
