"""Variants at a target: in which form, in which order, again after an interruption, and what is refused."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import brotli
import fsspec
import pytest
from pydantic import TypeAdapter

from collector.contract.config_document import Integrity
from collector.variant_folder import BadFile, read_built
from collector.variant_folder.published import PublishedVariants
from collector.variants.publishing import (
    DamagedFile,
    PublishedSummary,
    Target,
    publish,
)
from collector.variants.publishing.pieces import Piece
from tests.unit.variants.built import WEIGHTS, build

BASE = "https://cdn.example/models/shop"


@pytest.fixture(params=["folder", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A target of each kind that a test can have."""
    if request.param == "folder":
        yield str(tmp_path / "target")
        return
    yield "memory://models"
    fsspec.filesystem("memory").rm("/models", recursive=True)


def read(place: str, path: str) -> bytes:
    filesystem, root = fsspec.core.url_to_fs(place)
    return bytes(filesystem.cat_file(f"{root}/shop/{path}"))


def write(place: str, path: str, content: bytes) -> None:
    filesystem, root = fsspec.core.url_to_fs(place)
    filesystem.pipe_file(f"{root}/shop/{path}", content)


def send(folder: Path, place: str, **options: bool) -> PublishedSummary:
    return publish(folder, read_built(folder), Target(place, "shop"), base=BASE, **options)


def paths(place: str) -> set[str]:
    return set(Target(place, "shop").find())


def hash_of(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def test_every_file_is_named_by_its_content_and_the_entry_names_the_hashes_of_the_others(
    place: str, tmp_path: Path
) -> None:
    done = send(build(tmp_path / "built", {"float16": WEIGHTS}), place)
    [variant] = done.published.variants
    assert variant.url.startswith(f"{BASE}/face/{variant.id}/")
    entry = read(place, variant.url.removeprefix(f"{BASE}/"))
    assert variant.integrity == hash_of(entry)
    assert TypeAdapter(Integrity).validate_python(variant.integrity)
    assert Path(variant.url).stem == hashlib.sha256(entry).hexdigest()[:16]

    model = json.loads(entry)
    names = model["weightsManifest"][0]["paths"]
    assert names == [f"{hashlib.sha256(content).hexdigest()}.bin" for content in WEIGHTS.values()]
    assert model["inferfleet"]["files"] == {
        name: {"bytes": len(content), "integrity": hash_of(content)}
        for name, content in zip(names, WEIGHTS.values(), strict=True)
    }
    assert [read(place, f"face/{variant.id}/{name}") for name in names] == list(WEIGHTS.values())
    assert variant.bytes == len(entry) + sum(map(len, WEIGHTS.values()))
    assert list(model["signature"]["outputs"]) == ["z", "a"]  # TensorFlow.js goes by their order


def test_what_was_published_is_written_beside_what_was_built(place: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "built", {"float16": WEIGHTS, "uint8": {"a.bin": b"small"}})
    done = send(folder, place)
    published = PublishedVariants.model_validate_json((folder / "published.json").read_text())
    assert published == done.published
    assert (published.format, published.model, published.base) == ("inferfleet-published-1", "face", BASE)
    assert [variant.name for variant in published.variants] == ["float16", "uint8"]


def test_a_second_publication_changes_nothing(place: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "built", {"float16": WEIGHTS})
    first = send(folder, place)
    before = Target(place, "shop").find()
    second = send(folder, place)
    assert (first.sent_files, first.there_already) == (3, 0)
    assert (second.sent_files, second.sent_bytes, second.there_already) == (0, 0, 3)
    assert second.published == first.published
    assert Target(place, "shop").find() == before


def test_an_interrupted_publication_shows_no_entry_and_goes_on_where_it_was(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build(tmp_path / "built", {"float16": WEIGHTS})
    sent: list[str] = []
    whole = Target.send

    def stop_at_the_second(target: Target, path: str, piece: Piece, *, encoding: str | None = None) -> None:
        if len(sent) == 1:
            half = Piece(piece.name, piece.sha256, 3, piece.read()[:3])
            whole(target, path, half)
            raise OSError("the line is cut")
        sent.append(path)
        whole(target, path, piece, encoding=encoding)

    with monkeypatch.context() as patch:
        patch.setattr(Target, "send", stop_at_the_second)
        with pytest.raises(OSError, match="the line is cut"):
            send(folder, place)
    assert {path.rpartition(".")[2] for path in paths(place)} == {"bin"}
    assert not (folder / "published.json").exists()
    done = send(folder, place)
    assert (done.sent_files, done.there_already) == (2, 1)


def test_a_file_that_is_there_with_other_bytes_is_sent_again(place: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "built", {"float16": WEIGHTS})
    send(folder, place)
    [damaged, *_] = sorted(path for path in paths(place) if path.endswith(".bin"))
    right = read(place, damaged)
    write(place, damaged, b"x" * len(right))
    done = send(folder, place)
    assert (done.sent_files, done.there_already) == (1, 2)
    assert read(place, damaged) == right


def test_a_target_that_gives_back_other_bytes_is_told_of(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build(tmp_path / "built", {"float16": WEIGHTS})
    whole = Target.send

    def damage(target: Target, path: str, piece: Piece, *, encoding: str | None = None) -> None:
        whole(target, path, Piece(piece.name, piece.sha256, piece.size, b"x" * piece.size), encoding=encoding)

    monkeypatch.setattr(Target, "send", damage)
    with pytest.raises(DamagedFile, match="does not read back"):
        send(folder, place)
    assert not (folder / "published.json").exists()


def test_a_dry_run_writes_nothing_and_says_the_same(place: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "built", {"float16": WEIGHTS})
    dry = send(folder, place, dry_run=True)
    assert paths(place) == set()
    assert not (folder / "published.json").exists()
    done = send(folder, place)
    assert dry.published == done.published
    assert (dry.sent_files, dry.sent_bytes) == (done.sent_files, done.sent_bytes)


def test_a_compressed_copy_lies_beside_each_file(place: str, tmp_path: Path) -> None:
    send(build(tmp_path / "built", {"float16": WEIGHTS}), place, brotli=True)
    plain = {path for path in paths(place) if not path.endswith(".br")}
    assert len(plain) == 3
    assert paths(place) == plain | {f"{path}.br" for path in plain}
    for path in plain:
        assert brotli.decompress(read(place, f"{path}.br")) == read(place, path)


def test_an_onnx_is_one_file_under_its_content_s_name(place: str, tmp_path: Path) -> None:
    content = b"\x08\x07onnx"
    folder = build(tmp_path / "built", {"float16": {"model.onnx": content}}, engine="ort")
    [variant] = send(folder, place).published.variants
    assert variant.url.endswith(f"{hashlib.sha256(content).hexdigest()[:16]}.onnx")
    assert variant.integrity == hash_of(content)


def test_shards_of_one_content_are_one_file(place: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "built", {"float16": {"a.bin": b"same", "b.bin": b"same"}})
    [variant] = send(folder, place).published.variants
    model = json.loads(read(place, variant.url.removeprefix(f"{BASE}/")))
    [first, second] = model["weightsManifest"][0]["paths"]
    assert first == second
    assert len(paths(place)) == 2


def refused(folder: Path, tmp_path: Path) -> str:
    with pytest.raises(BadFile) as caught:
        send(folder, str(tmp_path / "target"))
    assert not list((tmp_path / "target").rglob("*.json"))
    return str(caught.value)


def test_what_was_changed_since_the_build_is_refused(tmp_path: Path) -> None:
    folder = build(tmp_path / "built", {"float16": WEIGHTS})
    shard = folder / "float16" / "group1-shard1of2.bin"
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    assert "another SHA-256 than the manifest says" in refused(folder, tmp_path)
    shard.unlink()
    assert "cannot be read: No such file" in refused(folder, tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"weightsManifest": [{"paths": ["a.bin"], "weights": [{"min": NaN}]}]}', "holds NaN"),
        (b'{"weightsManifest": [{"paths": ["b.bin"]}]}', "does not list"),
        (b'{"weightsManifest": [{"paths": [7]}]}', "weightsManifest"),
        (b"[]", "no model"),
        (b"{", "not JSON"),
    ],
)
def test_a_model_json_that_no_page_could_load_is_refused(content: bytes, why: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "built", {"float16": {"a.bin": b"a"}})
    (folder / "float16" / "model.json").write_bytes(content)
    manifest = json.loads((folder / "variants.json").read_text())
    [entry, weights] = manifest["variants"][0]["files"]
    entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest["variants"][0]["bytes"] = entry["bytes"] + weights["bytes"]
    (folder / "variants.json").write_text(json.dumps(manifest))
    assert why in refused(folder, tmp_path)


def test_external_data_of_an_onnx_is_refused(tmp_path: Path) -> None:
    files = {"model.onnx": b"\x08", "model.onnx_data": b"weights"}
    assert "external data" in refused(build(tmp_path / "built", {"float16": files}, engine="ort"), tmp_path)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"entry": "../model.json"}, "entry: must be a path below the folder"),
        ({"entry": "/etc/passwd"}, "entry"),
        ({"id": "../../x"}, "id"),
        ({"name": "no name"}, "name"),
        ({"files": []}, "files"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    changes: dict[str, object], why: str, tmp_path: Path
) -> None:
    assert why in refused(build(tmp_path / "built", {"float16": WEIGHTS}, **changes), tmp_path)


def test_a_folder_without_variants_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"holds no variants\.json"):
        read_built(tmp_path)


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("s3", {"CacheControl": "public, max-age=31536000, immutable", "ContentType": "application/json"}),
        (
            "gs",
            {
                "content_type": "application/json",
                "fixed_key_metadata": {"cache_control": "public, max-age=31536000, immutable"},
            },
        ),
        ("memory", {}),
    ],
)
def test_a_target_that_keeps_headers_is_told_how_long_caches_may_keep_a_file(
    protocol: str, expected: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[dict[str, object]] = []
    target = Target("memory://headers", "shop")
    monkeypatch.setattr(target, "protocols", frozenset([protocol]))
    monkeypatch.setattr(
        type(fsspec.filesystem("memory")), "pipe_file", lambda _self, _path, _content, **kw: given.append(kw)
    )
    target.send("face/1/0.json", Piece("0.json", "", 1, b"x"))
    assert given == [expected]
    assert target.keeps_headers is bool(expected)
