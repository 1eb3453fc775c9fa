"""The facts of a config request, taken only from the contract's vocabulary."""

import re
from collections.abc import Mapping
from typing import get_args

from collector.contract.device_class import DeviceClass, leaf
from collector.contract.report import Device
from collector.contract.vocabulary import Browser, FormFactor, OperatingSystem

_GPU = re.compile(r"[a-z]{1,16}(-[a-z0-9]{1,12}){0,2}")
_GPU_LENGTH = 42
_ENUMS: dict[str, frozenset[str]] = {
    "os": frozenset(OperatingSystem),
    "browser": frozenset(Browser),
    "form": frozenset(FormFactor),
    "memory_gb": frozenset(str(size) for size in get_args(Device.model_fields["memory_gb"].annotation)),
    "cores": frozenset(str(count) for count in get_args(Device.model_fields["cores"].annotation)),
}


def read_facts(facts: Mapping[str, str]) -> DeviceClass:
    """The leaf class of a request. A fact that is missing or outside the vocabulary counts as unknown.

    So a query string can name only classes that a report could name, and cannot fill a cache with others.
    """
    known = {name: value for name, value in facts.items() if name in _ENUMS and value in _ENUMS[name]}
    gpu = facts.get("gpu", "")
    if len(gpu) <= _GPU_LENGTH and _GPU.fullmatch(gpu):
        known["gpu"] = gpu
    return leaf(known)
