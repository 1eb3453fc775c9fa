"""The arms that the last decisions committed to, as far as they were sought for the same objective."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from collector.contract.objective import Objective
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.settings import RecommendSettings


class _Parameters(BaseModel):
    """Only what says the objective: a record of another version must not stop a class's next decision."""

    objective: str | None = None
    quantile: float
    ready_weight: float
    startup_weight: float

    def aim(self) -> str:
        if self.objective is not None:
            return self.objective
        return str(
            Objective(ready=self.ready_weight, first_result=self.startup_weight, quantile=self.quantile)
        )


class _Decided(BaseModel):
    parameters: _Parameters


def read_incumbents(
    rows: Iterable[Mapping[str, Any]], settings: RecommendSettings
) -> dict[str, dict[str, ArmKey]]:
    """Model -> device class key -> its committed arm, of rows of ``recommend_latest``.

    What was cheapest by another objective has no claim by this one: its evidence is weighed anew.
    """
    wanted = str(settings.aim)
    found: dict[str, dict[str, ArmKey]] = defaultdict(dict)
    for row in rows:
        if row["state"] != "committed":
            continue
        if _Decided.model_validate_json(row["record"]).parameters.aim() == wanted:
            found[row["model"]][row["device_class"]] = ArmKey(Backend(row["backend"]), row["variant"])
    return dict(found)
