"""Variants published and pruned from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from collector.cli import variants_publish
from collector.cli.app import app
from tests.unit.variants.built import WEIGHTS, build


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["variants", *words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build(tmp_path / "built", {"float16": WEIGHTS})


def test_a_publication_says_where_files_are_and_their_hashes(folder: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "target")
    done = run("publish", str(folder), "--to", place, "--app", "shop", "--public", "https://cdn.example/m/")
    assert done.exit_code == 0, done.output
    [variant] = json.loads((folder / "published.json").read_text())["variants"]
    assert variant["url"].startswith(f"https://cdn.example/m/shop/face/{variant['id']}/")
    assert variant["url"] in done.output
    assert variant["integrity"] in done.output
    assert "3 files" in done.output
    assert "Cache-Control: public, max-age=31536000, immutable" in done.output
    assert "modelOrigins" in done.output


def test_without_a_public_address_urls_are_of_the_page_s_own_origin(folder: Path, tmp_path: Path) -> None:
    done = run("publish", str(folder), "--to", str(tmp_path / "t"), "--app", "shop", "--json")
    [variant] = json.loads(done.stdout)["published"]["variants"]
    assert variant["url"].startswith("/shop/face/")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--to", "no-such-protocol://x", "--app", "shop"], "Protocol not known"),
        (["--to", "/proc/there-is-no-such-folder", "--app", "shop"], "No such file or directory"),
        (["--to", "memory://x", "--app", "No App"], "is no name of an app"),
        (["--to", "memory://x", "--app", "shop", "--public", "cdn.example"], "--public begins with"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(options: list[str], why: str, folder: Path) -> None:
    done = run("publish", str(folder), *options)
    assert done.exit_code == 1
    assert why in done.output
    assert "Traceback" not in done.output


def test_a_folder_that_was_not_built_is_said_in_a_line(tmp_path: Path) -> None:
    done = run("publish", str(tmp_path), "--to", "memory://x", "--app", "shop")
    assert done.exit_code == 1
    assert "name a folder that `inferfleet variants build` made" in done.output


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that configs name."""
    urls: list[str] = []

    def perform(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert (name, arguments) == ("named_urls", {"app": "shop", "days": 1})
        return {"urls": urls}

    monkeypatch.setattr(variants_publish, "perform", perform)
    return urls


@pytest.fixture
def old(folder: Path, tmp_path: Path) -> Path:
    """A target whose files were written long ago."""
    import os

    place = tmp_path / "target"
    assert run("publish", str(folder), "--to", str(place), "--app", "shop").exit_code == 0
    for file in place.rglob("*.*"):
        os.utime(file, (1e9, 1e9))
    return place


def files(place: Path) -> int:
    return sum(path.is_file() for path in place.rglob("*"))


def test_what_no_config_names_is_removed_when_somebody_says_so(old: Path, named: list[str]) -> None:
    assert named == []
    options = ["--to", str(old), "--app", "shop", "--days", "1"]
    dry = run("prune", *options, "--dry-run")
    assert (dry.exit_code, files(old)) == (0, 3)
    assert "face/" in dry.output
    asked = run("prune", *options)
    assert (asked.exit_code, files(old)) == (1, 3)
    assert "add --yes" in asked.output
    done = run("prune", *options, "--yes")
    assert (done.exit_code, files(old)) == (0, 0)
    assert "removed 1 variants" in done.output
    again = run("prune", *options, "--yes", "--json")
    assert json.loads(again.stdout) == {"unused": [], "kept": {}, "removed": False}


def test_what_a_config_names_stays(old: Path, named: list[str], folder: Path) -> None:
    named.append(json.loads((folder / "published.json").read_text())["variants"][0]["url"])
    done = run("prune", "--to", str(old), "--app", "shop", "--days", "1", "--yes")
    assert (done.exit_code, files(old)) == (0, 3)
    assert "nothing to remove: 1 variants stay" in done.output
