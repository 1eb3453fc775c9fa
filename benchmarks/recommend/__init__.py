"""``make bench-recommend``: what decisions are worth, on pure replays without a store.

Each part draws sessions and races from a world whose truth is known, hands them to ``decide`` as a job would,
and looks at what it says.
"""
