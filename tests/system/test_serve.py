"""How ``inferfleet serve`` starts, says what is wrong, and stops."""

import json
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.conftest import Served, post, run

pytestmark = pytest.mark.system


def test_a_graceful_stop_stores_what_was_acknowledged(
    serve: Callable[..., Served], rows_by_batch: Callable[[], dict[str, int]]
) -> None:
    served = serve(INFERFLEET_SPOOL__LINGER_SECONDS="30")
    url = served.wait_until_up()
    batches = [f"stop{n:018d}" for n in range(50)]
    assert {post(url, batch) for batch in batches} == {(202, None)}
    assert served.stop() == 0
    assert rows_by_batch() == dict.fromkeys(batches, 2)
    assert not (served.folder / "data" / "collector.json").exists()


def test_files_that_hold_secrets_are_private(serve: Callable[..., Served]) -> None:
    served = serve()
    served.wait_until_up()
    for name in ("admin.token", "collector.json", "spool.sqlite"):
        assert (served.folder / "data" / name).stat().st_mode & 0o077 == 0, name


def test_a_second_signal_ends_it_at_once(serve: Callable[..., Served]) -> None:
    served = serve()
    url = served.wait_until_up()
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as slow:  # a request that holds the graceful stop up
        slow.sendall(
            b"POST /v1/report?key=demo-key HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
            b"Content-Length: 99\r\n\r\n{"
        )
        time.sleep(0.2)
        served.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert served.process.poll() is None
        started = time.monotonic()
        assert served.stop(signal.SIGINT) == 128 + signal.SIGINT
    assert time.monotonic() - started < 2


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(tmp_path, "serve", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_in_use_names_its_owner_and_the_owner_goes_on(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    served = serve()
    url = served.wait_until_up()
    done = run(tmp_path, "serve", "--port", "0")
    assert done.returncode == 1
    assert str(served.process.pid) in done.stderr
    assert url in done.stderr
    assert "INFERFLEET_DATA_DIR" in done.stderr
    assert post(url, "owner" + "0" * 17)[0] == 202


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path, "serve", "--port", "0", INFERFLEET_DATA_DIR=str(tmp_path / "file" / "data"))
    assert done.returncode == 1
    assert "cannot write to the data folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_apps_it_starts_and_says_how_to_declare_one(serve: Callable[..., Served]) -> None:
    served = serve(INFERFLEET_APPS="{}")
    url = served.wait_until_up()
    assert "no_apps" in served.said()
    assert "inferfleet.toml" in served.said()
    assert post(url, "noapp" + "0" * 17)[0] == 403


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("INFERFLEET_SPOLL__MAX_BYTES", "1", "INFERFLEET_SPOLL__MAX_BYTES: no such setting"),
        ("INFERFLEET_SPOOL__MAX_BITES", "1", "spool.max_bites: no such setting"),
        ("INFERFLEET_PORTS", "1", "INFERFLEET_PORTS: no such setting"),
        ("INFERFLEET_PORT", "9000", "is INFERFLEET_API__PORT meant?"),
        ("INFERFLEET_API__PORT", "many", "api.port"),
        ("INFERFLEET_APPS", '{"demo": {"keys": []}}', "apps.demo.keys"),
        ("INFERFLEET_APPS", "{", "JSON"),
        ("INFERFLEET_CONFIG_FILE", "/nowhere.toml", "/nowhere.toml"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(tmp_path: Path, variable: str, value: str, said: str) -> None:
    done = run(tmp_path, "serve", "--port", "0", **{variable: value})
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_signing_key_is_said_in_a_line_and_not_repeated(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", "0", INFERFLEET_CONFIG__SIGNING_KEY="not-a-key")
    assert done.returncode == 1
    assert "signing" in done.stderr
    assert "not-a-key" not in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_come_from_a_file_and_its_mistakes_are_named(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    file = tmp_path / "inferfleet.toml"
    file.write_text("[spool]\nmax_bites = 1\n")
    done = run(tmp_path, "serve", "--port", "0")
    assert "spool.max_bites: no such setting" in done.stderr
    file.write_text("[spool]\nmax_bytes = 7654321\n")
    served = serve()
    served.wait_until_up()
    assert served.metrics()["inferfleet_spool_max_bytes"] == 7654321


def test_the_command_line_asks_the_owner_of_the_store(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve()
    url = served.wait_until_up()
    assert post(url, "owned" + "0" * 17)[0] == 202
    done = run(tmp_path, "leaks", "--app", "demo", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["opened"] == 0
    kept = run(tmp_path, "publish", "--app", "demo", "--scheduled")
    assert kept.returncode == 0, kept.stderr
    missing = run(tmp_path, "explain", "--app", "demo", "--model", "none")
    assert missing.returncode == 1
    assert "inferfleet recommend" in missing.stderr


def test_help_and_version_need_no_settings(tmp_path: Path) -> None:
    assert "serve" in run(tmp_path, "--help").stdout
    assert run(tmp_path, "--version").stdout.strip()
