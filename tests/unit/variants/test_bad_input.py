"""What is not as it must be ends in one line that says what to do."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from collector.variant_folder import TensorSpec, read_built
from collector.variants.evaluate.engine import find_engine, find_node_modules
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs import picture_files, read_npz, run_script, seeded_inputs
from collector.variants.evaluate.inputs.folder import as_sample, picture_of
from collector.variants.evaluate.labels import read_labels
from collector.variants.evaluate.subjects import damage, read_subjects, source_of

IMAGE = [TensorSpec(name="image", dtype="float32", shape=[-1, 2, 2, 3])]


def folder(to: Path, **changed: Any) -> Path:
    (to / "weights.bin").write_bytes(b"1234")
    sha = "03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4"
    variant = {
        "name": "source",
        "entry": "weights.bin",
        "files": [{"path": "weights.bin", "bytes": 4, "sha256": sha}],
        "bytes": 4,
        "id": sha,
        "inputs": [{"name": "x", "dtype": "float32", "shape": [1]}],
    } | changed
    manifest = {
        "format": "inferfleet-variants-1",
        "model": "m",
        "engine": "tfjs",
        "source": {"kind": "graph_model", "sha256": sha, "bytes": 4},
        "variants": [variant],
    }
    (to / "variants.json").write_text(json.dumps(manifest))
    return to


def test_files_are_what_the_manifest_says_or_the_difference_is_named(tmp_path: Path) -> None:
    source = source_of(read_subjects(folder(tmp_path)))
    assert damage(tmp_path, source) is None
    (tmp_path / "weights.bin").write_bytes(b"123")
    assert "weights.bin has 3 bytes, the manifest says 4" in str(damage(tmp_path, source))
    (tmp_path / "weights.bin").write_bytes(b"1235")
    assert "another SHA-256" in str(damage(tmp_path, source))
    (tmp_path / "weights.bin").unlink()
    assert "weights.bin cannot be read: No such file" in str(damage(tmp_path, source))


def test_no_link_leaves_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_text("x")
    (inside / "link").symlink_to(tmp_path / "secret")
    file = {"path": "link", "bytes": 1, "sha256": "0" * 64}
    source = source_of(read_subjects(folder(inside, files=[file], entry="link", bytes=1)))
    assert "is a link that leaves" in str(damage(inside, source))


X = {"name": "x", "dtype": "float32", "shape": [1]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "other"}, "no variant is named 'source'"),
        ({"inputs": []}, "the source has no input"),
        ({"inputs": [X | {"dtype": None}]}, "leaves the type of its input 'x' open"),
        ({"inputs": [X | {"shape": None}]}, "leaves the number of dimensions of its input 'x' open"),
        ({"bytes": -1}, "variants.0.bytes: must be at least 0"),
    ],
)
def test_variants_that_nothing_can_be_compared_with(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(EvaluateError, match=re.escape(said)):
        read_subjects(folder(tmp_path, **changed))


def test_a_source_without_inputs_can_be_published_though_not_evaluated(tmp_path: Path) -> None:
    assert read_built(folder(tmp_path, inputs=[])).variants[0].inputs == []


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"other": np.zeros((2, 2, 2, 3), np.float32)}, "the model has no input 'other'; it has image"),
        (
            {"image": np.zeros((2, 2, 3, 3), np.float32)},
            "sample 0: image has the shape [2, 3, 3], the model wants",
        ),
        ({"image": np.full((1, 2, 2, 3), "a")}, "the model wants float32"),
        ({"image": np.full((2, 2, 2, 3), np.nan, np.float32)}, "NaN or infinite"),
        ({"image": np.zeros((0, 2, 2, 3), np.float32)}, "must have one length, above 0"),
        ({}, "holds no array"),
    ],
)
def test_an_npz_that_does_not_fit(tmp_path: Path, arrays: dict[str, np.ndarray], said: str) -> None:
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(EvaluateError, match=re.escape(said)):
        read_npz(tmp_path / "x.npz", IMAGE)


def test_an_npz_of_objects_is_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", image=np.array([{"a": 1}], dtype=object))
    with pytest.raises(EvaluateError, match=r"is no \.npz of plain arrays"):
        read_npz(tmp_path / "x.npz", IMAGE)
    (tmp_path / "x.npz").write_bytes(b"not a zip")
    with pytest.raises(EvaluateError, match=r"is no \.npz of plain arrays"):
        read_npz(tmp_path / "x.npz", IMAGE)


def test_an_npz_gives_samples_of_the_models_own_shape_and_type(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", image=np.arange(24, dtype=np.float64).reshape(2, 2, 2, 3))
    made = read_npz(tmp_path / "x.npz", IMAGE)
    assert [sample["image"].shape for sample in made.samples] == [(1, 2, 2, 3)] * 2
    assert made.samples[1]["image"].dtype == np.float32
    assert made.samples[1]["image"].ravel()[0] == 12


SCRIPTS = {
    "def inputs():\n    yield {'image': [[[[0.5] * 3] * 2] * 2]}": None,
    "def inputs():\n    return []": "yields nothing",
    "def inputs():\n    raise RuntimeError('no camera')": "RuntimeError: no camera",
    "x = 1": "has no function inputs()",
    "def inputs():\n    yield 3": "is not a dict of arrays",
    "def inputs():\n    yield {'picture': [0.5]}": "the model has no input 'picture'",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_runs_in_a_process_of_its_own(tmp_path: Path, script: str) -> None:
    (tmp_path / "make.py").write_text(script)
    said = SCRIPTS[script]
    if said is None:
        assert run_script(tmp_path / "make.py", IMAGE).samples[0]["image"].shape == (1, 2, 2, 3)
        return
    with pytest.raises(EvaluateError, match=re.escape(said)):
        run_script(tmp_path / "make.py", IMAGE)


def test_random_inputs_are_the_same_for_a_seed_and_have_edges() -> None:
    first, again, other = (seeded_inputs(IMAGE, "-1..1", seed) for seed in (0, 0, 1))
    assert all(
        np.array_equal(a["image"], b["image"]) for a, b in zip(first.samples, again.samples, strict=True)
    )
    assert not np.array_equal(first.samples[0]["image"], other.samples[0]["image"])
    assert first.names[-3:] == ["zeros", "ones", "large"]
    assert first.samples[0]["image"].min() < 0
    assert first.samples[-1]["image"].max() > 1
    with pytest.raises(EvaluateError, match="free dimension"):
        seeded_inputs([TensorSpec(name="x", dtype="float32", shape=[None, None])], "0..1")
    with pytest.raises(EvaluateError, match="is of type 'string'"):
        seeded_inputs([TensorSpec(name="x", dtype="string", shape=[1])], "0..1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label\n1\n", "has 1 labels for 2 inputs"),
        ("label\n1\nnan\n", "line 3: 'nan' is no class"),
        ("label\n1\n-2\n", "line 3: '-2' is no class"),
        ("label\n1\n\n", "has 1 labels for 2 inputs"),
        ("input,label\na,1\na,2\n", "has a label already"),
        ("input,label\na,1\nc,2\n", "no label for the input 'b'"),
        ("class\n1\n2\n", "the first line must be"),
        ("", "the first line must be"),
    ],
)
def test_labels_that_do_not_fit(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(EvaluateError, match=re.escape(said)):
        read_labels(tmp_path / "labels.csv", ["a", "b"])


def test_labels_by_name_come_in_the_inputs_order(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("input,label\nb,2\na,1\n")
    assert read_labels(tmp_path / "labels.csv", ["a", "b"]) == [1, 2]
    with pytest.raises(EvaluateError, match="cannot read"):
        read_labels(tmp_path / "none.csv", ["a"])


def test_pictures_need_a_model_that_takes_one(tmp_path: Path) -> None:
    with pytest.raises(EvaluateError, match="holds no picture"):
        picture_files(tmp_path)
    with pytest.raises(EvaluateError, match="a folder of pictures fits"):
        picture_of([TensorSpec(name="x", dtype="float32", shape=[1, 512])])


def test_pixels_become_the_range_and_order_that_the_model_wants() -> None:
    pixels = bytes([255, 0, 0] * 4)
    last = as_sample(pixels, picture_of(IMAGE), "-1..1")["image"]
    assert last.shape == (1, 2, 2, 3)
    assert last[0, 0, 0].tolist() == [1, -1, -1]
    first = picture_of([TensorSpec(name="x", dtype="float32", shape=[1, 3, 2, 2])])
    assert as_sample(pixels, first, "0..255")["x"][0, 0].tolist() == [[255, 255], [255, 255]]
    gray = picture_of([TensorSpec(name="x", dtype="float32", shape=[1, 2, 2, 1])])
    assert as_sample(pixels, gray, "0..1")["x"].ravel()[0] == pytest.approx(0.299)


def test_an_engine_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(EvaluateError, match="npm install @tensorflow/tfjs"):
        find_node_modules(tmp_path, "tfjs")
    with pytest.raises(EvaluateError, match="has no backend 'cpu'; its backends are wasm, webgl, webgpu"):
        find_engine("ort", tmp_path, ["cpu"])
    with pytest.raises(EvaluateError, match="--engine-from"):
        find_engine("tfjs", tmp_path, None)


def test_a_backend_that_is_not_installed_is_an_error_only_when_it_was_asked_for(tmp_path: Path) -> None:
    package = tmp_path / "@tensorflow/tfjs"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "4.22.0", "jsdelivr": "tf.js"}')
    (package / "tf.js").write_text("")
    engine = find_engine("tfjs", tmp_path, None)
    assert [backend.name for backend in engine.backends] == ["cpu", "webgl"]
    assert len(engine.warnings) == 2
    with pytest.raises(EvaluateError, match="leave wasm out of --backends"):
        find_engine("tfjs", tmp_path, ["cpu", "wasm"])
