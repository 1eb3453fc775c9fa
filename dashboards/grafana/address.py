"""Where Grafana is: its URL as grafana_client wants it, and what a redirect says about a wrong one."""

from typing import NamedTuple
from urllib.parse import urljoin, urlsplit


class BadAddress(ValueError):
    """The URL cannot be Grafana's; the message says what fits."""


class Connection(NamedTuple):
    """The parts of ``grafana_client``'s base URL, ``protocol://host:port/url_path_prefix + api``."""

    protocol: str
    host: str
    port: int | None
    url_path_prefix: str


def connection_to(url: str) -> Connection:
    """The parts of Grafana's own URL; a sub-path may or may not end in a slash, and a host may be IPv6.

    ``GrafanaApi.from_url`` glues ``api`` to a path without a last slash and drops the brackets of ``[::1]``.

    Raises:
        BadAddress: no http(s) URL, or one with a query or a fragment.
    """
    example = "give Grafana's address, for example https://grafana.example"
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise BadAddress(f"{url!r} is not a URL ({error}): {example}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadAddress(f"{url!r} is not an http or https URL: {example}")
    if parts.username is not None or parts.password is not None:
        raise BadAddress(f"the URL holds a user name or password: {example}; the token is enough")
    if parts.query or parts.fragment:
        raise BadAddress(f"{url!r} is the address of a page: {example}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.strip("/")
    return Connection(parts.scheme, host, port, f"{path}/" if path else "")


def advice_on_redirect(url: str, location: str) -> str:
    """What to do when Grafana's API answered with a redirect, which is never followed."""
    target = urlsplit(urljoin(url, location))
    place = target._replace(query="", fragment="").geturl()
    start = (
        f"{url} answers with a redirect to {place}, which Grafana's API does not do: nothing more was sent."
    )
    if "login" in target.path or "auth" in target.path:
        return (
            f"{start} That is a login: the token did not reach Grafana. Check the address, and that no login "
            "page stands in front of Grafana's /api."
        )
    if target.scheme != urlsplit(url).scheme:
        return f"{start} Give the {target.scheme} address."
    return f"{start} Give the address that it leads to, with Grafana's sub-path if it has one."
