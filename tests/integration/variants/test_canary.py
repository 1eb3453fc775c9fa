"""Canaries of real models on real engines in a real Chromium: what is recorded, caught and refused."""

import asyncio
import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collector.cli.canary_text import snippet
from collector.variants.canary import FILE, INPUT, Options, Recording, record
from collector.variants.evaluate import EvaluateError, Pace, evaluate
from collector.variants.evaluate import Options as EvaluateOptions
from tests.integration.variants.engines import WRONG_WASM, node_modules
from tests.integration.variants.folders import ROOT, onnx_folder, tfjs_folder

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # five browsers, one after the other

INSTALLED = ROOT / "node_modules"
PHOTO = ROOT / "examples/face_detection/public/photo/astronaut.jpg"
SPEECH = """
import numpy as np
def inputs():
    t = np.arange(512, dtype=np.float32)
    yield {"input": np.sin(t / 7)[None] * 0.3, "state": np.zeros((2, 1, 128), np.float32),
           "sr": np.array(16000, np.int64)}
"""


def run(folder: Path, **options: Any) -> Recording:
    return asyncio.run(record(folder, Options(**({"node_modules": INSTALLED} | options)), lambda _: None))


def measure(folder: Path, **options: Any) -> dict[str, Any]:
    chosen = {"node_modules": INSTALLED, "pace": Pace(2, 0.0, 60)} | options
    return asyncio.run(evaluate(folder, EvaluateOptions(**chosen), lambda _: None))


@pytest.fixture(scope="module")
def liveness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tfjs_folder(tmp_path_factory.mktemp("canary") / "v", kinds=("float16", "uint8"))
    measure(folder)
    return folder


def test_a_canary_is_the_same_each_time_and_each_variant_has_the_right_answer(liveness: Path) -> None:
    first = run(liveness)
    assert [part.variants for part in first.canary.references] == [["original", "float16"], ["uint8"]]
    assert first.contents.keys() == {"original", "float16", "uint8"}
    assert first.evidence.agreeing == ["cpu", "wasm", "webgl", "webgpu"]
    assert first.evidence.half_floats
    assert 1e-3 <= first.evidence.tolerances[0] < 0.02
    assert (first.evidence.caught, first.warnings) == ({}, [])
    text = (liveness / FILE).read_text()
    assert Recording.model_validate_json(text) == first
    assert not (liveness / INPUT).exists()
    assert run(liveness) == first
    assert (liveness / FILE).read_text() == text
    for other in ({"scale": "-1..1"}, {"values": 1}):
        assert run(liveness, **other).canary.id != first.canary.id


def test_a_picture_of_the_users_is_kept_for_the_page(liveness: Path) -> None:
    made = run(liveness, given=PHOTO)
    data = (liveness / INPUT).read_bytes()
    pixels = np.frombuffer(data, "<f4")
    assert len(pixels) == 32 * 32 * 3
    assert (made.input.kind, made.input.scale, len(made.input.sha256 or "")) == ("given", None, 64)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    assert snippet(made)[1].endswith(
        f"{{ id: '{made.canary.id}', input: '/canary_input.bin', integrity: 'sha256-{digest}' }}) }}"
    )
    many = liveness / "many.npz"
    np.savez(many, conv2d_1_input=np.zeros((2, 32, 32, 3), np.float32))
    with pytest.raises(EvaluateError, match="has 2 samples, and a canary has one reference input"):
        run(liveness, given=many)


def test_a_wrong_backend_is_named_by_the_evaluation_and_caught_by_the_canary(
    liveness: Path, tmp_path: Path
) -> None:
    engine = node_modules(tmp_path / "node_modules", tfjs_backend_wasm=WRONG_WASM)
    assert measure(liveness, node_modules=engine)["backends"]["wrong"] == ["wasm"]
    made = run(liveness, node_modules=engine)
    assert made.evidence.agreeing == ["cpu", "webgl", "webgpu"]
    away = made.evidence.caught["wasm"]
    assert away is not None
    assert away > 5
    # The evaluation speaks of a backend that this engine has right: the canary would not catch what is right.
    with pytest.raises(EvaluateError, match=r"wasm computes source wrong, and the canary would not catch it"):
        run(liveness)
    two = run(liveness, node_modules=engine, backends=["cpu", "wasm"])
    assert (two.evidence.agreeing, list(two.evidence.caught)) == (["cpu"], ["wasm"])
    assert "no majority of backends agrees: cpu is taken to be right" in two.warnings
    measure(liveness)


def test_what_was_not_evaluated_has_no_canary(tmp_path: Path) -> None:
    folder = tfjs_folder(tmp_path / "v", kinds=())
    with pytest.raises(EvaluateError, match=r"has no evaluation\.json.*run `inferfleet variants evaluate`"):
        run(folder)
    variant = json.loads((folder / "variants.json").read_text())["variants"][0]
    refused = variant | {"accepted": False, "cells": []}
    found = {"format": "inferfleet-evaluation-1", "model": "liveness", "variants": [refused]}
    evaluation = folder / "evaluation.json"
    evaluation.write_text(json.dumps(found))
    with pytest.raises(EvaluateError, match="does not accept the source"):
        run(folder)
    found["variants"] = [variant | {"accepted": True, "id": "f" * 64}]
    evaluation.write_text(json.dumps(found))
    with pytest.raises(EvaluateError, match="measured other files of source"):
        run(folder)
    evaluation.write_text("{}")
    with pytest.raises(EvaluateError, match=r"is missing.*variants evaluate"):
        run(folder)
    found["variants"] = [variant | {"accepted": True}]
    evaluation.write_text(json.dumps(found))
    shard = folder / "source/group1-shard1of2.bin"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(EvaluateError, match="build the variants again"):
        run(folder)
    with pytest.raises(EvaluateError, match="there is no reference input at"):
        run(folder, given=tmp_path / "absent.npz")


def test_an_onnx_model_with_open_sizes_wants_an_input(tmp_path: Path) -> None:
    folder = onnx_folder(tmp_path / "v")
    script = tmp_path / "speech.py"
    script.write_text(SPEECH)
    measure(folder, inputs=script, backends=["wasm", "webgl"])
    with pytest.raises(EvaluateError, match=r"'input' has a free dimension beside its first.*--input"):
        run(folder)
    made = run(folder, given=script, values=64, backends=["wasm"])
    assert made.engine == "ort"
    assert made.contents.keys() == {"original"}
    assert 2 <= len(made.canary.references[0].values) <= 64
    assert not made.evidence.half_floats
    assert "only wasm answers here" in made.warnings[0]
    assert "half floats could not be measured" in made.warnings[-1]
    assert made.input.shapes == {"input": [1, 512], "sr": [1], "state": [2, 1, 128]}
    assert "ortCanary(ort, {" in snippet(made)[1]
