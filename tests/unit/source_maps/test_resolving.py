"""Places in bundles -> lines of sources. Folders are what a build leaves, or worse."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from collector.source_maps import BadFolder, Frame, Place, resolve, resolving, scripts

# Two lines of a bundle; the second is preprocess() of camera.ts.
SCRIPT = "function n(t){return t}\nfunction o(t){return n(t).toFloat()}\n"


def a_map(**changes: Any) -> dict[str, Any]:
    # Line 1 is line 1 of node_modules/engine.js; line 2 has its head at camera.ts:40:10 and its call at 41:5.
    return {
        "version": 3,
        "file": "main.js",
        "sources": ["../node_modules/engine/engine.js", "../src/camera.ts"],
        "names": ["preprocess"],
        "mappings": "AAAA,SAAS;ACuCT,SAASA,YACL",
        **changes,
    }


def build(folder: Path, script: str = SCRIPT, told: object = None, name: str = "main.js") -> str:
    """Writes a script and its map; the name that a trace gives the script."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(script.encode())
    if told is not None:
        (folder / f"{name}.map").write_text(told if isinstance(told, str) else json.dumps(told))
    return hashlib.sha256(script.encode()).hexdigest()[:32]


def resolved(folder: Path, *places: Place) -> tuple[list[Frame | None], list[str]]:
    known = resolve(folder, places)
    return [known.frames.get(place) for place in places], list(known.problems)


def test_a_place_is_the_line_of_a_source_and_the_function_around_it(tmp_path: Path) -> None:
    script = build(tmp_path / "assets", told=a_map())
    [inner, call], problems = resolved(tmp_path, Place(script, 1, 15), Place(script, 2, 22))
    assert problems == []
    assert call is not None and (call.source, call.line, call.function) == (
        "../src/camera.ts",
        41,
        "preprocess",
    )
    assert inner is not None and inner.is_library and not call.is_library


def test_a_script_that_a_page_could_not_read_is_known_by_its_path(tmp_path: Path) -> None:
    build(tmp_path / "dist" / "assets", told=a_map())
    by_path = hashlib.sha256(b"/assets/main.js").hexdigest()[:32]
    [call], problems = resolved(tmp_path, Place(by_path, 2, 22))
    assert call is not None and call.function == "preprocess" and problems == []


def test_a_map_may_be_inside_of_its_script_or_named_by_it(tmp_path: Path) -> None:
    text = json.dumps(a_map())
    data = f"data:application/json;charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"
    inline = build(tmp_path, f"{SCRIPT}//# sourceMappingURL={data}\n", name="inline.js")
    named = build(tmp_path, f"{SCRIPT}//# sourceMappingURL=maps/m%201.json\n", name="named.js")
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "m 1.json").write_text(text)
    frames, problems = resolved(tmp_path, Place(inline, 2, 22), Place(named, 2, 22))
    assert [frame and frame.line for frame in frames] == [41, 41]
    assert problems == []


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (None, "main.js has no source map: build the app with source maps, and put main.js.map beside it"),
        ("<!doctype html>", "main.js.map is no source map: build the app again"),
        ("{", "main.js.map is damaged"),
        (a_map(mappings="!!!!"), "main.js.map is damaged"),
        (a_map(mappings="A" * 100_000), "main.js.map is damaged"),
        (a_map(sources=[]), "main.js.map is damaged"),
        ("\x00\xff" * 50, "main.js.map is no source map"),
    ],
    ids=["none", "a page", "cut off", "no base64", "one endless segment", "no sources", "noise"],
)
def test_a_map_that_cannot_be_used_is_one_clear_sentence(tmp_path: Path, told: object, says: str) -> None:
    script = build(tmp_path, told=told)
    [frame], problems = resolved(tmp_path, Place(script, 2, 22))
    assert frame is None
    assert len(problems) == 1 and problems[0].startswith(says)


def test_another_build_is_told_by_its_hash(tmp_path: Path) -> None:
    script = build(tmp_path, told=a_map())
    [known, other], problems = resolved(tmp_path, Place(script, 2, 22), Place("ab" * 16, 2, 22))
    assert known is not None and other is None
    assert [problem.split(": ")[1] for problem in problems] == [
        "give the folder of the very build that was released"
    ]


def test_a_place_that_is_in_no_map_is_nothing(tmp_path: Path) -> None:
    script = build(tmp_path, told=a_map())
    frames, problems = resolved(tmp_path, Place(script, 999_999_999, 999_999_999))
    assert frames == [None] and problems == []


def test_a_reader_that_crashes_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "READER", ("-c", "import os; os.kill(os.getpid(), 11)"))
    script = build(tmp_path, told=a_map())
    [frame], problems = resolved(tmp_path, Place(script, 1, 1))
    assert frame is None
    assert problems == ["the source map of main.js cannot be read: its reader ended with -11"]


def test_a_map_outside_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text(json.dumps(a_map()))
    folder = tmp_path / "dist"
    script = build(folder, f"{SCRIPT}//# sourceMappingURL=../secret.json\n")
    (folder / "link.js").write_text("1")
    (folder / "main.js.map").symlink_to(tmp_path / "secret.json")
    [frame], problems = resolved(folder, Place(script, 2, 22))
    assert frame is None
    assert problems[0].startswith("main.js has no source map")


def test_texts_of_a_map_are_cut_and_hold_no_control_characters(tmp_path: Path) -> None:
    hostile = f"webpack://shop/./\x1b]0;owned\x07src/\u202ecamera.ts{'x' * 1000}"
    script = build(tmp_path, told=a_map(sources=["a.js", hostile]))
    [frame], _ = resolved(tmp_path, Place(script, 2, 22))
    assert frame is not None
    assert frame.source.isprintable() and len(frame.source) <= 200


@pytest.mark.parametrize(
    ("source", "is_library"),
    [
        ("../node_modules/three/build/three.js", True),
        ("webpack://shop/./node_modules/three/three.js", True),
        ("../../tfjs-core/src/engine.ts", True),
        ("tfjs-backend-webgl/src/backend_webgl.ts", True),
        ("webpack/runtime/ensure chunk", True),
        ("../node_modules/inferfleet/src/core/follow.ts", True),
        ("webpack://shop/./src/camera.ts", False),
        ("src/my-tfjs-core.ts", False),
        ("src/tfjs/camera.ts", False),
    ],
)
def test_sources_of_libraries_are_told_from_the_apps_own(
    tmp_path: Path, source: str, is_library: bool
) -> None:
    script = build(tmp_path, told=a_map(sources=["a.js", source]))
    [frame], _ = resolved(tmp_path, Place(script, 2, 22))
    assert frame is not None and frame.is_library is is_library


def test_folders_that_cannot_be_searched_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadFolder, match="is no folder"):
        resolve(tmp_path / "nothing", [])
    with pytest.raises(BadFolder, match=r"has no script \(\.js\)"):
        resolve(tmp_path, [])
    build(tmp_path)
    build(tmp_path, name="other.js")
    monkeypatch.setattr(scripts, "MOST_FILES", 1)
    with pytest.raises(BadFolder, match="more than 1 files"):
        resolve(tmp_path, [])


def test_a_script_that_cannot_be_read_is_told_by_its_name(tmp_path: Path) -> None:
    """As one of another user's, which root may read; this file of the kernel's nobody may."""
    (tmp_path / "app.js").symlink_to("/proc/self/mem")
    with pytest.raises(BadFolder, match=r"app\.js cannot be read: Input/output error"):
        scripts.scripts_of(tmp_path)
