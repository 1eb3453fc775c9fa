"""What does not fit is said in plain words, wherever a person reads it."""

import json
import re
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic_core.core_schema import ErrorType
from typer.testing import CliRunner

from collector import mistakes
from collector.api.admin.problems import answer_for
from collector.apps.changes import Wanted
from collector.cli.app import app
from collector.contract.wire_model import RandomId
from collector.ingest.decode import decode
from collector.ingest.refusal import Refused
from collector.mistakes import sentence, sentences
from collector.operations.catalogue import Call
from collector.settings import BadSettings, load_settings

RAW = re.compile(
    r"Input should|should have|should match|Value error|Field required|not permitted|validation error|"
    r"Extra inputs|unable to|pydantic|Invalid JSON",
    re.IGNORECASE,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Everything(BaseModel):
    model_config = ConfigDict(extra="forbid")

    whole: int = 1
    number: float = Field(default=1, gt=0, lt=10, allow_inf_nan=False)
    bounded: int = Field(default=1, ge=1, le=9)
    yes: bool = True
    text: str = Field(default="abc", min_length=2, max_length=3)
    names: list[str] = Field(default=["a"], min_length=1, max_length=2)
    table: dict[Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")], int] = {}
    word: Literal["one", "two"] = "one"
    colour: Colour = Colour.RED
    session: RandomId = "s" * 16
    strange: Annotated[str, StringConstraints(pattern="^x+$")] = "x"
    url: HttpUrl | None = None
    at: datetime | None = None
    own: str = ""

    @field_validator("own")
    @classmethod
    def _own(cls, value: str) -> str:
        if value:
            raise ValueError("write it in lower case")
        return value


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"whole": "many"}, "whole: must be a whole number"),
        ({"whole": 1.5}, "whole: must be a whole number"),
        ({"number": "x"}, "number: must be a number"),
        ({"number": 0}, "number: must be more than 0"),
        ({"number": 10}, "number: must be less than 10"),
        ({"number": float("nan")}, "number: must be a finite number"),
        ({"bounded": 0}, "bounded: must be at least 1"),
        ({"bounded": 10}, "bounded: must be at most 9"),
        ({"yes": "perhaps"}, "yes: must be true or false"),
        ({"text": 1}, "text: must be text"),
        ({"text": "a"}, "text: must have at least 2 characters"),
        ({"text": "abcd"}, "text: must have at most 3 characters"),
        ({"names": "a"}, "names: must be a list"),
        ({"names": []}, "names: must have at least 1 entry"),
        ({"names": ["a", "b", "c"]}, "names: must have at most 2 entries"),
        ({"table": 1}, "table: must be a table of names and values"),
        (
            {"table": {"A b": 1}},
            "table.A b: the name must be up to 63 of a-z, 0-9, - and _, beginning with a letter or digit",
        ),
        ({"word": "three"}, "word: must be 'one' or 'two'"),
        ({"colour": "green"}, "colour: must be 'red' or 'blue'"),
        ({"session": "xx yy"}, "session: must be 16 to 36 letters, digits, - and _"),
        ({"strange": "y"}, "strange: has the wrong form"),
        ({"url": "nowhere"}, "url: must be an address, for example https://fleet.example.com"),
        ({"url": "ftp://x.example"}, "url: must begin with 'http' or 'https'"),
        ({"at": "soon"}, "at: must be a time, for example 2026-11-29T12:00:00Z"),
        ({"own": "A"}, "own: write it in lower case"),
        ({"surprise": 1}, "surprise: there is no such field"),
    ],
)
def test_each_kind_of_mistake_has_its_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate(given)
    assert sentences(caught.value) == [said]


def test_a_text_that_is_no_json_says_where_and_repeats_nothing() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate_json('{"text": "hunter2",}')
    assert sentences(caught.value) == ["is not JSON: the mistake is at line 1 column 20"]


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_no_kind_of_mistake_is_said_in_the_words_of_the_library(kind: str) -> None:
    given = dict.fromkeys(
        ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "expected", "pattern", "error"), 1
    ) | {"expected_schemes": "'http'"}
    detail: Any = {"type": kind, "loc": ("a",), "msg": "Input should be raw", "ctx": given}
    said = sentence(detail)
    assert said
    assert not RAW.search(said)


def test_every_pattern_of_our_models_has_a_sentence() -> None:
    folder = Path(mistakes.__file__).parent
    used = {
        pattern
        for file in folder.rglob("*.py")
        for pattern in re.findall(r'\bpattern=r"([^"]+)"', file.read_text())
    }
    assert len(used) > 8
    assert used <= mistakes._FORMS.keys()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("API__PORT", "99999", "api.port: must be at most 65535"),
        ("API__PORT", "many", "api.port: must be a whole number"),
        ("API__ADMIN_TOKEN", "short", "api.admin_token: must have at least 16 characters"),
        ("API__FLEET_ACCESS", "all", "api.fleet_access: must be 'open', 'loopback' or 'token'"),
        ("API__POTR", "1", "api.potr: no such setting; see docs/settings.md"),
        ("APPS", "{", "INFERFLEET_APPS: a list or table in a variable is written as JSON"),
        ("ALERTS__WEBHOOKS", "[{", "INFERFLEET_ALERTS__WEBHOOKS: a list or table in a variable is written"),
        ("APPS", '{"Shop": {"keys": ["abcd"]}}', "apps.Shop: the name must be up to 63 of a-z"),
    ],
)
def test_a_setting_that_does_not_fit(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"INFERFLEET_{variable}", value)
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert str(caught.value).startswith(said)
    assert not RAW.search(str(caught.value))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["serve", "--port", "many"], "Invalid value for '--port': must be a whole number"),
        (["serve", "--port", "99999"], "Invalid value for '--port': must be at most 65535"),
        (["rollback", "--app", "a", "--version", "-1"], "Invalid value for '--version': must be at least 0"),
        (["migrate", "--show", "moon"], "Invalid value for '--show': 'moon' is not one of 'server'"),
        (["apps", "set", "--app", "a", "--sample-rate", "x"], "'--sample-rate': must be a number"),
        (["apps", "set", "--app", "a", "--default", "x"], "'--default': 'x' is not one of 'origins'"),
    ],
)
def test_an_option_that_does_not_fit(command: list[str], said: str) -> None:
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert said in done.output
    assert not RAW.search(done.output)


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        (Call, {"session": "xx yy"}, "session: must be 16 to 36 letters, digits, - and _"),
        (Call, {"version": "-1"}, "version: must be at least 0"),
        (Call, {"note": "n" * 501}, "note: must have at most 500 characters"),
        (Call, {"surprise": "1"}, "surprise: there is no such field"),
        (Wanted, {"sample_rate": "2"}, "sample_rate: must be at most 1"),
    ],
)
def test_a_call_to_the_admin_api_that_does_not_fit(
    model: type[BaseModel], given: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate_strings(given)
    problem = json.loads(bytes(answer_for(caught.value).body))
    assert problem["detail"] == said


def test_a_report_that_does_not_fit() -> None:
    with pytest.raises(Refused) as caught:
        decode(b'{"v": 1, "session": "short"}')
    messages = {error.path: error.message for error in caught.value.problem.errors}
    assert messages["session"] == "must be 16 to 36 letters, digits, - and _"
    assert messages["batch_id"] == "is missing"
    assert not any(RAW.search(message) for message in messages.values())
