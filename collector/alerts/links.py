"""Where an alert leads: the runbook, and the fleet page as it shows the trouble."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from collector.contract.finding import Every

BEFORE = timedelta(days=1)
"""How much of the time before a finding the picture has: a day, to compare with."""
AFTER = timedelta(hours=1)
"""How much of the time after its end."""

NO_RELEASE = "(none)"
"""The page's word for no release: dashboards/panels/scope.py."""


def runbook_url(base: str, kind: str) -> str:
    """The runbook of a kind of finding."""
    return f"{base.rstrip('/')}/{kind}.md"


def dashboard_url(
    fleet_page_url: str, cohort: Mapping[str, str], *, opened_at: datetime, resolved_at: datetime | None
) -> str:
    """The fleet page at one cohort, from a day before the finding opened until now, or until it was resolved.

    All values are quoted: models and releases are named by pages, and Alertmanager refuses every alert of a
    request when the link of one is no URI.
    """
    if not fleet_page_url:
        return ""
    shown = {"app": cohort["app"]}
    if "model" in cohort:
        shown |= {"model": cohort["model"], "release": cohort.get("release", NO_RELEASE)}
    if "backend" in cohort:
        shown["backend"] = cohort["backend"]
    # What the finding is about all of, the page shows all of.
    shown = {name: value for name, value in shown.items() if value != Every.ANY}
    shown["from"] = str(_epoch_ms(opened_at - BEFORE))
    if resolved_at is not None:
        shown["to"] = str(_epoch_ms(resolved_at + AFTER))
    return f"{fleet_page_url.rstrip('/')}/?{urlencode(shown)}"


def _epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
