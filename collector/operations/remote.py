"""Asks the collector that owns the store to run an operation: the way in when the engine is taken."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from collector.operations.catalogue import Call
from collector.operations.owner import read_owner, read_token
from collector.remote_config.documents import SignedDocument
from collector.settings import Settings
from collector.store import StoreInUse


class OwnerRefused(Exception):
    """The owner could not be asked, or refused; the message says what to do."""


class FetchedDocuments:
    """Documents that the owner made and signed, in place of the ``ConfigService`` that only it has."""

    def __init__(self, documents: dict[str, str]) -> None:
        self._documents = documents

    def documents(self, app: str) -> dict[str, SignedDocument]:
        """The documents by device class key."""
        del app  # they were fetched for one
        return {key: SignedDocument(text.encode(), etag="") for key, text in self._documents.items()}


class Owner:
    """The collector that owns the store, over its admin endpoints.

    Raises:
        OwnerRefused: no way to the owner, or no token.
    """

    def __init__(self, settings: Settings, in_use: StoreInUse) -> None:
        data_dir = settings.data_dir.resolve()
        owner = read_owner(data_dir)
        url = str(owner["url"]) if owner else in_use.url
        if url is None:
            raise OwnerRefused(f"{in_use}. Its address is not known: {data_dir} holds no collector.json")
        self._in_use = in_use
        self._url = url
        self._token = _token(settings, data_dir)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: str | None = None,
        seconds: float = 60,
    ) -> bytes:
        """The answer to a call below ``/v1/admin``, as JSON.

        Raises:
            OwnerRefused: it does not answer, or refuses.
        """
        try:
            answer = httpx.request(
                method,
                f"{self._url}/v1/admin/{path}",
                params=dict(query or {}),
                content=body,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=seconds,
            )
        except httpx.HTTPError as error:
            raise OwnerRefused(f"{self._in_use}. It does not answer at {self._url}: {error}") from error
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise OwnerRefused(
                f"the collector at {self._url} does not accept the admin token: set "
                "INFERFLEET_API__ADMIN_TOKEN to its own, or unset it and use the data folder "
                "that holds its admin.token"
            )
        if answer.status_code != httpx.codes.OK:
            raise OwnerRefused(_say(answer))
        return answer.content


LONGEST_SECONDS = {"backup": 86_400, "delete": 86_400}
"""Operations that may take longer than ten minutes."""


def ask_owner(settings: Settings, name: str, call: Call, in_use: StoreInUse) -> dict[str, Any]:
    """The operation's summary as the owner answers it.

    Raises:
        OwnerRefused: no way to the owner, no token, or a refusal.
    """
    query = call.model_dump(exclude_none=True, exclude_defaults=True)
    answer = Owner(settings, in_use).call(
        "POST", f"jobs/{name}", query=query, seconds=LONGEST_SECONDS.get(name, 600)
    )
    summary: dict[str, Any] = json.loads(answer)
    return summary


def _token(settings: Settings, data_dir: Path) -> str:
    if settings.api.admin_token is not None:
        return settings.api.admin_token.get_secret_value()
    token = read_token(data_dir)
    if token is None:
        raise OwnerRefused(
            f"{data_dir} holds no admin.token: set INFERFLEET_API__ADMIN_TOKEN to the running collector's"
        )
    return token


def _say(answer: httpx.Response) -> str:
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem = answer.json()
        return f"{problem['title']}: {problem['detail']}"
    return f"the collector answered {answer.status_code}"
