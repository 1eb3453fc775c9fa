"""JSON of whatever shape, as long as it is small."""

import json
from typing import Any


def check_size(value: dict[str, Any], most: int) -> dict[str, Any]:
    """The value itself, when it takes at most ``most`` bytes as JSON.

    Raises:
        ValueError: it takes more, or holds a number that is not finite.
    """
    try:
        size = len(json.dumps(value, allow_nan=False))
    except ValueError as error:
        raise ValueError("has a number that is not finite") from error
    if size > most:
        raise ValueError(f"has {size} bytes as JSON; at most {most} are kept")
    return value
