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
        ACCESS.check(app, key, origin)
        return
    with pytest.raises(Refused) as refused:
        ACCESS.check(app, key, origin)
    assert refused.value.reason is reason
