"""What plans gave to each arm: how many sessions an arm can have had that were honest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict, TypeAdapter

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey

Shares = Mapping[str, Mapping[ArmKey, "Share"]]
"""Class key -> arm -> its share."""


@dataclass(frozen=True, slots=True)
class Share:
    """The most that a plan gave an arm of a class's sessions."""

    installs: float = 0.0
    """By the draw, or by a race that it may win."""
    falls_back: bool = False
    """Whether it runs, too, where another did not start."""
    unplanned: float = 0.0
    """The share of the sessions that came while no plan said anything of them."""


@dataclass(frozen=True, slots=True)
class Published:
    """The plans of one model, with the share of its session-days that came under each; without any where
    there was none."""

    days: Sequence[tuple[float, Shares]]

    def share(self, leaf: DeviceClass, arm: ArmKey) -> Share:
        """What the nearest class with a plan gave an arm, over all days."""
        keys = [place.key for place in leaf.ancestors()]
        installs, unplanned, falls_back = 0.0, 0.0, False
        for weight, classes in self.days:
            plan = next((classes[key] for key in keys if key in classes), None)
            if plan is None:
                unplanned += weight
            elif arm in plan:
                installs += weight * plan[arm].installs
                falls_back |= plan[arm].falls_back
        return Share(installs, falls_back=falls_back, unplanned=unplanned)

    def drawn(self, leaf: DeviceClass) -> dict[ArmKey, float]:
        """Every arm that the nearest class with a plan gave, over all days, and its share of the installs."""
        keys = [place.key for place in leaf.ancestors()]
        shares: dict[ArmKey, float] = {}
        for weight, classes in self.days:
            plan = next((classes[key] for key in keys if key in classes), {})
            for arm, share in plan.items():
                shares[arm] = shares.get(arm, 0.0) + weight * share.installs
        return shares


class _Stored(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Arm(_Stored):
    backend: Backend
    variant: str
    probability: float = 0.0


class _Race(_Stored):
    share: float
    arms: list[_Arm]


class _Ways(_Stored):
    arms: list[_Arm]
    fallbacks: list[Backend] = []
    race: _Race | None = None


class _Plan(_Ways):
    able: _Ways | None = None


_PLANS: TypeAdapter[dict[str, dict[str, _Plan]]] = TypeAdapter(dict[str, dict[str, _Plan]])


@dataclass(frozen=True, slots=True)
class Version:
    """The plans of an app that were the last of a day: model -> class key -> arm -> share."""

    day: date
    models: Mapping[str, Shares]


def read_version(day: date, plans: str) -> Version:
    """From the JSON of a config version."""
    models: dict[str, dict[str, dict[ArmKey, Share]]] = {}
    for key, of_class in _PLANS.validate_json(plans).items():
        for model, plan in of_class.items():
            models.setdefault(model, {})[key] = _shares(plan)
    return Version(day, models)


def published(versions: Sequence[Version], model: str, sessions: Mapping[date, int]) -> Published:
    """What a model's plans were on the days of its sessions.

    Args:
        versions: in their order.
        model: its name.
        sessions: day -> session-days of the model.
    """
    total = max(1, sum(sessions.values()))
    days: list[tuple[float, Shares]] = []
    for day, count in sorted(sessions.items()):
        before = [each.models.get(model, {}) for each in versions if each.day < day][-1:]
        during = [each.models.get(model, {}) for each in versions if each.day == day]
        days.append((count / total, _larger([*before, *during])))
    return Published(days)


def _larger(several: Sequence[Shares]) -> Shares:
    """Of plans that held on one day the larger share of each arm."""
    classes: dict[str, dict[ArmKey, Share]] = {}
    for shares in several:
        for key, arms in shares.items():
            known = classes.setdefault(key, {})
            for arm, share in arms.items():
                known[arm] = max(known.get(arm, share), share, key=lambda each: each.installs)
    return classes


def _shares(plan: _Plan) -> dict[ArmKey, Share]:
    """Of both plans the larger share of each arm: what a device has, its session may not tell."""
    found = _shares_of(plan)
    for arm, share in (_shares_of(plan.able) if plan.able else {}).items():
        known = found.get(arm, Share())
        found[arm] = Share(
            max(known.installs, share.installs), falls_back=known.falls_back or share.falls_back
        )
    return found


def _shares_of(plan: _Ways) -> dict[ArmKey, Share]:
    raced = plan.race.arms if plan.race else []
    original = [_Arm(backend=backend, variant="original") for backend in plan.fallbacks]
    found: dict[ArmKey, Share] = {}
    for each in [*plan.arms, *raced, *original]:
        arm = ArmKey(each.backend, each.variant)
        drawn = sum(one.probability for one in plan.arms if (one.backend, one.variant) == arm)
        races = plan.race.share if plan.race and each in raced else 0.0
        before = found.get(arm, Share()).installs
        found[arm] = Share(min(1.0, max(before, drawn + races)), falls_back=arm.backend in plan.fallbacks)
    return found
