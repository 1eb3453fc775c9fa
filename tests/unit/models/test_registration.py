"""Names and numbers that do not fit are refused before anything is stored."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from collector.mistakes import sentences
from collector.models import Registration

GOOD: dict[str, Any] = {"model": "face", "variant": "uint8", "url": "/m.json", "bytes": 9, "agreement": 1.0}


@pytest.mark.parametrize(
    ("other", "advice"),
    [
        ({"agreement": math.nan}, "agreement: must be a share from 0 to 1"),
        ({"agreement": math.inf}, "agreement: must be a share from 0 to 1"),
        ({"agreement": 1.01}, "agreement: must be a share from 0 to 1"),
        ({"accuracy": 61.8, "accuracy_of": "top1"}, "0.618 for 61.8 %"),
        ({"accuracy": -0.1, "accuracy_of": "top1"}, "accuracy: must be a share"),
        ({"accuracy": 0.6}, "name the metric, as top1"),
        ({"samples": 9}, "needs the accuracy"),
        ({"accuracy": 0.6, "accuracy_of": "top1", "samples": 0}, "samples: must be at least 1"),
        ({"variant": "über"}, "variant: must be up to 64 letters"),
        ({"variant": "a/b"}, "variant: must be up to 64 letters"),
        ({"variant": "source"}, "the fleet calls the unmodified source original"),
        ({"model": ""}, "model: must be up to 64 letters"),
        ({"url": ""}, "needs the URL"),
        ({"url": "file:///m.json"}, "url: a page cannot load"),
        ({"bytes": 0}, "needs the number of its bytes"),
        ({"bytes": -1}, "bytes: must be at least 0"),
        ({"bytes": 1 << 41}, "bytes: must be at most"),
        ({"metadata": {"a": math.nan}}, "metadata: has a number that is not finite"),
        ({"metadata": {"a": "x" * 200_000}}, "metadata: has 200009 bytes as JSON"),
        ({"backends": {"gpu": {"accepted": True}}}, "backends.gpu"),
        ({"integrity": "abc"}, "integrity: must be a hash as in Subresource Integrity"),
        ({"agrement": 1.0}, "agrement: there is no such field"),
    ],
)
def test_what_does_not_fit_is_named(other: dict[str, Any], advice: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Registration.model_validate(GOOD | other)
    assert advice in "\n".join(sentences(refused.value))


def test_only_the_original_may_be_without_url_and_size() -> None:
    assert Registration(model="face", variant="original").url == ""
    assert Registration.model_validate(GOOD).bytes == 9
