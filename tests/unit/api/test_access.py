import pytest

from collector.api.access import Access
from collector.contract.reasons import Reason
from collector.ingest.refusal import Refused
from collector.settings import AppSettings

ACCESS = Access(
    {
        "open": AppSettings.model_validate({"keys": ["one-key", "two-key"]}),
        "shop": AppSettings.model_validate({"keys": ["shop-key"], "origins": ["https://shop.example"]}),
    }
)


@pytest.mark.parametrize(
    ("app", "key", "origin", "reason"),
    [
        ("open", b"one-key", b"https://any.example", None),
        ("open", b"two-key", None, None),
        ("shop", b"shop-key", b"https://shop.example", None),
        ("none", b"one-key", None, Reason.UNKNOWN_APP),
        ("open", b"", None, Reason.UNKNOWN_KEY),
        ("open", b"shop-key", None, Reason.UNKNOWN_KEY),
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
        {
            "shop": AppSettings.model_validate({"keys": ["same-key"], "origins": ["https://shop.example"]}),
            "blog": AppSettings.model_validate({"keys": ["same-key"], "origins": ["https://blog.example"]}),
        }
    )
    grant = access.identify(b"same-key", b"https://blog.example")
    access.check(grant, "blog", b"https://blog.example")
    with pytest.raises(Refused):
        access.check(grant, "shop", b"https://blog.example")


def test_without_any_app_the_advice_is_to_declare_one() -> None:
    with pytest.raises(Refused) as refused:
        Access({}).identify(b"demo-key", None)
    assert refused.value.reason is Reason.UNKNOWN_APP
