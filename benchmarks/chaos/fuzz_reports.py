"""Reports by the contract's JSON Schema, drawn by Hypothesis; and the same tampered with."""

import copy
import gzip
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as draw_from

from collector.contract.export import json_schema
from collector.contract.report import Report

ODD_VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    1 << 31,
    1 << 63,
    -(1 << 64),
    10**400,
    0.5,
    -0.0,
    1e308,
    "",
    "\x00",
    "é\u2028\ud83d\ude00",
    "9" * 5000,
    [],
    {},
    [[[[[[]]]]]],
    {"__proto__": {}, "v": 1},
]
ODD_TEXTS = [
    b"NaN",
    b"1e999",
    b"-Infinity",
    b'"\\ud800"',
    b"\xff\xfe",
    b"[" * 3000,
    b"",
    b"\x1e",
    b"\x00",
    b'{"v":1,"v":1}',
]


def by_schema(count: int, seed: int) -> list[dict[str, Any]]:
    """Reports that fit the schema, boundaries and rare forms included."""
    reports: list[dict[str, Any]] = []
    schema = json_schema(Report)
    strategy = _strategy(schema, schema["$defs"], {})

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(report: dict[str, Any]) -> None:
        reports.append(report)

    collect()
    return reports


def _strategy(
    node: Mapping[str, Any], named: Mapping[str, Any], made: dict[str, Any]
) -> draw_from.SearchStrategy[Any]:
    """A schema as a strategy: the keywords that the contract uses."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name not in made:
            made[name] = _strategy(named[name], named, made)
        found: draw_from.SearchStrategy[Any] = made[name]
        return found
    if "const" in node:
        return draw_from.just(node["const"])
    if "enum" in node:
        return draw_from.sampled_from(node["enum"])
    for several in ("anyOf", "oneOf"):
        if several in node:
            return draw_from.one_of([_strategy(one, named, made) for one in node[several]])
    match node.get("type"):
        case "object":
            return _object(node, named, made)
        case "array":
            most = min(node.get("maxItems", 4), 4)
            return draw_from.lists(_strategy(node.get("items", {}), named, made), max_size=most)
        case "integer":
            return draw_from.integers(node.get("minimum"), node.get("maximum"))
        case "number":
            return draw_from.floats(node.get("minimum"), node.get("maximum"), allow_nan=False)
        case "boolean":
            return draw_from.booleans()
        case "null":
            return draw_from.none()
        case "string" if "pattern" in node:
            return draw_from.from_regex(node["pattern"], fullmatch=True)
        case "string":
            return draw_from.text(max_size=node.get("maxLength", 40))
    return draw_from.sampled_from(ODD_VALUES[:6])


def _object(
    node: Mapping[str, Any], named: Mapping[str, Any], made: dict[str, Any]
) -> draw_from.SearchStrategy[Any]:
    fields = node.get("properties")
    if not fields:
        values = _strategy(node.get("additionalProperties") or {}, named, made)
        keys = _strategy(node.get("propertyNames") or {"type": "string", "maxLength": 8}, named, made)
        return draw_from.dictionaries(keys, values, max_size=3)
    required = set(node.get("required", ()))
    each = {name: _strategy(field, named, made) for name, field in fields.items()}
    return draw_from.fixed_dictionaries(
        {name: one for name, one in each.items() if name in required},
        optional={name: one for name, one in each.items() if name not in required},
    )


class Tamper:
    """Makes of a report the bytes of a body, mostly bad ones."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._ways: list[Callable[[dict[str, Any]], bytes]] = [
            self._as_it_is,
            self._replaced,
            self._replaced,
            self._more_or_less,
            self._bytes_changed,
            self._bytes_changed,
            self._text_put_in,
            self._zipped,
        ]

    def body(self, report: dict[str, Any]) -> bytes:
        """One body. Most are a batch of their own for the app that exists, or few would get past its key."""
        if self._draw.random() < 0.9:
            report = {**report, "batch_id": f"{self._draw.getrandbits(88):022x}", "app": "chaos"}
        if self._draw.random() < 0.7:
            report = _in_time(report)
        return self._draw.choice(self._ways)(report)

    def _as_it_is(self, report: dict[str, Any]) -> bytes:
        return json.dumps(report).encode()

    def _replaced(self, report: dict[str, Any]) -> bytes:
        """An odd value at any place."""
        report = copy.deepcopy(report)
        for _ in range(self._draw.choice([1, 1, 1, 3])):
            where = self._draw.choice(_containers(report))
            if isinstance(where, dict) and where:
                where[self._draw.choice(list(where))] = copy.deepcopy(self._draw.choice(ODD_VALUES))
            elif isinstance(where, list) and where:
                where[self._draw.randrange(len(where))] = copy.deepcopy(self._draw.choice(ODD_VALUES))
        return json.dumps(report).encode()

    def _more_or_less(self, report: dict[str, Any]) -> bytes:
        """A field left out or added, a list made long."""
        report = copy.deepcopy(report)
        where = self._draw.choice(_containers(report))
        if isinstance(where, list):
            where.extend(copy.deepcopy(where[:1]) * self._draw.choice([1, 70, 2000]))
        elif where and self._draw.random() < 0.5:
            del where[self._draw.choice(list(where))]
        else:
            where[self._draw.choice(["", "x", "v2", "windows", "\x00"])] = copy.deepcopy(
                self._draw.choice(ODD_VALUES)
            )
        return json.dumps(report).encode()

    def _bytes_changed(self, report: dict[str, Any]) -> bytes:
        body = bytearray(json.dumps(report).encode())
        for _ in range(self._draw.choice([1, 2, 20])):
            at = self._draw.randrange(len(body))
            match self._draw.randrange(3):
                case 0:
                    body[at] = self._draw.randrange(256)
                case 1:
                    del body[at : at + self._draw.choice([1, 9, 99])]
                case _:
                    body[at:at] = self._draw.randbytes(3)
            if not body:
                break
        return bytes(body)

    def _text_put_in(self, report: dict[str, Any]) -> bytes:
        """What Python's own JSON would not write, in a value's place."""
        report = copy.deepcopy(report)
        where = self._draw.choice(_containers(report))
        if isinstance(where, dict) and where:
            where[self._draw.choice(list(where))] = "\u2603here"
        elif isinstance(where, list) and where:
            where[self._draw.randrange(len(where))] = "\u2603here"
        return json.dumps(report).encode().replace(b'"\\u2603here"', self._draw.choice(ODD_TEXTS))

    def _zipped(self, report: dict[str, Any]) -> bytes:
        """Gzip, whole, cut off, changed or with more behind it."""
        body = gzip.compress(json.dumps(report).encode(), 1)
        match self._draw.randrange(4):
            case 0:
                return body
            case 1:
                return body[: self._draw.randrange(len(body))]
            case 2:
                at = self._draw.randrange(len(body))
                return body[:at] + self._draw.randbytes(1) + body[at + 1 :]
            case _:
                return body + self._draw.choice([b"\x00", body, b"more"])


def _in_time(report: dict[str, Any]) -> dict[str, Any]:
    """The report with items of its own time, or their age would be the end of all."""
    lists = {name: report[name] for name in Report.ITEM_LISTS if name in report}
    moved = {
        name: [
            {**item, ("at" if "at" in item else "started_at"): max(0, report["sent_at"] - 1000)}
            for item in items
        ]
        for name, items in lists.items()
    }
    return {**report, **moved}


def _containers(value: Any) -> list[Any]:
    """Every object and list of a document, the document first."""
    found: list[Any] = []
    if isinstance(value, dict | list):
        found.append(value)
        for inner in value.values() if isinstance(value, dict) else value:
            found.extend(_containers(inner))
    return found
