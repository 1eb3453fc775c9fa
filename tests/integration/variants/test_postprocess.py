"""A detector whose raw outputs are far off in uint8, compared by the faces that an app finds."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from collector.variants.evaluate import EvaluateError
from tests.integration.variants.folders import ROOT, tfjs_folder
from tests.integration.variants.test_evaluate import PHOTO, run, verdict

pytestmark = pytest.mark.browser

BOXES = ROOT / "benchmarks/variants/blazeface_boxes.py"


def faces_folder(to: Path) -> Path:
    folder = tfjs_folder(to, "blazeface", ("uint8",))
    record = json.loads((folder / "variants.json").read_bytes())
    given = json.loads((ROOT / "node_modules/@vladmandic/human/models/blazeface.json").read_bytes())
    names = list(given["userDefinedMetadata"]["signature"]["outputs"])
    for variant in record["variants"]:
        variant["outputs"] = [{"name": name, "dtype": "float32", "shape": None} for name in names]
    (folder / "variants.json").write_text(json.dumps(record))
    return folder


def test_uint8_finds_the_same_face_though_its_raw_outputs_are_far_off(tmp_path: Path) -> None:
    folder = faces_folder(tmp_path / "v")
    photos = tmp_path / "photos"
    photos.mkdir()
    shutil.copy2(PHOTO, photos)
    chosen: dict[str, Any] = {"inputs": photos, "scale": "-1..1", "backends": ["cpu", "wasm"]}
    raw = run(folder, **chosen)
    assert (raw["task"], raw["postprocess"]) == ("regression", None)
    assert verdict(raw, "uint8") == (False, ["agreement"])

    read = run(folder, **chosen, postprocess=BOXES)
    assert (read["task"], len(read["postprocess"]["sha256"])) == ("detection", 64)
    assert verdict(read, "uint8") == (True, [])
    by_name = {variant["name"]: variant["error"] for variant in read["variants"]}
    assert by_name["source"]["iou"] == 1
    assert 0.9 < by_name["uint8"]["iou"] < 1
    # Backends are judged by all that they compute, with or without a script.
    assert read["backends"]["tolerance"] == raw["backends"]["tolerance"]

    nothing = tmp_path / "nothing.py"
    nothing.write_text("def postprocess(outputs): return {'boxes': [], 'scores': []}")
    with pytest.raises(EvaluateError, match="detection needs an output of boxes"):
        run(folder, **chosen, postprocess=nothing, task="detection")


def test_a_script_that_cannot_be_used_is_refused_before_a_browser_starts(tmp_path: Path) -> None:
    folder = tfjs_folder(tmp_path / "v", kinds=())
    with pytest.raises(EvaluateError, match=r"--postprocess .*gone\.py: give a script"):
        run(folder, postprocess=tmp_path / "gone.py")
    labels = tmp_path / "labels.csv"
    labels.write_text("label\n1\n")
    with pytest.raises(EvaluateError, match="leave --postprocess out"):
        run(folder, postprocess=BOXES, labels=labels, inputs=PHOTO.parent)
