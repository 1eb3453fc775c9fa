"""The contract as msgspec structs, made from its pydantic models: what the hot path decodes into.

A list of numbers stays the text it came as (``msgspec.Raw``, known to be well-formed JSON), since making a
Python integer of each entry costs more than all the rest; ``number_lists`` reads and checks those of many
reports at once. There are two sets of structs:

``STRICT`` has every bound, pattern, closed enum and ``CHECK`` of the models, and refuses fields that it does
not know. What it takes, and whose lists pass, the models take too, without a field to count
(``tests/unit/ingest`` holds the two together). What it refuses is nobody's verdict yet: the models give it,
with their reasons.

``LENIENT`` has the types alone. It reads what was validated before: a body from the spool.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import partial
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic.fields import FieldInfo

from collector.contract.report import Report
from collector.contract.wire_model import WireModel

NOT_SENT = msgspec.Raw(b"")
"""In place of a list that may be left out."""

_BOUNDS = ("ge", "le", "min_length", "max_length")


def _make(kind: type[WireModel], *, strict: bool, made: dict[type[WireModel], Any]) -> Any:
    """A struct with the fields of a model; its parts are made before it and found in ``made``."""
    if kind not in made:
        of = partial(_type, strict=strict, made=made)
        fields = [
            (name, of(field.annotation, field.metadata), *_default(field, of))
            for name, field in kind.model_fields.items()
        ]
        made[kind] = msgspec.defstruct(
            kind.__name__,
            fields,
            module=__name__,
            kw_only=True,
            frozen=True,
            gc=False,  # nothing in a report points back at it
            forbid_unknown_fields=strict,
            omit_defaults=True,
            namespace={"__post_init__": kind.CHECK} if strict and kind.CHECK else None,
        )
    return made[kind]


def _type(annotation: Any, metadata: list[Any], *, strict: bool, made: dict[type[WireModel], Any]) -> Any:
    of = partial(_type, strict=strict, made=made)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner, *more = parts
        return of(inner, [constraint for part in more for constraint in _constraints(part)])
    if origin in (Union, UnionType):
        some = next(part for part in parts if part is not NoneType)
        made_of_it = of(some, metadata)
        return made_of_it if made_of_it is msgspec.Raw else made_of_it | None
    if origin is list:
        if not _is_model(parts[0]):
            return msgspec.Raw
        return _bounded(list[of(parts[0], [])], metadata, strict=strict)  # type: ignore[misc]
    if origin is dict:
        return dict[of(parts[0], []), of(parts[1], [])]  # type: ignore[misc]
    if origin is Literal:
        return annotation if strict else int
    if _is_model(annotation):
        return _make(annotation, strict=strict, made=made)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        # Not the enum: its members are slower to make, and slower to make a column of, than plain text.
        return Literal[tuple(member.value for member in annotation)] if strict else str
    return _bounded(annotation, metadata, strict=strict)


def _constraints(part: Any) -> list[Any]:
    return part.metadata if isinstance(part, FieldInfo) else [part]


def _bounded(kind: Any, metadata: list[Any], *, strict: bool) -> Any:
    if not strict:
        return kind
    bounds: dict[str, Any] = {}
    for constraint in metadata:
        for name in _BOUNDS:
            if (bound := getattr(constraint, name, None)) is not None:
                bounds[name] = bound
        if pattern := getattr(constraint, "pattern", None):
            # The models' engine takes $ for the end of the text, Python's also for a newline before it.
            bounds["pattern"] = re.sub(r"\$$", r"\\Z", pattern)
    return Annotated[kind, msgspec.Meta(**bounds)] if bounds else kind


def _default(field: FieldInfo, of: Any) -> tuple[Any, ...]:
    if field.is_required():
        return ()
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, WireModel):
        return (of(type(default), [])(),)
    if isinstance(default, Enum):
        return (default.value,)
    if isinstance(default, list):
        return ((),)  # one that all share
    if isinstance(default, Mapping):
        return (MappingProxyType({}),)
    return (NOT_SENT if of(field.annotation, field.metadata) is msgspec.Raw else default,)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, WireModel)


STRICT: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_make(Report, strict=True, made={}))
LENIENT: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_make(Report, strict=False, made={}))
