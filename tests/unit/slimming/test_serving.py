"""What is served is what was measured and accepted."""

import json
from pathlib import Path

import pytest

from examples.slimming.__main__ import alone, main
from examples.slimming.errors import SlimmingError
from examples.slimming.serving import smallest


def test_the_smallest_accepted_variants_are_tried(tmp_path: Path) -> None:
    sizes = {"source": 900, "uint8": 230, "pooled": 80, "torn": 5, "distilled": 20, "pooled-uint8": 21}
    variants = [{"name": name, "bytes": size, "accepted": name != "torn"} for name, size in sizes.items()]
    (tmp_path / "evaluation.json").write_text(json.dumps({"variants": variants}))
    assert smallest(tmp_path) == ["distilled", "pooled-uint8", "pooled"]


def test_without_a_measurement_it_says_what_to_run_first(tmp_path: Path) -> None:
    with pytest.raises(SlimmingError, match=r"python -m examples\.slimming make"):
        smallest(tmp_path)
    (tmp_path / "evaluation.json").write_text('{"variants": [')
    with pytest.raises(SlimmingError, match=r"python -m examples\.slimming make"):
        smallest(tmp_path)


def test_where_nothing_was_accepted_it_says_where_the_reasons_are(tmp_path: Path) -> None:
    refused = {"variants": [{"name": "uint8", "bytes": 5, "accepted": False}]}
    (tmp_path / "evaluation.json").write_text(json.dumps(refused))
    with pytest.raises(SlimmingError, match=r"accepts no variant .*evaluation\.json says why"):
        smallest(tmp_path)


def test_two_calls_at_once_and_a_bad_folder_end_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def called(folder: Path) -> str:
        monkeypatch.setattr("sys.argv", ["slimming", "--folder", str(folder), "serve", "--once"])
        assert main() == 1
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 1
        return said[0]

    with alone(tmp_path):
        assert f"another call works in {tmp_path}: end it first" in called(tmp_path)
    assert "python -m examples.slimming make" in called(tmp_path)
    (tmp_path / "file").touch()
    assert called(tmp_path / "file") == f"slimming: {tmp_path / 'file'}: File exists"
