"""The hierarchy of device classes that decisions are made for and configs are matched to.

A class is a path: the root ``*``, then one fact more at each level. A class seen five times borrows from its
parents (``jobs.recommend``), and a device without a decision of its own gets its nearest ancestor's.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from collector.contract.report import Device

ROOT = "*"
LEVELS: tuple[tuple[str, ...], ...] = (("form", "os"), ("browser",), ("gpu",), ("memory_gb", "cores"))
FACTS: tuple[str, ...] = tuple(sorted(fact for level in LEVELS for fact in level))
"""The facts of a device that a config request carries, in the order of its query string."""


_SIZES = tuple(sum(map(len, LEVELS[:depth])) for depth in range(len(LEVELS) + 1))
"""How many facts a class of each level has."""


class DeviceClass(BaseModel):
    """One device class, at any level of the hierarchy."""

    model_config = ConfigDict(frozen=True)

    facts: tuple[tuple[str, str], ...]

    @cached_property
    def key(self) -> str:
        """Its stable name, for example ``form=desktop,os=linux,browser=chromium``; the root is ``*``."""
        return ",".join(f"{name}={value}" for name, value in self.facts) or ROOT

    @property
    def level(self) -> int:
        """0 for the root, 4 for a leaf."""
        return _SIZES.index(len(self.facts))

    def ancestors(self) -> Iterator["DeviceClass"]:
        """This class, then its parents up to the root."""
        yield self
        yield from self._above

    @cached_property
    def _above(self) -> tuple["DeviceClass", ...]:
        return tuple(
            DeviceClass(facts=self.facts[: _SIZES[depth]]) for depth in range(self.level - 1, -1, -1)
        )


EVERYWHERE = DeviceClass(facts=())
"""The root: all devices."""


def leaf(facts: Mapping[str, object]) -> DeviceClass:
    """The leaf class of a device, from a mapping with the keys of ``FACTS``; a missing one is unknown."""
    defaults = Device().model_dump(mode="json")
    names = [fact for level in LEVELS for fact in level]
    return DeviceClass(facts=tuple((name, str(facts.get(name, defaults[name]))) for name in names))


def parse(key: str) -> DeviceClass:
    """The class with this key.

    Raises:
        ValueError: when the key is not one that ``DeviceClass.key`` makes.
    """
    if key == ROOT:
        return EVERYWHERE
    pairs = tuple((name, value) for name, _, value in (part.partition("=") for part in key.split(",")))
    names = [fact for level in LEVELS for fact in level]
    lengths = {sum(map(len, LEVELS[:depth])) for depth in range(1, len(LEVELS) + 1)}
    if len(pairs) not in lengths or [name for name, _ in pairs] != names[: len(pairs)]:
        raise ValueError(
            f"not a device class: {key!r}; expected {ROOT!r} or {'=…,'.join(names)}=…, cut at a level"
        )
    return DeviceClass(facts=pairs)
