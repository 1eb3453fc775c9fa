"""Declares a field of the contract: what it means, its unit, and how sensitive it is."""

from typing import Any, Literal

from pydantic import Field

Sensitivity = Literal["technical", "pseudonymous", "application"]
"""``technical``: facts of the software or the machine's kind. ``pseudonymous``: a random identifier made by
the SDK. ``application``: a name that the site's own developers chose. Nothing else may cross the wire."""


def wire_field(
    description: str, *, sensitivity: Sensitivity = "technical", unit: str | None = None, **constraints: Any
) -> Any:
    """A pydantic field whose description, unit and sensitivity reach the JSON Schema, types and docs."""
    extra: dict[str, Any] = {"sensitivity": sensitivity}
    if unit is not None:
        extra["unit"] = unit
    return Field(description=description, json_schema_extra=extra, **constraints)
