import hashlib

import pytest

from collector.api.reports.access import Access
from collector.apps import AppSettings, KeyUses, KnownApp, know
from collector.contract.reasons import Reason
from collector.ingest.refusal import Refused


def declared(**apps: dict[str, object]) -> dict[str, KnownApp]:
    return know({name: AppSettings.model_validate(app) for name, app in apps.items()}, [])


def stored(*keys: bytes) -> KnownApp:
    hashes = {hashlib.sha256(key).digest(): f"id-{key.decode()}" for key in keys}
    return KnownApp(frozenset(["*"]), hashes, sample_rate=None, retention_days=None)


ACCESS = Access(
    declared(
        open={"keys": ["one-key", "two-key"]},
        shop={"keys": ["shop-key"], "origins": ["https://shop.example"]},
    )
    | {"kept": stored(b"kept-key")}
)


@pytest.mark.parametrize(
    ("app", "key", "origin", "reason"),
    [
        ("open", b"one-key", b"https://any.example", None),
        ("open", b"two-key", None, None),
        ("shop", b"shop-key", b"https://shop.example", None),
        ("kept", b"kept-key", b"https://any.example", None),
        ("open", b"", None, Reason.UNKNOWN_KEY),
        ("open", b"shop-key", None, Reason.UNKNOWN_KEY),
        ("open", b"kept-key", None, Reason.UNKNOWN_KEY),
        ("kept", hashlib.sha256(b"kept-key").hexdigest().encode(), None, Reason.UNKNOWN_KEY),
        ("kept", hashlib.sha256(b"kept-key").digest(), None, Reason.UNKNOWN_KEY),
        ("shop", b"shop-key", b"https://shop.example.evil", Reason.ORIGIN_NOT_ALLOWED),
        ("shop", b"shop-key", b"http://shop.example", Reason.ORIGIN_NOT_ALLOWED),
        ("shop", b"wrong", b"https://evil.example", Reason.UNKNOWN_KEY),
    ],
)
def test_key_and_origin_decide(app: str, key: bytes, origin: bytes | None, reason: Reason | None) -> None:
    if reason is None:
        ACCESS.check(ACCESS.identify(key, origin), app, origin)
        return
    with pytest.raises(Refused) as refused:
        ACCESS.check(ACCESS.identify(key, origin), app, origin)
    assert refused.value.reason is reason


def test_a_wrong_app_is_answered_alike_whether_there_is_one_or_not() -> None:
    said = []
    for app in ("shop", "none"):
        with pytest.raises(Refused) as refused:
            ACCESS.check(ACCESS.identify(b"one-key", None), app, None)
        said.append(refused.value.problem)
    assert said[0] == said[1]
    assert said[0].code == "unknown_key"


@pytest.mark.parametrize(
    ("key", "origin", "reason"),
    [
        (b"", None, Reason.UNKNOWN_KEY),
        (b"one-ke", None, Reason.UNKNOWN_KEY),
        (b"one-key ", None, Reason.UNKNOWN_KEY),
        (b"shop-key", b"https://evil.example", Reason.ORIGIN_NOT_ALLOWED),
    ],
)
def test_who_may_report_for_no_app_is_known_without_the_report(
    key: bytes, origin: bytes | None, reason: Reason
) -> None:
    with pytest.raises(Refused) as refused:
        ACCESS.identify(key, origin)
    assert refused.value.reason is reason


def test_a_key_of_two_apps_writes_for_either_from_its_own_origins() -> None:
    access = Access(
        declared(
            shop={"keys": ["same-key"], "origins": ["https://shop.example"]},
            blog={"keys": ["same-key"], "origins": ["https://blog.example"]},
        )
    )
    grant = access.identify(b"same-key", b"https://blog.example")
    access.check(grant, "blog", b"https://blog.example")
    with pytest.raises(Refused):
        access.check(grant, "shop", b"https://blog.example")


def test_without_any_app_the_advice_is_to_add_one() -> None:
    with pytest.raises(Refused) as refused:
        Access({}).identify(b"demo-key", None)
    assert refused.value.reason is Reason.UNKNOWN_APP


def test_a_key_that_may_not_be_read_yet_is_asked_to_wait_and_not_turned_away() -> None:
    access = Access(declared(open={"keys": ["one-key"]}), complete=False)
    access.check(access.identify(b"one-key", None), "open", None)
    with pytest.raises(Refused) as refused:
        access.identify(b"kept-key", None)
    assert refused.value.reason is Reason.STORE_UNAVAILABLE
    assert refused.value.retry_after


def test_a_key_revoked_while_its_report_is_read_is_refused() -> None:
    access = Access({"kept": stored(b"old-key", b"new-key")})
    old, new = access.identify(b"old-key", None), access.identify(b"new-key", None)
    access.replace({"kept": stored(b"new-key")}, complete=True)
    access.check(new, "kept", None)
    with pytest.raises(Refused) as refused:
        access.check(old, "kept", None)
    assert refused.value.reason is Reason.UNKNOWN_KEY


def test_only_keys_of_the_store_have_their_days_of_use_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple[str, str, int]] = []
    uses = KeyUses()
    monkeypatch.setattr(uses, "note", lambda *use: noted.append(use))
    access = Access(declared(open={"keys": ["one-key"]}) | {"kept": stored(b"kept-key")}, uses=uses)
    access.note_use(access.identify(b"one-key", None), "open", 5)
    access.note_use(access.identify(b"kept-key", None), "kept", 6)
    assert noted == [("kept", "id-kept-key", 6)]
