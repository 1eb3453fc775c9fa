"""What `inferfleet explain leak` prints, in a narrow terminal and to a program."""

import os
import sys
from typing import Any

import pytest

from collector.cli.explain_leak import tell_leak

EXPLAINED: dict[str, Any] = {
    "finding": {
        "kind": "tensor_leak",
        "finding_id": "3f9c2b7a1d04e586",
        "cohort": {"app": "shop", "model": "face", "release": "1.5.0-canary", "backend": "webgl"},
        "state": "open",
        "opened_at": "2026-11-30T12:00:00Z",
        "summary": "face on webgl in release 1.5.0-canary keeps 2 tensors per prediction "
        "(38 of 40 sessions leak).",
    },
    "traced": 12,
    "growing": 12,
    "problems": [],
    "searched": True,
    "lines": [
        {
            "model": "face",
            "sessions": 12,
            "what": "2 float32[1,256,256,3] per prediction (768.0 KB each)",
            "made_in": [
                {"function": "preprocess", "source": "src/camera.ts", "line": 41},
                {"function": "detect", "source": "src/main.ts", "line": 17},
            ],
        }
    ],
}
"""The example of docs/leaks.md."""


def test_each_line_of_the_app_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    tell_leak(EXPLAINED)
    assert capsys.readouterr().out.splitlines() == [
        "tensor_leak 3f9c2b7a1d04e586 of shop, model face, release 1.5.0-canary on webgl: "
        "open since 2026-11-30 12:00 UTC",
        "face on webgl in release 1.5.0-canary keeps 2 tensors per prediction (38 of 40 sessions leak).",
        "",
        "12 sessions traced; something stays and grows in 12 of them.",
        "1. 2 float32[1,256,256,3] per prediction (768.0 KB each), in 12 of 12 sessions",
        "     made in preprocess() at src/camera.ts:41",
        "     called from detect() at src/main.ts:17",
    ]


def test_a_narrow_terminal_breaks_between_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setitem(os.environ, "COLUMNS", "60")
    tell_leak(EXPLAINED)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert "1. 2 float32[1,256,256,3] per prediction (768.0 KB each), in" in lines
    assert "     made in preprocess() at src/camera.ts:41" in lines


@pytest.mark.parametrize(
    ("searched", "hint"), [(False, " (--source-maps FOLDER names the source line)"), (True, "")]
)
def test_a_place_that_is_not_resolved_says_how_only_to_who_has_not_tried(
    capsys: pytest.CaptureFixture[str], searched: bool, hint: str
) -> None:
    (line,) = EXPLAINED["lines"]
    place = {"script": "9f86d081884c7d65", "line": 1, "column": 5120}
    tell_leak(EXPLAINED | {"searched": searched, "lines": [line | {"made_in": [], "place": place}]})
    out = capsys.readouterr().out.splitlines()
    assert f"     made at 1:5120 of script 9f86d081884c7d65{hint}" in out
