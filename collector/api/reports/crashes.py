"""Crash reports of browsers (Reporting API, ``application/reports+json``) -> a report of the contract.

A browser tells of a page that died what the page itself cannot: that it ran out of memory, or hung. It names
no model. What else it says, the page's address and the browser's user agent, is never decoded.
"""

import json
import secrets
from collections import Counter
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import msgspec

from collector.contract.reasons import Reason
from collector.contract.report import WIRE_VERSION
from collector.contract.vocabulary import Backend, CrashReason, IncidentKind, KilledPhase
from collector.ingest.decode import Decoded, skim
from collector.ingest.refusal import Refused

MEDIA_TYPE = b"application/reports+json"
MOST_REPORTS = 64
"""As many incidents as a report may have."""
_SDK = "reporting-api/1"
_REASONS = frozenset(str(reason) for reason in CrashReason)


class Sender(NamedTuple):
    """Whose page died, as the endpoint's URL says: the page's server knows, the browser does not tell."""

    app: str
    release: str


class _Body(msgspec.Struct):
    reason: Any = None


class _BrowserReport(msgspec.Struct):
    type: str
    age: float = 0
    body: _Body | None = None


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ONE = msgspec.json.Decoder(_BrowserReport)


def sender(query: bytes, apps: frozenset[str]) -> Sender:
    """Who sent it. ``apps`` are those that the write key is for.

    Raises:
        Refused: invalid_query, when the key is for several apps and the URL names none; unknown_key for an
            app that it is not for.
    """
    # A plus is one, as in release 1.4.0+7: no name has the space that a form would mean by it.
    asked = parse_qs(query.decode("latin-1").replace("+", "%2B"))
    app = asked.get("app", [""])[0]
    if not app and len(apps) > 1:
        raise Refused(Reason.INVALID_QUERY, "The write key is for several apps: add &app=NAME to the URL.")
    app = app or next(iter(apps))
    if app not in apps:
        raise Refused(Reason.UNKNOWN_KEY)
    return Sender(app, asked.get("release", [""])[0])


def decode_crashes(body: bytes, sent_by: Sender, received_at_ms: int) -> Decoded:
    """The crashes among the reports of a browser, as incidents of a session that nobody knows.

    Raises:
        Refused: the body is no list of reports, has too many, or holds no crash; or as ``skim``.
    """
    try:
        items = _LIST.decode(body)
    except msgspec.ValidationError as error:
        raise Refused(Reason.INVALID_REPORT, "A browser sends a list of reports.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Reason.MALFORMED_JSON) from error
    if len(items) > MOST_REPORTS:
        raise Refused(
            Reason.INVALID_REPORT,
            f"At most {MOST_REPORTS} reports at once.",
            items={Reason.INVALID_REPORT.code: len(items)},
        )
    rejected: Counter[str] = Counter()
    incidents = []
    for item in items:
        try:
            told = _ONE.decode(item)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            rejected[Reason.INVALID_ITEM.code] += 1
            continue
        if told.type != "crash":
            rejected[Reason.UNKNOWN_ENUM.code] += 1
            continue
        incidents.append(_incident(told, sent_by.app, received_at_ms))
    if not incidents:
        raise Refused(
            Reason.UNKNOWN_ENUM if rejected[Reason.UNKNOWN_ENUM.code] else Reason.INVALID_REPORT,
            "Only reports of type crash are taken: name this endpoint crash-reporting.",
            items=dict(rejected),
        )
    try:
        decoded = skim(_report(incidents, sent_by, received_at_ms))
    except Refused as refused:
        refused.items = rejected + Counter(refused.items)
        raise
    return decoded._replace(rejected=rejected + Counter(decoded.rejected))


def _incident(told: _BrowserReport, app: str, received_at_ms: int) -> dict[str, Any]:
    reason = told.body.reason if told.body else None
    known = isinstance(reason, str) and reason in _REASONS
    age_ms = min(max(0.0, told.age), float(received_at_ms))
    return {
        "model": app,
        "backend": Backend.OTHER,
        "kind": IncidentKind.KILLED,
        "phase": KilledPhase.UNKNOWN,
        "crash": reason if known else CrashReason.OTHER,
        "at": received_at_ms - int(age_ms),
    }


def _report(incidents: list[dict[str, Any]], sent_by: Sender, received_at_ms: int) -> bytes:
    return json.dumps(
        {
            "v": WIRE_VERSION,
            # A browser's retry has no id by which it could be recognised.
            "batch_id": secrets.token_urlsafe(16),
            "sent_at": received_at_ms,
            "sdk": _SDK,
            "app": sent_by.app,
            "release": sent_by.release,
            "session": secrets.token_urlsafe(16),
            "seq": 0,
            "incidents": incidents,
        }
    ).encode()
