"""From one version of an app to the next, and what holds then."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from collector.apps import AppSettings, know, objective_by_app, owner_by_app, retention_by_app
from collector.apps.changes import MOST_KEYS, Wanted, add, add_key, change, remove, revoke_key
from collector.apps.keys import PREFIX, make_key
from collector.apps.versions import AppExists, AppVersion, UnknownApp, UnknownWriteKey
from collector.apps.views import view
from collector.contract.authorship import Act

NOW = datetime(2026, 11, 25, 12, 0, 0, 123_456, UTC)
ACT = Act("alice", "because", NOW)


def shop(*, origins: list[str] | None = None) -> AppVersion:
    key = make_key("first", now=NOW)[1]
    return add(None, "shop", Wanted(origins=origins) if origins else Wanted(), key, ACT)


def test_a_key_has_192_random_bits_and_is_kept_as_its_sha256() -> None:
    key, record = make_key("web", now=NOW)
    assert key.startswith(PREFIX)
    assert len(key) == len(PREFIX) + 32
    assert record.hash == hashlib.sha256(key.encode()).hexdigest()
    assert key not in record.model_dump_json()
    assert record.hint == key[-4:]
    assert len({make_key("", now=NOW)[0] for _ in range(1000)}) == 1000


def test_a_new_app_takes_any_origin_and_the_defaults() -> None:
    version = shop()
    assert (version.version, version.action, version.author, version.note) == (1, "add", "alice", "because")
    assert version.origins == ["*"]
    assert version.sample_rate is version.retention_days is None
    assert version.created_at.microsecond == 123_000, "as the table keeps it"


def test_an_app_is_added_once_and_after_its_removal_again_with_nothing_of_before() -> None:
    first = shop(origins=["https://shop.example"])
    with pytest.raises(AppExists, match="inferfleet apps set --app shop"):
        add(first, "shop", Wanted(), None, ACT)
    gone = remove(first, "shop", ACT)
    assert gone.removed
    assert not any(key.valid for key in gone.keys)
    again = add(gone, "shop", Wanted(), None, ACT)
    assert (again.version, again.removed, again.origins, again.keys) == (3, False, ["*"], [])


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        ("HTTPS://Shop.Example:8443", "https://shop.example:8443"),
        ("http://shop.example:8080", "http://shop.example:8080"),
        ("https://[::1]:443", "https://[::1]"),
        ("http://tauri.localhost", "http://tauri.localhost"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("app://.", "app://."),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(written: str, sent: str) -> None:
    assert shop(origins=[written]).origins == [sent]
    assert AppSettings.model_validate({"keys": ["abcd"], "origins": [written]}).origins == [sent]


def test_what_was_not_given_stays_and_what_is_null_goes_back() -> None:
    version = change(shop(), "shop", Wanted(sample_rate=0.25, retention_days=7), ACT)
    version = change(version, "shop", Wanted(origins=["https://shop.example"]), ACT)
    assert (version.sample_rate, version.retention_days) == (0.25, 7)
    version = change(version, "shop", Wanted(sample_rate=None, origins=None), ACT)
    assert (version.sample_rate, version.retention_days, version.origins) == (None, 7, ["*"])
    with pytest.raises(ValueError, match="nothing to change"):
        change(version, "shop", Wanted(), ACT)


@pytest.mark.parametrize(
    "fields",
    [
        {"origins": []},
        {"origins": ["shop.example"]},
        {"origins": ["https://shop.example/path"]},
        {"origins": ["https://shop.example\n"]},
        {"origins": ["https://*.shop.example"]},
        {"origins": ["https://münchen.example"]},
        {"origins": ["https://" + "a" * 300]},
        {"origins": [f"https://a{n}.example" for n in range(101)]},
        {"sample_rate": 1.01},
        {"sample_rate": -0.1},
        {"sample_rate": float("nan")},
        {"retention_days": 0},
        {"retention_days": 4000},
        {"keys": []},
    ],
)
def test_what_no_app_can_be_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Wanted(**fields)


def test_keys_rotate_without_a_gap() -> None:
    version = shop()
    old = version.keys[0]
    version = add_key(version, "shop", make_key("second", now=NOW)[1], ACT)
    assert [key.valid for key in version.keys] == [True, True]
    version = revoke_key(version, "shop", old.key_id, ACT)
    assert [(key.label, key.valid) for key in version.keys] == [("first", False), ("second", True)]
    with pytest.raises(UnknownWriteKey, match=version.keys[1].key_id):
        revoke_key(version, "shop", old.key_id, ACT)


def test_valid_keys_are_bounded_and_so_are_remembered_ones() -> None:
    version = shop()
    for n in range(3 * MOST_KEYS):
        fresh = make_key(f"n{n}", now=NOW + timedelta(seconds=n))[1]
        version = revoke_key(add_key(version, "shop", fresh, ACT), "shop", fresh.key_id, ACT)
    assert sum(not key.valid for key in version.keys) <= MOST_KEYS + 1
    for _ in range(MOST_KEYS - 1):
        version = add_key(version, "shop", make_key("", now=NOW)[1], ACT)
    with pytest.raises(ValueError, match="revoke one"):
        add_key(version, "shop", make_key("", now=NOW)[1], ACT)


@pytest.mark.parametrize("newest", [None, remove(shop(), "shop", ACT)], ids=["never", "removed"])
def test_an_app_that_is_not_there_says_how_to_add_it(newest: AppVersion | None) -> None:
    for act in (
        lambda: change(newest, "shop", Wanted(sample_rate=1), ACT),
        lambda: remove(newest, "shop", ACT),
        lambda: add_key(newest, "shop", make_key("", now=NOW)[1], ACT),
        lambda: revoke_key(newest, "shop", "0" * 8, ACT),
    ):
        with pytest.raises(UnknownApp, match="inferfleet apps add --app shop"):
            act()


def test_the_settings_win_field_by_field_and_keys_of_both_are_good() -> None:
    stored = change(
        shop(origins=["https://kept.example"]), "shop", Wanted(sample_rate=0.5, retention_days=30), ACT
    )
    declared = AppSettings.model_validate({"keys": ["old-key"], "retention_days": 7})
    known = know({"shop": declared}, [stored])["shop"]
    assert known.origins == {"https://kept.example"}
    assert known.sample_rate == 0.5
    assert known.retention_days == 7
    assert known.keys == {
        hashlib.sha256(b"old-key").digest(): None,
        bytes.fromhex(stored.keys[0].hash): stored.keys[0].key_id,
    }
    assert view("shop", declared, stored, {}).settings_decide == ["retention_days"]


def test_a_removed_app_and_a_revoked_key_are_known_no_more() -> None:
    version = shop()
    assert know({}, [remove(version, "shop", ACT)]) == {}
    assert know({}, [revoke_key(version, "shop", version.keys[0].key_id, ACT)])["shop"].keys == {}


def test_retention_is_told_of_apps_that_keep_less() -> None:
    short = change(shop(), "shop", Wanted(retention_days=7), ACT)
    declared = {
        "blog": AppSettings.model_validate({"keys": ["blog-key"], "retention_days": 90}),
        "demo": AppSettings.model_validate({"keys": ["demo-key"]}),
    }
    assert retention_by_app(know(declared, [short]), default_days=90) == {"shop": 7}


def test_no_view_shows_a_hash() -> None:
    version = shop()
    assert version.keys[0].hash not in view("shop", None, version, {}).model_dump_json()


def test_an_objective_is_kept_in_full_and_shown_by_its_name() -> None:
    version = change(shop(), "shop", Wanted(objective="loop"), ACT)
    assert version.objective == "frame_rate=1,first_result=1,quantile=0.75,fps=30"
    assert view("shop", None, version, {}).objective == "loop"
    version = change(version, "shop", Wanted(objective="ready=2"), ACT)
    assert view("shop", None, version, {}).objective == "ready=2,quantile=0.75"
    version = change(version, "shop", Wanted(sample_rate=0.5), ACT)
    assert version.objective == "ready=2,quantile=0.75"
    version = change(version, "shop", Wanted(objective=None), ACT)
    assert view("shop", None, version, {}).objective is None


@pytest.mark.parametrize("objective", ["fast", "ready=-1", "ready=0", "", "ready=1," * 50 + "ready=1"])
def test_what_is_no_objective_is_refused(objective: str) -> None:
    with pytest.raises(ValidationError):
        Wanted(objective=objective)
    with pytest.raises(ValidationError):
        AppSettings.model_validate({"keys": ["abcd"], "objective": objective})


def test_the_settings_objective_wins_and_only_apps_that_have_one_are_told() -> None:
    stored = change(shop(), "shop", Wanted(objective="loop"), ACT)
    plain = add(None, "blog", Wanted(), None, ACT)
    declared = AppSettings.model_validate({"keys": ["old-key"], "objective": "one-shot"})
    assert objective_by_app(know({}, [stored, plain])) == {"shop": stored.objective}
    assert objective_by_app(know({"shop": declared}, [stored])) == {"shop": "first_result=1"}
    shown = view("shop", declared, stored, {})
    assert (shown.objective, shown.settings_decide) == ("one-shot", ["objective"])


def test_an_objective_of_a_newer_version_keeps_no_app_from_being_known_or_shown() -> None:
    newer = shop().model_copy(update={"objective": "battery=1"})
    assert know({}, [newer])["shop"].objective == "battery=1"
    assert view("shop", None, newer, {}).objective == "battery=1"


def test_an_owner_is_kept_and_the_settings_win() -> None:
    stored = change(shop(), "shop", Wanted(owner="web"), ACT)
    plain = shop().model_copy(update={"app": "plain"})
    assert view("shop", None, stored, {}).owner == "web"
    assert owner_by_app(know({}, [stored, plain])) == {"shop": "web"}
    declared = AppSettings.model_validate({"keys": ["old-key"], "owner": "ml"})
    assert owner_by_app(know({"shop": declared}, [stored])) == {"shop": "ml"}
    assert view("shop", declared, stored, {}).settings_decide == ["owner"]
    assert change(stored, "shop", Wanted(owner=None), ACT).owner is None


@pytest.mark.parametrize("owner", ["Web Team", "", "-web", "w" * 64, "web\n", 'web"}'])
def test_what_is_no_name_of_an_owner_is_refused(owner: str) -> None:
    with pytest.raises(ValidationError):
        Wanted(owner=owner)
    with pytest.raises(ValidationError):
        AppSettings.model_validate({"keys": ["abcd"], "owner": owner})
