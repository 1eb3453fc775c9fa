import pytest

from collector.api.reports.source import Sources


def name(sources: Sources, peer: str | None, *forwarded: str, **headers: str) -> bytes | None:
    lines = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    lines += [(key.encode(), value.encode()) for key, value in headers.items()]
    return sources.name({"client": (peer, 4242) if peer else None, "headers": lines})


def test_a_name_is_no_address_and_another_one_in_every_process() -> None:
    one, two = Sources(0), Sources(0)
    named = name(one, "203.0.113.9")
    assert named is not None
    assert named == name(one, "203.0.113.9")
    assert named not in (name(two, "203.0.113.9"), name(one, "203.0.113.8"))
    assert len(named) == 8
    assert b"203" not in named


def test_a_household_of_ipv6_is_one_source_and_ipv4_in_ipv6_is_ipv4() -> None:
    sources = Sources(0)
    assert name(sources, "2001:db8:1:2::1") == name(sources, "2001:db8:1:2:ffff::9")
    assert name(sources, "2001:db8:1:2::1") != name(sources, "2001:db8:1:3::1")
    assert name(sources, "::ffff:203.0.113.9") == name(sources, "203.0.113.9")


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "testclient", None])
def test_behind_an_undeclared_proxy_nobody_is_told_apart(peer: str | None) -> None:
    assert name(Sources(None), peer) is None


def test_a_public_peer_is_a_source_unless_it_forwards_for_another() -> None:
    sources = Sources(None)
    assert name(sources, "9.9.9.9") is not None
    assert name(sources, "9.9.9.9", "8.8.8.8") is None
    assert name(sources, "9.9.9.9", via="1.1 cdn") is None


def test_the_declared_proxies_are_counted_from_the_right() -> None:
    sources = Sources(2)
    client = name(sources, "10.0.0.1", "203.0.113.9, 198.51.100.7")
    assert client is not None
    assert client == name(sources, "10.0.0.2", "6.6.6.6, 203.0.113.9, 198.51.100.7")
    assert client == name(sources, "10.0.0.2", "6.6.6.6", "203.0.113.9:5555", "198.51.100.7")
    assert client != name(sources, "10.0.0.1", "203.0.113.8, 198.51.100.7")


def test_who_came_past_the_proxies_is_its_own_peer() -> None:
    sources = Sources(2)
    assert name(sources, "203.0.113.9", "1.2.3.4") == name(sources, "203.0.113.9")


def test_what_is_no_address_has_no_name() -> None:
    assert name(Sources(1), "10.0.0.1", "unknown") is None
