"""A folder of variants is read with suspicion, and by one reader for all who use it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.variant_folder import BadFile, read_built

FILE = {"path": "source/model.onnx", "bytes": 9, "sha256": "0" * 64}


def record() -> dict[str, Any]:
    return {
        "format": "inferfleet-variants-1",
        "model": "voice",
        "engine": "ort",
        "source": {"kind": "onnx", "sha256": "0" * 64, "bytes": 9},
        "tool": {"onnx": "1.22.0"},
        "variants": [
            {
                "name": "source",
                "kind": "source",
                "entry": "source/model.onnx",
                "files": [dict(FILE)],
                "bytes": 9,
                "brotli_bytes": 8,
                "id": "1" * 64,
                "inputs": [{"name": "x", "dtype": "float32", "shape": [1, None]}],
                "outputs": [{"name": "y", "dtype": None, "shape": None}],
                "ops": {"MatMul": 1},
                "weights": {"float32": {"count": 1, "bytes": 4}},
                "kept_float": [{"name": "w", "why": "a scalar"}],
                "made_from": None,
                "warnings": [],
            }
        ],
    }


def test_what_the_build_records_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "variants.json").write_text(json.dumps(record()))
    read = read_built(tmp_path)
    assert read.model_dump(mode="json") == record()
    assert read.variants[0].inputs[0].dimensions == (1, None)
    assert read.variants[0].outputs[0].dimensions == ()


def test_what_a_newer_tool_adds_is_left_alone(tmp_path: Path) -> None:
    newer = record() | {"licence": "MIT"}
    newer["variants"][0]["sparsity"] = 0.5
    (tmp_path / "variants.json").write_text(json.dumps(newer))
    assert read_built(tmp_path).model_dump(mode="json") == record()


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../source/model.onnx",
        "source/../../x",
        "source//x",
        "./x",
        "a\\b/c",
        "",
        "a\x00b",
        "x" * 513,
    ],
)
@pytest.mark.parametrize("field", ["file", "entry"])
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, path: str, field: str) -> None:
    bad = record()
    if field == "file":
        bad["variants"][0]["files"][0]["path"] = path
    else:
        bad["variants"][0]["entry"] = path
    (tmp_path / "variants.json").write_text(json.dumps(bad))
    with pytest.raises(BadFile, match=r"must (be a path below the folder|have at most 512)"):
        read_built(tmp_path)


def _variant(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda made: made["variants"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_variant(entry="source/other.onnx"), "does not list its own entry source/other.onnx"),
        (_variant(files=[dict(FILE), dict(FILE)], bytes=18), "names the file source/model.onnx twice"),
        (_variant(bytes=10), "has 10 bytes, and its files have 9"),
        (_variant(files=[]), "files: must have at least 1 entry"),
        (_variant(files=[FILE | {"path": f"f{i}"} for i in range(1025)]), "must have at most 1024"),
        (_variant(id="abc"), "id: must be 64 hexadecimal digits"),
        (_variant(name="a b"), "name: must be up to 64 letters"),
        (lambda made: made["variants"].append(made["variants"][0]), "two variants that are called source"),
        (lambda made: made.update(engine="torch"), "engine: must be 'tfjs' or 'ort'"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    bad = record()
    change(bad)
    (tmp_path / "variants.json").write_text(json.dumps(bad))
    with pytest.raises(BadFile, match=said):
        read_built(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "name a folder that `inferfleet variants build` made"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("{}", "format: is missing"),
        (json.dumps(record() | {"format": "inferfleet-variants-9"}), "upgrade inferfleet"),
        (json.dumps(record() | {"variants": []}), "variants: must have at least 1 entry"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "variants.json").write_text(text)
    with pytest.raises(BadFile, match=said):
        read_built(tmp_path)
