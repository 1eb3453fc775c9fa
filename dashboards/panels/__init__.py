"""All panels, by id. A panel is defined here once and drawn by Grafana and by the fleet page."""

from collections.abc import Mapping
from types import MappingProxyType

from dashboards.panel import Panel
from dashboards.panels import delivery, headline, latency, memory, steering, traffic, trouble, variants

_ALL = tuple(
    panel
    for module in (headline, latency, traffic, memory, trouble, steering, variants, delivery)
    for panel in module.PANELS
)
PANELS: Mapping[str, Panel] = MappingProxyType({panel.id: panel for panel in _ALL})

if len(PANELS) != len(_ALL):
    raise ValueError("two panels share an id")
