"""Names of a table become facts of the contract, and each device a leaf class of its own."""

from pathlib import Path

import pytest

from collector.contract.capability import FACT
from collector.contract.device_class import FACTS, leaf
from collector.remote_config.facts import read_facts
from collector.simulate.devices import name_devices, query
from collector.simulate.table import parse_table, read_table

PUBLISHED = Path(__file__).parents[2] / "data" / "browser_tfjs_wasm_readme.csv"


def device_of(name, browser="", backends=("cpu",)):
    rows = "".join(f'"{name}",{browser},m,{backend},1\n' for backend in backends)
    (device,) = name_devices(parse_table(f"device,browser,model,backend,ms\n{rows}", "t")).values()
    return device


@pytest.mark.parametrize(
    ("name", "browser", "facts"),
    [
        ("iPhone X", "chrome79-or-ios", ("mobile", "ios", "safari", "apple")),
        ("iPad Pro", "", ("tablet", "ios", "safari", "apple")),
        ("Pixel 4", "chrome79", ("mobile", "android", "chromium", "qualcomm-adreno6")),
        ("Galaxy S20", "samsung", ("mobile", "android", "samsung", "arm-mali-g7")),
        ("Galaxy Tab S7 Adreno 650", "", ("tablet", "android", "chromium", "qualcomm-adreno6")),
        ("Macbook Pro 15 2019", "safari 17", ("desktop", "macos", "safari", "intel")),
        ("MacBook Air M2", "", ("desktop", "macos", "chromium", "apple")),
        ("ThinkPad X1 Gen6 w/Linux", "firefox", ("desktop", "linux", "firefox", "intel")),
        ("Desktop Windows, GeForce RTX 3080", "edge 120", ("desktop", "windows", "edge", "nvidia-rtx30")),
        ("Desktop Linux", "", ("desktop", "linux", "chromium", "desktoplinux")),
        ("Toaster 9000", "", ("other", "other", "chromium", "toaster-9000")),
        ("日本", "", ("other", "other", "chromium", "device")),
    ],
)
def test_known_names_map_sensibly_and_others_to_themselves(name, browser, facts):
    device = device_of(name, browser)
    assert (device.form, device.os, device.browser, device.gpu) == facts


def test_a_device_has_what_its_table_has():
    simple, rich = device_of("a", "chrome79"), device_of("a", "", ("wasm-simd-threads", "webgl", "webgpu"))
    assert (simple.wasm_simd, simple.wasm_threads, simple.webgl, simple.webgpu) == (False, False, 0, False)
    assert (rich.wasm_simd, rich.wasm_threads, rich.webgl, rich.webgpu) == (True, True, 2, True)
    assert (simple.browser_major, rich.browser_major) == (79, 156)


def test_each_device_of_a_table_is_a_leaf_class_of_its_own_which_the_collector_reads_back():
    devices = name_devices(read_table(PUBLISHED))
    assert len(devices) == 10
    classes = {leaf(query(device)).key for device in devices.values()}
    assert len(classes) == len(devices)
    assert {read_facts(query(device)).key for device in devices.values()} == classes
    assert not any("gpu=unknown" in key for key in classes)
    assert set(query(next(iter(devices.values())))) == {*FACTS, FACT}


def test_the_same_table_always_gives_the_same_facts():
    assert name_devices(read_table(PUBLISHED)) == name_devices(read_table(PUBLISHED))


def test_devices_that_cannot_be_told_apart_are_named():
    rows = "".join(f"Pixel {number},m,cpu,1\n" for number in range(31))
    with pytest.raises(
        ValueError, match="'Pixel 30' cannot be told from 30 others named alike: name its GPU"
    ):
        name_devices(parse_table(f"device,model,backend,ms\n{rows}", "t"))
