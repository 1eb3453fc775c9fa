"""A SavedModel becomes a graph model of TensorFlow.js."""

import re
from pathlib import Path
from typing import Any

from .graph_facts import with_outputs_in_order
from .graph_model import GraphModel, read_graph_model
from .refusal import Refused, one_line
from .source import check_size

MAX_GRAPH_BYTES = 2 * 1024**3 - 1
"""Protocol buffers end there."""

# What a graph can do to the machine that loads it. Loading a SavedModel runs its initializers.
UNSAFE = frozenset(
    {
        *(
            "PyFunc",
            "PyFuncStateless",
            "EagerPyFunc",
            "ReadFile",
            "WriteFile",
            "MatchingFiles",
            "WholeFileReader",
        ),
        *("WholeFileReaderV2", "TextLineReader", "TextLineReaderV2", "TFRecordReader", "TFRecordReaderV2"),
        *("FixedLengthRecordReader", "FixedLengthRecordReaderV2", "TextLineDataset", "TFRecordDataset"),
        *("FixedLengthRecordDataset", "MatchingFilesDataset", "CreateSummaryFileWriter", "DebugIdentityV2"),
    }
)
WAY_OUT = {
    "ResizeArea": "resize bilinearly (tf.image.resize with method='bilinear')",
    "ResizeBicubic": "resize bilinearly (tf.image.resize with method='bilinear')",
    "RandomStandardNormal": "call the model with training=False, so that it draws nothing at random",
}


def convert_saved_model(folder: Path, scratch: Path) -> GraphModel:
    """Freezes, optimises and converts the signature ``serving_default`` or the only one.

    Raises:
        Refused: the SavedModel cannot be read, or has an op that TensorFlow.js has not.
    """
    import tensorflow as tf  # noqa: PLC0415 - takes seconds
    from tensorflowjs.converters import convert_tf_saved_model  # noqa: PLC0415

    signature = _signature(folder)
    try:
        convert_tf_saved_model(str(folder), str(scratch), signature_def=signature)
    except ValueError as error:
        raise _explained(error) from error
    except tf.errors.OpError as error:
        raise Refused(
            f"TensorFlow cannot load {folder.name}: {one_line(error)}; copy the whole folder, with "
            "variables/, or export it again"
        ) from error
    if not (scratch / "model.json").is_file():
        raise Refused(
            f"the graph of {folder.name} cannot be frozen: export it for inference, with fixed variables "
            "(model.export)"
        )
    model = read_graph_model(scratch / "model.json")
    return GraphModel(with_outputs_in_order(model.document), model.weights)


def _signature(folder: Path) -> str:
    """The signature to convert, after a look at the graph without running any of it."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel  # noqa: PLC0415 - loads TensorFlow

    path = folder / "saved_model.pb"
    check_size(path, MAX_GRAPH_BYTES)
    saved = SavedModel()
    try:
        saved.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise Refused("saved_model.pb is damaged: copy or export the SavedModel again") from error
    graphs = [graph for graph in saved.meta_graphs if "serve" in graph.meta_info_def.tags]
    if not graphs:
        raise Refused(
            "the SavedModel has no graph with the tag `serve`: export it for inference (model.export)"
        )
    _check_ops(graphs[0])
    names = sorted(name for name in graphs[0].signature_def if not name.startswith("__saved_model"))
    if "serving_default" in names:
        return "serving_default"
    if len(names) == 1:
        return str(names[0])
    listed = ", ".join(names) or "none at all"
    raise Refused(
        f"the SavedModel has no signature serving_default (it has {listed}): save it with "
        "signatures={'serving_default': function}"
    )


def _check_ops(graph: Any) -> None:
    functions = graph.graph_def.library.function
    ops = {node.op for node in graph.graph_def.node} | {node.op for one in functions for node in one.node_def}
    unsafe = sorted(ops & UNSAFE)
    if unsafe:
        raise Refused(
            f"the graph has {', '.join(unsafe)}, which reads or runs what is on this machine: export the "
            "model without its input pipeline and logging"
        )
    forests = sorted(op for op in ops if op.startswith("SimpleML"))
    if forests:
        raise Refused(
            f"{forests[0]} is of a decision forest, which TensorFlow.js runs only with its plugin of its own"
        )


def _explained(error: ValueError) -> Refused:
    """The converter's complaint, with the ops that it names and what to do about them."""
    found = re.match(r"Unsupported Ops in the model (?:before|after) optimization\n(.+)", str(error))
    if not found:
        return Refused(f"TensorFlow.js's converter refuses the model: {one_line(error)}")
    ops = sorted(op.strip() for op in found[1].split(","))
    ways = [WAY_OUT[op] for op in ops if op in WAY_OUT] or [
        "replace them in the model, or export it without them"
    ]
    return Refused(f"TensorFlow.js has no {', '.join(ops)}: {'; '.join(dict.fromkeys(ways))}")
