"""Who changes something, and why: what every version of an app, a variant or a model is signed with."""

from datetime import datetime
from typing import Annotated, NamedTuple

from pydantic import StringConstraints, TypeAdapter, ValidationError

ADMIN = "admin"
Author = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+@-]{0,63}$")]
Remark = Annotated[str, StringConstraints(max_length=500)]

_AUTHOR: TypeAdapter[str] = TypeAdapter(Author)
_NOTE: TypeAdapter[str] = TypeAdapter(Remark)


class Act(NamedTuple):
    """Who changes something, why and when."""

    author: str
    note: str
    now: datetime


def sign(author: str, note: str, now: datetime) -> Act:
    """The act, once author and note are what they may be.

    Raises:
        ValueError: one of them is not; the message says what it may be.
    """
    return Act(
        fit(
            _AUTHOR,
            author,
            "an author is up to 64 letters, digits and ._+@-, and begins with a letter or digit",
        ),
        fit(_NOTE, note, "a note has at most 500 characters"),
        now,
    )


def fit(kind: TypeAdapter[str], text: str, advice: str) -> str:
    """The text, when it is of a kind.

    Raises:
        ValueError: it is not; ``advice`` is the message.
    """
    try:
        return kind.validate_python(text)
    except ValidationError as error:
        raise ValueError(advice) from error
