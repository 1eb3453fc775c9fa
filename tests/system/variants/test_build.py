"""`inferfleet variants build` on real models, and each variant run by its engine beside its source."""

import hashlib
import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import COMMAND
from tests.system.variants.conftest import BLAZEFACE, ROOT, SILERO, Build

pytestmark = pytest.mark.system


def spread(values: list[float]) -> float:
    return max(values) - min(values)


def worst(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def record_of(folder: Path) -> Any:
    return json.loads((folder / "variants.json").read_bytes())


def check_files(folder: Path, record: Any) -> None:
    """Each file is there with the bytes and the hash that the record gives, and no other file is."""
    listed = {file["path"]: file for variant in record["variants"] for file in variant["files"]}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*listed, "variants.json"}
    for path, file in listed.items():
        content = (folder / path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
        if path.endswith(".bin"):
            assert Path(path).stem == file["sha256"][:16]
    for variant in record["variants"]:
        assert variant["entry"] in listed
        assert variant["bytes"] == sum(file["bytes"] for file in variant["files"])
        assert 0 < variant["brotli_bytes"] < variant["bytes"]


def test_blazeface_in_four_ways_runs_in_tensorflow_js(
    build: Build, run_tfjs: Callable[..., Any], tmp_path: Path
) -> None:
    to = tmp_path / "face"
    done = build(BLAZEFACE, to, "--json")
    assert done.returncode == 0, done.stderr
    record = record_of(to)
    check_files(to, record)
    assert [variant["name"] for variant in record["variants"]] == ["source", "float16", "uint16", "uint8"]
    assert (record["model"], record["engine"], record["source"]["kind"]) == (
        "blazeface",
        "tfjs",
        "graph_model",
    )
    assert json.loads(done.stdout) == {"folder": str(to), **record}
    weights = [sum(part["bytes"] for part in variant["weights"].values()) for variant in record["variants"]]
    assert weights[0] == 538_928  # as in the package
    assert weights[1] == weights[2] < 0.51 * weights[0]
    assert weights[3] < 0.26 * weights[0]
    assert record["variants"][3]["inputs"] == [
        {"name": "input:0", "dtype": "float32", "shape": [1, 256, 256, 3]}
    ]

    draw = random.Random(5)
    values = [draw.uniform(-1, 1) for _ in range(256 * 256 * 3)]
    ran = run_tfjs([to / variant["entry"] for variant in record["variants"]], [1, 256, 256, 3], values)
    source = ran[0]
    names = list(json.loads(BLAZEFACE.read_bytes())["userDefinedMetadata"]["signature"]["outputs"])
    assert [end["name"] for end in record["variants"][0]["outputs"]] == names == source["outputs"]
    # Its weights were float16 before they were published. In uint8 it is quite another model.
    for variant, allowed in zip(ran[1:], (0, 0.01, 10), strict=True):
        assert variant["outputs"] == names
        for index, values in enumerate(variant["values"]):
            assert worst(values, source["values"][index]) <= allowed * spread(source["values"][index])
    assert ran[3]["values"] != source["values"]


def test_a_smaller_model_json_computes_the_same(
    build: Build, run_tfjs: Callable[..., Any], tmp_path: Path
) -> None:
    """Without what no page reads, and with short names: the package's own model, bit by bit."""
    full, short = tmp_path / "full", tmp_path / "short"
    assert build(BLAZEFACE, full, "--only", "uint8").returncode == 0
    assert build(BLAZEFACE, short, "--only", "uint8", "--short-names").returncode == 0
    draw = random.Random(6)
    values = [draw.uniform(-1, 1) for _ in range(256 * 256 * 3)]
    folders = [folder / kind / "model.json" for kind in ("source", "uint8") for folder in (full, short)]
    given, *built = run_tfjs([BLAZEFACE, *folders], [1, 256, 256, 3], values)
    assert built[0] == built[1] == given
    assert built[2] == built[3] != given
    sizes = [path.stat().st_size for path in folders]
    assert sizes[0] < 0.65 * BLAZEFACE.stat().st_size
    assert sizes[1] < 0.6 * sizes[0]
    names = {node["name"] for node in json.loads(folders[1].read_bytes())["modelTopology"]["node"]}
    assert {"input", "Identity", "Identity_1", "Identity_2", "Identity_3", "a"} <= names
    assert {len(name) for name in names if not name.startswith(("input", "Identity"))} == {1, 2}


def test_python_and_javascript_read_the_same_of_each_op(tool_python: Path) -> None:
    """What is left out of model.json goes by the Python package's lists, and is read by the JavaScript."""
    listed = subprocess.run(
        [
            tool_python,
            "-c",
            "import json; from inferfleet_converters.op_lists import read_op_lists; "
            "print(json.dumps(read_op_lists()))",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "converters"), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    script = Path(__file__).parent / "op_lists.mjs"
    read = subprocess.run(["node", script], capture_output=True, text=True, check=True)
    ours, theirs = json.loads(listed.stdout), json.loads(read.stdout)
    assert len(ours) > 200
    assert ours == theirs


def test_the_same_model_gives_the_same_bytes_and_other_shards_the_same_ids(
    build: Build, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert build(BLAZEFACE, one, "--only", "uint8").returncode == 0
    first = {path.relative_to(one): path.read_bytes() for path in one.rglob("*") if path.is_file()}
    assert build(BLAZEFACE, two, "--only", "uint8").returncode == 0
    assert {path.relative_to(two): path.read_bytes() for path in two.rglob("*") if path.is_file()} == first

    # Over the earlier one: nothing of it stays.
    assert build(BLAZEFACE, two, "--only", "uint8", "--shard-size", "32768").returncode == 0
    record = record_of(two)
    check_files(two, record)
    assert len(record["variants"][0]["files"]) == 18
    assert [variant["id"] for variant in record["variants"]] == [
        variant["id"] for variant in record_of(one)["variants"]
    ]
    assert set(tmp_path.iterdir()) == {one, two}


def test_a_keras_model_computes_the_same_in_tensorflow_js(
    build: Build, run_tfjs: Callable[..., Any], sources: Path, tmp_path: Path
) -> None:
    """Keras 3's own file, which the converter would turn into one that no page can load."""
    to = tmp_path / "three"
    done = build(sources / "three.keras", to)
    assert done.returncode == 0, done.stderr
    assert "1 depthwise convolution is followed by ops that are not fused" in done.stdout
    image = json.loads((sources / "image.json").read_bytes())
    expected = json.loads((sources / "expected.json").read_bytes())["three"]
    record = record_of(to)
    check_files(to, record)
    ran = run_tfjs([to / variant["entry"] for variant in record["variants"]], image["shape"], image["values"])
    for (variant,), allowed in zip((one["values"] for one in ran), (1e-5, 1e-3, 1e-3, 0.05), strict=True):
        assert worst(variant, expected) <= allowed * spread(expected)


def test_another_model_joins_the_folder_of_the_one_that_it_stands_in_for(
    build: Build, sources: Path, tmp_path: Path
) -> None:
    to = tmp_path / "classifier"
    assert build(sources / "three.keras", to, "--only", "uint8").returncode == 0
    command = [
        COMMAND,
        "variants",
        "add",
        sources / "two.h5",
        "--to",
        to,
        "--variant",
        "fused",
        "--only",
        "uint8",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    record = record_of(to)
    check_files(to, record)
    assert [variant["name"] for variant in record["variants"]] == ["source", "uint8", "fused", "fused-uint8"]
    assert record["variants"][2]["made_from"]["kind"] == "keras"
    assert record["variants"][2]["warnings"][0].startswith(
        "its input is named input_1, not input_layer as the"
    )
    assert set(tmp_path.iterdir()) == {to}
    command[3] = BLAZEFACE  # which has four outputs
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 1
    assert done.stderr.startswith("inferfleet: the model does not fit the folder's source: it has 4 outputs")
    assert record_of(to) == record


def test_silero_runs_in_onnx_runtime(build: Build, in_tool: Callable[..., str], tmp_path: Path) -> None:
    to = tmp_path / "voice"
    done = build(SILERO, to, "--name", "voice")
    assert done.returncode == 0, done.stderr
    for name in ("float16", "int8"):
        assert f"{name}: weights are stored as {name} and computed with in float32" in done.stdout
    record = record_of(to)
    check_files(to, record)
    assert [variant["name"] for variant in record["variants"]] == ["source", "float16", "int8"]
    source, half, byte = (variant["bytes"] for variant in record["variants"])
    assert half < 0.53 * source
    assert byte < 0.3 * source
    assert record["variants"][2]["inputs"][0] == {"name": "input", "dtype": "float32", "shape": [None, None]}
    ran = json.loads(
        in_tool("run_onnx.py", SILERO, *(to / variant["entry"] for variant in record["variants"]))
    )
    assert ran[1] == ran[0]
    assert worst(ran[2], ran[0]) < 0.002
    assert worst(ran[3], ran[0]) < 0.02
    assert ran[3] != ran[0]
    # Its Fourier transform: what it gets wrong, a pure tone shows in all frequencies.
    assert "the input meets them first" in done.stdout
    halved = next(line for line in done.stdout.splitlines() if "meets them first" in line)
    assert halved.count("forward_basis_buffer") == halved.count("If_0_") == 2
    assert record["variants"][2]["weights"]["float16"]["count"] == 2
    again = build(to / "int8/model.onnx", tmp_path / "again")
    assert again.returncode == 1
    assert "is quantised already (int8 weights)" in again.stderr


def test_a_model_that_cannot_be_used_leaves_the_folder_as_it_was(build: Build, tmp_path: Path) -> None:
    to = tmp_path / "face"
    to.mkdir()
    (to / "mine.txt").write_text("mine")
    done = build(BLAZEFACE, to)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"inferfleet: --to {to} holds other files, which would be lost: "
        "name a folder that does not exist yet\n"
    )
    assert [path.name for path in tmp_path.rglob("*")] == ["face", "mine.txt"]
