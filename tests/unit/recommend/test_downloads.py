"""What bytes cost in a class: by the downloads that its sessions measured, and by what caches spare them."""

from typing import Any

import numpy as np
import pytest

from collector.contract.device_class import ROOT, DeviceClass, leaf, parse
from collector.contract.variant_quality import VariantQuality
from collector.jobs.recommend.counting.downloads import Downloads
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.loads import Loads
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import format_record
from tests.unit.recommend.visits import LINUX, arm, inputs, visits

Row = tuple[DeviceClass, float, float, float, float]
"""Device, bytes, ms, cached, cached_ms."""
NAN = float("nan")
MBIT = 125.0
"""Bytes a ms."""
TRIM = RecommendSettings().trim
SIZE = 500_000.0
PHONE = leaf(
    {"form": "mobile", "os": "android", "browser": "chromium", "gpu": "adreno-6", "memory_gb": 4, "cores": 8}
)
SMALL, ORIGINAL = arm("webgl", "float16"), arm("webgl")
OBJECTIVE = "ready=1,bytes=1"


def rows(
    device: DeviceClass, count: int, mbit_s: float, *, cached: float = 0.0, build_ms: float = 0.0
) -> list[Row]:
    """Session-days of one load each, of which the first ``cached`` share came from a cache."""
    random = np.random.default_rng(1)
    spared = round(count * cached)
    took = SIZE / (mbit_s * MBIT) * random.lognormal(0, 0.4, count) + build_ms
    return [
        (device, NAN, NAN, 1.0, build_ms + 1) if row < spared else (device, SIZE, ms, 0.0, NAN)
        for row, ms in enumerate(took)
    ]


def loads(*groups: list[Row]) -> Loads:
    told = sorted((row for group in groups for row in group), key=lambda row: row[0].key)
    devices = sorted({row[0] for row in told}, key=lambda device: device.key)
    columns = np.array([row[1:] for row in told], dtype=np.float64).reshape(-1, 4)
    return Loads(
        devices=devices,
        device=np.array([devices.index(row[0]) for row in told], dtype=np.int64),
        bytes=columns[:, 0],
        ms=columns[:, 1],
        cached=columns[:, 2],
        cached_ms=columns[:, 3],
    )


def test_each_kind_of_device_has_its_own_rate_and_its_own_caches() -> None:
    found = Downloads(loads(rows(PHONE, 400, 2.0), rows(LINUX, 400, 80.0, cached=0.6)), TRIM)
    phone, desktop = found.price(PHONE), found.price(LINUX)
    assert phone.bytes_a_ms / MBIT == pytest.approx(2.0, rel=0.15)
    assert desktop.bytes_a_ms / MBIT == pytest.approx(80.0, rel=0.2)
    assert (phone.cached_share, desktop.cached_share) == pytest.approx((0.0, 0.6), abs=0.03)
    assert phone.ms_a_byte > 50 * desktop.ms_a_byte
    assert (phone.measured_in, phone.loads) == (PHONE.key, 400)


def test_what_building_the_model_takes_is_not_the_network_s() -> None:
    build = {"build_ms": 100.0, "cached": 0.3}
    found = Downloads(loads(rows(LINUX, 200, 40.0, **build)), TRIM).price(LINUX)
    assert found.bytes_a_ms / MBIT == pytest.approx(40.0, rel=0.25)
    untold = Downloads(loads(rows(LINUX, 200, 40.0, build_ms=100.0)), TRIM).price(LINUX)
    assert untold.bytes_a_ms / MBIT == pytest.approx(20.0, rel=0.25), "without a cached load it is not known"


def test_a_class_with_few_loads_is_near_the_class_above_and_without_any_10_mbit_is_assumed() -> None:
    android = parse("form=mobile,os=android")
    facts = {"browser": "firefox", "gpu": "mali-g7", "memory_gb": 4, "cores": 8}
    rare = leaf({"form": "mobile", "os": "android"} | facts)
    found = Downloads(loads(rows(PHONE, 400, 2.0), rows(rare, 5, 30.0)), TRIM)
    assert found.price(rare).bytes_a_ms / MBIT == pytest.approx(2.0 * (30 / 2.0) ** (5 / 11), rel=0.2)
    assert found.price(rare).measured_in == android.key
    for nothing in (Downloads(None, TRIM).price(LINUX), Downloads(loads(), TRIM).price(LINUX)):
        assert (nothing.bytes_a_ms, nothing.cached_share) == (pytest.approx(1250.0), 0.0)
        assert (nothing.measured, nothing.measured_in) == (False, None)


@pytest.mark.parametrize("ms", [0.0, 1e-3, 3.6e6])
@pytest.mark.parametrize("size", [2.0**14, 2.0**40])
def test_a_tenth_of_hostile_loads_hardly_moves_the_rate(size: float, ms: float) -> None:
    honest = rows(PHONE, 360, 5.0)
    lies = [(PHONE, size, ms, 0.0, NAN)] * 40
    plain, lied = (Downloads(loads(each), TRIM).price(PHONE) for each in (honest, [*honest, *lies]))
    assert lied.bytes_a_ms == pytest.approx(plain.bytes_a_ms, rel=0.12)


def test_liars_cannot_make_bytes_cost_nothing() -> None:
    cached = rows(PHONE, 400, 5.0, cached=0.98)
    price = Downloads(loads(cached), TRIM).price(PHONE)
    assert price.cached_share == 1 - TRIM
    assert price.ms_a_byte > 0


def test_the_order_of_loads_is_no_matter() -> None:
    mixed = [*rows(PHONE, 50, 5.0, cached=0.2), *rows(LINUX, 50, 50.0)]
    one, other = (Downloads(loads(each), TRIM) for each in (mixed, mixed[::-1]))
    assert [one.price(place) for place in (PHONE, LINUX, parse(ROOT))] == [
        other.price(place) for place in (PHONE, LINUX, parse(ROOT))
    ]


def decided(*groups: Any, told: Loads | None) -> dict[str, DecisionRecord]:
    given = inputs(
        *groups,
        variants={"float16": VariantQuality(agreement=1.0, accuracy=None)},
        sizes={"original": 4e6, "float16": 1e6},
        loads=told,
    )
    return {record.device_class: record for record in decide(given, RecommendSettings(objective=OBJECTIVE))}


def trade() -> list[Any]:
    """On both kinds of device the small variant is 6 ms a prediction slower, over 100 predictions."""
    return [
        visits(key, 80, ready, spread=0.1, device=device, predictions=100)
        for device in (PHONE, LINUX)
        for key, ready in ((ORIGINAL, 20.0), (SMALL, 26.0))
    ]


def test_a_slow_network_gets_the_small_variant_and_a_fast_one_with_caches_does_not() -> None:
    slow_and_fast = loads(rows(PHONE, 200, 2.0), rows(LINUX, 200, 100.0, cached=0.7))
    found = decided(*trade(), told=slow_and_fast)
    assert found[PHONE.key].recommended == SMALL
    assert found[LINUX.key].recommended == ORIGINAL
    assert found[PHONE.key].state == found[LINUX.key].state == "committed"
    text = format_record(found[PHONE.key])
    assert "1 x download / 100 predictions" in text
    assert "(measured here 200 times)" in text
    assumed = decided(*trade(), told=None)
    assert assumed[PHONE.key].recommended == assumed[LINUX.key].recommended


@pytest.mark.parametrize(
    "lie",
    [(2.0**40, 1e-3, 0.0, NAN), (2.0**15, 3.6e6, 0.0, NAN), (NAN, NAN, 1.0, 1.0)],
    ids=["fast", "slow", "cached"],
)
def test_a_tenth_of_hostile_loads_changes_no_choice(lie: tuple[float, float, float, float]) -> None:
    liars = [(device, *lie) for device in (PHONE, LINUX) for _ in range(22)]
    told = loads(rows(PHONE, 200, 2.0), rows(LINUX, 200, 100.0, cached=0.7), liars)
    found = decided(*trade(), told=told)
    assert (found[PHONE.key].recommended, found[LINUX.key].recommended) == (SMALL, ORIGINAL)
    assert found[PHONE.key].state == found[LINUX.key].state == "committed"
