"""The commands on variants, over a store that nobody else has."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from collector.cli.app import app as program
from collector.operations import logs
from collector.store import open_store
from collector.store.migrate import upgrade
from tests.unit.models.folders import build, evaluate

Command = Callable[..., Result]
FACE = ("--app", "demo", "--model", "face")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose engine stays up between the commands."""
    folder: Path = tmp_path_factory.mktemp("commands") / "data"
    dsn = f"chdb://{folder.resolve() / 'engine'}"
    upgrade(dsn)
    with open_store(dsn):
        yield folder


@pytest.fixture
def variants(data: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("INFERFLEET_DATA_DIR", str(data))
    monkeypatch.setenv("INFERFLEET_APPS", '{"demo": {"keys": ["demo-key"]}}')
    monkeypatch.setattr(logs, "configure_logs", lambda: None)  # it would keep the runner's stderr for ever
    return lambda *words: CliRunner().invoke(program, ["variants", *words])


def test_a_folder_is_registered_listed_budgeted_and_removed(variants: Command, tmp_path: Path) -> None:
    made = build(tmp_path, "source", "uint16", "uint8")
    evaluate(tmp_path, made, source=0.618, uint16=0.624, uint8=0.28)
    words = ("register", str(tmp_path), "--app", "demo", "--url-base", "http://localhost/v1")
    first = variants(*words, "--author", "ada@example.com")
    assert first.exit_code == 0, first.output
    assert "face/uint8: registered, version 1; refused (top1 0.28 where the original" in first.stdout
    assert "inferfleet: http://localhost/v1/uint8/model.json is on this machine" in first.stderr
    again = variants(*words).stdout.splitlines()
    assert ["nothing changed, it was registered so" in line for line in again] == [True] * 3
    rows = [line.split() for line in variants("list", *FACE).stdout.splitlines()]
    sizes = [str(each["bytes"]) for each in made["variants"]]
    assert [row[:7] for row in rows[1:4]] == [
        ["face", "original", sizes[0], "0.618", "top1", "-", "reference"],
        ["face", "uint16", sizes[1], "0.624", "top1", "-", "accepted"],
        ["face", "uint8", sizes[2], "0.28", "top1", "-", "refused"],
    ]
    assert rows[4][-1] == "(recommend.max_accuracy_loss)"
    wide = variants("budget", *FACE, "--max-accuracy-loss", "0.4").stdout
    assert wide == "a variant of face may lose 0.4 of accuracy at most (its own budget, version 1)\n"
    assert "(recommend.max_accuracy_loss)" in variants("budget", *FACE, "--default").stdout
    name = (*FACE, "--variant", "uint8")
    asked = variants("remove", *name)
    assert (asked.exit_code, "add --yes" in asked.stderr) == (1, True)
    assert "is removed (version 2)" in variants("remove", *name, "--yes", "--note", "too lossy").stdout
    shown = variants("show", *name).stdout
    for told in ("face/uint8  (removed)", "ada@example.com", "too lossy", made["variants"][2]["id"]):
        assert told in shown
    gone = variants("remove", *name, "--yes")
    assert (gone.exit_code, "the variants of that model are: original, uint16" in gone.stderr) == (1, True)


def test_one_variant_that_was_made_elsewhere_comes_in_with_its_numbers(
    variants: Command, tmp_path: Path
) -> None:
    numbers = tmp_path / "pruned.json"
    numbers.write_text(json.dumps({"url": "/old.json", "bytes": 500, "agreement": 0.995, "kind": "pruned"}))
    pruned = ("--app", "demo", "--model", "eyes", "--variant", "pruned")
    made = variants("register", *pruned, "--from", str(numbers), "--url", "/eyes/pruned.json", "--json")
    assert json.loads(made.stdout)["variants"][0]["verdict"] == "accepted"
    found = json.loads(variants("show", *pruned, "--json").stdout)["variant"]["registered"]
    assert (found["url"], found["bytes"], found["kind"]) == ("/eyes/pruned.json", 500, "pruned")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ((*FACE, "--variant", "small"), "needs the URL"),
        ((*FACE, "--variant", "small", "--url", "file:///m.json", "--bytes", "9"), "write https://"),
        ((*FACE, "--variant", "a b", "--url", "/m.json", "--bytes", "9"), "variant: must be up to 64"),
        ((*FACE, "--variant", "s", "--url", "/m", "--bytes", "9", "--agreement", "nan"), "share from 0 to 1"),
        ((*FACE, "--variant", "s", "--from", "NaN.json"), "agreement: must be a share from 0 to 1"),
        ((*FACE, "--variant", "s", "--from", "list.json"), "must be a table of names and values"),
        ((*FACE, "--variant", "s", "--from", "large.json"), "at most 1048576 are read"),
        ((*FACE, "--variant", "s", "--from", "none.json"), "cannot be read: No such file"),
        ((*FACE, "--url", "/m.json"), "name the variant with --variant"),
        ((*FACE, "--variant", "s", "--url-base", "/v1"), "for a folder of variants"),
        ((".", "--app", "demo"), "holds no variants.json: name a folder"),
        ((".", "--app", "demo", "--bytes", "9", "--url-base", "/v1"), "leave --bytes out"),
        ((".", "--app", "demo", "--url-base", "/v1"), "holds no variants.json: name a folder"),
        (("--app", "none", "--model", "m", "--variant", "original"), "inferfleet apps add"),
    ],
)
def test_what_cannot_be_registered_is_one_line_that_says_what_to_do(
    variants: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], advice: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("NaN.json").write_text('{"agreement": NaN, "bytes": 5, "url": "/m.json"}')
    Path("list.json").write_text("[]")
    Path("large.json").write_bytes(b" " * (2 << 20))
    done = variants("register", *words)
    assert done.exit_code == 1
    assert advice in done.stderr
    assert len(done.stderr.splitlines()) == 1
