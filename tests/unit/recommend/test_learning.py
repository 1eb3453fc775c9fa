"""A fleet that starts on the engine's default and learns from what its own plans try.

The published TensorFlow.js table (see ``test_published_devices``), played as sessions that follow the plan of
their class. Each round is ten sessions a device and model, then a decision.
"""

import math
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest

from collector.contract.class_plan import Plans
from collector.contract.config_document import ModelPlan
from collector.contract.vocabulary import Backend
from collector.jobs.publish.plan import make_plans
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.publish.versions import encode_plans
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.published import Version, published, read_version
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.session_days import SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.test_published_devices import CELLS, MODELS, Cell, device_class, engine_pick

A_ROUND = 10
FIRST_DAY = date(2026, 1, 1)


class Fleet:
    """Sessions of all devices, and the plans that they follow."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._visits: dict[str, list[Visit]] = defaultdict(list)
        self._incumbents: dict[str, dict[str, ArmKey]] = defaultdict(dict)
        self._plans: Plans = {}
        self._versions: list[Version] = []
        self._came: dict[date, int] = {}
        self.spent = 0.0
        self.least = 0.0
        self.default = 0.0

    def plan(self, name: str, model: str) -> ModelPlan | None:
        places = (self._plans.get(place.key, {}) for place in device_class(name).ancestors())
        return next((plans[model] for plans in places if model in plans), None)

    def play(self) -> None:
        """A day of sessions, then a decision and its publication."""
        today = FIRST_DAY + timedelta(days=len(self._came))
        self._came[today] = A_ROUND
        for (name, model), cell in CELLS.items():
            plan = self.plan(name, model)
            for _ in range(A_ROUND):
                backend = self._drawn(plan, cell)
                self.spent += cell[backend]
                self.least += min(cell.values())
                self.default += cell[engine_pick(cell)]
                self._visits[model].append(
                    Visit(
                        device=device_class(name),
                        arm=ArmKey(Backend(backend), "original"),
                        predictions=100,
                        ready_ms=float(cell[backend] * self._random.lognormal(0, 0.3)),
                        start_ms=0.0,
                        capable=frozenset(Backend(each) for each in cell),
                    )
                )
        records: list[DecisionRecord] = []
        for model in MODELS:
            inputs = ModelInputs(
                "demo",
                model,
                SessionDays.of(self._visits[model]),
                incumbents=self._incumbents[model],
                published=published(self._versions, model, self._came),
            )
            decided = decide(inputs, RecommendSettings())
            self._incumbents[model] = {
                record.device_class: ArmKey(*record.recommended)
                for record in decided
                if record.state == "committed" and record.recommended
            }
            records += decided
        self._plans = make_plans(records, {}, PublishSettings()).plans
        self._versions.append(read_version(today, encode_plans(self._plans)))

    def regrets(self) -> list[float]:
        """Of each device and model: what most of its installs run, over the best."""
        chosen = []
        for (name, model), cell in CELLS.items():
            plan = self.plan(name, model)
            arm = max(plan.arms, key=lambda arm: arm.probability).backend if plan else None
            chosen.append(cell[_run(arm, plan, cell)] / min(cell.values()))
        return chosen

    def _drawn(self, plan: ModelPlan | None, cell: Cell) -> str:
        if plan is None:
            return engine_pick(cell)
        shares = np.array([arm.probability for arm in plan.arms])
        drawn = plan.arms[self._random.choice(len(shares), p=shares / shares.sum())].backend
        return _run(drawn, plan, cell)


def _run(backend: Backend | None, plan: ModelPlan | None, cell: Cell) -> str:
    """What runs in the end: a backend that a device lacks falls back, as in the SDK."""
    names = [backend, *(plan.fallbacks if plan else [])]
    return next((str(name) for name in names if name in cell), engine_pick(cell))


@pytest.mark.parametrize("seed", [1, 2])
def test_from_defaults_alone_the_best_backend_is_found_and_learning_costs_less_than_not_to(seed: int) -> None:
    fleet = Fleet(seed)
    curve = []
    for _ in range(25):
        fleet.play()
        regrets = fleet.regrets()
        geo = math.exp(float(np.mean(np.log(regrets))))
        curve.append((sum(regret > 1.03 for regret in regrets), geo))
    wasted, default = fleet.spent / fleet.least - 1, fleet.default / fleet.least - 1
    print(f"wrong and geo after 10, 20, ... sessions: {curve}; wasted {wasted:.1%}, default {default:.1%}")
    assert curve[0][0] == 6  # as the engine's own priority
    assert curve[11][1] < 1.05
    assert curve[-1][0] <= 1
    assert curve[-1][1] <= 1.02
    assert wasted < 0.09 < 0.2 < default
