"""From telemetry to a signed config, on a real embedded engine."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.contract.config_document import ConfigDocument, ConfigEnvelope, RaceArm, RacePlan
from collector.contract.vocabulary import Backend
from collector.jobs import publish
from collector.jobs.publish import PublishSettings, UnknownVersion, VersionConflict, enable, kill, rollback
from collector.jobs.publish.versions import append, read_active
from collector.jobs.recommend import RecommendSettings
from collector.jobs.recommend import run as recommend
from collector.remote_config import ConfigService, ConfigSettings
from collector.remote_config.export import export
from collector.store import Store, StoreUnavailable
from tests.integration.jobs_recommend.rows import DEVICE, insert_sessions

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ARMS = {
    "cpu": (150.0, 500.0),
    "wasm-simd-threads": (8.0, 600.0),
    "webgl": (50.0, 2000.0),
    "webgpu": (90.0, 2500.0),
}
FACTS = {name: str(DEVICE[name]) for name in ("browser", "cores", "form", "gpu", "memory_gb", "os")}
SMALL = RecommendSettings(min_sessions=3, exploration=0.0, holdback=0.0)
SIGNED = ConfigSettings.model_validate({"signing_key": base64.b64encode(b"k" * 32).decode()})


@pytest.fixture
def published(store: Store) -> Store:
    insert_sessions(store, NOW - DAY, ARMS, 4, seed=1)
    recommend(store, SMALL, now=NOW)
    publish.run(store, PublishSettings(), now=NOW)
    return store


def service(store: Store, **fields: Callable[[], float]) -> ConfigService:
    return ConfigService(store, SIGNED, clock=lambda: NOW, **fields)


def document(served: ConfigService, app: str = "demo") -> ConfigDocument:
    return ConfigDocument.model_validate_json(
        ConfigEnvelope.model_validate_json(served.envelope(app, FACTS).body).document
    )


def test_a_visits_device_is_told_the_arm_that_its_telemetry_favoured(published: Store) -> None:
    told = document(service(published))
    assert told.version == 1
    assert [(arm.backend, arm.probability) for arm in told.models["blazeface"].arms] == [
        ("wasm-simd-threads", 1.0)
    ]
    assert told.models["blazeface"].fallbacks == ["wasm-simd-threads", "webgl", "webgpu", "cpu", "wasm"]


def test_an_app_without_a_version_runs_its_defaults(store: Store) -> None:
    told = document(service(store), "fresh")
    assert (told.version, told.enabled, told.models) == (0, True, {})


def test_what_is_no_apps_name_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="pattern"):
        service(store).envelope("../etc", FACTS)


def test_nothing_is_published_when_nothing_changed(published: Store) -> None:
    recommend(published, SMALL, now=NOW + MINUTE)
    summary = publish.run(published, PublishSettings(), now=NOW + MINUTE)
    assert [(item.published, item.version, item.reason) for item in summary.publications] == [
        (False, 1, "nothing changed")
    ]


def test_a_canary_of_the_settings_rides_on_its_models_plan(published: Store) -> None:
    reference = {"values": [0.25, -1.5], "tolerance": 0.01}
    canaries = {"demo": {"blazeface": reference, "absent": reference}, "other": {"blazeface": reference}}
    settings = PublishSettings.model_validate({"canaries": canaries})
    made = publish.run(published, settings, now=NOW + MINUTE).publications[0]
    assert (made.published, made.version) == (True, 2)
    told = document(service(published))
    assert list(told.models) == ["blazeface"]
    canary = told.models["blazeface"].canary
    assert canary is not None
    assert canary.model_dump() == reference
    assert publish.run(published, settings, now=NOW + 2 * MINUTE).publications[0].reason == "nothing changed"
    publish.run(published, PublishSettings(), now=NOW + 3 * MINUTE)
    assert document(service(published)).models["blazeface"].canary is None


def test_a_race_of_a_version_reaches_the_pages(published: Store) -> None:
    race = RacePlan(
        share=0.25,
        budget_ms=900,
        arms=[
            RaceArm(backend=Backend.WEBGL),
            RaceArm(backend=Backend.WEBGL, variant="float16", url="https://cdn.example/f16.json"),
        ],
    )
    active = read_active(published, "demo")
    assert active is not None
    plans = {
        key: {model: plan.model_copy(update={"race": race}) for model, plan in models.items()}
        for key, models in active.plans.items()
    }
    append(published, active.model_copy(update={"version": 2, "plans": plans, "created_at": NOW + MINUTE}))
    assert document(service(published)).models["blazeface"].race == race


def test_a_rollback_is_a_new_version_that_the_schedule_leaves_alone(published: Store) -> None:
    made = rollback(published, "demo", 0, author="ana", note="slower on kiosks", now=NOW + MINUTE)
    assert (made.version, made.action, made.plans) == (2, "rollback", {})
    held = publish.run(published, PublishSettings(), now=NOW + 2 * MINUTE).publications[0]
    assert not held.published
    assert "ana made version 2 (rollback)" in held.reason
    by_hand = publish.run(
        published, PublishSettings(), now=NOW + 3 * MINUTE, author="ana", note="kiosks are mended"
    ).publications[0]
    assert (by_hand.published, by_hand.version) == (True, 3)
    history = published.query("config_history", app="demo", limit=10)
    assert [(row["version"], row["author"], row["action"]) for row in history] == [
        (3, "ana", "publish"),
        (2, "ana", "rollback"),
        (1, "job", "publish"),
    ]
    assert history[0]["note"].startswith("kiosks are mended: ")
    assert history[0]["note"].endswith("classes with a plan")
    assert history[1]["note"] == "to version 0: slower on kiosks"


def test_the_kill_switch_is_one_call_and_so_is_its_end(published: Store) -> None:
    served = service(published)
    kill(published, "demo", author="ana", note="incident 12", now=NOW + MINUTE)
    served.refresh("demo")
    assert (document(served).enabled, document(served).models) == (False, {})
    enable(published, "demo", author="ana", note="fixed", now=NOW + 2 * MINUTE)
    served.refresh()
    assert (document(served).enabled, document(served).version) == (True, 3)
    assert "blazeface" in document(served).models


def test_going_back_to_a_version_that_never_was_changes_nothing(published: Store) -> None:
    with pytest.raises(UnknownVersion, match="the newest are: 1"):
        rollback(published, "demo", 7, author="ana", note="", now=NOW)
    with pytest.raises(UnknownVersion, match="the newest are: none"):
        rollback(published, "unpublished", 7, author="ana", note="", now=NOW)


def test_the_kill_switch_works_before_the_first_publication(published: Store) -> None:
    act = {"author": "ana", "note": "", "now": NOW}
    killed = kill(published, "fresh", **act)
    assert (killed.version, killed.enabled, killed.plans) == (1, False, {})
    back = enable(published, "fresh", **act)
    assert (back.version, back.enabled) == (2, True)
    none = rollback(published, "fresh-too", 0, **act)
    assert (none.version, none.enabled, none.plans) == (1, True, {})


def test_two_writers_of_one_version_do_not_both_win(published: Store) -> None:
    active = read_active(published, "demo")
    assert active is not None
    mine = active.model_copy(update={"version": 2, "author": "ana"})
    append(published, mine)
    with pytest.raises(VersionConflict, match="just made by 'ana'"):
        append(published, mine.model_copy(update={"author": "ben"}))
    assert read_active(published, "demo") == mine


def test_the_last_version_is_served_while_the_store_is_away(published: Store) -> None:
    now = [0.0]
    served = service(published, monotonic=lambda: now[0])
    before = served.envelope("demo", FACTS)
    failing = _Failing(published)
    served._store = failing  # type: ignore[assignment]
    now[0] = 1e6
    assert served.envelope("demo", FACTS) == before
    assert failing.asked == 1
    with pytest.raises(StoreUnavailable):
        served.envelope("never-seen", FACTS)


class _Failing:
    """A store whose engine went away: what ``Store.query`` raises then."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.asked = 0

    def query(self, name: str, **parameters: object) -> list[dict[str, object]]:
        self.asked += 1
        raise StoreUnavailable(f"{name} {parameters}")


def test_answers_are_the_same_in_every_process_and_change_with_the_version(published: Store) -> None:
    first = service(published).envelope("demo", FACTS)
    assert first == service(published).envelope("demo", FACTS)
    served = service(published)
    assert served.envelope("demo", FACTS).etag == first.etag
    rollback(published, "demo", 0, author="ana", note="", now=NOW + MINUTE)
    assert served.envelope("demo", FACTS).etag == first.etag
    served.refresh("demo")
    assert served.envelope("demo", FACTS).etag != first.etag


def test_static_files_hold_the_same_bytes(published: Store, tmp_path: Path) -> None:
    served = service(published)
    written = export(served, str(tmp_path), "demo")
    assert written[-1] == "demo/index.json"
    index = json.loads((tmp_path / "demo" / "index.json").read_text())
    assert (tmp_path / "demo" / index["classes"]["*"]).read_bytes() == served.envelope("demo", FACTS).body
    assert export(served, f"file://{tmp_path}", "demo") == written


def test_a_class_that_was_not_decided_about_for_long_is_dropped(published: Store) -> None:
    later = publish.run(published, PublishSettings(max_decision_age_days=1), now=NOW + 3 * DAY).publications[
        0
    ]
    assert (later.published, later.classes) == (True, 0)


def test_what_few_devices_have_reaches_those_of_a_kind_never_seen(store: Store) -> None:
    """From telemetry: the class above has a second plan, and the config service serves it to whom it fits."""
    arms = {name: ARMS[name] for name in ("webgl", "wasm-simd-threads")}
    for number in range(6):
        has = {"gpu": f"intel-gen{number}", "webgpu": number < 2}
        mine = {**arms, "webgpu": (2.0, 300.0)} if has["webgpu"] else arms
        insert_sessions(store, NOW - DAY, mine, 12, seed=number, default="webgl", **has)
    recommend(store, RecommendSettings(explore_untried=False), now=NOW)
    assert publish.run(store, PublishSettings(), now=NOW).publications[0].refused == []
    served, unseen = service(store), FACTS | {"gpu": "nvidia-rtx30"}

    def likeliest(**lacks: str) -> str:
        body = served.envelope("demo", unseen | lacks).body
        told = ConfigDocument.model_validate_json(ConfigEnvelope.model_validate_json(body).document)
        return str(max(told.models["blazeface"].arms, key=lambda arm: arm.probability).backend)

    assert likeliest(lacks="none") == "webgpu"
    assert likeliest(lacks="webgpu") == likeliest() == "wasm-simd-threads"
    assert likeliest(lacks="threads.webgpu") == "webgl"
    assert likeliest(lacks="threads") == "webgpu"
    # However many ways of lacking requests claim, a class has few answers.
    words = ("simd", "threads", "webgl", "webgpu", "unasked", "junk")
    told = {".".join(word for bit, word in enumerate(words) if mask >> bit & 1) for mask in range(64)}
    assert len({served.envelope("demo", unseen | {"lacks": each}).etag for each in told}) <= 12
