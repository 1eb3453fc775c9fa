"""The engine that the user's pages run, from their own node_modules."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from collector.variants.evaluate.errors import EvaluateError

Name = Literal["tfjs", "ort"]

BACKENDS: dict[Name, tuple[str, ...]] = {
    "tfjs": ("cpu", "wasm", "webgl", "webgpu"),
    "ort": ("wasm", "webgl", "webgpu"),
}
REFEREES: dict[Name, str] = {"tfjs": "cpu", "ort": "wasm"}
"""The plainest float32 arithmetic that an engine has: it decides where no majority can."""
TFJS = "@tensorflow/tfjs"
ORT = "onnxruntime-web"
ORT_BUILDS = {
    "wasm": ("ort.wasm.min.mjs", "ort.min.mjs"),
    "webgl": ("ort.webgl.min.mjs", "ort.all.min.mjs"),
    "webgpu": ("ort.webgpu.min.mjs", "ort.all.min.mjs"),
}
"""The file to load for a backend, the best one first; older versions have fewer."""


class Backend(NamedTuple):
    """A backend and the scripts that bring it, as URLs below the server's base, in order."""

    name: str
    scripts: tuple[str, ...]


class Engine(NamedTuple):
    """An engine: its version, what to serve, and the backends that can be measured."""

    name: Name
    version: str
    files: dict[str, Path]
    backends: tuple[Backend, ...]
    warnings: tuple[str, ...]


def find_node_modules(start: Path, engine: Name) -> Path:
    """The nearest node_modules, from ``start`` upwards, that has the engine.

    Raises:
        EvaluateError: there is none.
    """
    package = TFJS if engine == "tfjs" else ORT
    for folder in (start, *start.parents):
        if (folder / "node_modules" / package / "package.json").is_file():
            return folder / "node_modules"
    raise EvaluateError(
        f"no node_modules here or above has {package}: name your app's with --engine-from, or run "
        f"`npm install {package}`"
    )


def find_engine(name: Name, node_modules: Path, asked: Sequence[str] | None) -> Engine:
    """The engine and those of the backends asked for that it has; None asks for all.

    Raises:
        EvaluateError: the engine or a backend that was asked for is not there.
    """
    if unknown := [backend for backend in asked or () if backend not in BACKENDS[name]]:
        engine = "TensorFlow.js" if name == "tfjs" else "onnxruntime-web"
        raise EvaluateError(
            f"{engine} has no backend {unknown[0]!r}; its backends are {', '.join(BACKENDS[name])}"
        )
    wanted = asked or BACKENDS[name]
    return (_tfjs if name == "tfjs" else _ort)(node_modules, wanted, required=asked is not None)


def _tfjs(node_modules: Path, wanted: Sequence[str], *, required: bool) -> Engine:
    version, main = _package(node_modules, TFJS)
    files = {"engine/tf.js": main}
    backends: list[Backend] = []
    warnings: list[str] = []
    for name in wanted:
        scripts = ["engine/tf.js"]
        if name in ("wasm", "webgpu"):
            package = f"{TFJS}-backend-{name}"
            if not (node_modules / package / "package.json").is_file():
                _absent(f"{package} is not in {node_modules}", name, warnings, required=required)
                continue
            of_backend, script = _package(node_modules, package)
            if of_backend != version:
                warnings.append(
                    f"{package} is {of_backend}, {TFJS} is {version}: install the same version of both"
                )
            files[f"engine/{name}/backend.js"] = script
            files |= {f"engine/{name}/{found.name}": found for found in script.parent.glob("*.wasm")}
            scripts.append(f"engine/{name}/backend.js")
        backends.append(Backend(name, tuple(scripts)))
    return Engine("tfjs", version, files, tuple(backends), tuple(warnings))


def _ort(node_modules: Path, wanted: Sequence[str], *, required: bool) -> Engine:
    version = _version(node_modules / ORT)
    dist = node_modules / ORT / "dist"
    files = {
        f"engine/{found.name}": found
        for found in sorted(dist.glob("ort*"))
        if found.suffix in (".mjs", ".wasm") and "node" not in found.name
    }
    backends: list[Backend] = []
    warnings: list[str] = []
    for name in wanted:
        build = next((build for build in ORT_BUILDS[name] if f"engine/{build}" in files), None)
        if build is None:
            _absent(f"{ORT} {version} has no build with {name}", name, warnings, required=required)
            continue
        backends.append(Backend(name, (f"engine/{build}",)))
    return Engine("ort", version, files, tuple(backends), tuple(warnings))


def _absent(why: str, backend: str, warnings: list[str], *, required: bool) -> None:
    if required:
        raise EvaluateError(f"{why}: install it, or leave {backend} out of --backends")
    warnings.append(f"{why}: {backend} is not measured")


def _package(node_modules: Path, name: str) -> tuple[str, Path]:
    """Its version, and the script that a page without a bundler loads."""
    folder = node_modules / name
    version = _version(folder)
    described = json.loads((folder / "package.json").read_bytes())
    script = folder / str(described.get("jsdelivr") or described.get("unpkg") or "missing")
    if not script.is_file():
        raise EvaluateError(f"{name} {version} has no script for browsers ({script.name})")
    return version, script


def _version(folder: Path) -> str:
    try:
        return str(json.loads((folder / "package.json").read_bytes())["version"])
    except (OSError, ValueError, KeyError) as error:
        raise EvaluateError(
            f"{folder.name} is not in {folder.parent}: name your app's node_modules with --engine-from"
        ) from error
