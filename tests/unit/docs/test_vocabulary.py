"""The vocabulary stays small, and newcomers find it."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_at_most_twenty_terms_are_explained_each_once() -> None:
    terms = re.findall(r"^\| ([a-z ]+) \|", (DOCS / "vocabulary.md").read_text(), re.MULTILINE)
    explained = [term for term in terms if term != "term"]
    assert 0 < len(explained) <= 20
    assert len(explained) == len(set(explained))


def test_the_pages_that_use_the_terms_link_to_them() -> None:
    for page in ("architecture.md", "decisions.md", "config.md", "leaks.md", "wire.md", "dashboards.md"):
        assert "vocabulary.md" in (DOCS / page).read_text(), page
    assert "docs/vocabulary.md" in (DOCS.parent / "README.md").read_text()
