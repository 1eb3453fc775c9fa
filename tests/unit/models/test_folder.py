"""A folder of variants is registered as it is, or refused with what to do."""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.models.folder import read_folder
from collector.variant_folder import BadFile, bounded_files, documents, read_built
from collector.variants.publishing import Target, publish
from tests.unit.models.folders import SHARD, build, digest, evaluate, write

BASE = "https://cdn.example/face/v1/"


def test_all_that_was_built_and_measured_is_read_and_the_source_is_the_original(tmp_path: Path) -> None:
    made = build(tmp_path, "source", "float16")
    evaluate(tmp_path, made, source=0.9, float16=0.89)
    original, small = read_folder(tmp_path, BASE).variants
    assert (original.model, original.variant, original.accuracy) == ("face", "original", 0.9)
    assert (small.variant, small.url) == ("float16", "https://cdn.example/face/v1/float16/model.json")
    assert (small.accuracy, small.accuracy_of, small.samples, small.agreement) == (0.89, "top1", 500, None)
    assert small.backends["wasm"].accepted
    built = made["variants"][1]
    assert (small.bytes, small.brotli_bytes) == (built["bytes"], 40)
    assert (small.content_id, small.integrity) == (built["id"], "")  # its model.json names no hash of a shard
    assert (small.source_id, small.kind, small.engine) == (digest(b"source"), "float16", "tfjs")
    assert small.metadata["files"] == built["files"]


def test_a_folder_that_nobody_measured_is_read_with_a_warning(tmp_path: Path) -> None:
    build(tmp_path, "source", "float16")
    reading = read_folder(tmp_path, "./models", model="eyes")
    assert [each.agreement for each in reading.variants] == [None, None]
    assert reading.variants[1].model == "eyes"
    assert reading.variants[1].url == "./models/float16/model.json"
    assert "never chosen" in reading.warnings[0]


def test_names_and_backends_that_need_care(tmp_path: Path) -> None:
    made = build(tmp_path, "source", "float16", "uint8")
    found = evaluate(tmp_path, made)
    found["variants"][1]["cells"].append({"backend": "node", "accepted": True})
    del found["variants"][2]
    write(tmp_path / "evaluation.json", found)
    for each in made["variants"]:
        each["engine"] = "tfjs"
    write(tmp_path / "variants.json", made | {"engine": "ort"})
    reading = read_folder(tmp_path, BASE)
    assert {each.engine for each in reading.variants} == {"onnxruntime"}, "as reports name it"
    entry = (tmp_path / "float16" / "model.json").read_bytes()
    hashed = base64.b64encode(hashlib.sha256(entry).digest()).decode()
    assert reading.variants[1].integrity == f"sha256-{hashed}", "an .onnx is one file"
    assert list(reading.variants[1].backends) == ["wasm"]
    assert ["node" in reading.warnings[0], "uint8" in reading.warnings[1]] == [True, True]


def test_a_published_folder_is_registered_where_it_was_published(tmp_path: Path) -> None:
    build(tmp_path, "source", "float16")
    target = Target("memory://models", "shop")
    built = read_built(tmp_path)
    published = publish(tmp_path, built, target, base="https://cdn.example/shop").published
    _, small = read_folder(tmp_path).variants
    assert (small.url, small.integrity) == (published.variants[1].url, published.variants[1].integrity)
    assert small.url.startswith("https://cdn.example/shop/face/")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"model": "eyes"}, "is of the model eyes, the folder has face: publish the folder again"),
        ({"variants": []}, "does not name it: publish the folder again"),
        ({"format": "inferfleet-published-9"}, "inferfleet-published-9"),
    ],
)
def test_a_folder_that_was_published_otherwise_is_refused(
    tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    made = build(tmp_path, "source")
    place = {"url": "/m/source/model.json", "integrity": f"sha256-{'A' * 43}=", "bytes": 9}
    variants = [{"name": each["name"], "id": each["id"], **place} for each in made["variants"]]
    told = {"format": "inferfleet-published-1", "model": "face", "base": "/m", "variants": variants}
    write(tmp_path / "published.json", told)
    assert read_folder(tmp_path).variants[0].integrity == place["integrity"]
    write(tmp_path / "published.json", told | change)
    with pytest.raises(BadFile, match=complaint):
        read_folder(tmp_path)


def test_files_that_were_built_again_after_they_were_published_are_refused(tmp_path: Path) -> None:
    made = build(tmp_path, "source")
    publish(tmp_path, read_built(tmp_path), Target("memory://again", "shop"), base="/m")
    made["variants"][0]["id"] = digest(b"built again")
    write(tmp_path / "variants.json", made)
    with pytest.raises(BadFile, match=r"published\.json names other files: publish the folder again"):
        read_folder(tmp_path)


def test_a_folder_that_is_nowhere_to_be_loaded_is_refused(tmp_path: Path) -> None:
    build(tmp_path, "source")
    with pytest.raises(
        BadFile, match="publish it with `inferfleet variants publish`, or say with --url-base"
    ):
        read_folder(tmp_path)


Damage = Callable[[Path, dict[str, Any]], None]


def _edit(**fields: Any) -> Damage:
    return lambda folder, made: write(folder / "variants.json", made | fields)


def _edit_variant(**fields: Any) -> Damage:
    def edit(folder: Path, made: dict[str, Any]) -> None:
        made["variants"][1] |= fields
        write(folder / "variants.json", made)

    return edit


def _edit_shard(**fields: Any) -> Damage:
    def edit(folder: Path, made: dict[str, Any]) -> None:
        made["variants"][1]["files"][1] |= fields
        write(folder / "variants.json", made)

    return edit


def _twice(folder: Path, made: dict[str, Any]) -> None:
    made["variants"][1]["files"] *= 2
    write(folder / "variants.json", made)


def _without_shard_listed(folder: Path, made: dict[str, Any]) -> None:
    made["variants"][1]["bytes"] -= made["variants"][1]["files"].pop(1)["bytes"]
    write(folder / "variants.json", made)


def _replace_shard(content: bytes) -> Damage:
    return lambda folder, _: (folder / "float16" / SHARD).write_bytes(content) and None


def _link_shard(target: str) -> Damage:
    def link(folder: Path, _: dict[str, Any]) -> None:
        shard = folder / "float16" / SHARD
        content = shard.read_bytes()
        shard.unlink()
        (folder.parent / "outside.bin").write_bytes(content)
        shard.symlink_to(folder / target)

    return link


def _pipe(folder: Path, _: dict[str, Any]) -> None:
    shard = folder / "float16" / SHARD
    shard.unlink()
    os.mkfifo(shard)


@pytest.mark.parametrize(
    ("damage", "advice"),
    [
        (lambda folder, _: (folder / "variants.json").unlink(), r"holds no variants\.json: name a folder"),
        (lambda folder, _: (folder / "variants.json").write_text("{"), "is not JSON"),
        (lambda folder, _: (folder / "variants.json").write_text("[" * 100_000), "is not JSON"),
        (_edit(format="inferfleet-variants-2"), "'inferfleet-variants-2'.*upgrade inferfleet"),
        (_edit(model="a b"), "model: must be up to 64"),
        (_edit(variants=[]), "variants: must have at least 1 entry"),
        (lambda folder, _: (folder / "float16" / SHARD).unlink(), f"float16/{SHARD} cannot be read"),
        (_replace_shard(b"<html>404</html>"), "has 16 bytes, the manifest says 350"),
        (_replace_shard(b"x" * 350), "another SHA-256"),
        (_edit_shard(bytes=9 << 30), "files.1.bytes: must be at most"),
        (_edit_shard(path="../outside.bin"), "must be a path below the folder"),
        (_edit_shard(path="/etc/hostname"), "must be a path below the folder"),
        (_edit_shard(path="float16//x.bin"), "must be a path below the folder"),
        (_edit_shard(path="float16\\x.bin"), "must be a path below the folder"),
        (_link_shard("../outside.bin"), "is a link that leaves"),
        (_link_shard(f"float16/{SHARD}"), "cannot be read"),
        (_pipe, "is no file"),
        (_edit_variant(entry="float16/other.json"), "does not list its own entry"),
        (_edit_variant(name="uint 8"), "variants.1.name: must be up to 64"),
        (_edit_variant(brotli_bytes=-4), "variants.1.brotli_bytes: must be at least 0"),
        (_twice, "names the file float16/.* twice"),
        (_without_shard_listed, f"needs the shard {SHARD}, which the manifest does not list"),
    ],
)
def test_a_folder_that_is_not_what_its_manifest_says_is_refused(
    tmp_path: Path, damage: Damage, advice: str
) -> None:
    folder = tmp_path / "built"
    folder.mkdir()
    damage(folder, build(folder, "source", "float16"))
    with pytest.raises(BadFile, match=advice):
        read_folder(folder, BASE)


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        (lambda found: found | {"format": "inferfleet-evaluation-9"}, "upgrade inferfleet"),
        (lambda found: found | {"model": "eyes"}, "an evaluation of the model eyes"),
        (lambda found: found["variants"][1].update(id=digest(b"other")) or found, "measured other files of"),
        (lambda found: found["variants"][1].update(name="uint8") or found, "a variant uint8 that the folder"),
        (lambda found: found["variants"].append(found["variants"][1]) or found, "two variants"),
        (
            lambda found: found["variants"][1].update(accuracy={"top1": 1.5, "samples": 9}) or found,
            "float16: accuracy: must be a share",
        ),
        (
            lambda found: found["variants"][1].update(accuracy=None, error={"top1": 1.5}) or found,
            "agreement: must be a sh",
        ),
    ],
)
def test_an_evaluation_of_something_else_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], dict[str, Any]], advice: str
) -> None:
    found = evaluate(tmp_path, build(tmp_path, "source", "float16"), source=0.9, float16=0.9)
    elsewhere = tmp_path / "measured.json"
    elsewhere.write_text(json.dumps(change(found)))
    with pytest.raises(BadFile, match=advice):
        read_folder(tmp_path, BASE, evaluation=elsewhere)


def test_two_variants_of_one_name_are_refused_before_a_file_is_read(tmp_path: Path) -> None:
    made = build(tmp_path, "source", "float16")
    made["variants"].append(made["variants"][1])
    write(tmp_path / "variants.json", made)
    with pytest.raises(BadFile, match="two variants that are called float16"):
        read_folder(tmp_path, BASE)


def test_what_is_too_large_is_refused_before_and_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, "source")
    monkeypatch.setattr(documents, "MOST_BYTES", 100)
    with pytest.raises(BadFile, match="at most 100 are read"):
        read_folder(tmp_path, BASE)
    shown = tmp_path / "source" / SHARD
    monkeypatch.setattr(bounded_files, "_size", lambda path, name=None: 10)  # as it was before it grew
    with pytest.raises(BadFile, match="has more than 20 bytes"):
        bounded_files.read_bytes(shown, 20)
    with pytest.raises(BadFile, match="another SHA-256"):
        bounded_files.check_file(tmp_path, f"source/{SHARD}", size=10, sha256=digest(shown.read_bytes()))
