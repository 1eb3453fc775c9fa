import gzip
import tracemalloc
import zlib

import pytest

from collector.contract.reasons import Reason
from collector.ingest.inflate import inflate
from collector.ingest.refusal import Refused


def test_gzip_comes_back_as_it_was() -> None:
    assert inflate(gzip.compress(b"x" * 1000), limit=1000) == b"x" * 1000


def test_one_byte_over_the_limit_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        inflate(gzip.compress(b"x" * 1001), limit=1000)
    assert refused.value.reason is Reason.INFLATED_TOO_LARGE


def test_a_bomb_costs_no_more_memory_than_the_limit() -> None:
    bomb = gzip.compress(bytes(64 << 20))  # 64 MiB in 64 KB: 1,000 to 1
    tracemalloc.start()
    with pytest.raises(Refused) as refused:
        inflate(bomb, limit=512 << 10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.reason is Reason.INFLATED_TOO_LARGE
    assert peak < 4 << 20


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b"x" * 1000)[:-9],
        gzip.compress(b"x" * 1000) + b"more",
        zlib.compress(b"x"),
        b"{}",
        b"",
        b"\x1f\x8b",
    ],
    ids=["truncated", "trailing", "zlib", "plain", "empty", "header only"],
)
def test_what_is_not_one_whole_gzip_member_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        inflate(body, limit=10_000)
    assert refused.value.reason is Reason.MALFORMED_GZIP
