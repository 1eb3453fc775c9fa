"""Which backends compute the same, where each call gets back what the one before it left. Pure.

Backends round differently, and each feeds its own rounding back. In most models that fades; in some it grows
until honest backends have nothing in common. Rounding grows from call to call, while what is wrong jumps.
"""

from collections.abc import Mapping, Sequence

from collector.variants.evaluate.agreement import FLOOR, Judgement, Outputs, distance, judge

JUMP = 100.0
"""From one call to the next, rounding grows by no more than this, seen from ``FLOOR`` upwards."""


def judge_sequences(
    outputs: Mapping[str, Outputs], referee: str, starts: Sequence[int], *, floor: float = FLOOR
) -> Judgement:
    """Judges backends by all calls, as ``judge`` does; without ``starts`` it is the same.

    Backends that do not agree are judged by the first two calls of each sequence: the second one shows
    whether a backend reads what is carried. That counts for those whose difference grows without a jump.

    Args:
        outputs: of each backend, by sample.
        referee: who is right when no majority is.
        starts: the samples that begin a sequence; empty when nothing is carried.
        floor: the least tolerance.
    """
    found = judge(outputs, referee, floor=floor)
    count = min(len(samples) for samples in outputs.values())
    begins = {at for at in starts if at < count}
    first = sorted(begins | {at + 1 for at in begins if at + 1 < count})
    if len(first) == count or not first or not (found.wrong or found.decided_by == "referee"):
        return found
    begun = judge(
        {name: [samples[at] for at in first] for name, samples in outputs.items()}, referee, floor=floor
    )
    if begun.decided_by != "majority" or set(begun.agreeing) <= set(found.agreeing):
        return found
    leader = referee if referee in begun.agreeing else begun.agreeing[0]
    if any(_jumps(outputs[name], outputs[leader], count, begins, floor) for name in begun.agreeing):
        return found
    return begun._replace(samples=tuple(first[at] for at in begun.samples), drifts=True)


def _jumps(one: Outputs, other: Outputs, count: int, begins: set[int], floor: float) -> bool:
    before = 0.0
    for at in range(count):
        away = distance([one[at]], [other[at]])
        if at not in begins and away > JUMP * max(before, floor):
            return True
        before = away
    return False
