"""Turns a panel's SQL into ClickHouse SQL with server-side parameters.

Panels are written with the macros of Grafana's ClickHouse data source and Grafana's template variables, so
that Grafana runs them as they are. Here the same text becomes SQL in which every value that comes from
outside is a ``{name:Type}`` parameter, bound by the server and never part of the text. Only these are known:

=================================  ====================================================================
``$__timeFilter_ms(column)``       the column lies in the chosen range
``$__timeInterval(column)``        the start of the interval that the column's time falls into
``$__interval_s``                  the interval's length in seconds
``$__fromTime_ms, $__toTime_ms``   the ends of the range
``$__conditionalAll(cond, $var)``  the condition when the variable has a value, ``1=1`` when it is "All"
``${var:singlequote}``             the variable's value
=================================  ====================================================================

Source of their meaning: grafana/clickhouse-datasource, pkg/macros/macros.go and
src/data/removeConditionalAlls.ts.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

VARIABLES = ("app", "model", "release", "backend")
_CONDITIONAL = "$__conditionalAll("
_VARIABLE = re.compile(r"\$\{(\w+):singlequote\}")
_LEFTOVER = re.compile(r"\$[\w{]+")


class MacroError(ValueError):
    """A panel's SQL uses an unknown macro or variable: a fault in the panel, not in a request."""


class Query(NamedTuple):
    """SQL and the values of its parameters."""

    sql: str
    parameters: dict[str, Any]


def expand(
    sql: str, *, since: datetime, until: datetime, interval_s: int, variables: Mapping[str, str | None]
) -> Query:
    """The SQL for one range of time (aware datetimes) and one choice of variables; None means "All".

    Raises:
        MacroError: the SQL uses a macro or a variable that is not known here.
    """
    if unknown := set(variables) - set(VARIABLES):
        raise MacroError(f"unknown variables {sorted(unknown)}; there are {', '.join(VARIABLES)}")
    text = _choose_conditions(sql, variables)
    text = re.sub(
        r"\$__timeFilter_ms\((\w+)\)",
        r"\1 >= fromUnixTimestamp64Milli({from_ms:Int64}) AND \1 <= fromUnixTimestamp64Milli({to_ms:Int64})",
        text,
    )
    text = re.sub(
        r"\$__timeInterval\((\w+)\)",
        r"toStartOfInterval(toDateTime(\1), toIntervalSecond({interval_s:UInt32}))",
        text,
    )
    text = text.replace("$__fromTime_ms", "fromUnixTimestamp64Milli({from_ms:Int64})")
    text = text.replace("$__toTime_ms", "fromUnixTimestamp64Milli({to_ms:Int64})")
    text = text.replace("$__interval_s", "{interval_s:UInt32}")
    text = _VARIABLE.sub(lambda match: _parameter(match[1], variables), text)
    if leftover := _LEFTOVER.search(text):
        raise MacroError(f"{leftover[0]} is no macro or variable of dashboards.macros")
    values: dict[str, Any] = {
        "from_ms": _epoch_ms(since),
        "to_ms": _epoch_ms(until),
        "interval_s": interval_s,
        **{name: value for name, value in variables.items() if value is not None},
    }
    return Query(text, {name: value for name, value in values.items() if f"{{{name}:" in text})


def _choose_conditions(sql: str, variables: Mapping[str, str | None]) -> str:
    """Replaces each ``$__conditionalAll``; its condition may hold parentheses."""
    while (start := sql.find(_CONDITIONAL)) >= 0:
        end = _closing(sql, start + len(_CONDITIONAL))
        condition, comma, variable = sql[start + len(_CONDITIONAL) : end].rpartition(",")
        name = variable.strip().removeprefix("$")
        if not comma or name not in VARIABLES:
            raise MacroError(f"$__conditionalAll takes a condition and one of ${', $'.join(VARIABLES)}")
        sql = sql[:start] + (condition if variables.get(name) is not None else "1=1") + sql[end + 1 :]
    return sql


def _closing(sql: str, position: int) -> int:
    depth = 1
    for index in range(position, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[index], 0)
        if depth == 0:
            return index
    raise MacroError("$__conditionalAll( is not closed")


def _parameter(name: str, variables: Mapping[str, str | None]) -> str:
    if variables.get(name) is None:
        raise MacroError(f"${{{name}}} has no value: wrap its condition in $__conditionalAll")
    return f"{{{name}:String}}"


def _epoch_ms(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise MacroError("a range of time needs datetimes with a time zone")
    return round(moment.astimezone(UTC).timestamp() * 1000)
