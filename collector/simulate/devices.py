"""What a device of the table tells of itself: the coarse facts of the contract, made from its name.

A table has names, a report has facts. The same name always gives the same facts, and no two devices of one
table are of the same leaf class, so that a plan can tell them apart.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import product

from collector.contract.capability import FACT, tell_lacks
from collector.contract.device_class import FACTS, leaf
from collector.contract.report import Device
from collector.contract.vocabulary import Backend, Browser, FormFactor, OperatingSystem
from collector.simulate.table import Row

DeviceName = tuple[str, str]
"""A device and its browser, as the table writes them."""

_SYSTEMS: tuple[tuple[str, FormFactor, OperatingSystem], ...] = (
    (r"ipad", FormFactor.TABLET, OperatingSystem.IOS),
    (r"iphone|ipod|\bios\b", FormFactor.MOBILE, OperatingSystem.IOS),
    (r"\btab\b|tablet", FormFactor.TABLET, OperatingSystem.ANDROID),
    (
        r"pixel|galaxy|android|xiaomi|redmi|oneplus|huawei|oppo|nexus|moto|nokia|phone|mobile",
        FormFactor.MOBILE,
        OperatingSystem.ANDROID,
    ),
    (r"chromebook|chromeos", FormFactor.DESKTOP, OperatingSystem.CHROMEOS),
    (r"mac\b|macbook|imac|macos|mac mini|mac studio", FormFactor.DESKTOP, OperatingSystem.MACOS),
    (r"linux|ubuntu|debian|fedora|raspberry", FormFactor.DESKTOP, OperatingSystem.LINUX),
    (r"windows|surface|desktop|laptop|thinkpad|\bpc\b", FormFactor.DESKTOP, OperatingSystem.WINDOWS),
)
_GPUS: tuple[tuple[str, str], ...] = (
    (r"swiftshader", "swiftshader"),
    (r"llvmpipe", "software"),
    (r"adreno\D*(\d)", r"qualcomm-adreno\1"),
    (r"mali-?([gt]\d)", r"arm-mali-\1"),
    (r"(?:geforce )?\b([rg]tx) ?(\d\d?)\d\d", r"nvidia-\1\2"),
    (r"nvidia|geforce|quadro|tegra|jetson", "nvidia"),
    (r"radeon|\bamd\b", "amd"),
    (r"iris|intel|\buhd\b|thinkpad", "intel"),
    (r"iphone|ipad|apple|mac.*\bm[1-9]\b|\bm[1-9]\b.*mac", "apple"),
    (r"macbook|imac|mac\b", "intel"),
    (r"pixel|oneplus|xiaomi|redmi", "qualcomm-adreno6"),
    (r"galaxy", "arm-mali-g7"),
    (r"raspberry", "broadcom"),
)
_BROWSERS: tuple[tuple[str, Browser], ...] = (
    (r"edge", Browser.EDGE),
    (r"firefox", Browser.FIREFOX),
    (r"samsung", Browser.SAMSUNG),
    (r"chrom", Browser.CHROMIUM),
    (r"safari|webkit", Browser.SAFARI),
)
_MEMORY_GB = (8, 4, 16, 2, 32, 1)
_CORES = (8, 4, 16, 2, 1)
_MAJOR = 156


def name_devices(rows: Iterable[Row]) -> dict[DeviceName, Device]:
    """The facts of each device of a table, in the table's order.

    Raises:
        ValueError: over 30 devices cannot be told apart by their names; the message says which.
    """
    backends: dict[DeviceName, set[Backend]] = defaultdict(set)
    for row in rows:
        backends[row.device, row.browser].add(row.backend)
    taken: set[str] = set()
    return {name: _of_its_own(name, has, taken) for name, has in backends.items()}


def query(device: Device) -> dict[str, str]:
    """What the device sends when it asks for its config."""
    return {fact: str(getattr(device, fact)) for fact in FACTS} | {FACT: tell_lacks(device)}


def _of_its_own(name: DeviceName, has: set[Backend], taken: set[str]) -> Device:
    facts = _facts(name, has)
    for memory_gb, cores in product(_MEMORY_GB, _CORES):
        device = Device.model_validate(facts | {"memory_gb": memory_gb, "cores": cores})
        key = leaf(query(device)).key
        if key not in taken:
            taken.add(key)
            return device
    raise ValueError(
        f"the device {name[0]!r} cannot be told from {len(_MEMORY_GB) * len(_CORES)} others named alike: "
        "name its GPU, or leave some of them out"
    )


def _facts(name: DeviceName, has: set[Backend]) -> dict[str, object]:
    device, browser = (part.lower() for part in name)
    form, system = next(
        ((form, system) for pattern, form, system in _SYSTEMS if re.search(pattern, device)),
        (FormFactor.OTHER, OperatingSystem.OTHER),
    )
    major = re.search(r"\d{1,4}", browser)
    return {
        "form": form,
        "os": system,
        "browser": _browser(browser, system),
        "browser_major": int(major[0]) if major else _MAJOR,
        "gpu": _gpu(device),
        "wasm_simd": bool(has & {Backend.WASM_SIMD, Backend.WASM_SIMD_THREADS}),
        "wasm_threads": Backend.WASM_SIMD_THREADS in has,
        "webgl": 2 if Backend.WEBGL in has else 0,
        "webgpu": Backend.WEBGPU in has,
    }


def _browser(browser: str, system: OperatingSystem) -> Browser:
    if system is OperatingSystem.IOS:
        return Browser.SAFARI  # every browser of iOS is WebKit, whatever the table calls it
    named = next((family for pattern, family in _BROWSERS if re.search(pattern, browser)), None)
    if named is not None:
        return named
    return Browser.OTHER if browser else Browser.CHROMIUM


def _gpu(device: str) -> str:
    for pattern, family in _GPUS:
        if found := re.search(pattern, device):
            return found.expand(family)
    # Never "unknown": that means a page that has not looked yet, and such a class gets no plan of its own.
    words = re.findall(r"[a-z0-9]+", device)
    letters = re.sub(r"[^a-z]", "", "".join(words))[:16] or "device"
    numbers = [word[:12] for word in words if re.search(r"\d", word)][:2]
    return "-".join([letters, *numbers])
