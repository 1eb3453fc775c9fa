"""What a device cannot run, as it says when it asks for its config.

A request names what is missing (``lacks=threads.webgpu``), since most devices miss little: fully able ones
share a query string, and so an answer in a cache. Words, not backends: one word may rule out several.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from collector.contract.report import Device
from collector.contract.vocabulary import Backend

FACT = "lacks"
"""The name of the fact in a query string."""
NOTHING = "none"
"""Its value for a device that lacks nothing. A request without the fact comes from an older SDK."""
WORDS: dict[str, frozenset[Backend]] = {
    "simd": frozenset({Backend.WASM_SIMD, Backend.WASM_SIMD_THREADS}),
    "threads": frozenset({Backend.WASM_SIMD_THREADS}),
    "webgl": frozenset({Backend.WEBGL}),
    "webgpu": frozenset({Backend.WEBGPU}),
}
"""What each word rules out, in the order of the fact's value."""
UNASKED = "unasked"
"""The word of a device whose graphics are known, but that could not ask for WebGPU without being heard."""
GRAPHICS = WORDS["webgl"] | WORDS["webgpu"]
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Capability:
    """What is known of the backends of a device. There are a few dozen at most, whatever a request says."""

    lacks: frozenset[Backend]
    """Backends that it surely cannot run."""
    unsure: frozenset[Backend] = frozenset()
    """Backends that it may have: nobody looked yet, or could."""


def read_capability(facts: Mapping[str, str]) -> Capability | None:
    """What a request says of its device; None when it says nothing. Words of a newer SDK are left out.

    Graphics are looked at soon after the first visit's load. Until then the device has no GPU family either.
    """
    told = facts.get(FACT)
    if told is None:
        return None
    words = set(told[:_LONGEST].split("."))
    lacks = frozenset[Backend]().union(*(WORDS[word] for word in WORDS if word in words))
    looked = facts.get("gpu", "unknown") != "unknown"
    unsure = GRAPHICS if not looked else WORDS["webgpu"] if UNASKED in words else frozenset[Backend]()
    return Capability(lacks, unsure - lacks)


def tell_lacks(device: Device) -> str:
    """The fact's value for a device that has looked at its graphics."""
    has = (device.wasm_simd, device.wasm_simd and device.wasm_threads, device.webgl > 0, device.webgpu)
    return ".".join(word for word, there in zip(WORDS, has, strict=True) if not there) or NOTHING
