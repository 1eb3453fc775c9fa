"""What the devices of a class can run, and what they run without a plan."""

from collections.abc import Mapping

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import ENGINE_PRIORITY, ORIGINAL, Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.votes import Votes, count_defaults
from collector.jobs.recommend.gates import check_agreement
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.lessons import Lesson
from collector.jobs.recommend.session_days import Labels
from collector.jobs.recommend.settings import RecommendSettings


def capable_share(
    rows: Labels,
    backend: Backend,
    votes: Votes,
    lenders: Mapping[str, Lesson],
    settings: RecommendSettings,
) -> float:
    """The share of a class's devices that have a backend. Where hardly any was seen, by other models."""
    if lenders and len(rows) < settings.min_class_sessions:
        return float(any(backend in lesson.passed for lesson in lenders.values()))
    return votes.capable_share(rows, backend)


def default_arm(
    device: DeviceClass,
    votes: Votes,
    inputs: ModelInputs,
    lenders: Mapping[str, Lesson],
    settings: RecommendSettings,
) -> tuple[ArmKey | None, bool]:
    """(what the engine picks by itself, whether sessions without a config said so).

    It is what most of them ran: here, or in the nearest class above with any, as far as the devices here have
    it. Without one it is the engine's priority among the backends that ran here, else what other models run.
    """
    rows = votes.rows(device)
    for place in device.ancestors():
        counts: Mapping[Backend, int] = count_defaults(inputs.defaults, place)
        least = settings.min_capable_share if place != device else 0.0
        here = [name for name in counts if capable_share(rows, name, votes, lenders, settings) >= least]
        if here:
            return ArmKey(min(here, key=lambda name: (-counts[name], name)), ORIGINAL), True
    ran = {arm.backend for arm in votes.arms if votes.conduct(device, arm).measured}
    for backend in ENGINE_PRIORITY:
        if backend in ran:
            return ArmKey(backend, ORIGINAL), False
    known = [(lesson.sessions, lesson.default) for lesson in lenders.values() if lesson.default is not None]
    if known:
        return ArmKey(max(known)[1], ORIGINAL), False
    return None, False


def untried_backends(
    rows: Labels,
    votes: Votes,
    inputs: ModelInputs,
    lenders: Mapping[str, Lesson],
    settings: RecommendSettings,
) -> list[Backend]:
    """Backends that the devices have and no session of the model has run, all kinds of wasm among them.

    Never ``cpu``: it is many times slower in every published table, so trying it costs users and teaches
    nothing. Nor one on which an evaluation found the original itself to be wrong.
    """
    if not settings.explore_untried:
        return []
    tried = {arm.backend for arm in votes.arms}
    if votes.capable_share(rows, Backend.WASM_SIMD) >= settings.min_capable_share:
        tried.add(Backend.WASM)  # whoever asks for it gets the best kind that there is
    return sorted(
        backend
        for backend in ENGINE_PRIORITY
        if backend != Backend.CPU
        and backend not in tried
        and not inputs.leaking.get(backend)
        and not _is_refused(ArmKey(backend, ORIGINAL), inputs)
        and capable_share(rows, backend, votes, lenders, settings) >= settings.min_capable_share
    )


def _is_refused(arm: ArmKey, inputs: ModelInputs) -> bool:
    gate = check_agreement(arm, inputs.variants)
    return gate is not None and not gate.passed
