"""All commands are called alike."""

import pytest

from tests.unit.cli.commands import COMMANDS, options

NAMES = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
OF_ONE_APP = {
    *(("apps", name) for name in ("show", "add", "set", "remove")),
    *(("keys", name) for name in ("list", "add", "revoke")),
    *(("variants", name) for name in ("register", "list", "show", "remove", "budget")),
    *(("variants", name) for name in ("publish", "prune")),
    *(("canary", name) for name in ("record", "list", "show", "remove")),
    *((name,) for name in ("rollback", "kill", "enable", "delete", "simulate")),
}
OF_ANY_APP = {(name,) for name in ("recommend", "publish", "leaks", "regressions", "expire", "audit")}


POSITIONAL = {
    ("canary", "record"): ["folder"],
    ("explain", "leak"): ["finding"],
    ("variants", "build"): ["model"],
    ("variants", "add"): ["model"],
    ("variants", "evaluate"): ["folder"],
    ("variants", "publish"): ["folder"],
    ("variants", "register"): ["folder"],
}
"""What a command works on, where that is a file or folder of the caller's, or the id of a finding."""


@NAMES
def test_no_value_is_told_by_its_position_but_the_file_that_is_read(words: tuple[str, ...]) -> None:
    positional = [
        parameter.name for parameter in COMMANDS[words].params if parameter.param_type_name == "argument"
    ]
    assert positional == POSITIONAL.get(words, [])


@NAMES
def test_the_app_is_named_by_one_option_everywhere(words: tuple[str, ...]) -> None:
    app = options(COMMANDS[words]).get("--app")
    assert (app is not None) is (words in OF_ONE_APP | OF_ANY_APP)
    if app is not None:
        assert app.required is (words in OF_ONE_APP)


@NAMES
def test_every_command_that_ends_prints_json_when_asked(words: tuple[str, ...]) -> None:
    assert ("--json" in options(COMMANDS[words])) is (words != ("serve",))


CHANGES = {
    *(("apps", name) for name in ("add", "set", "remove")),
    *(("keys", name) for name in ("add", "revoke")),
    *(("variants", name) for name in ("register", "remove", "budget")),
    *(("canary", name) for name in ("record", "remove")),
    *((name,) for name in ("publish", "rollback", "kill", "enable", "delete")),
}


@NAMES
def test_a_change_says_who_made_it_and_why(words: tuple[str, ...]) -> None:
    signed = {"--note", "--author"} <= options(COMMANDS[words]).keys()
    assert signed is (words in CHANGES)
