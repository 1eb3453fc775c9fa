"""What Inferfleet shows: panels defined once, and what is made of them.

``panels`` holds each panel's question, SQL, unit and drawing; ``boards`` arranges them; ``macros`` turns
their SQL into parameterised ClickHouse SQL for the collector's fleet page; ``grafana`` turns the same
panels into Grafana boards and alert rules. ``fleet_page`` is the page's front end. Imports nothing of the
collector.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboards.grafana.push import PushSummary

# The collector imports this package for the fleet page; Grafana's SDK and client load only when they are
# used.


def build(out: Path) -> list[Path]:
    """Writes Grafana's boards and alert rules below ``out``: see ``dashboards.grafana.files``."""
    from dashboards.grafana import files  # noqa: PLC0415

    return files.build(out)


def push(
    url: str, token: str, *, datasource: str | None = None, runbooks: str | None = None
) -> "PushSummary":
    """Sends boards and alert rules to a running Grafana: see ``dashboards.grafana.push``.

    Raises:
        dashboards.grafana.errors.PushError: with what to do about it.
    """
    from dashboards.grafana import push as grafana_push  # noqa: PLC0415
    from dashboards.grafana.alerts import RUNBOOKS  # noqa: PLC0415
    from dashboards.grafana.query import DATASOURCE_UID  # noqa: PLC0415

    return grafana_push.push(
        url, token, datasource=datasource or DATASOURCE_UID, runbooks=runbooks or RUNBOOKS
    )
