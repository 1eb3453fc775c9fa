"""Every relative link in a document leads to a file, and to a heading where it names one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "client_sdk_js/*.md", "examples/*.md", "examples/*/*.md")
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)


def anchors(document: Path) -> set[str]:
    """The names by which a document's headings are linked to, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(document: Path, text: str) -> list[str]:
    """The links in ``text`` that lead nowhere, seen from ``document``."""
    found = []
    for target in LINK.findall(CODE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            found.append(target)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    assert broken(document, document.read_text()) == []


def test_a_missing_file_and_a_missing_heading_are_found() -> None:
    readme = ROOT / "README.md"
    assert broken(readme, "[a](docs/nowhere.md) [b](docs/wire.md#no-such-heading) [c](docs/wire.md)") == [
        "docs/nowhere.md",
        "docs/wire.md#no-such-heading",
    ]
