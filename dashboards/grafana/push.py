"""Sends boards and alert rules to a running Grafana over its HTTP API."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException
from niquests.exceptions import InvalidHeader, JSONDecodeError, RequestException, SSLError, TooManyRedirects

from dashboards.boards import BOARDS
from dashboards.grafana.address import BadAddress, advice_on_redirect, connection_to
from dashboards.grafana.alerts import (
    ALERT_RULES,
    EVALUATE_EVERY_S,
    FOLDER_UID,
    GROUP,
    RUNBOOKS,
    grafana_rule,
)
from dashboards.grafana.board import grafana_board
from dashboards.grafana.datasources import find_datasource
from dashboards.grafana.errors import PushError
from dashboards.grafana.files import FOLDER_TITLE, to_json
from dashboards.grafana.query import DATASOURCE_UID

T = TypeVar("T", str, int)
_TIMEOUT_S = 15.0
_ABSENT = 404
_ADVICE = {
    401: "the token is not valid there: make one for a service account of this Grafana",
    403: "the token's service account needs the role Editor",
    404: "is the address right, sub-path included?",
    0: "no answer in time",
}
_FROM_A_FILE = (
    "it came from a file of Grafana's provisioning: change that file, or take it out of there first. Boards "
    "and rules come one way, not both"
)
_ADVICE_BY_WORDS = {
    "provisioned": _FROM_A_FILE,
    "change provenance": _FROM_A_FILE,
    "already exists": f"rename or remove the {FOLDER_TITLE!r} there that this command did not make",
    "quota": "raise the limit of this organization in Grafana",
}
"""What Grafana's own words mean, whatever status they come with."""


class PushSummary(NamedTuple):
    """What Grafana took, by uid."""

    boards: tuple[str, ...]
    rules: tuple[str, ...]


def push(url: str, token: str, *, datasource: str = DATASOURCE_UID, runbooks: str = RUNBOOKS) -> PushSummary:
    """Creates or replaces the folder, the boards and the alert rules. Running it again changes nothing.

    Args:
        url: Grafana's own URL, for example ``https://grafana.example`` or ``https://intranet.example/grafana``.
        token: of a service account that may write dashboards, folders and alert rules (role Editor).
        datasource: uid or name of the ClickHouse data source that the alert rules ask, and the boards until
            another is chosen on them.
        runbooks: where the runbooks are; a rule links to ``<runbooks>/<kind>.md``.

    Raises:
        PushError: Grafana is away, something else answers in its place, the token is refused, the data source
            does not exist, or a document is refused.
    """
    token = token.strip()  # a file or a secret often ends with a line break
    if not token:
        raise PushError("no token: make a service account in Grafana and set INFERFLEET_GRAFANA_TOKEN")
    try:
        connection = connection_to(url)
    except BadAddress as error:
        raise PushError(str(error)) from error
    # Any: grafana_client's calls have no types.
    grafana: Any = GrafanaApi(token, timeout=_TIMEOUT_S, **connection._asdict())
    # A redirect leads to a login page or to another address: the client would follow it, turn a POST into a
    # GET, and take the page it finds for success.
    grafana.client.s.max_redirects = 0
    try:
        return _push(grafana, datasource, runbooks)
    except GrafanaException as error:
        raise PushError(f"Grafana at {url} refused: {error.message} ({_advice(error)})") from error
    except TooManyRedirects as error:
        location = error.response.headers.get("Location") if error.response is not None else None
        raise PushError(advice_on_redirect(url, str(location or ""))) from error
    except JSONDecodeError as error:
        raise PushError(_no_grafana(url, "no JSON")) from error
    except _NotGrafana as error:
        raise PushError(_no_grafana(url, str(error))) from error
    except InvalidHeader as error:
        raise PushError("the token in INFERFLEET_GRAFANA_TOKEN holds a line break: copy it again") from error
    except SSLError as error:
        raise PushError(
            f"no TLS connection to Grafana at {url}: does it answer to http:// instead? A certificate of "
            "your own authority is trusted when REQUESTS_CA_BUNDLE names its file"
        ) from error
    except (RequestException, OSError) as error:
        raise PushError(f"Grafana at {url} does not answer: {type(error).__name__}") from error


def _advice(error: GrafanaException) -> str:
    said = str(error.message).lower()
    by_words = (advice for words, advice in _ADVICE_BY_WORDS.items() if words in said)
    return next(by_words, _ADVICE.get(error.status_code, "see its log"))


class _NotGrafana(Exception):
    """The answer was a success, but not one that Grafana gives; the text says what came instead."""


def _no_grafana(url: str, found: str) -> str:
    return (
        f"{url} answered with {found}, so it is not Grafana's API: nothing more was sent. Give the address "
        "that shows Grafana in a browser, with its sub-path if it has one, and not that of a proxy's login "
        "page."
    )


def _push(grafana: Any, datasource: str, runbooks: str) -> PushSummary:
    # First, because rules that ask a data source that is not there would be accepted and fail for ever.
    source = find_datasource(grafana, datasource)
    _ensure_folder(grafana)
    boards = tuple(
        _push_board(grafana, json.loads(to_json(grafana_board(board, datasource=source)))) for board in BOARDS
    )
    rules = [
        json.loads(to_json(grafana_rule(rule, datasource_uid=source.uid, runbooks=runbooks)))
        for rule in ALERT_RULES
    ]
    pushed = tuple(_push_rule(grafana, rule) for rule in rules)
    _push_group(grafana, rules)
    return PushSummary(boards, pushed)


def _ensure_folder(grafana: Any) -> None:
    try:
        answer = grafana.folder.get_folder(FOLDER_UID)
    except GrafanaClientError as error:
        if error.status_code != _ABSENT:
            raise
        answer = grafana.folder.create_folder(FOLDER_TITLE, uid=FOLDER_UID)
    _require(answer, "uid", FOLDER_UID)


def _push_board(grafana: Any, board: dict[str, Any]) -> str:
    answer = grafana.dashboard.update_dashboard(
        {
            "dashboard": board,
            "folderUid": FOLDER_UID,
            "overwrite": True,
            "message": "generated by inferfleet dashboards push",
        }
    )
    return _require(answer, "uid", str(board["uid"]))


def _push_rule(grafana: Any, rule: dict[str, Any]) -> str:
    uid = str(rule["uid"])
    try:
        answer = grafana.alertingprovisioning.update_alertrule(uid, rule)
    except GrafanaClientError as error:
        if error.status_code != _ABSENT:
            raise
        answer = _create_rule(grafana, rule)
    return _require(answer, "uid", uid)


def _create_rule(grafana: Any, rule: dict[str, Any]) -> Any:
    try:
        return grafana.alertingprovisioning.create_alertrule(rule)
    except GrafanaClientError as error:
        if error.status_code != _ABSENT:
            raise
        # The boards went through, so the address is right.
        raise PushError(
            "Grafana took the boards, but it has no API for alert rules: that takes Grafana 9.1 or newer, "
            "with unified alerting on"
        ) from error


def _push_group(grafana: Any, rules: list[dict[str, Any]]) -> None:
    """A rule carries no interval: without the group Grafana evaluates it at its default, every minute."""
    group = {"title": GROUP, "folderUid": FOLDER_UID, "interval": EVALUATE_EVERY_S, "rules": rules}
    answer = grafana.alertingprovisioning.update_rule_group(FOLDER_UID, GROUP, group)
    _require(answer, "interval", EVALUATE_EVERY_S)


def _require(answer: object, name: str, wanted: T) -> T:
    """A success is one only when it repeats what was sent."""
    if isinstance(answer, str):
        raise _NotGrafana("a web page" if "<html" in answer.lower() else "a text")
    if not isinstance(answer, Mapping) or answer.get(name) != wanted:
        raise _NotGrafana(f"JSON without the {name} {wanted!r}")
    return wanted
