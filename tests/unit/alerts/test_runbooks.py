"""Every alert leads to a page that a person can follow, and the pages name settings that exist.

That each command of a page exists is held by tests/unit/docs/test_commands.py.
"""

import re
from pathlib import Path

import pytest

from collector.alerts import AlertSettings
from collector.contract.finding import FindingKind
from collector.jobs.leaks import LeakSettings
from collector.jobs.regressions import RegressionSettings
from dashboards.panels import PANELS

DOCS = Path(__file__).resolve().parents[3] / "docs"
RUNBOOKS = DOCS / "runbooks"
HEADINGS = [
    "What it means",
    "How bad",
    "Look here first",
    "Stop the bleeding",
    "Find the cause",
    "How you know it is over",
]
WITH_COMMANDS = ("Look here first", "Stop the bleeding")


def faults(name: str, text: str) -> list[str]:
    """What a runbook lacks."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    alert = "Inferfleet" + "".join(word.title() for word in name.split("_"))
    found = []
    if not re.match(rf"# [A-Z].* \(.*`{alert}`\)\n", text):
        found.append(f"the first line does not name the alert {alert}")
    if list(sections) != HEADINGS:
        found.append(f"its headings are {list(sections)}")
    found += [f"{heading} is empty" for heading in HEADINGS if len(sections.get(heading, "").split()) < 10]
    found += [
        f"{heading} has no line to paste"
        for heading in WITH_COMMANDS
        if not re.search(r"```sh\n\s*\S+.*?```", sections.get(heading, ""), re.DOTALL)
    ]
    return found


def test_every_kind_of_finding_has_a_runbook() -> None:
    assert {kind.value for kind in FindingKind} <= {page.stem for page in RUNBOOKS.glob("*.md")}


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("[a-z]*.md")), ids=lambda page: page.stem)
def test_a_person_on_call_can_follow_it(page: Path) -> None:
    assert faults(page.stem, page.read_text(encoding="utf-8")) == []


def test_a_page_without_commands_or_with_a_heading_less_is_found() -> None:
    whole = (RUNBOOKS / "tensor_leak.md").read_text(encoding="utf-8")
    assert faults("tensor_leak", re.sub(r"```.*?```", "", whole, flags=re.DOTALL)) == [
        "Look here first has no line to paste",
        "Stop the bleeding has no line to paste",
    ]
    assert len(faults("tensor_leak", whole.replace("## How bad", "**How bad**"))) == 2
    assert faults("tensor_lead", whole) == ["the first line does not name the alert InferfleetTensorLead"]


def test_the_template_has_the_same_headings() -> None:
    template = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```markdown\n(.*?)```", template, re.DOTALL)
    assert block is not None
    assert re.findall(r"^## (.+)$", block[1], re.MULTILINE) == HEADINGS


@pytest.mark.parametrize(
    "page", [DOCS / "leaks.md", DOCS / "alerts.md", DOCS / "regressions.md", *RUNBOOKS.glob("*_leak.md")]
)
def test_the_pages_name_settings_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
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


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("[a-z]*.md")), ids=lambda page: page.stem)
def test_the_panels_that_it_names_exist(page: Path) -> None:
    titles = {panel.title for panel in PANELS.values()} | {
        "Findings",
        "Targets",
    }  # of the page itself, and of Prometheus
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:open|there|page)[^*`]{0,40}\*([A-Z][^*]+)\*", text, re.IGNORECASE)
    assert [name for name in named if name not in titles] == []
