"""Every alert leads somewhere, and the pages name settings that exist."""

import re
from pathlib import Path

import pytest

from collector.alerts import AlertSettings
from collector.contract.finding import FindingKind
from collector.jobs.leaks import LeakSettings
from collector.jobs.regressions import RegressionSettings

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("kind", FindingKind)
def test_every_kind_of_finding_has_a_runbook(kind: FindingKind) -> None:
    text = (DOCS / "runbooks" / f"{kind}.md").read_text(encoding="utf-8")
    for part in ("What it means", "How soon", "Find it", "Fix", "ends by itself"):
        assert part in text


def test_runbooks_are_of_kinds_that_exist() -> None:
    assert {page.stem for page in (DOCS / "runbooks").glob("*_*.md")} == {kind.value for kind in FindingKind}


@pytest.mark.parametrize("page", ["leaks.md", "regressions.md", "alerts.md"])
def test_the_pages_name_settings_that_exist(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    fields = {
        "leaks": LeakSettings.model_fields,
        "regressions": RegressionSettings.model_fields,
        "alerts": AlertSettings.model_fields,
    }
    named = [
        (section, name)
        for section, name in re.findall(r"`(leaks|regressions|alerts)\.([a-z_]+)`", text)
        if name != "sqlite"
    ]
    assert named
    assert [f"{section}.{name}" for section, name in named if name not in fields[section]] == []
