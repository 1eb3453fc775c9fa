"""What a panel is: one question, the SQL that answers it, and how the answer is drawn."""

from enum import StrEnum
from textwrap import dedent
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator


class Unit(StrEnum):
    """What a number of the panel measures."""

    MS = "ms"
    BYTES = "bytes"
    COUNT = "count"
    SHARE = "share"  # 0 to 1, shown as a percentage
    RATIO = "ratio"  # 1 is no change
    TENSORS_PER_PREDICTION = "tensors_per_prediction"
    TIME = "time"
    TEXT = "text"


class Frozen(BaseModel):
    """A part of a panel's definition."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Threshold(Frozen):
    """From this value on (or below it, when lower is worse) the answer deserves a look."""

    value: float
    level: Literal["warning", "critical"]


class Stat(Frozen):
    """``value`` now, and ``previous`` over the period of the same length before: one row, or one for each
    ``label`` where figures of unlike things must not be made one.

    ``weight`` and ``previous_weight`` say how many sessions the two rest on, so that a period with hardly any
    data is not compared with.
    """

    kind: Literal["stat"] = "stat"
    value: str = "value"
    previous: str | None = "previous"
    better: Literal["lower", "higher", "neither"] = "neither"
    label: str | None = None
    weight: str | None = None
    previous_weight: str | None = None

    def columns(self) -> tuple[str, ...]:
        """The columns that the SQL must give."""
        names = (self.label, self.value, self.previous, self.weight, self.previous_weight)
        return tuple(name for name in names if name)


class TimeSeries(Frozen):
    """Rows of (``time``, ``series``, values...): a line for each series, or stacked bars."""

    kind: Literal["timeseries"] = "timeseries"
    series: str
    values: tuple[str, ...] = Field(min_length=1, description="Alternatives; the page draws one at a time")
    shown: str = Field(description="The value drawn first")
    stacked: bool = False
    scale: Literal["linear", "log"] = "linear"

    def columns(self) -> tuple[str, ...]:
        """The columns that the SQL must give."""
        return ("time", self.series, *self.values)


class Bars(Frozen):
    """Rows of (label, values...): a horizontal bar for each row, its values stacked end to end."""

    kind: Literal["bars"] = "bars"
    label: str
    values: tuple[str, ...] = Field(min_length=1)
    weight: str = Field(description="How much a row rests on, for example sessions")

    def columns(self) -> tuple[str, ...]:
        """The columns that the SQL must give."""
        return (self.label, *self.values, self.weight)


class Ranges(Frozen):
    """Rows of (group, series, p50, p75, p95): a bar from p50 to p95 with a mark at p75, grouped."""

    kind: Literal["ranges"] = "ranges"
    group: str
    series: str
    low: str = "p50"
    mark: str = "p75"
    high: str = "p95"
    weight: str = "sessions"

    def columns(self) -> tuple[str, ...]:
        """The columns that the SQL must give."""
        return (self.group, self.series, self.low, self.mark, self.high, self.weight)


class Histogram(Frozen):
    """Rows of (from, to, series, share): a distribution over a logarithmic axis."""

    kind: Literal["histogram"] = "histogram"
    low: str = "from_ms"
    high: str = "to_ms"
    series: str
    value: str = "share"

    def columns(self) -> tuple[str, ...]:
        """The columns that the SQL must give."""
        return (self.low, self.high, self.series, self.value)


class Column(Frozen):
    """A column of a table."""

    name: str
    title: str
    unit: Unit = Unit.TEXT


class Table(Frozen):
    """Rows as they are. ``layout`` picks a richer drawing on the fleet page: cards for some."""

    kind: Literal["table"] = "table"
    shown: tuple[Column, ...] = Field(min_length=1)
    layout: Literal["rows", "findings", "decisions"] = "rows"
    hidden: tuple[str, ...] = Field(default=(), description="Columns that only the richer drawing reads")

    def columns(self) -> tuple[str, ...]:
        """The columns that the SQL must give."""
        return (*(column.name for column in self.shown), *self.hidden)


class Scatter(Frozen):
    """A mark for each row, at (``x``, ``y``), of one ``group`` at a time; both axes are logarithmic.

    Its colour is that of ``series``, its size grows with ``size``, its shape is that of ``state`` (chosen,
    passed, unproven, refused), and ``note`` says why it has that state. ``shown`` are all columns, for the
    list beside it.
    """

    kind: Literal["scatter"] = "scatter"
    group: str
    label: str
    series: str
    x: str
    y: str
    size: str
    size_of: str = Field(description="The column that names what ``size`` is, for example top1")
    state: str
    note: str
    shown: tuple[Column, ...] = Field(min_length=1)

    def columns(self) -> tuple[str, ...]:
        """The columns that the SQL must give."""
        return tuple(column.name for column in self.shown)


Draw = Annotated[
    Stat | TimeSeries | Bars | Ranges | Histogram | Table | Scatter,
    Field(discriminator="kind"),
]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Panel(Frozen):
    """One question and its answer. The same definition makes the Grafana panel and the fleet page's."""

    id: Identifier
    title: str = Field(min_length=3, max_length=40)
    question: str = Field(pattern=r"\?$", description="What a reader wants to know")
    reading: str = Field(min_length=20, description="How the answer is made, and what it does not say")
    unit: Unit
    sql: str = Field(description="ClickHouse SQL with Grafana's macros; see dashboards.macros")
    draw: Draw
    thresholds: tuple[Threshold, ...] = ()

    @field_validator("sql")
    @classmethod
    def _left_aligned(cls, sql: str) -> str:
        return dedent(sql).strip()
