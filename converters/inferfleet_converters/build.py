"""From one model to a folder of variants."""

import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import tfjs_variants
from .canonical import read_json
from .channel import Channel
from .graph_check import check_graph
from .graph_model import GraphModel, manifest_files, read_graph_model
from .keras_models import export_keras, export_layers_model
from .measuring import measure, write_record
from .onnx_model import OnnxModel, external_files, read_onnx
from .onnx_variants import KINDS as ONNX_KINDS
from .onnx_variants import write_onnx_variant
from .refusal import Refused
from .request import Request
from .saved_models import convert_saved_model
from .source import Source, find_source, fingerprint, folder_files
from .target import FORMAT, check_target, staged

TOOLS = {
    "tfjs": ("brotli", "keras", "numpy", "tensorflow", "tensorflowjs", "tf-keras"),
    "ort": ("brotli", "numpy", "onnx", "onnxconverter-common", "onnxruntime"),
}


def build(request: Request, channel: Channel) -> dict[str, Any]:
    """Makes the variants and moves them into place.

    Returns:
        What DIR/variants.json says.

    Raises:
        Refused: the model or the request cannot be used; DIR is as it was.
    """
    source = find_source(request.model)
    check_target(request.to, request.model)
    names = _wanted(source, request.only)
    channel.plan(2 + 2 * len(names))
    channel.step("reading the model")
    root, files = _files_of(source)
    sha256, size = fingerprint(root, files)
    channel.step("loading the converters and the model")
    with staged(request.to) as draft, tempfile.TemporaryDirectory(prefix="inferfleet-") as scratch:
        write = _writer(source, request, Path(scratch))
        variants = []
        for name in names:
            channel.step(f"making {name}")
            (draft / name).mkdir()
            facts = write(name, draft / name)
            channel.step(f"measuring {name}")
            variants.append(facts | measure(draft, name))
        record = {
            "format": FORMAT,
            "model": request.name,
            "engine": source.engine,
            "source": {"kind": source.kind, "sha256": sha256, "bytes": size},
            "tool": {name: version(name) for name in TOOLS[source.engine]},
            "variants": variants,
        }
        write_record(draft, record)
    return record


def _wanted(source: Source, only: tuple[str, ...]) -> tuple[str, ...]:
    kinds = tfjs_variants.KINDS if source.engine == "tfjs" else ONNX_KINDS
    unknown = [name for name in only if name not in kinds]
    if unknown:
        raise Refused(f"--only {unknown[0]}: of this model there can be {', '.join(kinds)}")
    return tuple(kind for kind in kinds if not only or kind == "source" or kind in only)


def _files_of(source: Source) -> tuple[Path, list[Path]]:
    """The folder that the model's paths are relative to, and its files."""
    path = source.path
    if source.kind == "saved_model":
        return path, folder_files(path)
    if source.kind in ("layers_model", "graph_model"):
        return path.parent, [path, *dict.fromkeys(manifest_files(read_json(path), path.parent, path.name))]
    if source.kind == "onnx":
        return path.parent, [path, *external_files(path)]
    return path.parent, [path]


def _writer(source: Source, request: Request, scratch: Path) -> Callable[[str, Path], dict[str, Any]]:
    """Loads the model once; what it returns writes one variant of it."""
    if source.engine == "ort":
        if request.short_names:
            raise Refused("--short-names is for models of TensorFlow.js: leave it out for an ONNX model")
        onnx_model: OnnxModel = read_onnx(source.path)
        return lambda name, folder: write_onnx_variant(
            onnx_model, name, folder, keep_float=request.keep_float
        )
    model = _graph_model(source, scratch)
    return lambda name, folder: tfjs_variants.write_tfjs_variant(
        model,
        name,
        folder,
        keep_float=request.keep_float,
        shard_bytes=request.shard_bytes,
        short=request.short_names,
    )


def _graph_model(source: Source, scratch: Path) -> GraphModel:
    if source.kind == "graph_model":
        check_graph(read_json(source.path), source.path.name)
        return read_graph_model(source.path)
    saved = source.path
    if source.kind != "saved_model":
        saved = scratch / "saved_model"
        export = export_keras if source.kind == "keras" else export_layers_model
        export(source.path, saved)
    return convert_saved_model(saved, scratch / "graph_model")
