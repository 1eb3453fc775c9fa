"""The deployment's files, parsed."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = read_yaml(DEPLOY / "compose.yaml")
    return parsed


def dockerfile_steps() -> list[tuple[str, str]]:
    """(instruction, rest) of each step, continuation lines joined and comments left out."""
    lines = [
        line
        for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(step.split(maxsplit=1)[0].upper(), step.split(maxsplit=1)[1].strip()) for step in joined]
