"""Who predicts frame after frame: only there does the time between predictions say anything of the page.

Where people press a button, it is the time until they press it again.
"""

from dataclasses import replace

import numpy as np

from collector.jobs.regressions.kinds import Kinds
from collector.jobs.regressions.votes import LOG_RATIO, NONE, Flags, Votes

SLOWEST_FRAMES_MS = 250.0
SHARE = 0.25
"""A cohort draws frames when this share of its sessions predicts so often, whatever their version. Were each
session judged by itself, those that a release slowed down would drop out, and nothing would be seen."""


def only_frames(votes: Votes, kinds: Kinds) -> Votes:
    """The same votes, but with times between predictions only in cohorts that predict frame after frame."""
    frame = votes.signals["frame"]
    told = np.flatnonzero(frame != NONE)
    if not len(told):
        return votes
    quick = _quick(votes, kinds)
    kept = np.where(quick[kinds.leaf[votes.cell]], frame, NONE).astype(np.int16)
    return replace(votes, signals={**votes.signals, "frame": kept})


def _quick(votes: Votes, kinds: Kinds) -> Flags:
    """Of shape (leaves,): whether the cohort predicts frame after frame."""
    frame = votes.signals["frame"]
    told = frame != NONE
    leaf = kinds.leaf[votes.cell[told]]
    quickly = frame[told] * LOG_RATIO <= np.log(SLOWEST_FRAMES_MS)
    many = np.bincount(leaf, minlength=kinds.leaves)
    quick: Flags = np.bincount(leaf[quickly], minlength=kinds.leaves) >= np.maximum(SHARE * many, 1)
    return quick
