"""The demo says what is missing, and leaves nothing running behind."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from examples.demo.children import Children
from examples.demo.errors import DemoError
from examples.demo.ports import HOST, take_port
from examples.demo.programs import find_programs
from examples.demo.webhook_sink import WebhookSink

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=f"Port {port} cannot be listened on.*--port"):
            take_port(port)


def test_missing_programs_are_all_named_with_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("INFERFLEET_CHROMIUM", raising=False)
    monkeypatch.setenv("INFERFLEET_ALERTMANAGER", "/nowhere/alertmanager")
    with pytest.raises(DemoError) as raised:
        find_programs()
    assert "apt-get install chromium" in str(raised.value)
    assert "there is no program /nowhere/alertmanager" in str(raised.value)
    assert "Node 20.20" in str(raised.value)


def test_leaving_the_context_ends_children_and_their_children(tmp_path: Path) -> None:
    script = (
        f"import subprocess, time; child = subprocess.Popen({SLEEPER!r}); print(child.pid, flush=True); "
        "time.sleep(600)"
    )
    with pytest.raises(RuntimeError, match="crash"), Children(tmp_path) as children:
        children.start("parent", [sys.executable, "-c", script], cwd=tmp_path)
        log = tmp_path / "parent.log"
        while "up" not in log.read_text():
            time.sleep(0.05)
        grandchild = int(log.read_text().split()[0])
        assert is_running(grandchild)
        raise RuntimeError("crash")
    end = time.monotonic() + 10
    while is_running(grandchild) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_running(grandchild)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_killed_demo_takes_its_children_along(tmp_path: Path) -> None:
    script = (
        "import pathlib, time\nfrom examples.demo.children import Children\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "with Children(folder) as children:\n"
        f"    children.start('sleeper', {SLEEPER!r}, cwd=folder)\n"
        "    while 'up' not in (folder / 'sleeper.log').read_text():\n        time.sleep(0.05)\n"
        "    print(children._running['sleeper'].pid, flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path.cwd()) as demo:
        assert demo.stdout is not None
        child = int(demo.stdout.readline())
        assert is_running(child)
        demo.kill()
    end = time.monotonic() + 10
    while is_running(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_running(child)


def test_a_program_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "import sys; sys.exit('no such thing as a free lunch')"]
    with Children(tmp_path) as children, pytest.raises(DemoError, match=r"lunch failed with 1\n.*free lunch"):
        children.ask("lunch", failing, cwd=tmp_path, seconds=30)


def test_a_program_that_hangs_is_ended_and_told(tmp_path: Path) -> None:
    with Children(tmp_path) as children, pytest.raises(DemoError, match="not done after 0 s"):
        children.ask("sleeper", SLEEPER, cwd=tmp_path, seconds=0.3)


def test_a_program_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        children.start("brief", [sys.executable, "-c", "raise SystemExit(3)"], cwd=tmp_path)
        with pytest.raises(DemoError, match="brief ended with 3"):
            for _ in range(200):
                children.require("brief")
                time.sleep(0.05)


def test_the_sink_keeps_webhooks_by_path() -> None:
    with WebhookSink() as sink:
        httpx.post(sink.url("/a"), json={"n": 1}).raise_for_status()
        httpx.post(sink.url("/b"), json={"n": 2}).raise_for_status()
        assert sink.received("/a") == [{"n": 1}]
        assert httpx.post(sink.url("/a"), content=b"x" * (2 << 20)).status_code == 413
        assert sink.received("/a") == [{"n": 1}]
