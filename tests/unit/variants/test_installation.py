"""Setting the converters up: whole or not at all, once, and each failure in a line that says what to do."""

import shutil
import threading
from pathlib import Path

import pytest

from collector.variants import SetupFailed, Tool, set_up
from collector.variants.installation import Progress, count_packages, explain_pip, find_python

SIX = (
    "six==1.17.0 \\\n"
    "    --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274 \\\n"
    "    --hash=sha256:ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81\n"
)


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """A tool that needs one small package, really installed by pip."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "requirements.txt").write_text(SIX)
    return Tool(source, tmp_path / "cache" / "converters-0")


def quiet(progress: Progress) -> None:
    assert 0 <= progress.done <= progress.of


def test_two_at_once_install_once(tool: Tool) -> None:
    seen: list[Progress] = []
    installed: list[bool] = []
    threads = [threading.Thread(target=lambda: installed.append(set_up(tool, seen.append))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(installed) == [False, True]
    assert tool.installed
    assert Progress(0, 1, "fetching six") in seen
    assert Progress(0, 1, "waiting for another setup") in seen
    assert list(tool.environment.glob("lib/python*/site-packages/six.py"))
    assert set_up(tool, quiet) is False


def test_what_was_left_half_done_is_not_taken_for_whole(tool: Tool) -> None:
    tool.python.parent.mkdir(parents=True)
    tool.python.touch()
    (tool.environment / "half").touch()
    assert not tool.installed
    assert set_up(tool, quiet) is True
    assert not (tool.environment / "half").exists()
    assert list(tool.environment.glob("lib/python*/site-packages/six.py"))


def test_a_package_that_is_not_what_the_lock_says_is_not_installed(tool: Tool) -> None:
    tool.requirements.write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(SetupFailed, match="is not what the lock file says"):
        set_up(tool, quiet)
    assert not tool.environment.exists()


def test_a_disk_without_room_is_seen_before_anything_is_fetched(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 0, 10**9))  # type: ignore[attr-defined]
    with pytest.raises(
        SetupFailed, match=r"need 4\.5 GB, and .* has 1\.0 GB free: make room, or name another"
    ):
        set_up(tool, quiet)
    assert not tool.environment.exists()


def test_a_cache_that_is_a_file_is_said(tool: Tool) -> None:
    tool.environment.parent.write_text("")
    with pytest.raises(SetupFailed, match="name another folder with INFERFLEET_CACHE_DIR"):
        set_up(tool, quiet)


def test_another_python_is_taken_or_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 14, 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        SetupFailed, match=r"needs Python 3\.11 or 3\.12, and this is 3\.14: install python3\.12"
    ):
        find_python()
    (tmp_path / "python3.12").touch(mode=0o755)
    assert find_python() == str(tmp_path / "python3.12")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "the disk is full",
        ),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError'\n"
            "ERROR: No matching distribution found for absl-py==2.5.1",
            "pip cannot reach a package index",
        ),
        (
            "ERROR: No matching distribution found for tensorflow==2.19.0",
            "there is no tensorflow==2.19.0 for this",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement absl-py==2.5.1 (from versions: "
            "none)\n"
            "ERROR: No matching distribution found for absl-py==2.5.1",
            "the package index has no absl-py==2.5.1 for this machine, or cannot be reached: check",
        ),
        ("something\nERROR: what is this\nNotice", "pip fails: ERROR: what is this"),
        ("", "pip fails: it says nothing"),
    ],
)
def test_what_pip_says_becomes_one_line(said: str, line: str) -> None:
    assert explain_pip(said).startswith(line)
    assert len(explain_pip(said).splitlines()) == 1


def test_packages_are_counted() -> None:
    assert count_packages(Path("converters/requirements.txt")) > 70
