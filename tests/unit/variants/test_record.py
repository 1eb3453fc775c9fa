"""A folder of variants is read with suspicion."""

import json
from pathlib import Path
from typing import Any

import pytest

from collector.variants import BadRecord, read_variants
from collector.variants.evaluate.manifest import read_manifest


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
                "files": [{"path": "source/model.onnx", "bytes": 9, "sha256": "0" * 64}],
                "bytes": 9,
                "brotli_bytes": 8,
                "id": "1" * 64,
                "inputs": [{"name": "x", "dtype": "float32", "shape": [1, None]}],
                "outputs": [{"name": "y", "dtype": None, "shape": None}],
                "ops": {"MatMul": 1},
                "weights": {"float32": {"count": 1, "bytes": 4}},
                "kept_float": [{"name": "w", "why": "a scalar"}],
                "warnings": [],
            }
        ],
    }


def test_a_record_is_read(tmp_path: Path) -> None:
    (tmp_path / "variants.json").write_text(json.dumps(record()))
    read = read_variants(tmp_path)
    assert read.model_dump(mode="json") == record()


def test_evaluate_reads_what_the_build_records_of_an_output_that_a_model_leaves_open(tmp_path: Path) -> None:
    (tmp_path / "variants.json").write_text(json.dumps(record()))
    assert record()["variants"][0]["outputs"][0]["dtype"] is None
    assert read_manifest(tmp_path).source.inputs[0].dimensions == (1, None)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../source/model.onnx", "source/../../x", "model.onnx", "a\\b/c"]
)
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    bad = record()
    bad["variants"][0]["files"][0]["path"] = path
    (tmp_path / "variants.json").write_text(json.dumps(bad))
    with pytest.raises(BadRecord, match="must be a path below the folder"):
        read_variants(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "name a folder that `inferfleet variants build` made"),
        ("{", "is not JSON"),
        ("{}", "format: is missing; build the variants again"),
        (
            json.dumps(record() | {"format": "inferfleet-variants-9"}),
            "format: must be 'inferfleet-variants-1'",
        ),
        (json.dumps(record() | {"variants": []}), "variants: must have at least 1 entry"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "variants.json").write_text(text)
    with pytest.raises(BadRecord, match=said):
        read_variants(tmp_path)
