"""Which panels stand where. Widths are of 12 columns, heights in rows of about 40 pixels."""

from typing import Literal

from pydantic import Field

from dashboards.panel import Frozen, Identifier


class Place(Frozen):
    """A panel's place in a section."""

    panel: Identifier
    width: int = Field(ge=2, le=12)
    height: int = Field(default=7, ge=2, le=20)


class Section(Frozen):
    """A row of panels under one heading."""

    id: Identifier
    title: str
    places: tuple[Place, ...]


class Board(Frozen):
    """A page of sections; ``id`` is also the Grafana board's uid after the prefix."""

    id: Literal["fleet", "memory"]
    title: str
    description: str
    sections: tuple[Section, ...]


_HEADLINE = Section(
    id="headline",
    title="At a glance",
    places=tuple(
        Place(panel=panel, width=2, height=3)
        for panel in (
            "sessions",
            "predictions",
            "ready_p75",
            "first_result",
            "troubled_sessions",
            "open_findings",
        )
    ),
)
_MEMORY = Section(
    id="memory",
    title="Memory",
    places=(
        Place(panel="tensors_slope", width=6),
        Place(panel="bytes_held", width=6),
        Place(panel="memory_by_release", width=12, height=6),
    ),
)

FLEET = Board(
    id="fleet",
    title="Inferfleet: fleet overview",
    description="How models really run in people's browsers: speed, start-up, failures, decisions.",
    sections=(
        _HEADLINE,
        Section(
            id="speed",
            title="Speed",
            places=(
                Place(panel="ready_by_backend", width=8),
                Place(panel="backend_share", width=4),
                Place(panel="ready_by_device", width=8, height=9),
                Place(panel="start_up", width=4, height=9),
            ),
        ),
        Section(
            id="trouble",
            title="Findings and incidents",
            places=(
                Place(panel="findings", width=7),
                Place(panel="incidents_by_kind", width=5),
                Place(panel="killed_share", width=12),
            ),
        ),
        Section(
            id="steering",
            title="Decisions and config",
            places=(
                Place(panel="decisions", width=12, height=9),
                Place(panel="variant_trade_off", width=12, height=9),
                Place(panel="config_versions", width=8),
                Place(panel="arm_source", width=4),
            ),
        ),
        _MEMORY,
        Section(
            id="detail",
            title="In detail",
            places=(
                Place(panel="ready_distribution", width=6),
                Place(panel="ready_by_source", width=6),
                Place(panel="arms", width=8),
                Place(panel="stages", width=4),
            ),
        ),
        Section(
            id="delivery",
            title="Delivery",
            places=(Place(panel="reports", width=6, height=6), Place(panel="drops", width=6, height=6)),
        ),
    ),
)
MEMORY = Board(
    id="memory",
    title="Inferfleet: memory and leaks",
    description="Tensors and bytes by release: what grows, since when, in how many sessions.",
    sections=(
        _MEMORY,
        Section(id="trouble", title="Findings", places=(Place(panel="findings", width=12),)),
        Section(
            id="context",
            title="What else happened",
            places=(
                Place(panel="incidents_by_kind", width=6),
                Place(panel="backend_share", width=6),
            ),
        ),
    ),
)
BOARDS = (FLEET, MEMORY)
