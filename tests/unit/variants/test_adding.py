"""Another model joins a folder of variants: whole or not at all, and once."""

import hashlib
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from collector.models.folder import read_folder
from collector.variant_folder import BadFile, TensorSpec, read_built
from collector.variants import Added, BuildRefused, Order, add_variants
from collector.variants.evaluate.subjects import damage, read_subjects
from collector.variants.fitting import doubts, misfit
from tests.unit.models.folders import build
from tests.unit.variants.test_building import tool_that

# A builder of the tool's protocol that writes what the test wants built; the real one is in tests/system.
WRITES = """
import json, pathlib, sys
order = json.load(sys.stdin)
{}
"""


def end(name: str, shape: list[int | None] | None, dtype: str | None = "float32") -> dict[str, Any]:
    return {"name": name, "dtype": dtype, "shape": shape}


def whole(folder: Path) -> Path:
    """The folder of tests/unit/models, with all that the build writes of a variant."""
    path = folder / "variants.json"
    record = json.loads(path.read_bytes())
    record["source"] = {"kind": "keras", "sha256": "1" * 64, "bytes": 9}
    for variant in record["variants"]:
        variant.update(inputs=[end("image", [None, 8, 8, 1])], outputs=[end("y", [None, 10])])
        variant.update(weights={}, kept_float=[])
    path.write_text(json.dumps(record))
    return folder


def made_by(tmp_path: Path, **changes: Any) -> Any:
    """A tool that builds `source` and `uint8` of another model; changes are of each of its variants."""
    other = tmp_path / "other"
    if not other.exists():
        whole(_built(other, "source", "uint8"))
        record = json.loads((other / "variants.json").read_bytes())
        for variant in record["variants"]:
            variant.update(changes, id=hashlib.sha256(f"pooled {variant['name']}".encode()).hexdigest())
        (other / "variants.json").write_text(json.dumps(record))
    copies = (
        f"import shutil\nshutil.copytree({str(other)!r}, order['to'])\n"
        "record = json.loads((pathlib.Path(order['to']) / 'variants.json').read_bytes())\n"
        "print(json.dumps({'event': 'result', 'record': record}))"
    )
    if (tmp_path / "source").exists():
        (tmp_path / "source/inferfleet_converters/__main__.py").write_text(WRITES.format(copies))
        from collector.variants import Tool

        return Tool(tmp_path / "source", tmp_path / "environment")
    return tool_that(tmp_path, WRITES.format(copies))


def _built(folder: Path, *names: str) -> Path:
    build(folder, *names)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return whole(_built(tmp_path / "face", "source", "uint8"))


def add(tool: Any, folder: Path, variant: str = "pooled") -> Added:
    return add_variants(tool, Order(Path("pooled.keras"), folder, ""), variant, lambda _: None)


def test_a_model_joins_with_its_variants_and_the_readers_of_the_folder_know_them(
    tmp_path: Path, folder: Path
) -> None:
    before = (folder / "variants.json").read_bytes()
    added = add(made_by(tmp_path), folder)
    assert added.new == ("pooled", "pooled-uint8")
    record = json.loads((folder / "variants.json").read_bytes())
    assert record["variants"][:2] == json.loads(before)["variants"]
    assert [(one["name"], one["kind"]) for one in record["variants"][2:]] == [
        ("pooled", "float32"),
        ("pooled-uint8", "uint8"),
    ]
    assert record["variants"][2]["made_from"] == {"kind": "keras", "sha256": "1" * 64, "bytes": 9}
    evaluated = read_subjects(folder)
    assert [damage(folder, variant) for variant in evaluated.variants] == [None] * 4
    registered = read_folder(folder, "/models").variants
    assert [one.variant for one in registered] == ["original", "uint8", "pooled", "pooled-uint8"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_the_same_again_adds_nothing_and_another_of_the_name_is_refused(tmp_path: Path, folder: Path) -> None:
    tool = made_by(tmp_path)
    add(tool, folder)
    before = (folder / "variants.json").read_bytes()
    assert add(tool, folder).new == ()
    other = json.loads((tmp_path / "other/variants.json").read_bytes())
    other["variants"][1]["id"] = "9" * 64
    (tmp_path / "other/variants.json").write_text(json.dumps(other))
    with pytest.raises(BadFile, match="has another variant pooled-uint8"):
        add(tool, folder)
    assert (folder / "variants.json").read_bytes() == before


def test_what_a_killed_call_left_is_taken_up_and_its_scratch_removed(tmp_path: Path, folder: Path) -> None:
    tool = made_by(tmp_path)
    shutil.copytree(tmp_path / "other/source", folder / "pooled")  # moved in, and not yet told
    (folder / ".adding.x1y2/built").mkdir(parents=True)
    assert add(tool, folder).new == ("pooled", "pooled-uint8")
    assert damage(folder, read_subjects(folder).variants[2]) is None
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("what", ["folder", "file", "link", "other"])
def test_what_somebody_else_put_there_is_left_alone(tmp_path: Path, folder: Path, what: str) -> None:
    theirs = folder / "pooled"
    tool = made_by(tmp_path)
    if what == "folder":
        theirs.mkdir()
        (theirs / "photo.jpg").write_bytes(b"dear")
    elif what == "file":
        theirs.write_bytes(b"dear")
    elif what == "link":
        theirs.symlink_to(tmp_path / "other/source")
    else:  # the files of another model, by the same names
        shutil.copytree(tmp_path / "other/source", theirs)
        next(path for path in theirs.iterdir() if path.name != "model.json").write_bytes(b"dear")
    before = sorted((path, path.lstat().st_mtime_ns) for path in folder.rglob("*"))
    with pytest.raises(
        BadFile, match=r"pooled already exists and is not a variant of this folder.*move it away"
    ):
        add(tool, folder)
    assert sorted((path, path.lstat().st_mtime_ns) for path in folder.rglob("*")) == before


def test_a_folder_behind_a_link_or_with_a_long_name_is_added_to(tmp_path: Path, folder: Path) -> None:
    tool = made_by(tmp_path)
    elsewhere = tmp_path / "on/another/disk"
    elsewhere.mkdir(parents=True)
    (elsewhere / "face").symlink_to(folder)
    elsewhere.chmod(0o555)  # beside a mounted folder nobody can write, and a rename from there would fail
    assert add(tool, elsewhere / "face").new == ("pooled", "pooled-uint8")
    assert list(elsewhere.iterdir()) == [elsewhere / "face"]
    long = folder.rename(tmp_path / ("n" * 250))
    assert add(tool, long, "head").new == ("head", "head-uint8")


def test_two_at_once_both_join(tmp_path: Path, folder: Path) -> None:
    tool = made_by(tmp_path)
    failed: list[BaseException] = []

    def join(name: str) -> None:
        try:
            add(tool, folder, name)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=join, args=(f"head{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    names = {variant.name for variant in read_built(folder).variants}
    assert names == {"source", "uint8"} | {f"head{n}{kind}" for n in range(4) for kind in ("", "-uint8")}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"inputs": [end("image", [None, 8, 8, 1]), end("mask", [None, 8, 8, 1])]},
            r"inputs are image \(float32\), mask \(float32\), and the source's image \(float32\), by which",
        ),
        ({"inputs": [end("image", [None, 8, 8, 1], "int32")]}, r"image \(int32\)"),
        ({"outputs": []}, "has 0 outputs, and the source 1"),
        (
            {"outputs": [end("y", [None, 12])]},
            r"output y is float32 \[\?, 12\], where the source's y is float32 \[\?, 10\]",
        ),
        ({"outputs": [end("y", [10])]}, r"is float32 \[10\]"),
        (
            {"outputs": [end("y", [None, 10], "int32")]},
            r"output y is int32 \[\?, 10\], where the source's y is f",
        ),
    ],
)
def test_a_model_that_cannot_stand_in_is_refused_and_nothing_changes(
    tmp_path: Path, folder: Path, changes: dict[str, Any], why: str
) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    with pytest.raises(BuildRefused, match=why):
        add(made_by(tmp_path, **changes), folder)
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")) == before


def test_another_size_or_order_is_told(tmp_path: Path, folder: Path) -> None:
    source = read_built(folder).variants[0]
    small = source.model_copy(
        update={"inputs": [TensorSpec(name="image", dtype="float32", shape=[None, 4, 4, 1])]}
    )
    assert misfit(small, source, "tfjs") is None
    assert "takes image as [?, 4, 4, 1], the source as [?, 8, 8, 1]" in doubts(small, source)[0]
    named = source.model_copy(update={"inputs": [TensorSpec(name="input_1", dtype="float32", shape=None)]})
    assert misfit(named, source, "tfjs") is None
    assert "named input_1, not image as the source's" in doubts(named, source)[0]
    assert "its inputs are input_1" in str(misfit(named, source, "ort"))
    two = source.model_copy(
        update={"outputs": [TensorSpec(name=name, dtype=None, shape=None) for name in "ab"]}
    )
    other = source.model_copy(
        update={"outputs": [TensorSpec(name=name, dtype=None, shape=None) for name in "ba"]}
    )
    assert (misfit(other, two, "tfjs"), doubts(two, two)) == (None, [])
    assert "named b, a, not as the source's" in doubts(other, two)[0]


def test_a_folder_without_variants_or_with_too_many_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(BadFile, match="name a folder that `inferfleet variants build` made"):
        add(made_by(tmp_path), tmp_path)
    record = json.loads((folder / "variants.json").read_bytes())
    spare = record["variants"][1]
    record["variants"] += [dict(spare, name=f"more{number}") for number in range(61)]
    (folder / "variants.json").write_text(json.dumps(record))
    with pytest.raises(BadFile, match="over 64 variants"):
        add(made_by(tmp_path), folder)
    assert not (folder / "pooled").exists()
