"""What does not fit, in sentences: the one place that turns pydantic's errors into words for people.

A settings file, a command line, a call to the admin API and a report are all checked by pydantic, whose own
messages ("Input should be less than or equal to 65535") are for programmers. Nothing here repeats a value:
it can be a secret.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

Context = Mapping[str, Any]

_INTEGRITY = "a hash as in Subresource Integrity: sha256- and 44 characters of base64"
_NAME = "up to 64 letters, digits and ._+-, beginning with a letter or digit"
# Patterns that our models use; tests/unit/test_mistakes.py finds one that is missing here.
_FORMS = {
    r"^[a-z0-9][a-z0-9_-]{0,62}$": "up to 63 of a-z, 0-9, - and _, beginning with a letter or digit",
    r"^[a-z0-9][a-z0-9_-]{0,30}$": "up to 31 of a-z, 0-9, - and _, beginning with a letter or digit",
    r"^[A-Za-z0-9_-]{16,36}$": "16 to 36 letters, digits, - and _",
    r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$": _NAME,
    r"^([A-Za-z0-9][A-Za-z0-9._+-]{0,63})?$": _NAME,
    r"^[A-Za-z0-9][A-Za-z0-9._+@-]{0,63}$": _NAME.replace("+-", "+@-"),
    r"^[0-9a-f]{64}$": "64 hexadecimal digits",
    r"^([0-9a-f]{64})?$": "64 hexadecimal digits",
    r"^[0-9a-f]{12}$": "12 hexadecimal digits",
    r"^[0-9a-f]{32}$": "32 hexadecimal digits",
    r"^(\d{1,10}(,\d{1,10}){0,7})?$": "up to 8 whole numbers with commas between them",
    r"^[A-Za-z0-9._+/@-]{0,64}$": "up to 64 letters, digits and ._+/@-",
    r"^[a-z]{1,16}(-[a-z0-9]{1,12}){0,2}$": "a GPU family, for example nvidia-ampere",
    r"^[a-z0-9*=,._-]{0,160}$": "a device class, for example form=mobile,os=android",
    r"^[a-z][a-z0-9_-]{0,15}/[0-9A-Za-z.+-]{1,23}$": "the SDK and its version, for example js/0.1.0",
    r"^([a-z][a-z0-9_-]{0,15}/[0-9A-Za-z._+-]{1,32})?$": "a library and its version, for example tfjs/4.22.0",
    r"^sha256-[A-Za-z0-9+/]{43}=$": _INTEGRITY,
    r"^(sha256-[A-Za-z0-9+/]{43}=)?$": _INTEGRITY,
    r"^(https?://|/|\./)[^\s\\]{0,500}$": "an address that begins with http://, https://, / or ./",
}

_SAID: dict[str, str | Callable[[Context], str]] = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "invalid_key": "its name must be text",
    "greater_than": lambda given: f"must be more than {_number(given['gt'])}",
    "greater_than_equal": lambda given: f"must be at least {_number(given['ge'])}",
    "less_than": lambda given: f"must be less than {_number(given['lt'])}",
    "less_than_equal": lambda given: f"must be at most {_number(given['le'])}",
    "multiple_of": lambda given: f"must be a multiple of {given['multiple_of']}",
    "finite_number": "must be a finite number",
    "too_short": lambda given: f"must have at least {_parts(given, 'min_length')}",
    "too_long": lambda given: f"must have at most {_parts(given, 'max_length')}",
    "string_too_short": lambda given: f"must have at least {_characters(given['min_length'])}",
    "string_too_long": lambda given: f"must have at most {_characters(given['max_length'])}",
    "string_pattern_mismatch": lambda given: (
        f"must be {_FORMS[given['pattern']]}" if given["pattern"] in _FORMS else "has the wrong form"
    ),
    "literal_error": lambda given: f"must be {given['expected']}",
    "enum": lambda given: f"must be {given['expected']}",
    "json_invalid": lambda given: f"is not JSON{_where(str(given['error']))}",
    "url_scheme": lambda given: f"must begin with {given['expected_schemes']}",
    "value_error": lambda given: str(given["error"]).removesuffix("."),
    "assertion_error": lambda given: str(given["error"]).removesuffix("."),
}
_MUST_BE = {
    "a whole number": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "a number": ("float_type", "float_parsing", "decimal_type", "decimal_parsing"),
    "true or false": ("bool_type", "bool_parsing"),
    "text": ("string_type", "string_unicode", "bytes_type"),
    "a list": ("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"),
    "a table of names and values": ("dict_type", "mapping_type", "model_type", "model_attributes_type"),
    "JSON": ("json_type",),
    "an address, for example https://fleet.example.com": ("url_type", "url_parsing", "url_syntax_violation"),
    "a time, for example 2026-11-29T12:00:00Z": (
        "datetime_type",
        "datetime_parsing",
        "datetime_from_date_parsing",
        "datetime_object_invalid",
        "timezone_aware",
    ),
    "a date, for example 2026-11-29": ("date_type", "date_parsing", "date_from_datetime_parsing"),
    "left out": ("none_required",),
}
_SAID |= {kind: f"must be {what}" for what, kinds in _MUST_BE.items() for kind in kinds}


def sentences(error: ValidationError, *, no_such_field: str = "there is no such field") -> list[str]:
    """A sentence for each mistake: ``api.port: must be at most 65535``.

    Args:
        error: what pydantic found.
        no_such_field: what to say of a name that the model does not have.
    """
    details = error.errors(include_url=False, include_input=False)
    return [_place(detail["loc"]) + sentence(detail, no_such_field=no_such_field) for detail in details]


def sentence(detail: ErrorDetails, *, no_such_field: str = "there is no such field") -> str:
    """What is wrong at one place, without the place."""
    kind = detail["type"]
    if kind == "extra_forbidden":
        return no_such_field
    said = _SAID.get(kind, "does not fit")
    text = said if isinstance(said, str) else said(detail.get("ctx", {}))
    return f"the name {text}" if detail["loc"][-1:] == ("[key]",) else text


def name_some(names: Iterable[str], most: int = 10) -> str:
    """Names to choose from, short however many there are: ``a, b and 7 more``; ``none`` for none."""
    given = list(names)
    more = f" and {len(given) - most} more" if len(given) > most else ""
    return ", ".join(given[:most]) + more or "none"


def _place(loc: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in loc if part != "[key]"]
    return f"{'.'.join(parts)}: " if parts else ""


def _number(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)


def _parts(given: Context, bound: str) -> str:
    """``2 entries``; of a secret, whose kind pydantic does not know, characters."""
    count = given[bound]
    if given.get("field_type") == "Value":
        return _characters(count)
    return "1 entry" if count == 1 else f"{count} entries"


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count} characters"


def _where(reason: str) -> str:
    """The place in a JSON text, which pydantic names at the end of its reason."""
    found = re.search(r"line \d+ column \d+$", reason)
    return f": the mistake is at {found[0]}" if found else ""
