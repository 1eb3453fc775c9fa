"""docs/wire-fields.md: every field that crosses the wire, and what may be in it."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from collector.contract.histogram import MAX_BUCKET, MIN_BUCKET, RATIO

HEAD = f"""# Every field on the wire

Generated from `collector/contract` by `make gen`. Sensitivity: **technical** is a fact of the software or the machine's kind,
**pseudonymous** a random identifier made by the SDK, **application** a name that the site's developers chose. Nothing else is sent.

The same for programs, as JSON Schema: [report](../collector/contract/schema/report.schema.json),
[its answer](../collector/contract/schema/report_answer.schema.json), [a refusal](../collector/contract/schema/problem.schema.json),
[config](../collector/contract/schema/config_envelope.schema.json) and [the document that it signs](../collector/contract/schema/config_document.schema.json).
What no schema can say:

- A field that is not needed may be left out; null says the same. A field that nobody here knows is ignored and counted.
- Bucket `i` of a histogram holds durations from {RATIO}^i to {RATIO}^(i + 1) ms. Indexes go from {MIN_BUCKET} (0 and all that is under a microsecond) to
  {MAX_BUCKET} (an hour and more). `buckets` are either the first index and then the gaps to the next ones, with as many `counts`; or the first index alone, and `counts` of all
  buckets from there on, where -n stands for n empty ones.
- **Lists of a memory signal are differences**: a list's first entry is absolute, each other one is what was added since the entry before, so that 180, 182, 182 tensors are
  `[180, 2, 0]`. All lists are of one length. Absolute values would add up to a leak of all that the page holds: a window whose lists can only be absolute (as differences they span more predictions than the window's
  `count`) is refused with `invalid_item`.
"""  # noqa: E501 - a page's lines

SIMPLE = {"boolean": "true or false", "number": "number", "integer": "whole number", "string": "text"}


def fields_page(sections: Mapping[str, tuple[type[BaseModel], ...]]) -> str:
    """The page: ``sections`` are headings, and the documents whose models come below each."""
    seen: set[str] = set()
    enums: dict[str, Any] = {}
    parts = [HEAD]
    for heading, models in sections.items():
        parts.append(f"\n## {heading}")
        for model in models:
            schema = model.model_json_schema(mode="validation")
            bodies = {model.__name__: schema, **schema.get("$defs", {})}
            enums |= {title: body for title, body in bodies.items() if "enum" in body}
            for title, body in bodies.items():
                if "properties" in body and title not in seen:
                    seen.add(title)
                    parts.extend(_table(title, body))
    parts.append(
        "\n## Enums\nClosed: an item with another value is dropped, and counted as `unknown_enum`.\n"
    )
    for title, body in sorted(enums.items()):
        values = " ".join(f"`{value}`" for value in body["enum"])
        parts.append(f"\n### {title}\n\n{_text(body)}\n\n{values}")
    return "\n".join(parts) + "\n"


def _table(title: str, body: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n### {title}\n\n{_text(body)}\n"
    yield "| field | meaning | value | unit | sensitivity |\n|---|---|---|---|---|"
    needed = body.get("required", ())
    for field, prop in body["properties"].items():
        value = _cell(_value(prop))
        if field in needed:
            value += " (needed)"
        elif prop.get("default") not in (None, "", [], {}):
            value += f"; else {_written(prop['default'])}"
        meaning = _cell(prop.get("description", ""))
        yield f"| `{field}` | {meaning} | {value} | {prop.get('unit', '')} | {prop.get('sensitivity', '')} |"


def _value(prop: Mapping[str, Any]) -> str:
    """What may be in a field, in words."""
    if "$ref" in prop:
        title = prop["$ref"].rsplit("/", 1)[1]
        return f"[{title}](#{title.lower()})"
    if "anyOf" in prop:
        return " or ".join(_value(one) for one in prop["anyOf"] if one.get("type") != "null")
    if "const" in prop:
        return _written(prop["const"])
    if "enum" in prop:
        return ", ".join(_written(value) for value in prop["enum"])
    kind = prop.get("type", "")
    if kind == "array":
        least, most = prop.get("minItems"), prop.get("maxItems")
        many = f" of {least} to {most}" if least and most else f" of at most {most}" if most else ""
        return f"list{many}: {_value(prop.get('items', {}))}"
    if kind == "object":
        names = f"{_value(prop['propertyNames'])}: " if "propertyNames" in prop else ""
        held = prop.get("additionalProperties")
        return f"object of {names}{_value(held) if isinstance(held, dict) else 'any'}"
    return f"{SIMPLE.get(kind, kind)}{_bounds(prop)}"


def _bounds(prop: Mapping[str, Any]) -> str:
    least, most = prop.get("minimum"), prop.get("maximum")
    if least is not None and most is not None:
        return f", {least} to {most}"
    if least is not None:
        return f", {least} or more"
    if "maxLength" in prop:
        return f" of at most {prop['maxLength']} characters"
    return f" `{prop['pattern']}`" if "pattern" in prop else ""


def _text(body: Mapping[str, Any]) -> str:
    return inspect.cleandoc(body.get("description") or "").replace("``", "`")


def _written(value: object) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
