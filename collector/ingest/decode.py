"""Bytes -> a report that fits the contract, or the reason why not.

One bad item does not cost the report: it is dropped and counted, and the rest is kept. A bad envelope refuses
all.

There are two ways. ``skim`` takes what is plainly right, which is nearly everything, at a tenth of the cost,
and leaves the lists of numbers to be checked with those of other reports (``number_lists``). Whatever is not
plainly right goes to ``decode``: the contract's models, which alone say no, and why.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from collector.contract.reasons import FieldError, Reason
from collector.contract.report import Report
from collector.contract.wire_model import unknown_fields
from collector.ingest.clock import count_in_range, items_out_of_range
from collector.ingest.refusal import Refused
from collector.ingest.structs import LENIENT, STRICT
from collector.mistakes import sentence

_ENUM_ERRORS = frozenset({"enum", "literal_error"})
_NOT_PLAIN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Decoded(NamedTuple):
    """A report to keep. Its lists of numbers are checked with its group (``group.examine``), before its
    commit.

    Attributes:
        report: a struct of ``structs``.
        body: its JSON, without the items that were refused.
    """

    report: Any
    body: bytes
    items: int
    rejected: dict[str, int]
    unknown_fields: int


def skim(body: bytes) -> Decoded:
    """Decodes an inflated body; the lists of numbers are left to ``number_lists`` when all else is right.

    Raises:
        Refused: as ``decode``.
    """
    try:
        report = STRICT.decode(body)
    except _NOT_PLAIN:
        return decode(body)
    items = count_in_range(report)
    return decode(body) if items is None else Decoded(report, body, items, {}, 0)


def decode(body: bytes) -> Decoded:
    """Validates an inflated body against the contract.

    Raises:
        Refused: the body is no JSON, the envelope does not fit, or no item is left.
    """
    try:
        report = Report.model_validate_json(body)
    except ValidationError as error:
        return _decode_without_bad_items(body, error)
    if late := items_out_of_range(report):
        reason = Reason.TIMESTAMP_OUT_OF_RANGE
        return _without(body, {(name, i): reason for name, positions in late.items() for i in positions})
    unknown = unknown_fields(report)
    try:
        struct = LENIENT.decode(body)
    except _NOT_PLAIN:
        # The models' parser takes more than JSON has: NaN, say, in a field that nobody knows.
        body = report.model_dump_json(exclude_unset=True).encode()
        struct = LENIENT.decode(body)
    return Decoded(struct, body, report.item_count(), {}, unknown)


def _decode_without_bad_items(body: bytes, error: ValidationError) -> Decoded:
    # include_input=False: a refusal never repeats, or even holds on to, what was sent.
    details = error.errors(include_url=False, include_input=False)
    if any(detail["type"] == "json_invalid" for detail in details):
        raise Refused(Reason.MALFORMED_JSON, errors=_field_errors(details)) from error
    if any(detail["loc"] == ("v",) for detail in details):
        raise Refused(Reason.UNSUPPORTED_VERSION, errors=_field_errors(details)) from error
    by_item: dict[tuple[str, int], list[ErrorDetails]] = {}
    envelope = []
    for detail in details:
        place = detail["loc"]
        if len(place) >= 2 and place[0] in Report.ITEM_LISTS and isinstance(place[1], int):
            by_item.setdefault((str(place[0]), place[1]), []).append(detail)
        else:
            envelope.append(detail)
    if envelope:
        reason = Reason.UNKNOWN_ENUM if _only_enums(envelope) else Reason.INVALID_REPORT
        raise Refused(reason, errors=_field_errors(envelope)) from error
    reasons = {
        place: Reason.UNKNOWN_ENUM if _only_enums(errors) else Reason.INVALID_ITEM
        for place, errors in by_item.items()
    }
    return _without(body, reasons, details)


def _without(
    body: bytes, bad: Mapping[tuple[str, int], Reason], details: Iterable[ErrorDetails] = ()
) -> Decoded:
    """Decodes again without these items; each round drops at least one, so it ends."""
    document: dict[str, Any] = from_json(body)
    rejected = Counter(reason.code for reason in bad.values())
    for name in Report.ITEM_LISTS:
        if name in document:
            document[name] = [
                item for position, item in enumerate(document[name]) if (name, position) not in bad
            ]
    if not any(document.get(name) for name in (*Report.ITEM_LISTS, "dropped")):
        main = Counter(bad.values()).most_common(1)[0][0]
        raise Refused(main, errors=_field_errors(details), items=rejected)
    rest = json.dumps(document, separators=(",", ":")).encode()
    try:
        decoded = decode(rest)
    except Refused as refused:
        # The items left did not fit either (their times): all of them are accounted for.
        refused.items = rejected + Counter(refused.items)
        raise
    return decoded._replace(rejected=rejected + Counter(decoded.rejected))


def _only_enums(details: Iterable[ErrorDetails]) -> bool:
    return all(detail["type"] in _ENUM_ERRORS for detail in details)


def _field_errors(details: Iterable[ErrorDetails]) -> list[FieldError]:
    return [FieldError(path=_path(detail["loc"]), message=sentence(detail)) for detail in list(details)[:8]]


def _path(location: tuple[int | str, ...]) -> str:
    # A part of the path can be a key that was sent (of `dropped`): bounded, since an answer echoes it.
    return ".".join(str(part)[:40] for part in location[:6])
