"""Every setting that a document names is one."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from collector.settings import _NO_SETTING, PREFIX, Settings
from tests.unit.docs.commands import DOCUMENTS, ROOT

_VARIABLE = re.compile(rf"\b{PREFIX}([A-Z0-9]+(?:_[A-Z0-9]+|__[A-Z0-9]+)*)\b")
_DOTTED = re.compile(r"`([a-z]+)\.([a-z0-9_]+)(?:\.[a-zA-Z0-9_.]+)?(?: = [^`]*)?`")
_FILES = {"json", "sqlite", "md", "py", "ts", "toml", "js", "html", "yaml", "env", "lock", "token"}
OF_COMPOSE = set(re.findall(r"^(\w+)=", (ROOT / "deploy/.env.example").read_text(), re.MULTILINE)) & set(
    re.findall(r"\$\{(\w+)", (ROOT / "deploy/compose.yaml").read_text())
)
"""Variables by which ``compose.yaml`` is told; it makes settings of them."""
SECTIONS = Settings.model_fields


def inside(section: str) -> Any:
    """The model that a section's value is; None for a plain value or a table of names."""
    kind = SECTIONS[section].annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def is_setting(section: str, field: str | None) -> bool:
    if section not in SECTIONS:
        return False
    model = inside(section)
    return field is None or model is None or field in model.model_fields


def unknown(text: str) -> list[str]:
    found = []
    for name in _VARIABLE.findall(text):
        section, _, field = name.lower().partition("__")
        if not _NO_SETTING.fullmatch(name) and not is_setting(section, field.split("__")[0] or None):
            found.append(f"{PREFIX}{name}")
    for section, field in _DOTTED.findall(text):
        if section in SECTIONS and field not in _FILES and not is_setting(section, field):
            found.append(f"{section}.{field}")
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_named_is_one(document: Path) -> None:
    of_compose = OF_COMPOSE if "deploy" in str(document) else set()
    assert set(unknown(document.read_text())) - of_compose == set()


def test_settings_of_an_app_are_named_as_they_are() -> None:
    model = get_args(SECTIONS["apps"].annotation)[1]
    for document in DOCUMENTS:
        for field in re.findall(r"`apps\.NAME\.(\w+)`", document.read_text()):
            assert field in model.model_fields, f"{document}: apps.NAME.{field}"


def test_a_setting_that_there_is_not_is_found() -> None:
    assert unknown(
        "`spool.max_bites` `spool.max_bytes` `spool.sqlite` INFERFLEET_PROT INFERFLEET_API__PORT"
    ) == [
        "INFERFLEET_PROT",
        "spool.max_bites",
    ]
