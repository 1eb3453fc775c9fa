"""Parameters of SQL: what may be bound to ``{name:Type}``."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from collector.store.errors import StoreError

_PLACEHOLDER = re.compile(r"\{\s*(\w+)\s*:\s*([^{}]+)\}")
_ZONELESS = re.compile(
    r"\b(?:DateTime|DateTime32|TIMESTAMP)\b(?!\s*\(\s*')|\bDateTime64\b(?!\s*\(\s*\d+\s*,\s*')", re.IGNORECASE
)


def bind(sql: str, parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters, once it is certain that their times mean the same everywhere.

    Raises:
        StoreError: a time without a zone, or a time type without one, which the client writes in the
            server's zone and the server reads in the session's.
    """
    if names := zoneless(sql):
        raise StoreError(
            f"{', '.join(names)}: a time parameter's type needs a zone; write DateTime64(3, 'UTC')"
        )
    bound = dict(parameters or {})
    for name, value in bound.items():
        if isinstance(value, datetime) and value.tzinfo is None:
            raise StoreError(f"parameter {name} is a time without a zone; pass datetime.now(UTC) or the like")
    return bound


@lru_cache(maxsize=512)
def zoneless(sql: str) -> tuple[str, ...]:
    """The placeholders of a time type without a zone, as they are written."""
    return tuple(found[0] for found in _PLACEHOLDER.finditer(sql) if _ZONELESS.search(found[2]))
