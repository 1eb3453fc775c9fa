"""Writes what is derived from the contract: JSON Schema, TypeScript types and the field table of the docs.

``python -m collector.contract.export`` writes; with ``--check`` it only compares and fails on drift.
The TypeScript comes from the JSON Schema through json-schema-to-typescript, so Node is needed for it.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from collector.contract.config_document import ConfigDocument, ConfigEnvelope
from collector.contract.fields_page import fields_page
from collector.contract.reasons import Problem
from collector.contract.report import Report, ReportAnswer

ROOT = Path(__file__).resolve().parents[2]
SCHEMA_DIR = ROOT / "collector" / "contract" / "schema"
TYPES_DIR = ROOT / "client_sdk_js" / "src" / "generated"
FIELDS_PAGE = ROOT / "docs" / "wire-fields.md"
DOCUMENTS: dict[str, tuple[type[BaseModel], ...]] = {
    "report": (Report, ReportAnswer, Problem),
    "config": (ConfigEnvelope, ConfigDocument),
}

SECTIONS: dict[str, tuple[type[BaseModel], ...]] = {
    "Browser to collector": (Report,),
    "Collector to browser": (ReportAnswer, ConfigEnvelope, ConfigDocument),
}
"""Headings of the page of fields, and the documents below each."""


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a wire model, with units and sensitivities."""
    schema = model.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _schema_name(model: type[BaseModel]) -> str:
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in model.__name__)
    return words.lstrip("_")


def schemas() -> dict[Path, str]:
    """The content of each schema file."""
    return {
        SCHEMA_DIR / f"{_schema_name(model)}.schema.json": json.dumps(json_schema(model), indent=2) + "\n"
        for models in DOCUMENTS.values()
        for model in models
    }


def _closed(node: Any) -> Any:
    """The schema as the SDK should see it: no index signatures, and a list's bounds left to the collector.

    A property's own ``title`` goes too: json-schema-to-typescript would make a named type of each.
    """
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:  # with a description beside it the tool would make Backend1, Backend2, ...
        return {"$ref": node["$ref"]}
    dropped = {"additionalProperties"} if node.get("additionalProperties") is True else set()
    dropped |= {"minItems", "maxItems"}
    if "properties" not in node and "enum" not in node:
        dropped.add("title")
    closed: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            closed[key] = {name: _closed(prop) for name, prop in value.items()}
        elif key not in dropped:
            closed[key] = _closed(value)
    if "properties" in closed:
        closed["additionalProperties"] = False
    return closed


def typescript(name: str) -> str:
    """The TypeScript types of one document's models, made by json-schema-to-typescript.

    Raises:
        RuntimeError: when the tool is not installed (``npm ci``) or fails.
    """
    models = DOCUMENTS[name]
    definitions: dict[str, Any] = {}
    for model in models:
        schema = _closed(model.model_json_schema(mode="validation"))
        definitions.update(schema.pop("$defs", {}))
        definitions[model.__name__] = schema
    combined = {
        "title": f"{name.capitalize()}Contract",
        "type": "object",
        "additionalProperties": False,
        "properties": {model.__name__: {"$ref": f"#/$defs/{model.__name__}"} for model in models},
        "required": [model.__name__ for model in models],
        "$defs": definitions,
    }
    banner = "/* Generated from collector/contract by `make gen`. Do not edit. */"
    command = [
        "npx",
        "--no-install",
        "json2ts",
        "--bannerComment",
        banner,
        "--style.singleQuote",
        "--style.printWidth=110",
    ]
    done = subprocess.run(  # noqa: S603 - our own arguments; the schema goes through stdin
        command, input=json.dumps(combined), capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"json2ts failed (run `npm ci` first): {done.stderr.strip()}")
    return done.stdout


def outputs() -> dict[Path, str]:
    """Every derived file and its content."""
    return {
        **schemas(),
        **{TYPES_DIR / f"{name}.ts": typescript(name) for name in DOCUMENTS},
        FIELDS_PAGE: fields_page(SECTIONS),
    }


def drifted() -> list[Path]:
    """Derived files whose committed content is not what the contract gives now."""
    return [
        path
        for path, content in outputs().items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    ]


def main() -> int:
    """Writes the derived files, or with ``--check`` names those that drifted and returns 1."""
    if "--check" in sys.argv[1:]:
        stale = drifted()
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what the contract gives: run `make gen`", file=sys.stderr)
        return 1 if stale else 0
    for path, content in outputs().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
