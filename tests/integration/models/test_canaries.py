"""Canaries in a real store: what is kept, when it is published, and two writers at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.apps import AppRegistry, UnknownApp
from collector.apps.audit import read_audit
from collector.apps.changes import Wanted
from collector.contract.variant_quality import Limits
from collector.jobs import publish
from collector.jobs.publish import ConfigVersion, DocumentTooLarge, PublishSettings, kill, rollback
from collector.jobs.publish.versions import read_active
from collector.models import (
    CanaryRegistration,
    CanaryRegistry,
    ModelRegistry,
    Registration,
    UnknownVariant,
    VariantConflict,
)
from collector.models.canaries import append_canary, read_canaries
from collector.remote_config import ConfigService, ConfigSettings
from collector.store import Store
from tests.integration.models.test_registry import Clock

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OLD, NEW, SMALL, HALF = "a" * 64, "b" * 64, "c" * 64, "d" * 64


@pytest.fixture
def apps(store: Store, app: str) -> AppRegistry:
    registry = AppRegistry(store, {}, longest_days=90, clock=Clock())
    registry.add(app, Wanted(origins=["https://shop.example"]), label=None)
    return registry


@pytest.fixture
def canaries(store: Store, apps: AppRegistry) -> CanaryRegistry:
    return CanaryRegistry(store, origins_of=lambda name: apps.show(name).origins, clock=Clock())


Register = Callable[..., None]


@pytest.fixture
def register(store: Store, app: str, apps: AppRegistry) -> Register:
    """Registers a variant of the model with a content id."""
    models = ModelRegistry(
        store,
        origins_of=lambda name: apps.show(name).origins,
        limits=Limits(min_agreement=0.99, max_accuracy_loss=0.01),
        clock=Clock(),
    )

    def register(variant: str, content: str) -> None:
        facts = {"url": f"https://cdn.example/{variant}/model.json", "bytes": 100, "content_id": content}
        models.register(app, [Registration.model_validate({"model": "face", "variant": variant, **facts})])

    return register


def canary(identity: str = "0123456789ab", **more: Any) -> CanaryRegistration:
    references = [
        {"variants": ["original", "float16"], "values": [0.5, -1.25], "tolerances": [0.01, 0.01]},
        {"variants": ["uint8"], "values": [0.51, -1.27], "tolerances": [0.01, 0.01]},
    ]
    given = {
        "model": "face",
        "canary": {"id": identity, "references": references},
        "contents": {"original": OLD, "float16": HALF, "uint8": SMALL},
        "evidence": {"agreeing": ["cpu", "wasm"], "tolerances": [0.004]},
    }
    return CanaryRegistration.model_validate(given | more)


def run(store: Store, app: str, **settings: Any) -> publish.Publication:
    chosen = PublishSettings.model_validate(settings)
    made = publish.run(store, chosen, now=datetime.now(UTC), app=app, author="ada")
    return made.publications[0]


def served(store: Store, app: str) -> ConfigVersion:
    active = read_active(store, app)
    assert active is not None
    return active


def test_a_canary_is_kept_shown_and_removed_with_its_history(
    canaries: CanaryRegistry, store: Store, app: str
) -> None:
    first = canaries.register(app, canary(), author="ada@example.com", note="first")
    assert (first.changed, first.published, first.recorded.version) == (True, True, 1)
    assert not canaries.register(app, canary()).changed
    assert canaries.register(app, canary("ffffffffffff")).recorded.version == 2
    assert [each.recorded.canary_id for each in canaries.list(app).canaries] == ["ffffffffffff"]
    assert canaries.remove(app, "face", note="wrong").version == 3
    assert canaries.list(app).canaries == []
    history = canaries.show(app, "face").history
    assert [(each.action, each.author) for each in history] == [
        ("remove", "admin"),
        ("record", "admin"),
        ("record", "ada@example.com"),
    ]
    trail = [each for each in read_audit(store, app=app, limit=50).entries if each.subject == "canary"]
    assert [(each.about, each.version, each.action, each.note) for each in trail] == [
        ("face", 3, "remove", "wrong"),
        ("face", 2, "record", ""),
        ("face", 1, "record", "first"),
    ]
    assert {name: (change.before, change.after) for name, change in trail[1].changes.items()}[
        "canary_id"
    ] == ("0123456789ab", "ffffffffffff")
    with pytest.raises(UnknownVariant, match="has no canary of face; models that have one: none"):
        canaries.remove(app, "face")
    assert canaries.register(app, canary()).recorded.version == 4


def test_what_does_not_fit_is_refused(canaries: CanaryRegistry, app: str) -> None:
    with pytest.raises(UnknownApp):
        canaries.register("absent", canary())
    with pytest.raises(UnknownApp):
        canaries.list("absent")
    with pytest.raises(ValueError, match="the name of a model"):
        canaries.show(app, "a/b")
    with pytest.raises(ValueError, match="an author is"):
        canaries.register(app, canary(), author="two words")
    for wrong, said in (
        ({"evidence": {"x": "y" * 20_000}}, "at most 16384 are kept"),
        ({"evidence": {"x": float("nan")}}, "not finite"),
        ({"contents": {"original": "abc"}}, "should match pattern"),
        ({"canary": {"id": "0123456789ab", "references": []}}, "at least 1 item"),
        ({"canary": {"id": "x", "references": []}}, "should match pattern"),
    ):
        with pytest.raises(ValueError, match=said):
            canary(**wrong)
    one = {"variants": ["original"], "values": [1.0], "tolerances": [0.1, 0.1]}
    with pytest.raises(ValueError, match="each value has a tolerance of its own"):
        canary(canary={"id": "0123456789ab", "references": [one]})
    for contents in ({"original": OLD}, {"original": OLD, "float16": HALF, "uint8": SMALL, "int8": NEW}):
        with pytest.raises(ValueError, match="the files of each variant that has a reference, and no other"):
            canary(contents=contents)
    ours = {"variants": ["source"], "values": [1.0], "tolerances": [0.1]}
    with pytest.raises(ValueError, match="the fleet calls the unmodified source original"):
        canary(canary={"id": "0123456789ab", "references": [ours]}, contents={"source": OLD})
    with pytest.raises(ValueError, match="a variant has one right answer"):
        canary(canary={"id": "0123456789ab", "references": [one | {"tolerances": [0.1]}] * 2})


def test_of_two_writers_one_is_told(canaries: CanaryRegistry, store: Store, app: str) -> None:
    canaries.register(app, canary())
    now = read_canaries(store, app)["face"]
    rivals = [
        now.model_copy(update={"version": 2, "author": name, "created_at": NOW}) for name in ("ada", "bob")
    ]

    def write(rival: Any) -> str:
        try:
            return append_canary(store, rival).author
        except VariantConflict as conflict:
            return str(conflict)

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(write, rivals), key=len)
    assert told[0] in ("ada", "bob")
    assert "the canary of face was just changed by" in told[1]
    assert append_canary(store, rivals[["ada", "bob"].index(told[0])]).version == 2  # a retry is no conflict


def test_it_is_published_without_a_decision_and_rolled_back_with_its_version(
    canaries: CanaryRegistry, store: Store, app: str
) -> None:
    canaries.register(app, canary())
    made = run(store, app)
    assert (made.published, made.version, made.reason) == (
        True,
        1,
        "0 decisions, 0 classes with a plan, canaries of face",
    )
    service = ConfigService(store, ConfigSettings(), clock=lambda: NOW + timedelta(days=1))
    document = service.envelope(app, {}).body.decode()
    assert '\\"canaries\\":{\\"face\\":{\\"id\\":\\"0123456789ab\\"' in document
    assert run(store, app).reason == "nothing changed"
    canaries.register(app, canary("ffffffffffff"))
    assert run(store, app).version == 2
    assert app in {each.app for each in publish.run(store, PublishSettings(), now=NOW).publications}
    back = rollback(store, app, 1, author="ada", note="", now=NOW)
    assert back.canaries["face"].id == "0123456789ab"
    assert rollback(store, app, 0, author="ada", note="", now=NOW).canaries == {}
    run(store, app)
    kill(store, app, author="ada", note="", now=NOW)
    off = ConfigService(store, ConfigSettings(), clock=lambda: NOW + timedelta(days=2))
    assert "canaries" not in off.envelope(app, {}).body.decode()
    assert served(store, app).canaries["face"].id == "ffffffffffff"  # for `enable`
    canaries.remove(app, "face")
    run(store, app)
    assert served(store, app).canaries == {}


def test_another_original_makes_it_stale_and_other_files_of_a_variant_cost_that_one(
    canaries: CanaryRegistry, register: Register, store: Store, app: str
) -> None:
    register("original", OLD)
    register("uint8", SMALL)
    assert canaries.register(app, canary()).left_out == []
    run(store, app)
    register("uint8", NEW)
    made = run(store, app)
    assert made.refused == ["the canary of face was recorded of other files of uint8: record it again"]
    kept = served(store, app).canaries["face"]
    assert [each.variants for each in kept.references] == [["original", "float16"]]
    register("original", NEW)
    made = run(store, app)
    assert made.refused == ["the canary of face was recorded of another original: record it again"]
    assert served(store, app).canaries == {}
    shown = canaries.list(app).canaries[0]
    assert (shown.published, shown.left_out) == (False, made.refused)


def test_one_in_the_settings_comes_first(canaries: CanaryRegistry, store: Store, app: str) -> None:
    canaries.register(app, canary())
    by_hand = {app: {"face": {"values": [1.0], "tolerance": 0.1}}}
    made = run(store, app, canaries=by_hand)
    assert made.refused == ["the recorded canary of face: publish.canaries has one, which comes first"]
    assert not made.published


def test_one_that_makes_the_document_too_large_is_refused(
    canaries: CanaryRegistry, store: Store, app: str
) -> None:
    many = [float(f"{at * 0.7319 % 1:.5f}") for at in range(256)]
    wide = {"variants": ["original"], "values": many, "tolerances": [0.001] * 256}
    large = {"canary": {"id": "0123456789ab", "references": [wide]}, "contents": {"original": OLD}}
    canaries.register(app, canary(**large))
    with pytest.raises(DocumentTooLarge, match="record canaries with fewer values"):
        run(store, app, max_document_bytes=512)
    assert read_active(store, app) is None


def test_an_app_with_a_document_that_is_too_large_holds_no_other_app_up(
    canaries: CanaryRegistry, apps: AppRegistry, store: Store, app: str
) -> None:
    many = [float(f"{at * 0.7319 % 1:.5f}") for at in range(256)]
    wide = {"variants": ["original"], "values": many, "tolerances": [0.001] * 256}
    large = {"canary": {"id": "0123456789ab", "references": [wide]}, "contents": {"original": OLD}}
    canaries.register(app, canary(**large))
    others = [f"{app[:40]}{end}" for end in ("-before", "-behind")]
    names = [f"0{others[0]}", f"z{others[1]}"]  # apps are published in the order of their names
    for name in names:
        apps.add(name, Wanted(origins=["https://shop.example"]), label=None)
        canaries.register(name, canary())
    with pytest.raises(DocumentTooLarge, match=f"the config of app '{app}'"):
        publish.run(store, PublishSettings(max_document_bytes=512), now=NOW, author="ada")
    assert [served(store, name).version for name in names] == [1, 1]
    assert read_active(store, app) is None


def test_many_are_listed_by_few_questions(
    canaries: CanaryRegistry, register: Register, store: Store, app: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    register("original", OLD)
    for at in range(12):
        canaries.register(app, canary(model=f"m{at:02}"))
    canaries.register(app, canary())
    asked: list[str] = []
    query = Store.query

    def counting(self: Store, name: str, **parameters: Any) -> list[dict[str, Any]]:
        asked.append(name)
        return query(self, name, **parameters)

    monkeypatch.setattr(Store, "query", counting)
    assert len(canaries.list(app).canaries) == 13
    assert len(asked) <= 4
    with pytest.raises(UnknownVariant, match=r"models that have one: face, m00, .*m08 and 3 more$"):
        canaries.show(app, "absent")
