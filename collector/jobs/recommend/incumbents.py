"""The arms that the last decisions committed to, as far as they were sought for the same objective."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings


def read_incumbents(
    rows: Iterable[Mapping[str, Any]], settings: RecommendSettings
) -> dict[str, dict[str, ArmKey]]:
    """Model -> device class key -> its committed arm, of rows of ``recommend_latest``.

    What was cheapest by another objective has no claim by this one: its evidence is weighed anew.
    """
    found: dict[str, dict[str, ArmKey]] = defaultdict(dict)
    for row in rows:
        if row["state"] != "committed":
            continue
        record = DecisionRecord.model_validate_json(row["record"])
        if str(record.parameters.aim) == str(settings.aim):
            found[row["model"]][row["device_class"]] = ArmKey(Backend(row["backend"]), row["variant"])
    return dict(found)
