"""What is said when the tool ends without a word, and that nothing is left behind."""

import sys
from pathlib import Path

import pytest

from collector.variants import BuildRefused, Order, Step, Tool, build_variants


def tool_that(tmp_path: Path, code: str) -> Tool:
    """A tool of the same shape that does what ``code`` says; the real one is in tests/system/variants."""
    package = tmp_path / "source" / "inferfleet_converters"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(code)
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return Tool(tmp_path / "source", tmp_path / "environment")


def run(tmp_path: Path, code: str) -> list[Step]:
    steps: list[Step] = []
    order = Order(tmp_path / "model.onnx", tmp_path / "out", "voice")
    build_variants(tool_that(tmp_path, code), order, steps.append)
    return steps


def test_its_refusal_is_the_message(tmp_path: Path) -> None:
    events = [
        {"event": "progress", "done": 0, "of": 1, "doing": "x"},
        {"event": "refused", "message": "no"},
    ]
    code = f"import json\nfor event in {events}:\n    print(json.dumps(event))"
    with pytest.raises(BuildRefused, match=r"^no$"):
        run(tmp_path, code)


def test_a_fault_of_its_own_names_the_log(tmp_path: Path) -> None:
    with pytest.raises(
        BuildRefused, match=r"^the converters failed: ZeroDivisionError: .*; all that"
    ) as caught:
        run(tmp_path, "1 / 0")
    log = Path(str(caught.value).rpartition(" ")[2])
    assert "Traceback" in log.read_text()
    log.unlink()


def test_a_process_that_was_killed_most_likely_wanted_memory(tmp_path: Path) -> None:
    with pytest.raises(BuildRefused, match=r"were killed, most likely because model\.onnx needs more memory"):
        run(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")


def test_a_library_of_the_folder_that_one_is_in_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BuildRefused, match=r"^fine$"):
        run(tmp_path, 'import json; print(json.dumps({"event": "refused", "message": "fine"}))')
