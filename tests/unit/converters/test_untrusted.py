"""A model is a file from somebody: what it claims is checked before anything is loaded."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inferfleet_converters.canonical import canonical_json, read_json
from inferfleet_converters.graph_model import check_finite, manifest_files, read_graph_model
from inferfleet_converters.keras_models import export_keras
from inferfleet_converters.refusal import Refused
from inferfleet_converters.source import find_source, fingerprint, folder_files
from inferfleet_converters.target import check_target, staged

Change = Callable[[dict[str, Any]], None]


def model(folder: Path, change: Change = lambda _: None) -> Path:
    """A model.json with one weight of 2 x 3 floats in two files, changed as asked."""
    (folder / "a.bin").write_bytes(bytes(16))
    (folder / "b.bin").write_bytes(bytes(8))
    document = {
        "format": "graph-model",
        "modelTopology": {"node": [{"name": "w", "op": "Const"}]},
        "weightsManifest": [
            {"paths": ["a.bin", "b.bin"], "weights": [{"name": "w", "shape": [2, 3], "dtype": "float32"}]}
        ],
    }
    change(document)
    path = folder / "model.json"
    path.write_text(json.dumps(document))
    return path


def group(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["weightsManifest"][0]
    return found


@pytest.mark.parametrize(
    "place", ["../a.bin", "/etc/passwd", "x/../../a.bin", "file:///a.bin", "c:\\a.bin", "", "a\0.bin"]
)
def test_a_file_elsewhere_is_not_read(tmp_path: Path, place: str) -> None:
    path = model(tmp_path, lambda document: group(document).update(paths=[place]))
    with pytest.raises(Refused, match="which is outside of its folder: move the file next to it"):
        read_graph_model(path)
    with pytest.raises(Refused, match="which is outside of its folder"):
        manifest_files(read_json(path), tmp_path, path.name)


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(24))
    folder = tmp_path / "model"
    folder.mkdir()
    path = model(folder)
    (folder / "b.bin").unlink()
    (folder / "b.bin").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused, match=r"'b\.bin' is a link that leads out of the model's folder"):
        read_graph_model(path)
    with pytest.raises(Refused, match="is a link that leads out of model"):
        folder_files(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.pop("weightsManifest"), "has no weightsManifest"),
        (
            lambda document: group(document).update(paths=["a.bin"]),
            "needs 24 bytes of weights, and a.bin have 16",
        ),
        (lambda document: group(document).update(paths=["a.bin", "c.bin"]), "'c.bin', which is not there"),
        (lambda document: group(document).update(paths="a.bin"), "a group of weights without paths"),
        (lambda document: group(document).update(weights=[{"name": "w"}] * 2), "has the shape None"),
        (lambda document: group(document)["weights"][0].update(shape=[2**40, 2**40]), "has the shape"),
        (lambda document: group(document)["weights"][0].update(shape=[-2, 3]), "has the shape"),
        (
            lambda document: group(document)["weights"][0].update(shape=[2**31, 2**31]),
            "was cut off or belongs to another",
        ),
        (lambda document: group(document)["weights"][0].update(dtype="float64"), "has the dtype 'float64'"),
        (
            lambda document: group(document)["weights"].append(group(document)["weights"][0]),
            "two of one name",
        ),
        (
            lambda document: group(document)["weights"][0].update(quantization={"dtype": "uint8"}),
            "quantised already",
        ),
    ],
)
def test_a_manifest_that_lies_is_refused(tmp_path: Path, change: Change, said: str) -> None:
    with pytest.raises(Refused) as caught:
        read_graph_model(model(tmp_path, change))
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": -Infinity}'])
def test_what_javascript_cannot_read_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(Refused, match="which no browser can read"):
        read_json(tmp_path / "model.json")
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000])
def test_a_json_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(Refused):
        find_source(tmp_path / "model.json")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("model.pb", "a frozen graph of TensorFlow 1"),
        ("model.pt", "export it with torch.onnx.export"),
        ("model.tflite", "a TensorFlow Lite model"),
        ("model.xyz", "is of no known kind"),
        ("group1-shard1of1.bin", "give the model.json that names them"),
    ],
)
def test_another_kind_of_file_has_its_way_out(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(Refused) as caught:
        find_source(tmp_path / name)
    assert said in str(caught.value)
    with pytest.raises(Refused, match=r"it holds neither saved_model\.pb nor model\.json"):
        find_source(tmp_path)


def test_a_keras_file_that_unpacks_to_more_than_it_may_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", " " * (257 * 1024**2))
        archive.writestr("metadata.json", "{}")
    with pytest.raises(Refused, match="which no browser can hold"):
        export_keras(tmp_path / "bomb.keras", tmp_path / "out")


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "Lambda"},
        {"class_name": "keras>Lambda"},
        {
            "config": {
                "layers": [{"class_name": "TimeDistributed", "config": {"layer": {"class_name": "Lambda"}}}]
            }
        },
        {"config": {"activation": {"class_name": "__lambda__", "config": {"value": "x"}}}},
    ],
)
def test_code_in_a_keras_file_is_not_run(tmp_path: Path, config: dict[str, Any]) -> None:
    with zipfile.ZipFile(tmp_path / "code.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
    with pytest.raises(Refused, match="Python code that loading it would run"):
        export_keras(tmp_path / "code.keras", tmp_path / "out")


@pytest.mark.parametrize("place", [0, 512, 4096])
def test_a_file_that_is_two_at_once_is_refused(tmp_path: Path, place: int) -> None:
    """Keras would load the part that nobody has looked at."""
    path = tmp_path / "two.h5"
    path.write_bytes(bytes(place) + b"\x89HDF\r\n\x1a\n" + bytes(64))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", "{}")
    with pytest.raises(Refused, match=r"two\.h5 is a \.keras file and an \.h5 file at once"):
        export_keras(path, tmp_path / "out")


def test_weights_that_are_not_finite_are_counted() -> None:
    check_finite({"one": np.array([np.inf], np.float32), "numbers": np.ones(99, np.float32)})
    with pytest.raises(Refused, match="1 of 99 values of the weight w are NaN or infinite"):
        check_finite({"w": np.array([np.inf] + [1.0] * 98, np.float32)})
    with pytest.raises(Refused, match="1 of 1 values of the weight w"):
        check_finite({"w": np.array([np.nan], np.float32)})


def test_a_hash_is_of_names_and_contents(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for path in files:
        path.write_text(path.name)
    both, size = fingerprint(tmp_path, files)
    assert size == 2
    files[0].rename(tmp_path / "c")
    assert fingerprint(tmp_path, [tmp_path / "c", files[1]])[0] != both


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    to = tmp_path / "out"
    left = tmp_path / ".out.999999999.part"
    left.mkdir()
    with pytest.raises(ZeroDivisionError), staged(to) as draft:
        (draft / "half").touch()
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []
    with staged(to) as draft:
        (draft / "one").touch()
    with staged(to) as draft:
        (draft / "two").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == [
        "out",
        "out/two",
    ]


def test_only_an_earlier_build_is_replaced(tmp_path: Path) -> None:
    given = tmp_path / "model.onnx"
    given.touch()
    to = tmp_path / "out"
    check_target(to, given)
    to.mkdir()
    check_target(to, given)
    (to / "variants.json").write_text('{"format": "inferfleet-variants-1"}')
    check_target(to, given)
    with pytest.raises(Refused, match="the model lies in --to"):
        check_target(to, to / "source" / "model.json")
    (to / "variants.json").write_text("{}")
    with pytest.raises(Refused, match="holds other files"):
        check_target(to, given)


@pytest.mark.parametrize("mine", ["notes.txt", "source/notes.txt", "photos/cat.jpg"])
def test_a_file_of_the_users_own_is_not_deleted_with_an_earlier_build(mine: str, tmp_path: Path) -> None:
    given, to = tmp_path / "model.onnx", tmp_path / "out"
    given.touch()
    (to / "source").mkdir(parents=True)
    files = [{"path": "source/model.json"}]
    record = {"format": "inferfleet-variants-1", "variants": [{"name": "source", "files": files}]}
    (to / "variants.json").write_text(json.dumps(record))
    for name in ("source/model.json", "evaluation.json", "published.json", "canary_input.bin"):
        (to / name).touch()
    check_target(to, given)
    (to / mine).parent.mkdir(exist_ok=True)
    (to / mine).touch()
    with pytest.raises(Refused, match=rf"holds {mine}, which no build wrote"):
        check_target(to, given)
