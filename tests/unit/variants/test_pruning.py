"""What of a target stays, and what goes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec
import pytest

from collector.variant_folder import read_built
from collector.variants.publishing import PruneSummary, Target, prune, publish
from tests.unit.variants.built import WEIGHTS, build

LATER = datetime.now(UTC) + timedelta(days=40)


@pytest.fixture
def published(tmp_path: Path) -> dict[str, str]:
    """URLs of two published variants by name, whose files lie in ``target``."""
    folder = build(tmp_path / "built", {"float16": WEIGHTS, "uint8": {"a.bin": b"small"}})
    done = publish(folder, read_built(folder), target(tmp_path), base="https://cdn.example/shop")
    return {variant.name: variant.url for variant in done.published.variants}


def target(tmp_path: Path) -> Target:
    return Target(str(tmp_path / "target"), "shop")


def run(place: Target, named: list[str], *, before: datetime = LATER, allowed: bool = True) -> PruneSummary:
    return prune(place, named, before=before, allow=lambda _plan: allowed)


def folder_of(url: str) -> str:
    return "/".join(url.split("/")[-3:-1])


def test_what_nobody_names_goes_and_what_a_config_names_stays(
    published: dict[str, str], tmp_path: Path
) -> None:
    # From wherever it is served.
    elsewhere = published["uint8"].replace("https://cdn.example", "https://other.example/deep")
    done = run(target(tmp_path), [elsewhere, "/face.json", "https://x.example"])
    assert [variant.path for variant in done.unused] == [folder_of(published["float16"])]
    assert done.kept == {folder_of(published["uint8"]): "a config or a registered variant names it"}
    assert done.removed
    left = target(tmp_path).find()
    assert {path.rpartition("/")[0] for path in left} == {folder_of(published["uint8"])}
    assert not (tmp_path / "target" / "shop" / folder_of(published["float16"])).exists()


def test_the_entry_goes_first(published: dict[str, str], tmp_path: Path) -> None:
    [float16] = run(target(tmp_path), [published["uint8"]]).unused
    assert [Path(name).suffix for name in float16.files] == [".json", ".bin", ".bin"]


def test_nothing_goes_unless_it_is_allowed(published: dict[str, str], tmp_path: Path) -> None:
    before = target(tmp_path).find()
    done = run(target(tmp_path), [], allowed=False)
    assert (len(done.unused), done.removed) == (len(published), False)
    assert target(tmp_path).find() == before


def test_nobody_is_asked_when_there_is_nothing_to_remove(published: dict[str, str], tmp_path: Path) -> None:
    done = prune(target(tmp_path), list(published.values()), before=LATER, allow=lambda _plan: pytest.fail())
    assert done.unused == []


def test_what_is_new_stays(published: dict[str, str], tmp_path: Path) -> None:
    done = run(target(tmp_path), [], before=datetime.now(UTC) - timedelta(days=30))
    assert set(done.kept.values()) == {"it is new"}
    assert len(done.kept) == len(published)


def test_what_is_not_ours_stays(published: dict[str, str], tmp_path: Path) -> None:
    stranger = tmp_path / "target" / "shop" / folder_of(published["uint8"]) / "labels.txt"
    stranger.write_text("cat")
    alone = tmp_path / "target" / "shop" / "index.json"
    alone.write_text("{}")
    done = run(target(tmp_path), [])
    assert done.kept == {folder_of(published["uint8"]): "it holds files that no publication makes"}
    assert stranger.exists()
    assert alone.exists()


def test_another_app_s_files_are_not_looked_at(published: dict[str, str], tmp_path: Path) -> None:
    done = prune(Target(str(tmp_path / "target"), "other"), [], before=LATER, allow=lambda _plan: True)
    assert (done.unused, done.kept) == ([], {})
    assert published


def test_a_target_that_tells_no_age_keeps_what_it_has(
    published: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def modified(_self: object, _path: str) -> datetime:
        raise NotImplementedError

    monkeypatch.setattr(type(fsspec.filesystem("file")), "modified", modified)
    done = run(target(tmp_path), [])
    assert set(done.kept.values()) == {"the target does not say how old it is"}
    assert published
