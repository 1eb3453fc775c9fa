"""The active config version of an app, as published."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from collector.contract.canary import CANARIES, Canaries
from collector.contract.class_plan import PLANS, ClassPlan, Plans
from collector.contract.device_class import DeviceClass
from collector.store import Store


@dataclass(frozen=True, slots=True)
class Version:
    """One config version. ``plans``: device class key -> model -> plan."""

    app: str
    number: int
    created_at: datetime
    enabled: bool
    sample_rate: float
    plans: Plans
    canaries: Canaries = field(default_factory=dict)

    def match(self, device: DeviceClass) -> str:
        """The most specific class at or above a device's with a plan for some model, else the root."""
        for place in device.ancestors():
            if place.key in self.plans:
                return place.key
        return DeviceClass(facts=()).key

    def models(self, device: DeviceClass) -> dict[str, ClassPlan]:
        """For each model the plan of the nearest class at or above this one, sorted by model."""
        found: dict[str, ClassPlan] = {}
        for place in device.ancestors():
            for model, plan in self.plans.get(place.key, {}).items():
                found.setdefault(model, plan)
        return dict(sorted(found.items()))


def no_version(app: str) -> Version:
    """What an app has before its first publication: version 0, which steers nothing."""
    return Version(app, 0, created_at=datetime.fromtimestamp(0, UTC), enabled=True, sample_rate=1.0, plans={})


def load_active(store: Store, app: str) -> Version:
    """The active version of an app, ``no_version`` when nothing was published.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    rows = store.query("config_active", app=app)
    if not rows:
        return no_version(app)
    row = rows[0]
    return Version(
        app=app,
        number=int(row["version"]),
        created_at=row["created_at"],
        enabled=bool(row["enabled"]),
        sample_rate=float(row["sample_rate"]),
        plans=PLANS.validate_json(row["plans"]),
        canaries=CANARIES.validate_json(row["canaries"] or "{}"),
    )
