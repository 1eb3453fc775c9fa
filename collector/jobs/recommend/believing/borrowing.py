"""What a model borrows: from the app's other models in the same class, and from classes that are alike.

Each level of a class's path drifts away from the one above. How far is a common part, which models share, and
a part that a model keeps to itself. Lessons of other models tell the common part; the variance of the rest is
learned from how much models differ where both were seen (moments, with ``model_sd`` as a prior). It is never
lent away, so a model's own votes always outweigh what it borrows once they are many.
A class of which a lender knows nothing takes what it knows of relatives: classes with the same GPU family (or
browser) under another parent. A model's own relatives are a lender, too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from collector.contract.device_class import LEVELS, ROOT, DeviceClass, parse
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.effects import Numbers, as_cells, pool, update
from collector.jobs.recommend.lessons import Effects, Lent, Lesson, Normal
from collector.jobs.recommend.settings import RecommendSettings

MOST_LENDERS = 8
"""Models that lend, those with most sessions: more of them say hardly more, and each takes time."""
RELATED_LEVELS = (2, 3)
"""The levels whose own facts (browser, GPU family) mean the same under any parent."""
TOO_VAGUE = 1.0
"""Variance of an effect beyond which it says nothing of how far models differ."""
LEAST = 1e-4
OWN = ""
"""The name under which a model's own other classes lend."""


class Lender(NamedTuple):
    """A model, and whether it lends what it knows of the class itself or of its relatives."""

    model: str
    related: bool


class _Moments(NamedTuple):
    squares: float = 0.0
    freedom: int = 0

    def plus(self, other: "_Moments") -> "_Moments":
        return _Moments(self.squares + other.squares, self.freedom + other.freedom)

    def variance(self, prior: float, weight: float) -> float:
        """The mean square, pulled to a prior that is worth ``weight`` comparisons."""
        return max(LEAST, (weight * prior + self.squares) / (weight + self.freedom))


class Borrowed:
    """What one model may borrow, for each class."""

    def __init__(
        self,
        arms: Sequence[ArmKey],
        own: Mapping[str, Effects],
        lent: Lent,
        settings: RecommendSettings,
        sessions: Mapping[str, float] | None = None,
    ) -> None:
        """``own`` and ``sessions`` are the model's effects and session-days a day by class key."""
        self._settings = settings
        self._own = {key: effects for key, effects in own.items() if effects}
        lent = _weighty(lent, sessions or {}, settings.trim)
        most = sorted(lent, key=lambda model: (-_size(lent[model]), model))[:MOST_LENDERS]
        self.lessons = {model: lent[model] for model in sorted(most)}
        more = {arm for lessons in self.lessons.values() for each in lessons.values() for arm in each.effects}
        self.arms = [*arms, *sorted(more - set(arms))]
        """The model's arms, then those that only others ran."""
        self._effects = {
            model: {key: each.effects for key, each in lessons.items() if each.effects}
            for model, lessons in self.lessons.items()
        }
        self._related = {
            model: _by_facts(effects) for model, effects in {**self._effects, OWN: self._own}.items()
        }
        self._pooled: dict[tuple[str, str], Effects] = {}
        """(model, class key) -> what the class's relatives show: asked for several times."""
        self._widths = self._spread()
        self._variances: dict[bool, dict[Lender, float]] = {
            at_root: self._learn(at_root=at_root) for at_root in (True, False)
        }

    def drift(self, place: DeviceClass, variance: float) -> tuple[Numbers, Numbers]:
        """How the arms' effects in a class differ from those one level above: (mean, covariance).

        ``variance`` is that of the whole drift. Without a lender it is all that is known.
        """
        known = self._variances[place.key == ROOT]
        lenders = list(self._lenders(place))
        if place.level and any(lender.model != OWN for lender, _ in lenders):
            # Others may have seen classes that are less alike than those that this model knows.
            variance = max(variance, self._widths[place.level])
        none = np.zeros(len(self.arms)), np.eye(len(self.arms)) * variance
        told = [(effects, known[lender]) for lender, effects in lenders]
        kept = min((rest for _, rest in told), default=variance)
        if kept >= variance:
            return none
        start = np.zeros(len(self.arms)), np.eye(len(self.arms)) * (variance - kept)
        mean, covariance = update(*start, as_cells(told, self.arms))
        return mean, covariance + np.eye(len(self.arms)) * kept

    def arms_told(self, place: DeviceClass) -> set[ArmKey]:
        """The arms that some lender knows of a class."""
        return {arm for _, effects in self._lenders(place) for arm in effects}

    def of_class(self, place: DeviceClass) -> dict[str, Lesson]:
        """The lessons of that very class by model."""
        return {model: lessons[place.key] for model, lessons in self.lessons.items() if place.key in lessons}

    def classes(self) -> list[DeviceClass]:
        """All classes that a lender was seen in, parents before children."""
        keys = {key for lessons in self.lessons.values() for key in lessons}
        return sorted((parse(key) for key in keys), key=lambda device: (device.level, device.key))

    def _lenders(self, place: DeviceClass) -> Iterator[tuple[Lender, Effects]]:
        for model, effects in self._effects.items():
            if place.key in effects:
                yield Lender(model, related=False), effects[place.key]
            elif found := self._relatives(model, place):
                yield Lender(model, related=True), found
        if found := self._relatives(OWN, place):
            yield Lender(OWN, related=True), found

    def _relatives(self, model: str, place: DeviceClass) -> Effects:
        if place.level not in RELATED_LEVELS:
            return {}
        if (known := self._pooled.get((model, place.key))) is not None:
            return known
        alike = self._related[model].get(_own_facts(place), {})
        others = [effects for key, effects in alike.items() if key != place.key]
        self._pooled[model, place.key] = found = pool(others) if others else {}
        return found

    def _spread(self) -> list[float]:
        """For each level, the variance of what lenders show of its classes."""
        found = [_Moments() for _ in range(len(LEVELS) + 1)]
        for effects in self._effects.values():
            for key, arms in effects.items():
                level = parse(key).level
                found[level] = found[level].plus(_square(arms))
        prior, weight = self._settings.class_sd**2, self._settings.class_weight
        return [each.variance(prior, weight) for each in found]

    def _learn(self, *, at_root: bool) -> dict[Lender, float]:
        """How far each lender's lessons lie from the common part, as a variance."""
        places = [parse(key) for key in sorted(self._own) if (key == ROOT) == at_root]
        found: dict[Lender, _Moments] = defaultdict(_Moments)
        for place in places:
            for lender, effects in self._lenders(place):
                found[lender] = found[lender].plus(_compare(self._own[place.key], effects))
        # Of a model that was seen nowhere yet, how far others lie from each other is all that is known.
        among = (
            _compare(first[key], second[key])
            for first, second in pairwise(self._effects.values())
            for key in sorted(first.keys() & second.keys())
            if (key == ROOT) == at_root
        )
        prior, weight = self._settings.model_sd**2, self._settings.model_weight
        usual = _total([*found.values(), *among]).variance(prior, weight)
        names = [*self._effects, OWN]
        lenders = (Lender(model, related) for model in names for related in (True, False))
        return {lender: found[lender].variance(usual, weight) for lender in lenders}


def _compare(ours: Effects, theirs: Effects) -> _Moments:
    """Half of the squared difference of two effects beyond what chance explains."""
    gaps = {
        arm: Normal(ours[arm].mean - theirs[arm].mean, ours[arm].variance + theirs[arm].variance)
        for arm in sorted(ours.keys() & theirs.keys())
    }
    both = _square(gaps)
    return _Moments(both.squares / 2, both.freedom)


def _square(effects: Effects) -> _Moments:
    """How far arms lie from their middle, squared, beyond what chance explains."""
    known = [effect for effect in effects.values() if effect.variance < TOO_VAGUE]
    if len(known) < 2:
        return _Moments()
    means = np.array([effect.mean for effect in known])
    noise = sum(effect.variance for effect in known) * (1 - 1 / len(known))
    return _Moments(float(((means - means.mean()) ** 2).sum() - noise), len(known) - 1)


def _total(several: Iterable[_Moments]) -> _Moments:
    total = _Moments()
    for each in several:
        total = total.plus(each)
    return total


def _weighty(lent: Lent, sessions: Mapping[str, float], trim: float) -> Lent:
    """Without lessons that rest on at most ``trim`` of a class's session-days: they may all be made up.

    A client names its model as it likes, so a model that nobody has could be made up to teach the others.
    """
    total = defaultdict(float, sessions)
    for lessons in lent.values():
        for key, each in lessons.items():
            total[key] += each.sessions
    return {
        model: {key: each for key, each in lessons.items() if each.sessions > trim * total[key]}
        for model, lessons in lent.items()
    }


def _size(lessons: Mapping[str, Lesson]) -> float:
    return lessons[ROOT].sessions if ROOT in lessons else 0


def _own_facts(place: DeviceClass) -> tuple[tuple[str, str], ...]:
    return place.facts[-len(LEVELS[place.level - 1]) :] if place.level else ()


def _by_facts(effects: Mapping[str, Effects]) -> dict[tuple[tuple[str, str], ...], dict[str, Effects]]:
    """Own facts of a level -> class key -> effects."""
    found: dict[tuple[tuple[str, str], ...], dict[str, Effects]] = defaultdict(dict)
    for key in sorted(effects):
        place = parse(key)
        if place.level in RELATED_LEVELS and ("gpu", "unknown") not in place.facts:
            found[_own_facts(place)][key] = effects[key]
    return dict(found)
