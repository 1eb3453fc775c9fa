"""What was given: its kind, the files it is made of, and their hash. Nothing is loaded here."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .canonical import read_json
from .refusal import Refused

MAX_BYTES = 4 * 1024**3
"""No browser holds a larger model."""
MAX_JSON_BYTES = 256 * 1024**2
MAX_FILES = 10_000

_ELSEWHERE = {
    ".pb": "a frozen graph of TensorFlow 1, which names neither inputs nor outputs: export a SavedModel "
    "(tf.compat.v1.saved_model.simple_save) where it was made, and give its folder",
    ".pbtxt": "a graph of TensorFlow 1: export a SavedModel, and give its folder",
    ".tflite": "a TensorFlow Lite model, whose weights may be quantised already: give the SavedModel or "
    "Keras model that it was made from",
    ".pt": "a PyTorch model: export it with torch.onnx.export, and give the .onnx file",
    ".pth": "a PyTorch model: export it with torch.onnx.export, and give the .onnx file",
    ".safetensors": "weights without a graph: export the model as ONNX, and give the .onnx file",
    ".ckpt": "a checkpoint without a graph: export a SavedModel, and give its folder",
    ".bin": "weights without a graph: give the model.json that names them",
    ".ort": "an ORT model, which cannot be converted: give the .onnx file that it was made from",
}


@dataclass(frozen=True)
class Source:
    """A model that was given.

    Attributes:
        kind: ``saved_model``, ``keras``, ``layers_model``, ``graph_model`` or ``onnx``.
        path: the folder of a SavedModel, else the file.
    """

    kind: str
    path: Path

    @property
    def engine(self) -> str:
        """``tfjs`` or ``ort``."""
        return "ort" if self.kind == "onnx" else "tfjs"


def find_source(path: Path) -> Source:
    """Tells the kind of a model by its name and its first bytes.

    Raises:
        Refused: there is no such file, or it is of a kind that cannot be converted.
    """
    if not path.exists():
        raise Refused(f"{path} does not exist")
    if path.is_dir():
        return _of_folder(path)
    if path.stat().st_size == 0:
        raise Refused(f"{path.name} is empty: is the download whole?")
    suffix = path.suffix.lower()
    if suffix == ".onnx":
        return Source("onnx", path)
    if suffix in (".keras", ".h5", ".hdf5"):
        return Source("keras", path)
    if suffix == ".json":
        return Source(_json_kind(path), path)
    if path.name.lower() in ("saved_model.pb", "saved_model.pbtxt"):
        return _of_folder(path.parent)
    if suffix in _ELSEWHERE:
        raise Refused(f"{path.name} is {_ELSEWHERE[suffix]}")
    raise Refused(
        f"{path.name} is of no known kind: give the folder of a SavedModel, or a .keras, .h5, .onnx or "
        "model.json file"
    )


def _of_folder(path: Path) -> Source:
    if (path / "saved_model.pb").is_file():
        return Source("saved_model", path)
    if (path / "saved_model.pbtxt").is_file():
        raise Refused(f"{path.name} is a SavedModel as text: save it again, which writes saved_model.pb")
    if (path / "model.json").is_file():
        return Source(_json_kind(path / "model.json"), path / "model.json")
    raise Refused(f"{path} is no model: it holds neither saved_model.pb nor model.json")


def _json_kind(path: Path) -> str:
    check_size(path, MAX_JSON_BYTES)
    document = read_json(path)
    topology = document.get("modelTopology")
    if not isinstance(topology, dict):
        raise Refused(f"{path.name} is no model of TensorFlow.js: it has no modelTopology")
    kind = document.get("format")
    if kind == "graph-model" or (kind is None and "node" in topology):
        return "graph_model"
    if kind == "layers-model" or (kind is None and ("model_config" in topology or "class_name" in topology)):
        return "layers_model"
    raise Refused(f'{path.name} is of an unknown format: "format" must be graph-model or layers-model')


def check_size(path: Path, most: int) -> int:
    """The size of a file, in bytes.

    Raises:
        Refused: it is larger than ``most``.
    """
    size = path.stat().st_size
    if size > most:
        raise Refused(f"{path.name} has {size:,} bytes, and {most:,} are the most that can be converted")
    return size


def inside(folder: Path, name: str, what: str) -> Path:
    """A file that a model names, which must lie in the model's own folder.

    Args:
        folder: the folder.
        name: the path that the model gives, relative to it.
        what: who names it, for the message.

    Raises:
        Refused: the path leads out of the folder, also by a link, or there is no such file.
    """
    parts = Path(name).parts
    if not name or "\\" in name or "\0" in name or ":" in name or Path(name).is_absolute() or ".." in parts:
        raise Refused(
            f"{what} names the file {name!r}, which is outside of its folder: move the file next to it"
        )
    path = folder / name
    if not path.is_file():
        raise Refused(f"{what} names the file {name!r}, which is not there: copy all files of the model")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Refused(f"{name!r} is a link that leads out of the model's folder: copy the file itself")
    return path


def folder_files(folder: Path) -> list[Path]:
    """All files below a folder, in the order of their paths.

    Raises:
        Refused: a link leads out of the folder, or there are too many files or bytes.
    """
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    if len(paths) > MAX_FILES:
        raise Refused(f"{folder.name} has over {MAX_FILES:,} files: give a folder that holds the model alone")
    for path in paths:
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise Refused(
                f"{path.name} is a link that leads out of {folder.name}, or no file: copy the file itself"
            )
    return paths


def fingerprint(root: Path, files: Iterable[Path]) -> tuple[str, int]:
    """A hash over names and contents, and the bytes of all files.

    Of one file it is the file's own SHA-256; of several, that of a line ``PATH HASH`` for each, by path.

    Raises:
        Refused: together they are larger than any browser can hold.
    """
    hashes: dict[str, str] = {}
    total = 0
    for path in files:
        total += path.stat().st_size
        if total > MAX_BYTES:
            raise Refused(f"the model has over {MAX_BYTES:,} bytes, which no browser can hold")
        with path.open("rb") as file:
            hashes[path.relative_to(root).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    if len(hashes) == 1:
        return next(iter(hashes.values())), total
    lines = "".join(f"{name} {hashes[name]}\n" for name in sorted(hashes))
    return hashlib.sha256(lines.encode()).hexdigest(), total
