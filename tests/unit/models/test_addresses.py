"""Addresses that a page cannot load a model from are refused, with what to write."""

import pytest

from collector.models.addresses import check_address, doubts


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("file:///models/face.json", "write https://host/path"),
        ("javascript:alert(1)", "write https://host/path"),
        ("data:application/json,{}", "write https://host/path"),
        ("models/face.json", r"\./path for beside the page"),
        ("../models/face.json", r"\./path for beside the page"),
        ("", "write https://host/path"),
        ("https://cdn.example/a b.json", "%20"),
        ("https://cdn.example/a\n.json", "%20"),
        ("https://cdn.example/a\u200b.json", "control character"),
        ("https://cdn.example\\face.json", "backslash"),
        ("https://ada:secret@cdn.example/face.json", "user name or password"),
        ("https://ada@cdn.example/face.json", "user name or password"),
        ("https:///face.json", "no host"),
        ("https://:443/face.json", "no host"),
        ("https://cdn.example:99999/face.json", "host or port"),
        ("https://[::1/face.json", "host or port"),
        ("https://cdn.example/" + "a" * 500, "at most 500 characters"),
    ],
)
def test_what_no_page_can_load_is_refused(url: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice) as refused:
        check_address(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://cdn.example:8443/a/b.json?v=1", "/models/b.json", "./b.json", "//cdn.example/b.json"]
)
def test_what_a_page_can_load_is_taken_as_it_is(url: str) -> None:
    assert check_address(url) == url


@pytest.mark.parametrize(
    ("url", "origins", "doubt"),
    [
        ("http://cdn.example/m.json", ["https://shop.example"], "a page on https cannot load it"),
        ("http://cdn.example/m.json", ["*"], "a page on https cannot load it"),
        ("http://cdn.example/m.json", ["http://shop.example"], None),
        ("https://cdn.example/m.json", ["https://shop.example"], None),
        ("/m.json", ["https://shop.example"], None),
        ("http://localhost:8080/m.json", ["https://shop.example"], "on this machine"),
        ("https://dev.localhost/m.json", ["*"], "on this machine"),
        ("http://[::1]/m.json", ["*"], "on this machine"),
    ],
)
def test_what_some_pages_cannot_load_is_doubted(url: str, origins: list[str], doubt: str | None) -> None:
    found = doubts(url, origins)
    assert len(found) == (doubt is not None)
    assert doubt is None or doubt in found[0]
