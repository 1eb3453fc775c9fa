"""What a decision is made from, free of the store: the same inputs always give the same records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from collector.contract.device_class import DeviceClass
from collector.contract.variant_quality import VariantQuality
from collector.contract.vocabulary import Backend, RaceAsk, RaceOutcome
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.lessons import Lent
from collector.jobs.recommend.loads import Loads
from collector.jobs.recommend.published import Published
from collector.jobs.recommend.record import Reopened
from collector.jobs.recommend.session_days import SessionDays

TIMED = frozenset({RaceOutcome.MEASURED, RaceOutcome.HOPELESS, RaceOutcome.LATE})
"""Outcomes of an arm that ran and answered right, as far as it came."""


@dataclass(frozen=True, slots=True)
class RacedArm:
    """How one arm fared. Times are in ms."""

    outcome: RaceOutcome
    ready_ms: float | None = None
    """Median of its warm predictions; a measured arm has it."""
    start_ms: float | None = None
    """Backend start + load, from the cache where it could be, + first prediction; None when it made none.

    An arm whose backend another arm of the race had started is given that start.
    """
    won: bool = False

    @property
    def is_timed(self) -> bool:
        """Whether its times say what it costs, exactly or at least.

        An arm that was stopped for being hopeless, or that ran late, made one or two warm predictions: they
        say what it costs less exactly than a median of five, but no less surely that another costs less. One
        that was hopeless by its start alone made none.
        """
        if self.ready_ms is None:
            return self.outcome is RaceOutcome.HOPELESS and self.start_ms is not None
        return self.outcome in TIMED


@dataclass(frozen=True, slots=True)
class Race:
    """One race of one model; a session has one a day."""

    device: DeviceClass
    arms: Mapping[ArmKey, RacedArm]
    """In the order that they ran."""
    session: str
    day: date
    release: str = ""
    asked: RaceAsk = RaceAsk.PLAN
    capable: frozenset[Backend] = frozenset()
    """Backends that the device says it has."""
    arrived: datetime | None = None

    @property
    def winner(self) -> ArmKey | None:
        """The arm that the model then ran on; None when the race chose none."""
        return next((key for key, arm in self.arms.items() if arm.won), None)

    def timed(self) -> dict[ArmKey, RacedArm]:
        """The arms whose times say something: two or more are a paired comparison."""
        return {key: arm for key, arm in self.arms.items() if arm.is_timed}


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """Everything a decision about one model of one app looks at."""

    app: str
    model: str
    visits: SessionDays
    defaults: dict[DeviceClass, dict[Backend, int]] = field(default_factory=dict)
    """Leaf class -> backend -> sessions that ran without any config: what the engine picks by itself."""
    variants: dict[str, VariantQuality] = field(default_factory=dict)
    max_accuracy_loss: float | None = None
    """The model's own budget of accuracy; None: the setting holds."""
    leaking: dict[Backend, list[str]] = field(default_factory=dict)
    """Backend -> ids of its open leak findings."""
    sizes: dict[str, float] = field(default_factory=dict)
    """Variant -> bytes of its files, of those that are known."""
    compressed: Mapping[str, int] = field(default_factory=dict)
    """Variant -> bytes that a page gets of them with brotli, of those that are known."""
    placed: frozenset[str] = frozenset()
    """Variants with a URL, so that a plan can have pages load them."""
    loads: Loads | None = None
    """What loads say of bytes; None where nobody asked, or no browser told."""
    races: Sequence[Race] = ()
    totals: Mapping[tuple[DeviceClass, ArmKey], int] = field(default_factory=dict)
    """(leaf class, arm) -> session-days that there were, where the visits are a sample of them."""
    published: Published | None = None
    """What plans gave to each arm; None where the model never had one."""
    days: float = 1.0
    """Days that the visits are spread over."""
    incumbents: dict[str, ArmKey] = field(default_factory=dict)
    """Device class key -> the arm that the last decision committed to."""
    reopened: Mapping[str, Reopened] = field(default_factory=dict)
    """Device class key -> why the last decision did not take what was known before for granted."""
    lent: Lent = field(default_factory=dict)
    """What the last decisions about the app's other models show of their arms."""
    borrowing: frozenset[str] = frozenset()
    """Keys of the classes whose last plan rests on other models."""
