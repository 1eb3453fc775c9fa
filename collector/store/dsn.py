"""Where the store is: ``chdb:///path`` (embedded) or ``http(s)://user:password@host:port/database``."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

DEFAULT_DATABASE = "inferfleet"
_DATABASE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
_EXAMPLES = "chdb:///var/lib/inferfleet/engine or https://user:password@host:8443/inferfleet"


class InvalidDsn(ValueError):
    """The DSN does not say where the store is. The message shows what one looks like, and no password."""


@dataclass(frozen=True)
class Dsn:
    """A parsed DSN. ``str()`` and ``repr()`` never show the password."""

    scheme: str
    database: str = DEFAULT_DATABASE
    path: Path | None = None
    host: str = ""
    port: int = 0
    username: str = "default"
    password: str = field(default="", repr=False)

    @property
    def embedded(self) -> bool:
        """Whether the engine runs in this process."""
        return self.scheme == "chdb"

    def __str__(self) -> str:
        if self.embedded:
            return f"chdb://{self.path}"
        user = "" if self.username == "default" and not self.password else f"{self.username}@"
        return f"{self.scheme}://{user}{self.host}:{self.port}/{self.database}"

    @classmethod
    def parse(cls, text: str) -> "Dsn":
        """Reads a DSN.

        Raises:
            InvalidDsn: one line that says what is wrong and what a DSN looks like.
        """
        scheme = text.partition("://")[0] if "://" in text else ""
        if scheme == "chdb":
            return cls._embedded(text)
        if scheme in ("http", "https"):
            return cls._server(text)
        raise InvalidDsn(f"a store DSN begins with chdb://, http:// or https://; write {_EXAMPLES}")

    @classmethod
    def _embedded(cls, text: str) -> "Dsn":
        rest = text.removeprefix("chdb://")
        if "?" in rest or "#" in rest:
            raise InvalidDsn("a chdb DSN is a folder's absolute path and nothing else; write chdb:///path")
        path = Path(unquote(rest))
        if not path.is_absolute() or path == Path("/"):
            raise InvalidDsn(
                f"{text!r} names no folder by its absolute path; write three slashes: chdb:///path"
            )
        # chDB compares paths as text, so one folder needs one spelling.
        return cls(scheme="chdb", path=path.resolve())

    @classmethod
    def _server(cls, text: str) -> "Dsn":
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise InvalidDsn(
                "the store DSN is no URL: percent-encode special characters of the password; "
                f"write {_EXAMPLES}"
            ) from error
        if not parts.hostname:
            raise InvalidDsn(f"the store DSN names no host; write {_EXAMPLES}")
        if parts.query or parts.fragment:
            raise InvalidDsn(f"the store DSN takes no options after ? or #; write {_EXAMPLES}")
        database = unquote(parts.path.strip("/")) or DEFAULT_DATABASE
        if not _DATABASE.match(database):
            raise InvalidDsn(
                f"{database!r} is no database name: letters, digits and _ only; write {_EXAMPLES}"
            )
        return cls(
            scheme=parts.scheme,
            database=database,
            host=parts.hostname,
            port=port or (8443 if parts.scheme == "https" else 8123),
            username=unquote(parts.username) if parts.username else "default",
            password=unquote(parts.password) if parts.password else "",
        )
