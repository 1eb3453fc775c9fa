"""What bytes cost a class, from the loads that pages report to the arm that it is given."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from collector.contract.variant_quality import Limits
from collector.jobs.recommend import RecommendSettings, newest_decisions, run
from collector.jobs.recommend.loads import Loads
from collector.jobs.recommend.reading import downloads
from collector.jobs.recommend.reading.downloads import read_downloads
from collector.jobs.recommend.reading.visits import read_cells
from collector.models import ModelRegistry, Registration
from collector.store import Store
from tests.integration.jobs_recommend.rows import insert, insert_sessions, load

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ASKED = {"app": "demo", "since": NOW - 14 * DAY, "until": NOW, "include_automated": False}
PHONE: dict[str, Any] = {"form": "mobile", "os": "android", "gpu": "adreno-6"}


def told(
    session: str, ms: float, size: int | None, *, hit: bool | None = False, **other: Any
) -> dict[str, Any]:
    row = load(session, "webgl", NOW - DAY, 2 * ms, **other)
    return row | {"download_bytes": size, "cache_hit": hit}


def read(store: Store) -> Loads:
    return read_downloads(store, read_cells(store, {}, ASKED), ["blazeface"], ASKED)["blazeface"]


def test_a_session_day_has_one_vote_and_what_tells_nothing_has_none(store: Store) -> None:
    rows = [told("session-of-many-loads", 1000.0 * n, 100_000 * n) for n in range(1, 30)]
    rows += [told("session-of-another-arm", 500.0, 300_000), told("session-of-another-arm", 9.0, 0, hit=True)]
    rows += [told("session-of-two-arms", 80.0, 200_000, variant="float16") | {"backend": "wasm-simd"}]
    rows += [told("session-of-two-arms", 900.0, 400_000)]
    rows += [told("session-cached", 40.0, 300, hit=True), told("session-tiny", 30.0, 4000)]
    rows += [told("session-untold", 700.0, None, hit=None)]
    rows += [
        told("session-driven", 1.0, 1 << 30, automated=True),
        told("session-else", 1.0, 99_999, model="x"),
    ]
    insert(store, "loads", rows)
    found = read(store)
    votes = {
        (size, ms, cached, cached_ms)
        for size, ms, cached, cached_ms in np.nan_to_num(
            np.stack([found.bytes, found.ms, found.cached, found.cached_ms], axis=1), nan=-1
        ).tolist()
    }
    assert votes == {
        (2_900_000, 29_000, 0, -1),
        (300_000, 500, 0.5, 9),
        (400_000, 900, 0, -1),
        (-1, -1, 1, 40),
        (-1, -1, 0, -1),
    }
    assert len(found) == 5
    assert read_downloads(store, read_cells(store, {}, ASKED), [], ASKED) == {}


def test_of_many_loads_some_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    insert(store, "loads", [told(f"session-{n:04d}", 500.0 + n, 300_000) for n in range(400)])
    some = read(store)
    assert downloads.READ / 2 < len(some) < 3 * downloads.READ
    assert (some.ms == read(store).ms).all()
    monkeypatch.setattr(downloads, "READ", 400)
    assert len(read(store)) == 400


@pytest.fixture
def models(store: Store) -> ModelRegistry:
    return ModelRegistry(store, origins_of=lambda _: ["*"], limits=Limits(0.99, 0.01))


def test_slow_phones_get_the_small_variant_and_desktops_do_not(store: Store, models: ModelRegistry) -> None:
    sizes = {"original": 4_000_000, "float16": 1_000_000}
    url = "https://cdn.example/model.json"
    models.register(
        "demo",
        [
            Registration.model_validate(
                {"model": "blazeface", "variant": name, "url": url, "bytes": size, "agreement": 1.0}
            )
            for name, size in sizes.items()
        ],
    )
    kinds: list[tuple[dict[str, Any], float]] = [(PHONE, 250.0), ({}, 12_500.0)]
    for number, (facts, bytes_a_ms) in enumerate(kinds):
        for variant, ready in (("original", 20.0), ("float16", 26.0)):
            seed = 10 * number + len(variant)
            insert_sessions(
                store, NOW - DAY, {"webgl": (ready, 0.0)}, 60, seed=seed, variant=variant, **facts
            )
            ms = sizes[variant] / bytes_a_ms
            insert(
                store,
                "loads",
                [
                    told(f"session-webgl-{seed}-{n:04d}", ms, sizes[variant], variant=variant, **facts)
                    for n in range(60)
                ],
            )
    settings = RecommendSettings(min_sessions=10, objective="ready=1,bytes=0.1")
    run(store, settings, now=NOW)
    found = {each.record.device_class: each.record for each in newest_decisions(store, "demo", "blazeface")}
    phone = next(record for key, record in found.items() if key == "form=mobile,os=android")
    desktop = next(record for key, record in found.items() if key == "form=desktop,os=linux")
    assert phone.download is not None
    assert desktop.download is not None
    assert phone.download.mbit_s == pytest.approx(2.0, rel=0.3)
    assert desktop.download.mbit_s == pytest.approx(100.0, rel=0.3)
    assert phone.recommended == ("webgl", "float16")
    assert desktop.recommended == ("webgl", "original")
    assert [each.bytes for each in phone.variants] == [1_000_000, 4_000_000]
