"""Leak traces: what a session's predictions left behind, and the calls that made it."""

from typing import Annotated

from pydantic import StringConstraints

from collector.contract.fields import wire_field
from collector.contract.vocabulary import Engine, LeakedDtype
from collector.contract.wire_model import MAX_UINT32, Count32, EpochMs, Subject, WireModel


class LeakedTensors(WireModel):
    """Tensors of one shape and dtype that one call site left behind, or sessions."""

    shape: Annotated[str, StringConstraints(pattern=r"^(\d{1,10}(,\d{1,10}){0,7})?$")] = wire_field(
        "Sizes of the axes, joined by commas; empty for a scalar and for a session", default=""
    )
    dtype: LeakedDtype = wire_field("Element type; session for an inference session")
    count: int = wire_field("How many stayed", ge=1, le=MAX_UINT32)
    bytes: int = wire_field("Their bytes", unit="bytes", ge=0, le=1 << 53, default=0)


class LeakFrame(WireModel):
    """A place in a script of the page. Nobody can read it without having that script."""

    script: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = wire_field(
        "First 32 hex digits of SHA-256 over the script's bytes; over its path, without origin and query, "
        "where the page may not read its bytes"
    )
    line: int = wire_field("Line in that script, from 1", ge=1, le=999_999_999)
    column: int = wire_field("Column in that line, from 1", ge=1, le=999_999_999)


class LeakSite(WireModel):
    """One call site, and what it left behind."""

    predictions: int = wire_field(
        "Predictions of the model in which it left that behind", ge=1, le=MAX_UINT32
    )
    count: int = wire_field("How many stayed, of all shapes", ge=1, le=MAX_UINT32)
    bytes: int = wire_field("Their bytes", unit="bytes", ge=0, le=1 << 53, default=0)
    kinds: int = wire_field("How many shapes and dtypes they have", ge=1, le=MAX_UINT32, default=1)
    tensors: list[LeakedTensors] = wire_field(
        "By shape and dtype, the most bytes first; 8 of them when there are more", min_length=1, max_length=8
    )
    frames: list[LeakFrame] = wire_field(
        "The calls that made them, the innermost first; the innermost are left out where there are too many",
        min_length=1,
        max_length=48,
    )


class LeakTrace(Subject):
    """What one session's predictions left behind while it was traced (leakTrace); no sites: nothing grew."""

    engine: Engine = wire_field("The inference library", default=Engine.TFJS)
    at: EpochMs = wire_field("When the trace was looked at", unit="ms", ge=0, le=1 << 46)
    predictions: int = wire_field("Predictions of this model that were traced", ge=1, le=MAX_UINT32)
    loads: Count32 = wire_field("Models of this name that came meanwhile", default=0)
    sites: list[LeakSite] = wire_field(
        "Call sites of what stays and grows in number, the most bytes first",
        max_length=8,
        default_factory=list,
    )
