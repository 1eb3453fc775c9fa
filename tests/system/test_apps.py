"""Apps and keys by the command line, while a collector owns the store and over its restarts."""

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.conftest import Served, batch, post, run, told

pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def inferfleet(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    return lambda *arguments, **environment: run(tmp_path, *arguments, **environment)


@pytest.fixture
def clickhouse(tmp_path: Path) -> Iterator[str]:
    """The DSN of a server for several collectors: the real engine behind a shim."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.clickhouse_shim", "--path", str(tmp_path / "server")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    yield f"{process.stdout.readline().strip()}/inferfleet"
    process.kill()
    process.wait(10)
    process.stdout.close()


def test_an_app_is_added_used_and_its_key_rotated_while_the_collector_runs_and_is_killed(
    serve: Callable[..., Served],
    inferfleet: Callable[..., "subprocess.CompletedProcess[str]"],
    rows_by_batch: Callable[[], dict[str, int]],
) -> None:
    served = serve(INFERFLEET_APPS="{}")
    url = served.wait_until_up()
    assert "inferfleet apps add" in served.said()
    made = told(
        inferfleet(
            "apps", "add", "--app", "shop", "--origin", "https://shop.example", "--label", "v1", "--json"
        )
    )
    first = made["key"]["key"]
    assert post(url, batch("one"), app="shop", key=first) == (202, None)

    served.stop(signal.SIGKILL)
    served = serve(INFERFLEET_APPS="{}")
    url = served.wait_until_up()
    assert "no_apps" not in served.said()
    assert post(url, batch("two"), app="shop", key=first) == (202, None)

    second = told(inferfleet("keys", "add", "--app", "shop", "--label", "v2", "--json"))["key"]
    assert post(url, batch("three"), app="shop", key=second) == (202, None)
    revoked = inferfleet(
        "keys", "revoke", "--app", "shop", "--key", made["key"]["key_id"], "--yes", "--author", "alice"
    )
    assert revoked.returncode == 0, revoked.stderr
    assert "valid keys left: 1" in revoked.stdout
    assert post(url, batch("four"), app="shop", key=first) == (401, "unknown_key"), "from the answer on"

    served.stop(signal.SIGKILL)
    served = serve(INFERFLEET_APPS="{}")
    url = served.wait_until_up()
    assert post(url, batch("five"), app="shop", key=first) == (401, "unknown_key")
    assert post(url, batch("six"), app="shop", key=second) == (202, None)
    served.wait_until_drained()
    assert served.stop() == 0
    assert rows_by_batch() == dict.fromkeys(map(batch, ("one", "two", "three", "six")), 2)

    trail = told(inferfleet("audit", "--app", "shop", "--json"))["entries"]  # nobody owns the store now
    assert [(entry["action"], entry["author"]) for entry in reversed(trail)] == [
        ("add", "admin"),
        ("add_key", "admin"),
        ("revoke_key", "alice"),
    ]
    shown = told(inferfleet("keys", "list", "--app", "shop", "--json"))
    assert [(key["label"], key["revoked_at"] is None) for key in shown] == [("v1", False), ("v2", True)]
    for key in (first, second):
        assert key not in served.said()
        assert key.encode() not in (served.folder / "data" / "apps.json").read_bytes()


def test_a_key_reaches_every_collector_of_a_server_and_so_does_its_revocation(
    serve: Callable[..., Served],
    inferfleet: Callable[..., "subprocess.CompletedProcess[str]"],
    clickhouse: str,
    tmp_path: Path,
) -> None:
    server = {"INFERFLEET_STORE__DSN": clickhouse}
    assert inferfleet("migrate", **server).returncode == 0
    collectors = [
        serve(INFERFLEET_DATA_DIR=str(tmp_path / name), INFERFLEET_ACCESS__REFRESH_SECONDS="0.5", **server)
        for name in ("one", "two")
    ]
    urls = [served.wait_until_up() for served in collectors]
    made = told(inferfleet("apps", "add", "--app", "shop", "--json", **server))["key"]
    numbers = itertools.count()

    def wait_for(status: int) -> None:
        deadline = time.monotonic() + 120
        for url in urls:
            while post(url, batch(f"n{next(numbers)}"), app="shop", key=made["key"])[0] != status:
                assert time.monotonic() < deadline
                time.sleep(0.1)

    wait_for(202)
    assert (
        inferfleet("keys", "revoke", "--app", "shop", "--key", made["key_id"], "--yes", **server).returncode
        == 0
    )
    wait_for(401)
    for served in collectors:
        assert served.stop() == 0


@pytest.mark.timeout(900)  # some twenty commands, each a process of its own
def test_commands_read_well_without_a_collector(
    inferfleet: Callable[..., "subprocess.CompletedProcess[str]"],
) -> None:
    missing = inferfleet("apps", "list")
    assert missing.returncode == 1
    assert "run `inferfleet migrate`" in missing.stderr
    assert inferfleet("migrate").returncode == 0
    added = inferfleet("apps", "add", "--app", "shop", INFERFLEET_AUTHOR="alice@example.com")
    assert added.returncode == 0, added.stderr
    assert added.stdout.splitlines()[-1].startswith("ifw_")
    assert (
        inferfleet("apps", "set", "--app", "shop", "--sample-rate", "0.5", "--note", "costs").returncode == 0
    )
    shown = inferfleet("apps", "show", "--app", "shop").stdout
    assert "sample rate     0.5" in shown
    assert "shop" in inferfleet("apps", "list").stdout
    trail = inferfleet("audit").stdout
    assert "alice@example.com" in trail
    assert "sample_rate: 0.5" in trail
    for arguments, advice in (
        (("apps", "add", "--app", "shop"), "inferfleet apps set --app shop"),
        (("apps", "add", "--app", "Shop"), "an app's name is"),
        (("apps", "add", "--app", "blog", "--origin", "blog.example"), "write https://host[:port]"),
        (("apps", "set", "--app", "blog", "--sample-rate", "1"), "inferfleet apps add --app blog"),
        (("apps", "set", "--app", "shop", "--sample-rate", "2"), "sample_rate: must be at most 1"),
        (("apps", "set", "--app", "shop", "--sample-rate", "1", "--default", "sample-rate"), "at once"),
        (("apps", "set", "--app", "shop"), "nothing to change"),
        (("keys", "revoke", "--app", "shop", "--key", "00000000", "--yes"), "its valid keys are"),
        (("audit", "--limit", "0"), "limit is from 1"),
    ):
        done = inferfleet(*arguments)
        assert done.returncode == 1, arguments
        assert advice in done.stderr, arguments
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
