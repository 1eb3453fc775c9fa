"""Which recorded canaries a version publishes, and which it leaves out."""

import json
from collections.abc import Collection
from typing import NamedTuple

from collector.contract.canary import Canaries, RecordedCanary, judge_standing
from collector.contract.class_plan import Plans
from collector.store.lending import Tables


class ChosenCanaries(NamedTuple):
    """The canaries to publish, and what was left out, as sentences."""

    canaries: Canaries
    left_out: list[str]


def choose_canaries(store: Tables, app: str, plans: Plans, by_hand: Collection[str]) -> ChosenCanaries:
    """The recorded canaries of an app that hold for the variants that are registered now.

    Args:
        store: where canaries and variants are.
        app: the app.
        plans: what is published beside them.
        by_hand: models with a canary in the settings, which comes before a recorded one.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    registered: dict[str, dict[str, str]] = {}
    for row in store.query("canaries_contents", app=app):
        registered.setdefault(row["model"], {})[row["variant"]] = row["content_id"]
    canaries: Canaries = {}
    left_out: list[str] = []
    for row in store.query("canaries_newest", app=app, model=""):
        model = row["model"]
        if row["removed"]:
            continue
        if model in by_hand:
            left_out.append(f"the recorded canary of {model}: publish.canaries has one, which comes first")
            continue
        recorded = RecordedCanary.model_validate_json(row["canary"])
        standing = judge_standing(model, recorded, json.loads(row["contents"]), registered.get(model, {}))
        left_out += standing.left_out
        if standing.canary is not None:
            canaries[model] = standing.canary
            left_out += _not_covered(model, standing.canary, plans)
    return ChosenCanaries(canaries, left_out)


def _not_covered(model: str, canary: RecordedCanary, plans: Plans) -> list[str]:
    covered = {name for reference in canary.references for name in reference.variants}
    run = {
        arm.variant for models in plans.values() if model in models for arm in models[model].arms
    } - covered
    return [
        f"a check of {model}/{variant}: its canary was recorded without it; record it again"
        for variant in sorted(run)
    ]
