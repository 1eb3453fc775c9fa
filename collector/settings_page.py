"""Writes docs/settings.md from the settings' declarations: ``python -m collector.settings_page [--check]``.

A setting that has no description cannot be documented, so it is refused here, and a test runs this.
"""

import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from collector.apps.settings import AppSettings
from collector.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "settings.md"
INTRODUCTION = f"""# Settings

Generated from the declarations by `make gen`. Each can be given as an environment variable (below) or in
`inferfleet.toml`, where a section is a table: `{PREFIX}API__PORT=9000` is `port = 9000` under `[api]`. The
environment wins over the file; `INFERFLEET_CONFIG_FILE` names another file. Secrets belong into the
environment, where lists and tables are written as JSON. An unknown name is an error that names it.
"""


def page() -> str:
    """The whole page.

    Raises:
        ValueError: a setting has no description.
    """
    lines = [INTRODUCTION, "## General", "", *_table(Settings, PREFIX, nested=False)]
    for name, field in Settings.model_fields.items():
        section = _model_of(field)
        if section is not None:
            lines += [
                "",
                f"## `[{name}]`",
                "",
                _purpose(section),
                "",
                *_table(section, f"{PREFIX}{name.upper()}__"),
            ]
    lines += [
        "",
        "## `[apps.NAME]`",
        "",
        _purpose(AppSettings),
        "",
        *_table(AppSettings, f"{PREFIX}APPS__NAME__"),
    ]
    return "\n".join(lines) + "\n"


def _table(model: type[BaseModel], prefix: str, *, nested: bool = True) -> Iterator[str]:
    yield "| variable | type | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        if not nested and _model_of(field) is not None:
            continue
        if not field.description:
            raise ValueError(
                f"{model.__name__}.{name} has no description: declare it with Field(description=…)"
            )
        cells = (
            f"`{prefix}{name.upper()}`",
            f"`{_type(field.annotation)}`",
            _default(field),
            field.description,
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _purpose(section: type[BaseModel]) -> str:
    line = (section.__doc__ or "").strip().splitlines()[0]
    purpose = line.partition(": ")[2] or line
    return purpose[:1].upper() + purpose[1:]


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, BaseModel):
        return f"`{value.model_dump(mode='json')}`"
    return f"`{value}`"


def _type(kind: Any) -> str:
    if kind is SecretStr:
        return "secret"
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return " | ".join(str(value) for value in arguments)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type(part) for part in arguments if part is not type(None))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(_type(part) for part in arguments)}]"
    return str(getattr(kind, "__name__", kind)).lower()


def main() -> int:
    """Writes the page, or with ``--check`` compares it and returns 1 when it is stale."""
    if "--check" in sys.argv[1:]:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page():
            return 0
        print("docs/settings.md is not what the settings declare: run `make gen`", file=sys.stderr)
        return 1
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
