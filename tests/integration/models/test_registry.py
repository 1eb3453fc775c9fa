"""Variants in a real store: what is kept, who registered it, and two writers at once."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.apps import AppRegistry, UnknownApp
from collector.apps.changes import Wanted
from collector.contract.variant_quality import Limits
from collector.models import ModelRegistry, Registration, UnknownVariant, VariantConflict
from collector.models.budgets import ModelVersion, append_model
from collector.models.versions import append, read_registered
from collector.store import Store

LIMITS = Limits(min_agreement=0.99, max_accuracy_loss=0.01)


class Clock:
    """Later with each look, so that a trail has an order."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def apps(store: Store, app: str) -> AppRegistry:
    registry = AppRegistry(store, {}, longest_days=90, clock=Clock())
    registry.add(app, Wanted(origins=["https://shop.example"]), label=None)
    return registry


@pytest.fixture
def models(store: Store, apps: AppRegistry) -> ModelRegistry:
    clock = Clock()
    clock.now += timedelta(hours=1)
    return ModelRegistry(store, origins_of=lambda name: apps.show(name).origins, limits=LIMITS, clock=clock)


def variant(name: str = "uint8", **facts: Any) -> Registration:
    told: Mapping[str, Any] = {
        "url": f"https://cdn.example/{name}/model.json",
        "bytes": 100,
        "agreement": 1.0,
    }
    return Registration.model_validate({"model": "face", "variant": name, **told, **facts})


def original(**facts: Any) -> Registration:
    return Registration.model_validate({"model": "face", "variant": "original", "bytes": 400, **facts})


def insert_by_sql(store: Store, app: str, name: str, **told: Any) -> None:
    """A row as a user of an earlier version wrote it."""
    row = {
        "url": "/old.json",
        "bytes": 9,
        "agreement": 0.995,
        "accuracy": None,
        "at": 1_790_000_000_000,
    } | told
    store.execute(
        "INSERT INTO variants (app, model, variant, url, format, bytes, agreement, accuracy, registered_at) "
        "SETTINGS insert_deduplicate = 0 VALUES ({app:String}, 'face', {name:String}, {url:String}, 'tfjs', "
        "{bytes:UInt64}, {agreement:Nullable(Float64)}, {accuracy:Nullable(Float64)}, "
        "fromUnixTimestamp64Milli({at:Int64}))",
        {"app": app, "name": name, **row},
    )


def recommended(store: Store, app: str) -> dict[str, dict[str, Any]]:
    """What the recommender reads, by variant."""
    return {row["variant"]: row for row in store.query("recommend_variants", app=app)}


def test_a_variant_lives_from_its_registration_to_its_removal(
    models: ModelRegistry, store: Store, app: str
) -> None:
    backends = {"webgl": {"accepted": False, "agrees": False, "refused_by": ["agreement"], "ready_ms": 3}}
    facts = {"backends": backends, "samples": None, "metadata": {"files": [{"path": "ä", "bytes": 9}]}}
    made = models.register(app, [variant(**facts)], author="ada@example.com", note="first")
    assert [(each.version, each.changed, each.verdict) for each in made.variants] == [(1, True, "accepted")]
    (listed,) = models.list(app).variants
    assert listed.refused_on == {"webgl": ["agreement", "other outputs than the source's"]}
    assert listed.registered.author == "ada@example.com"
    models.register(app, [variant(agreement=0.5)], author="bob")
    shown = models.show(app, "face", "uint8")
    assert (shown.variant.verdict, shown.variant.registered.agreement) == ("refused", 0.5)
    assert [(each.version, each.author, each.agreement) for each in shown.history] == [
        (2, "bob", 0.5),
        (1, "ada@example.com", 1.0),
    ]
    assert shown.history[1].metadata == facts["metadata"]
    gone = models.remove(app, "face", "uint8", note="too lossy")
    assert gone.version == 3
    assert models.list(app).variants == []
    assert [each.action for each in models.show(app, "face", "uint8").history] == [
        "remove",
        "register",
        "register",
    ]
    with pytest.raises(UnknownVariant, match="the variants of that model are: none"):
        models.remove(app, "face", "uint8")
    assert recommended(store, app)["uint8"]["removed"]
    again = models.register(app, [variant(agreement=0.5)])
    assert [(each.version, each.changed) for each in again.variants] == [(4, True)]


def test_a_repetition_changes_nothing_and_says_so(models: ModelRegistry, store: Store, app: str) -> None:
    both = [
        variant("float16", accuracy=0.61, accuracy_of="top1"),
        original(accuracy=0.618, accuracy_of="top1"),
    ]
    first = models.register(app, both, author="ada")
    assert [each.variant for each in first.variants] == ["float16", "original"], "in the caller's order"
    before = read_registered(store, app)
    second = models.register(app, both, author="bob", note="again")
    assert [(each.changed, each.version) for each in second.variants] == [(False, 1), (False, 1)]
    assert read_registered(store, app) == before
    assert len(models.show(app, "face", "float16").history) == 1


def test_an_accuracy_needs_the_original_s_of_the_same_metric_and_nothing_is_stored_without(
    models: ModelRegistry, app: str
) -> None:
    small = variant(accuracy=0.6, accuracy_of="top1", samples=50)
    with pytest.raises(ValueError, match="register that first, by `inferfleet variants register --app"):
        models.register(app, [variant("float16"), small])
    assert models.list(app).variants == []
    models.register(app, [original(accuracy=0.9, accuracy_of="top5")])
    with pytest.raises(ValueError, match="an accuracy of top1, the original of face one of top5"):
        models.register(app, [small])
    made = models.register(app, [small, original(accuracy=0.605, accuracy_of="top1")])
    assert [each.verdict for each in made.variants] == ["accepted", "reference"]
    assert "50 samples cannot tell a loss of 0.01" in made.variants[0].warnings[0]
    models.remove(app, "face", "original")
    (left,) = models.list(app).variants
    assert left.verdict == "accepted", "its agreement is known"
    with pytest.raises(ValueError, match="has none to compare it with"):
        models.register(app, [variant("uint16", accuracy=0.6, accuracy_of="top1")])


def test_what_cannot_be_registered_together_is_refused_before_anything_is_stored(
    models: ModelRegistry, app: str
) -> None:
    with pytest.raises(ValueError, match="two variants of face are called uint8"):
        models.register(app, [variant(), variant(bytes=7)])
    with pytest.raises(ValueError, match="1 to 64 variants, not 65"):
        models.register(app, [variant(f"v{n}") for n in range(65)])
    with pytest.raises(ValueError, match="an author is up to 64"):
        models.register(app, [variant()], author="a b")
    with pytest.raises(UnknownApp, match="inferfleet apps add"):
        models.register(f"{app}-2", [variant()])
    assert models.list(app).variants == []
    with pytest.raises(UnknownApp):
        models.list(f"{app}-2")
    with pytest.raises(UnknownVariant):
        models.show(app, "face", "uint8")


def test_a_url_that_the_app_s_pages_may_not_load_is_taken_with_a_warning(
    models: ModelRegistry, app: str
) -> None:
    made = models.register(app, [variant(url="http://cdn.example/m.json")])
    assert (
        "a page on https cannot load it (origins of the app: https://shop.example)"
        in (made.variants[0].warnings[0])
    )


def test_of_two_writers_one_is_told_in_plain_words(models: ModelRegistry, store: Store, app: str) -> None:
    models.register(app, [variant()], author="ada")
    (seen,) = read_registered(store, app)
    later = {"version": 2, "created_at": seen.created_at + timedelta(minutes=1)}
    append(store, seen.model_copy(update={**later, "author": "ada", "bytes": 90}))
    with pytest.raises(VariantConflict, match=r"'uint8' of face was just changed by 'ada' \(register\)"):
        append(store, seen.model_copy(update={**later, "author": "bob", "bytes": 80}))
    assert models.show(app, "face", "uint8").variant.registered.bytes == 90
    models.set_budget(app, "face", 0.02, author="ada")
    mine = ModelVersion(
        app=app,
        model="face",
        version=1,
        created_at=seen.created_at,
        author="bob",
        action="set_budget",
        note="",
        max_accuracy_loss=0.5,
    )
    with pytest.raises(VariantConflict, match="the budget of face was just changed by 'ada'"):
        append_model(store, mine)


def test_names_that_share_letters_are_told_apart(models: ModelRegistry, app: str) -> None:
    for model, name in (("a", "b-c"), ("a-b", "c")):
        models.register(app, [variant(name).model_copy(update={"model": model})])
    assert [(each.registered.model, each.registered.variant) for each in models.list(app).variants] == [
        ("a", "b-c"),
        ("a-b", "c"),
    ]


def test_many_calls_to_one_collector_do_not_conflict(models: ModelRegistry, app: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: models.register(app, [variant(bytes=100 + n)]), range(8)))
    assert [each.version for each in models.show(app, "face", "uint8").history] == list(range(8, 0, -1))


def test_rows_by_sql_are_read_until_a_registration_or_a_removal(
    models: ModelRegistry, store: Store, app: str
) -> None:
    insert_by_sql(store, app, "uint8", bytes=1)
    insert_by_sql(store, app, "uint8", bytes=2, at=1_790_000_000_001)
    insert_by_sql(store, app, "odd", url="not a URL")
    listed = {each.registered.variant: each for each in models.list(app).variants}
    assert (listed["uint8"].registered.bytes, listed["uint8"].registered.author) == (2, "")
    assert listed["odd"].registered.url == "not a URL"
    assert models.show(app, "face", "odd").history == [listed["odd"].registered]
    assert recommended(store, app)["uint8"]["bytes"] == 2
    models.register(app, [variant(bytes=3)])
    insert_by_sql(store, app, "uint8", bytes=4, at=1_990_000_000_000)
    models.remove(app, "face", "odd")
    rows = recommended(store, app)
    assert (rows["uint8"]["bytes"], rows["odd"]["removed"]) == (3, True)
    assert [each.registered.bytes for each in models.list(app).variants] == [3]
    models.remove(app, "face", "uint8")
    assert all(row["removed"] for row in recommended(store, app).values())


def test_a_model_has_a_budget_of_its_own_until_it_is_taken_back(
    models: ModelRegistry, store: Store, app: str
) -> None:
    pair = [original(accuracy=0.9, accuracy_of="top1"), variant(accuracy=0.87, accuracy_of="top1")]
    models.register(app, pair)

    def verdict() -> str:
        return {each.registered.variant: each.verdict for each in models.list(app).variants}["uint8"]

    assert verdict() == "refused"
    assert models.set_budget(app, "face", 0.05, author="ada", note="few pixels").version == 1
    assert models.set_budget(app, "face", 0.05).version == 1, "a repetition changes nothing"
    assert verdict() == "accepted"
    (budget,) = models.list(app).budgets
    assert (budget.max_accuracy_loss, budget.own) == (0.05, True)
    back = models.set_budget(app, "face", None)
    assert (back.max_accuracy_loss, back.own, back.version) == (0.01, False, 2)
    assert verdict() == "refused"
    for bad in (float("nan"), -0.1, 1.1):
        with pytest.raises(ValueError, match="from 0 to 1"):
            models.set_budget(app, "face", bad)
    with pytest.raises(ValueError, match="the name of a model"):
        models.set_budget(app, "a b", 0.1)


def test_the_trail_tells_who_what_before_and_after(
    models: ModelRegistry, apps: AppRegistry, app: str
) -> None:
    models.register(app, [variant(metadata={"files": ["x" * 100]})], author="ada", note="first")
    models.register(app, [variant(bytes=90, agreement=0.0, metadata={"files": []})], author="bob")
    models.set_budget(app, "face", 0.0, author="cleo", note="a medical app")
    models.remove(app, "face", "uint8", author="bob", note="not used")
    trail = [entry for entry in reversed(apps.audit(app=app).entries) if entry.subject != "app"]
    told = [(e.subject, e.about, e.action, e.version, e.author, e.note) for e in trail]
    assert told == [
        ("variant", "face/uint8", "register", 1, "ada", "first"),
        ("variant", "face/uint8", "register", 2, "bob", ""),
        ("model", "face", "set_budget", 1, "cleo", "a medical app"),
        ("variant", "face/uint8", "remove", 3, "bob", "not used"),
    ]
    changes = [{name: (c.before, c.after) for name, c in entry.changes.items()} for entry in trail]
    assert changes[0].keys() == {"url", "bytes", "agreement", "metadata"}
    assert changes[1].pop("metadata")[0] == changes[0]["metadata"][1]
    assert changes[1] == {"bytes": (100, 90), "agreement": (1.0, 0.0)}
    assert changes[2] == {"max_accuracy_loss": (None, 0.0)}
    assert changes[3]["agreement"] == (0.0, None)
    assert "xxx" not in str(changes), "metadata by its hash"
    newest = apps.audit(app=app, limit=1).entries
    assert [entry.changes for entry in newest] == [trail[-1].changes]
