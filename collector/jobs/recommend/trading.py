"""What a record says of each variant of a model in a class: bytes against quality against speed.

All that the picture of the trade-off shows is in the record, so that it is what the decision went by: a
registration or an evaluation that came since does not change it.
"""

import math
from collections.abc import Sequence
from typing import Literal

from collector.contract.variant_quality import VariantQuality, judge
from collector.contract.vocabulary import ORIGINAL
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.record import ArmEvidence, Gate, VariantStanding
from collector.jobs.recommend.settings import RecommendSettings

Verdict = Literal["chosen", "passed", "unproven", "refused"]
MOST_VARIANTS = 32
"""As many as there may be arms in a record."""
NOTHING_MEASURED = VariantQuality(agreement=None, accuracy=None)


def describe_variants(
    arms: Sequence[ArmEvidence],
    recommended: ArmKey | None,
    inputs: ModelInputs,
    settings: RecommendSettings,
) -> list[VariantStanding]:
    """The variants of a model as they stand in a class: the recommended one, the original, then by bytes.

    None for a model of which only the original is known: there is nothing to weigh.

    Args:
        arms: what the record says of the class's arms, the best of those that pass first.
        recommended: the arm that the class is given.
        inputs: what is registered.
        settings: what a variant must keep.
    """
    names = {arm.variant for arm in arms} | inputs.variants.keys() | {ORIGINAL}
    if len(names) == 1:
        return []
    found = [_describe(name, arms, recommended, inputs, settings) for name in sorted(names)]
    return sorted(found, key=_by_interest)[:MOST_VARIANTS]


def _describe(
    name: str,
    arms: Sequence[ArmEvidence],
    recommended: ArmKey | None,
    inputs: ModelInputs,
    settings: RecommendSettings,
) -> VariantStanding:
    own = [arm for arm in arms if arm.variant == name]
    best = min(own, key=lambda arm: _by_use(arm, recommended), default=None)
    quality = inputs.variants.get(name, NOTHING_MEASURED)
    verdict, why = _judge(name, best, recommended, inputs, settings)
    return VariantStanding(
        variant=name,
        verdict=verdict,
        why=why,
        backend=best.backend if best else None,
        bytes=inputs.sizes.get(name),
        brotli_bytes=inputs.compressed.get(name),
        accuracy=quality.accuracy,
        accuracy_of=quality.accuracy_of,
        agreement=quality.agreement,
        sessions=best.sessions if best else 0,
        ready_ms=best.ready_ms if best else None,
        start_ms=best.start_ms if best else None,
        cost_ms=(best.cost_ms or best.borrowed_cost_ms) if best else None,
    )


def _judge(
    name: str,
    best: ArmEvidence | None,
    recommended: ArmKey | None,
    inputs: ModelInputs,
    settings: RecommendSettings,
) -> tuple[Verdict, str]:
    """(what became of a variant, why) for its best arm, or by its quality alone where it has none."""
    if best is None:
        good, figures = (
            (True, "")
            if name == ORIGINAL
            else judge(inputs.variants.get(name), inputs.variants.get(ORIGINAL), settings.limits)
        )
        if not good:
            return "refused", f"accuracy: {figures}"
        placed = name == ORIGINAL or name in inputs.placed
        return "unproven", "no session has run it" + ("" if placed else ", and no URL is registered for it")
    if recommended == (best.backend, best.variant):
        return "chosen", ""
    if best.passed:
        return "passed", ""
    failed = [gate for gate in best.gates if not gate.passed]
    refused = [gate for gate in failed if not _lacks_data(gate)]
    if refused:
        return "refused", _tell(refused)
    return "unproven", "no session has run it" if best.predicted else _tell(failed)


def _lacks_data(gate: Gate) -> bool:
    return gate.lacks_data and gate.gate != "accuracy"


def _tell(gates: Sequence[Gate]) -> str:
    return "; ".join(f"{gate.gate}: {gate.detail}" for gate in gates)


def _by_use(arm: ArmEvidence, recommended: ArmKey | None) -> tuple[int, float, str]:
    """The recommended arm, else the cheapest of those that pass, else of those that lack sessions only."""
    refused = any(not gate.passed and not _lacks_data(gate) for gate in arm.gates)
    rank = 0 if recommended == (arm.backend, arm.variant) else 1 if arm.passed else 3 if refused else 2
    return rank, arm.cost_ms or arm.borrowed_cost_ms or math.inf, arm.backend


def _by_interest(standing: VariantStanding) -> tuple[bool, bool, float, str]:
    chosen, original = standing.verdict == "chosen", standing.variant == ORIGINAL
    size = -math.inf if standing.bytes is None else standing.bytes
    return not chosen, not original, -size, standing.variant
