"""Where a variant is: which addresses a page can load a model from."""

from collections.abc import Collection
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from collector.contract.config_document import ModelUrl

_URL: TypeAdapter[str] = TypeAdapter(ModelUrl)
_BEGINNINGS = ("https://", "http://", "/", "./")
_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")


def check_address(url: str) -> str:
    """The address, when a page can load a model from it and a config document has room for it.

    Raises:
        ValueError: it cannot, or has not; the message says what to write.
    """
    if any(letter.isspace() or not letter.isprintable() for letter in url):
        raise ValueError("the URL has a space or a control character in it: write %20 for a space")
    if "\\" in url:
        raise ValueError("the URL has a backslash in it: write /")
    if not url.startswith(_BEGINNINGS):
        raise ValueError(
            "a page cannot load a model from this URL: write https://host/path, /path for the page's own "
            "origin, or ./path for beside the page"
        )
    _check_host(url)
    try:
        return _URL.validate_python(url)
    except ValidationError as error:
        raise ValueError(
            "the URL is longer than a config document takes: at most 500 characters after https://"
        ) from error


def doubts(url: str, origins: Collection[str]) -> list[str]:
    """What may keep pages of these origins from loading a model from an address, as sentences."""
    host = urlsplit(url).hostname
    if host is None:
        return []
    if host in _OWN_MACHINE or host.endswith(".localhost"):
        return [f"{url} is on this machine: no visitor's page can load it"]
    secure = sorted(origin for origin in origins if origin.startswith("https://") or origin == "*")
    if url.startswith("http://") and secure:
        return [f"{url} is http: a page on https cannot load it (origins of the app: {', '.join(secure)})"]
    return []


def _check_host(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError("the URL's host or port cannot be read: write https://host[:port]/path") from error
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "the URL has a user name or password in it, which browsers refuse to send: leave them out"
        )
    if (parts.scheme or port) and not parts.hostname:
        raise ValueError("the URL names no host: write https://host/path")
