"""Runs one HTTP request's statement on chDB, isolated from every other request."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chdb

from tests.clickhouse_shim.cut_off import CutOff

TRANSPORT = frozenset(
    {
        "query",
        "database",
        "query_id",
        "compress",
        "decompress",
        "wait_end_of_query",
        "session_id",
        "client_protocol_version",
        "user",
        "password",
        "quota_key",
        "default_format",
        "buffer_size",
        "role",
        "enable_http_compression",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "cancel_http_readonly_queries_on_client_close",
    }
)
"""URL parameters that the HTTP handler itself consumes. All others but ``param_*`` are settings."""

_INSERT = re.compile(
    rb"^\s*(INSERT\s+INTO\s+.+?)\s+FORMAT\s+(\w+)[ \t]*(?:\r?\n|$)", re.IGNORECASE | re.DOTALL
)
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_ANSWERS = re.compile(
    r"^\s*(?:--[^\n]*\n\s*)*\(*\s*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN|CHECK)\b", re.IGNORECASE
)
_CODE = re.compile(r"Code: (\d+)\.")


@dataclass(frozen=True)
class Result:
    """A statement's answer. ``format`` is None when the statement gives no rows."""

    body: bytes
    format: str | None
    rows: int
    size: int


class EngineError(Exception):
    """ClickHouse's own exception, with its code."""

    def __init__(self, text: str) -> None:
        self.text = text[max(0, text.find("Code: ")) :]
        match = _CODE.search(self.text)
        self.code = int(match.group(1)) if match else 1002
        super().__init__(self.text)


class Engine:
    """chDB at a path. One handle stays open so that the engine does; each request gets its own."""

    def __init__(self, path: Path, *, version: str | None = None, cut_off: CutOff | None = None) -> None:
        self._path = str(path)
        self._version = version
        self._cut_off = cut_off
        self._keep = chdb.connect(self._path)

    def run(self, statement: bytes, data: bytes, url: Mapping[str, str]) -> Result:
        """Runs a statement with the database, settings and parameters of the request's URL."""
        handle = chdb.connect(self._path)
        try:
            if url.get("database"):
                handle.query(f"USE `{url['database']}`")
            for name, value in url.items():
                if name not in TRANSPORT and not name.startswith("param_"):
                    handle.query(f"SET {name} = '{_escape(value)}'")
            parameters = {name[6:]: value for name, value in url.items() if name.startswith("param_")}
            insert = _INSERT.match(statement)
            if insert is not None:
                return self._insert(handle, insert, statement[insert.end() :] + data)
            default_format = url.get("default_format") or "TabSeparated"
            return self._ask(handle, (statement + data).decode(), parameters, default_format)
        except RuntimeError as error:
            raise EngineError(str(error)) from error
        finally:
            handle.close()

    def _ask(self, handle: Any, sql: str, parameters: dict[str, str], default_format: str) -> Result:
        """``default_format`` is for statements that name none: Grafana's plugin asks for Native so."""
        if self._version is not None:
            sql = sql.replace("version()", f"'{self._version}'")
        result = handle.query(sql, default_format, params=parameters)
        if not _ANSWERS.match(sql):
            return Result(b"", None, 0, 0)
        form = _FORMAT.search(sql)
        body = result.bytes() or b""
        return Result(
            body, form.group(1) if form else default_format, result.rows_read(), result.bytes_read()
        )

    def _insert(self, handle: Any, insert: re.Match[bytes], data: bytes) -> Result:
        target, form = insert.group(1).decode(), insert.group(2).decode()
        cut_off = self._cut_off if self._cut_off and self._cut_off.concerns(target) else None
        with tempfile.NamedTemporaryFile(suffix=".insert") as file:
            file.write(data)
            file.flush()
            if cut_off:
                cut_off.shorten(handle, Path(file.name))
            if not cut_off or cut_off.parts:
                result = handle.query(f"{target} FROM INFILE '{file.name}' FORMAT {form}", "TabSeparated")
        if cut_off:
            cut_off.end()
        return Result(b"", None, result.rows_read(), result.bytes_read())


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
