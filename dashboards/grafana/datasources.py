"""Which of Grafana's data sources the alert rules ask."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from grafana_client.client import GrafanaClientError

from dashboards.grafana.errors import PushError
from dashboards.grafana.query import PLUGIN

_FORBIDDEN = 403
_ADVICE = f"Choose with --datasource, or add one of type {PLUGIN} in Grafana."


class Datasource(NamedTuple):
    """One of those that the Grafana has."""

    uid: str
    name: str
    type: str


def find_datasource(grafana: Any, wanted: str) -> Datasource:
    """The ClickHouse data source whose uid or name is ``wanted``; a uid goes before a name.

    Raises:
        PushError: there is none, or it is of another type; the message lists those that fit.
        GrafanaException: Grafana refused to list them.
    """
    known = _list(grafana)
    named = [source for source in known if source.uid == wanted] or [
        source for source in known if source.name == wanted
    ]
    fitting = [source for source in known if source.type == PLUGIN]
    if not named:
        raise PushError(f"Grafana has no data source {wanted!r}; {_told(fitting)}. {_ADVICE}")
    if named[0].type != PLUGIN:
        raise PushError(
            f"the data source {wanted!r} is of type {named[0].type}, not {PLUGIN}; "
            f"{_told(fitting)}. {_ADVICE}"
        )
    return named[0]


def _told(sources: Iterable[Datasource]) -> str:
    names = ", ".join(f"{source.uid} ({source.name})" for source in sources)
    return f"there are these of ClickHouse: {names}" if names else "it has none of ClickHouse"


def _list(grafana: Any) -> list[Datasource]:
    try:
        answer = grafana.client.GET("/datasources")
    except GrafanaClientError as error:
        if error.status_code != _FORBIDDEN:
            raise
        # Only administrators may list data sources. An editor may use them, so Grafana tells its own front
        # end which there are.
        settings = grafana.client.GET("/frontend/settings")
        named = settings.get("datasources") if isinstance(settings, dict) else None
        answer = [{**entry, "name": name} for name, entry in named.items()] if named is not None else None
    if not isinstance(answer, list) or not all(isinstance(entry, dict) for entry in answer):
        raise PushError(
            "the answer to a request for the data sources is not Grafana's. Give the address that shows "
            "Grafana in a browser, with its sub-path if it has one, and not that of a proxy's login page."
        )
    return [
        Datasource(str(entry.get("uid", "")), str(entry.get("name") or ""), str(entry.get("type", "")))
        for entry in answer
    ]
