"""The shim answers as Grafana's plugin asks: the format in the URL, not in the statement."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from clickhouse_connect.driver.buffer import ResponseBuffer
from clickhouse_connect.driver.transform import NativeTransform

ROOT = Path(__file__).resolve().parents[3]
SQL = (
    "SELECT number AS n, toString(number) AS text, [number, 1] AS list, "
    "toDateTime64(number, 3, 'UTC') AS at FROM numbers(3)"
)


class Bytes:
    """A body as the client's buffer reads one."""

    def __init__(self, body: bytes) -> None:
        self.gen = iter([body])
        self.last_message = None

    def close(self) -> None:
        return


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    command = [
        sys.executable,
        "-m",
        "tests.clickhouse_shim",
        "--path",
        str(tmp_path_factory.mktemp("shim") / "engine"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().strip())
        try:
            with httpx.Client(
                base_url=f"http://{url.hostname}:{url.port}",
                auth=(url.username or "", url.password or ""),
                timeout=30,
            ) as client:
                yield client
        finally:
            process.kill()


def decode(answer: httpx.Response) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    result = NativeTransform.parse_response(ResponseBuffer(Bytes(answer.content)))
    return tuple(result.column_names), [tuple(row) for row in result.result_set]


def test_the_default_format_of_the_url_is_native_bytes(shim: httpx.Client):
    answer = shim.post("/", params={"default_format": "Native"}, content=SQL)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-ClickHouse-Format"] == "Native"
    names, rows = decode(answer)
    assert names == ("n", "text", "list", "at")
    assert [row[:3] for row in rows] == [(0, "0", [0, 1]), (1, "1", [1, 1]), (2, "2", [2, 1])]
    assert [row[3].timestamp() for row in rows] == [0, 1, 2]


def test_a_format_in_the_statement_goes_before_the_url_s(shim: httpx.Client):
    answer = shim.post("/", params={"default_format": "Native"}, content="SELECT 1 AS n FORMAT JSONEachRow")
    assert answer.headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert answer.json() == {"n": 1}


def test_without_either_it_is_tab_separated(shim: httpx.Client):
    answer = shim.post("/", content="SELECT 1, 'a'")
    assert answer.text == "1\ta\n"
