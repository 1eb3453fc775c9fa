"""Variants of real models on real engines in a real Chromium, and all that can go wrong there."""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collector.cli.variants_evaluate_text import tell_evaluation
from collector.models.folder import read_folder
from collector.variant_folder.measured import read_evaluation
from collector.variants.evaluate import EvaluateError, Limits, Options, Pace, Progress, evaluate
from collector.variants.evaluate.cells import PAGES
from collector.variants.evaluate.chromium import driver
from collector.variants.evaluate.engine import find_engine
from collector.variants.evaluate.lab import CellFailed, Lab
from collector.variants.evaluate.server import Server
from tests.integration.variants.engines import (
    HANGING_WEBGPU,
    LEAKING_CPU,
    LOSING_WEBGL,
    WRONG_WASM,
    node_modules,
)
from tests.integration.variants.folders import ROOT, manifest, onnx_folder, tfjs_folder, variant

pytestmark = pytest.mark.browser

QUICK = Pace(runs=3, cell_s=0.5, limit_s=60)
INSTALLED = ROOT / "node_modules"
PHOTO = ROOT / "examples/face_detection/public/photo/astronaut.jpg"


def run(folder: Path, watch: Callable[[Progress], None] = lambda _: None, **options: Any) -> dict[str, Any]:
    chosen = {"node_modules": INSTALLED, "pace": QUICK} | options
    return asyncio.run(evaluate(folder, Options(**chosen), watch))


def cell(report: dict[str, Any], variant: str, backend: str) -> dict[str, Any]:
    of = next(made for made in report["variants"] if made["name"] == variant)
    return next(made for made in of["cells"] if made["backend"] == backend)


def verdict(report: dict[str, Any], variant: str) -> tuple[bool, list[str]]:
    made = next(made for made in report["variants"] if made["name"] == variant)
    return made["accepted"], made["refused_by"]


def blow_up(weights: dict[str, np.ndarray]) -> None:
    """What a conversion to float16 does to a large constant, here in the last layer: it has two classes."""
    next(array for array in weights.values() if array.ndim == 2 and array.shape[1] == 2).flat[0] = np.nan


def scramble(weights: dict[str, np.ndarray]) -> None:
    """A variant that loads, runs, is finite, and has forgotten what it learnt."""
    for array in weights.values():
        if array.dtype == np.float32 and array.ndim > 1:
            array[...] = np.random.default_rng(1).permutation(array.ravel()).reshape(array.shape)


def test_four_backends_agree_on_each_variant_and_each_variant_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tfjs_folder(
        tmp_path / "v",
        kinds=("float16", "uint8", "broken", "scrambled", "torn"),
        edit={"broken": blow_up, "scrambled": scramble},
    )
    shard = folder / "torn/group1-shard2of2.bin"
    shard.write_bytes(shard.read_bytes()[:-100])
    seen: list[Progress] = []
    report = run(folder, seen.append)

    assert report["backends"]["decided_by"] == "majority"
    assert report["backends"]["agreeing"] == ["cpu", "wasm", "webgl", "webgpu"]
    assert report["backends"]["tolerance"] < 1e-3
    assert report["task"] == "classification"
    for name in ("source", "float16", "uint8"):
        assert verdict(report, name) == (True, [])
        for made in (cell(report, name, backend) for backend in ("cpu", "wasm", "webgl", "webgpu")):
            assert made["accepted"]
            assert made["requests"] == 3
            assert 0 < made["load_ms"] < 60_000
            assert 0 < made["ready_ms"]["p50"] <= made["ready_ms"]["p75"] <= made["ready_ms"]["p95"]
            assert made["first_ms"] > 0
            assert made["tensors"] > 0 == made["tensors_left"]
            assert made["heap_peak_bytes"] > 1e6
            assert made["backend_error"] <= report["backends"]["tolerance"]
    assert cell(report, "source", "webgl")["first_from"] is None
    assert cell(report, "uint8", "webgl")["first_from"] == "source"
    assert verdict(report, "broken") == (False, ["not_finite"])
    assert verdict(report, "torn") == (False, ["damaged_files"])
    assert "group1-shard2of2.bin has" in cell(report, "torn", "cpu")["message"]
    assert verdict(report, "scrambled") == (False, ["agreement"])
    errors = {made["name"]: made["error"] for made in report["variants"]}
    assert errors["source"]["max_abs"] == 0
    assert 0 < errors["float16"]["relative"] < errors["uint8"]["relative"] < errors["scrambled"]["relative"]

    text = (folder / "evaluation.json").read_text()
    assert json.loads(text) == report
    assert text == json.dumps(report, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    assert not re.search(r"Mozilla|Headless|SwiftShader|127\.0\.0\.1|/tmp", text)
    assert [made.cells for made in seen] == sorted(made.cells for made in seen)
    assert seen[-1].cells == seen[-1].of >= 24  # more, where a slow machine left samples for a second pass

    registered = {each.name: each for each in read_evaluation(folder / "evaluation.json").variants}
    assert [cell.backend for cell in registered["uint8"].cells] == ["cpu", "wasm", "webgl", "webgpu"]
    assert registered["uint8"].error is not None
    assert registered["uint8"].error.top1 == errors["uint8"]["top1"]
    assert (registered["scrambled"].accepted, registered["scrambled"].refused_by) == (False, ["agreement"])

    tell_evaluation(report)
    told = capsys.readouterr().out
    assert re.search(r"^scrambled +wasm .* agreement$", told, re.MULTILINE)
    assert re.search(r"^uint8: accepted; relative error \d", told, re.MULTILINE)
    assert "torn: refused by damaged_files" in told
    assert "agree on the source (by majority): cpu, wasm, webgl, webgpu" in told


def test_a_backend_that_is_finite_and_wrong_is_named_and_others_go_on_after_a_hang(tmp_path: Path) -> None:
    folder = tfjs_folder(tmp_path / "v", kinds=())
    engine = node_modules(tmp_path / "n", tfjs_backend_wasm=WRONG_WASM, tfjs_backend_webgpu=HANGING_WEBGPU)
    order = ["webgpu", "wasm", "webgl", "cpu"]
    report = run(folder, node_modules=engine, backends=order, pace=QUICK._replace(limit_s=25))
    assert cell(report, "source", "webgpu")["refused_by"] == ["hang"]
    assert report["backends"]["decided_by"] == "majority"
    assert report["backends"]["wrong"] == ["wasm"]
    wrong = cell(report, "source", "wasm")
    assert wrong["refused_by"] == ["wrong_backend"]
    assert wrong["message"] == ""  # no error, and finite
    assert wrong["backend_error"] > 10 * report["backends"]["tolerance"]
    assert cell(report, "source", "webgl")["accepted"]
    assert cell(report, "source", "cpu")["accepted"]
    assert verdict(report, "source") == (True, [])  # somewhere it runs, and right


def test_of_two_that_disagree_the_referee_decides_and_lost_contexts_and_leaks_are_told(
    tmp_path: Path,
) -> None:
    folder = tfjs_folder(tmp_path / "v", kinds=())
    engine = node_modules(tmp_path / "n", tfjs_backend_wasm=WRONG_WASM, tfjs=LOSING_WEBGL + LEAKING_CPU)
    report = run(folder, node_modules=engine, backends=["cpu", "wasm", "webgl"])
    assert report["backends"]["decided_by"] == "referee"
    assert report["backends"]["wrong"] == ["wasm"]
    assert any("cpu is taken to be right" in warning for warning in report["warnings"])
    assert cell(report, "source", "webgl")["refused_by"] == ["context_lost"]
    assert cell(report, "source", "cpu")["refused_by"] == ["leak"]
    assert verdict(report, "source") == (False, ["context_lost", "leak", "wrong_backend"])


def test_a_variant_that_an_engine_cannot_run_is_its_own_result(tmp_path: Path) -> None:
    folder = tfjs_folder(tmp_path / "v", kinds=("uint16",))
    path = folder / "uint16/model.json"
    path.write_text(path.read_text().replace('"MaxPool"', '"NoSuchOp"'))
    described = json.loads((folder / "variants.json").read_bytes())
    old = described["variants"][1]
    files = [file["path"] for file in old["files"][1:]]
    made = variant(folder, "uint16", old["entry"], files, old["inputs"])
    manifest(folder, "liveness", "tfjs", [described["variants"][0], made])
    report = run(folder, backends=["wasm", "cpu"])
    assert verdict(report, "source") == (True, [])
    assert verdict(report, "uint16") == (False, ["failed_to_run"])
    assert "NoSuchOp" in cell(report, "uint16", "wasm")["message"]


def test_the_only_input_may_have_another_name(tmp_path: Path) -> None:
    """As that of another network: Keras numbers the inputs that nobody named."""
    folder = tfjs_folder(tmp_path / "v", kinds=("float16",))
    written = json.loads((folder / "variants.json").read_bytes())
    other = written["variants"][1]
    name = other["inputs"][0]["name"]
    entry = folder / other["entry"]
    given = entry.read_text()
    entry.write_text(given.replace(f'"{name}"', '"input_7"').replace(f'"{name}:0"', '"input_7:0"'))
    assert entry.read_text() != given
    other["inputs"][0]["name"] = "input_7"
    file = next(file for file in other["files"] if file["path"] == other["entry"])
    file["bytes"], file["sha256"] = len(entry.read_bytes()), hashlib.sha256(entry.read_bytes()).hexdigest()
    other["bytes"] = sum(file["bytes"] for file in other["files"])
    (folder / "variants.json").write_text(json.dumps(written))
    report = run(folder, backends=["wasm"])
    assert verdict(report, "float16") == (True, [])
    assert cell(report, "float16", "wasm")["max_abs"] < 0.01


def test_labels_and_pictures(tmp_path: Path) -> None:
    folder = tfjs_folder(tmp_path / "v", kinds=("uint8", "scrambled"), edit={"scrambled": scramble})
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "face.jpg").write_bytes(PHOTO.read_bytes())
    report = run(folder, inputs=pictures, backends=["wasm", "cpu"])
    assert (report["inputs"]["kind"], report["inputs"]["samples"]) == ("images", 1)
    assert verdict(report, "uint8") == (True, [])
    (pictures / "broken.png").write_bytes(b"no picture")
    with pytest.raises(EvaluateError, match=r"cannot decode .*broken\.png"):
        run(folder, inputs=pictures, backends=["wasm"])

    random = np.random.default_rng(0)
    count = 60
    arrays = random.uniform(-1, 1, (count, 32, 32, 3)) * random.uniform(0.1, 3, (count, 1, 1, 1))
    np.savez(tmp_path / "x.npz", conv2d_1_input=arrays.astype(np.float32))
    labels = tmp_path / "labels.csv"
    labels.write_text("label\n" + "0\n" * count)
    with pytest.raises(EvaluateError, match="labels are classes"):
        run(folder, inputs=tmp_path / "x.npz", labels=labels, task="detection")
    labels.write_text("label\n" + "2\n" * count)
    with pytest.raises(EvaluateError, match="a label is 2, and the model has 2 classes"):
        run(folder, inputs=tmp_path / "x.npz", labels=labels, backends=["wasm"])
    labels.write_text("label\n" + "0\n" * count)
    report = run(
        folder, inputs=tmp_path / "x.npz", labels=labels, backends=["wasm", "cpu"], limits=Limits(1.0)
    )
    source, uint8, scrambled = report["variants"]
    assert (
        source["accuracy"]["samples"] == uint8["loss"]["samples"] == count
    )  # also those that no time was for
    assert source["accuracy"]["low"] <= source["accuracy"]["top1"] <= source["accuracy"]["high"]
    lost = scrambled["loss"]
    assert lost["top1"] == pytest.approx(source["accuracy"]["top1"] - scrambled["accuracy"]["top1"], abs=1e-5)
    assert scrambled["accepted"]  # a limit of 1 lets all pass; labels decide, not agreement
    for made, told in zip(read_folder(folder, "/models").variants, report["variants"], strict=True):
        assert (made.accuracy, made.accuracy_of) == (told["accuracy"]["top1"], "top1")
        assert (made.samples, made.agreement, made.accepted) == (count, None, True)
        assert {name: each.agrees for name, each in made.backends.items()} == {"wasm": True, "cpu": True}


def test_an_onnx_model_with_state_on_the_backends_of_onnxruntime_web(tmp_path: Path) -> None:
    folder = onnx_folder(tmp_path / "v")
    script = tmp_path / "make.py"
    script.write_text(
        "import numpy as np\n"
        "def inputs():\n"
        "    for at in range(3):\n"
        "        yield {'input': np.sin(np.arange(512) * (at + 1) / 9)[None] * 0.1,\n"
        "               'state': np.zeros((2, 1, 128)), 'sr': np.array(16000)}\n"
    )
    report = run(folder, inputs=script, backends=["wasm", "webgl"])
    assert report["tool"]["engine"] == "ort"
    made = cell(report, "source", "wasm")
    assert made["accepted"]
    assert made["samples"] == 3
    assert made["tensors"] is None
    assert cell(report, "source", "webgl")["refused_by"] == ["failed_to_load"]  # it has no control flow
    assert report["backends"]["decided_by"] == "alone"
    with pytest.raises(EvaluateError, match="free dimension"):
        run(folder, backends=["wasm"])


def test_a_page_that_crashes_is_a_result_and_the_next_page_works(tmp_path: Path) -> None:
    async def crash_then_go_on() -> str:
        engine = find_engine("tfjs", INSTALLED, ["cpu"])
        with Server() as server:
            server.add({f"page/{path.name}": path for path in PAGES.glob("*.js")})
            server.add(engine.files)
            async with driver("software") as chromium:
                lab = await Lab.open(chromium, server, engine, engine.backends[0], 30)
                with pytest.raises(CellFailed) as failed:
                    await lab._call(lab._devtools.send("Page.crash"), "failed_to_run")
                assert failed.value.reason == "crash"
                await lab.close(chromium)
                await (await chromium.browser()).close()  # and the browser dies as well
                again = await Lab.open(chromium, server, engine, engine.backends[0], 30)
                await again.close(chromium)
                assert chromium.starts == 2
                return again.version

    assert asyncio.run(crash_then_go_on()) == "4.22.0"


def test_a_page_that_starts_again_has_forgotten_the_model_and_loads_all_scripts(tmp_path: Path) -> None:
    async def start_twice() -> None:
        folder = tfjs_folder(tmp_path / "v", kinds=())
        engine = find_engine("tfjs", INSTALLED, ["cpu"])
        with Server() as server:
            server.add({f"page/{path.name}": path for path in PAGES.glob("*.js")})
            server.add(engine.files)
            server.add({f"v/{path.name}": path for path in (folder / "source").iterdir()})
            async with driver("software") as chromium:
                lab = await Lab.open(chromium, server, engine, engine.backends[0], 60)
                first = await lab.load("v/model.json", "graph-model")
                await lab.start(engine, engine.backends[0])
                assert "engine/tf.js" in server.requested()
                again = await lab.load("v/model.json", "graph-model")
                assert (again.tensors, again.requests) == (first.tensors, first.requests)
                assert (lab.version, lab.runs_as, chromium.starts) == ("4.22.0", "cpu", 1)
                await lab.close(chromium)

    asyncio.run(start_twice())


def test_without_chromium_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tfjs_folder(tmp_path / "v", kinds=())
    monkeypatch.delenv("INFERFLEET_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EvaluateError, match="there is no Chromium: install one"):
        run(folder)
    monkeypatch.setenv("INFERFLEET_CHROMIUM", "/no/such/program")
    with pytest.raises(EvaluateError, match="there is no such program"):
        run(folder)
