"""Apps and keys in a real store: what is kept, who changed it, and two writers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from collector.apps import AppConflict, AppRegistry, AppSettings, KeyUses, UnknownApp, UnknownWriteKey
from collector.apps.changes import Wanted, change
from collector.apps.keys import digest
from collector.apps.versions import append, read_newest
from collector.contract.authorship import Act
from collector.jobs import publish
from collector.jobs.publish.versions import ConfigVersion
from collector.jobs.publish.versions import append as append_config
from collector.store import Store


class Clock:
    """Later with each look, so that a trail has an order."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(store: Store, clock: Clock) -> AppRegistry:
    return AppRegistry(store, {}, longest_days=90, clock=clock)


def test_an_app_lives_from_its_first_key_to_its_removal(registry: AppRegistry, app: str) -> None:
    wanted = Wanted(origins=["https://shop.example"], sample_rate=0.5)
    made = registry.add(app, wanted, label="first", author="alice", note="launch")
    assert made.key is not None
    assert registry.show(app) == made.app
    second = registry.add_key(app, label="second")
    assert set(registry.known()[app].keys) == {digest(made.key.key.encode()), digest(second.key.encode())}
    registry.revoke_key(app, made.key.key_id)
    assert registry.known()[app].keys == {digest(second.key.encode()): second.key_id}
    shown = registry.set(app, Wanted(retention_days=30, sample_rate=None))
    assert (shown.origins, shown.sample_rate, shown.retention_days) == (["https://shop.example"], None, 30)
    assert [seen.app for seen in registry.list().apps].count(app) == 1
    removed = registry.remove(app)
    assert removed.revoked_keys == [second.key_id]
    assert app not in registry.known()
    assert app not in [seen.app for seen in registry.list().apps]
    with pytest.raises(UnknownApp, match="inferfleet apps add"):
        registry.show(app)


def test_the_trail_tells_who_what_when_before_and_after_and_no_secret(
    registry: AppRegistry, store: Store, app: str, clock: Clock
) -> None:
    made = registry.add(app, Wanted(), label="first", author="alice", note="launch")
    assert made.key is not None
    registry.set(app, Wanted(origins=["https://shop.example"]), author="bob@example.com", note="own pages")
    first = ConfigVersion(
        app=app,
        version=1,
        created_at=clock(),
        author="job",
        action="publish",
        note="",
        enabled=True,
        sample_rate=1.0,
        plans={},
    )
    append_config(store, first)
    publish.kill(store, app, author="carol", note="too hot", now=clock())
    registry.revoke_key(app, made.key.key_id, author="alice")
    registry.remove(app, author="alice")
    trail = registry.audit(app=app)
    told = [
        (entry.subject, entry.action, entry.version, entry.author, entry.note)
        for entry in reversed(trail.entries)
    ]
    assert told == [
        ("app", "add", 1, "alice", "launch"),
        ("app", "set", 2, "bob@example.com", "own pages"),
        ("config", "publish", 1, "job", ""),
        ("config", "kill", 2, "carol", "too hot"),
        ("app", "revoke_key", 3, "alice", ""),
        ("app", "remove", 4, "alice", ""),
    ]
    assert [entry.at for entry in trail.entries] == sorted((e.at for e in trail.entries), reverse=True)
    changes = [
        {name: (change.before, change.after) for name, change in entry.changes.items()}
        for entry in reversed(trail.entries)
    ]
    key_id = made.key.key_id
    assert changes[0] == {"origins": (None, ["*"]), "keys": (None, [key_id])}
    assert changes[1] == {"origins": (["*"], ["https://shop.example"])}
    assert changes[2].keys() == {"enabled", "plans"}
    assert changes[3] == {"enabled": (True, False)}
    assert changes[4] == {"keys": ([key_id], [])}
    assert changes[5] == {"origins": (["https://shop.example"], None), "keys": ([], None)}
    text = trail.model_dump_json()
    assert made.key.key not in text
    assert digest(made.key.key.encode()).hex() not in text
    newest = registry.audit(app=app, limit=2).entries
    assert newest == trail.entries[:2], "what an entry is compared with need not be asked for"


def test_neither_the_key_nor_more_than_its_end_is_in_the_store(
    registry: AppRegistry, store: Store, app: str
) -> None:
    made = registry.add(app, Wanted(), label="first")
    assert made.key is not None
    rows = store.query_sql("SELECT * FROM app_versions WHERE app = {app:String}", {"app": app})
    assert len(rows) == 1
    assert made.key.key not in str(rows)
    assert made.key.key[-5:] not in str(rows)


def test_of_two_writers_one_is_told_and_nothing_is_half_done(
    registry: AppRegistry, store: Store, app: str
) -> None:
    registry.add(app, Wanted())
    seen = read_newest(store, app)
    now = datetime.now(UTC)
    append(store, change(seen, app, Wanted(sample_rate=0.1), Act("alice", "", now)))
    with pytest.raises(AppConflict, match="'alice'"):
        append(store, change(seen, app, Wanted(sample_rate=0.2), Act("bob", "", now)))
    assert registry.show(app).sample_rate == 0.1
    assert len(registry.audit(app=app).entries) == 2


def test_many_calls_to_one_collector_do_not_conflict(registry: AppRegistry, app: str) -> None:
    registry.add(app, Wanted(), label=None)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: registry.add_key(app, label=f"n{n}"), range(8)))
    assert {key.key_id for key in registry.show(app).keys} == {key.key_id for key in made}


def test_days_of_use_are_the_last_ones_and_stored_once_a_day(
    registry: AppRegistry, store: Store, app: str
) -> None:
    made = registry.add(app, Wanted())
    assert made.key is not None
    day = 86_400_000
    uses = KeyUses()
    for received_at_ms in (20_000 * day, 20_000 * day + 5, 20_001 * day):
        uses.note(app, made.key.key_id, received_at_ms)
    assert uses.store(store) == 1
    assert uses.store(store) == 0
    uses.note(app, made.key.key_id, 20_001 * day + 7)
    assert uses.store(store) == 0
    late = KeyUses()  # another collector, whose clock is behind
    late.note(app, made.key.key_id, 19_999 * day)
    assert late.store(store) == 1
    assert str(registry.show(app).keys[0].last_used) == "2024-10-05"


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda registry, app: registry.add("Shop!", Wanted()), "an app's name is"),
        (lambda registry, app: registry.show("../x"), "an app's name is"),
        (lambda registry, app: registry.add(app, Wanted(), label="no spaces"), "a key's label is"),
        (lambda registry, app: registry.add(app, Wanted(), author="a\nb"), "an author is"),
        (lambda registry, app: registry.add(app, Wanted(), note="n" * 501), "a note has"),
        (lambda registry, app: registry.add(app, Wanted(retention_days=91)), "store.retention_days, 90"),
        (lambda registry, app: registry.audit(limit=0), "limit is from 1"),
    ],
)
def test_what_does_not_fit_is_said_and_stored_nowhere(
    registry: AppRegistry, app: str, act, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        act(registry, app)
    assert registry.audit(app=app).entries == []


def test_an_app_of_the_settings_is_shown_and_changed_there_until_the_store_keeps_it_too(
    store: Store, app: str
) -> None:
    declared = AppSettings.model_validate({"keys": ["old-key"], "sample_rate": 0.5})
    registry = AppRegistry(store, {app: declared}, longest_days=90)
    assert registry.show(app).version == 0
    with pytest.raises(UnknownApp, match="declared in the settings only"):
        registry.add_key(app)
    made = registry.add(app, Wanted(sample_rate=0.1))
    assert made.app.sample_rate == 0.5
    assert made.app.settings_decide == ["sample_rate"]
    assert len(registry.known()[app].keys) == 2
    with pytest.raises(UnknownWriteKey):
        registry.revoke_key(app, "00000000")
