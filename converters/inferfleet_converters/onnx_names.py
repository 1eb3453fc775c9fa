"""Short names for what is inside a graph: a small model's names weigh more than some of its weights."""

from collections.abc import Iterator

import onnx

from .onnx_model import graphs_of, inner_graphs


def shorten_names(proto: onnx.ModelProto) -> None:
    """Renames values and drops nodes' names; the model's own inputs and outputs keep theirs.

    Nothing is left out that is computed with. A model with functions or sparse weights stays as it is: these
    have names of their own.
    """
    if proto.functions or any(graph.sparse_initializer for graph in graphs_of(proto.graph)):
        return
    fixed = {value.name for value in (*proto.graph.input, *proto.graph.output)}
    short: dict[str, str] = {"": "", **{name: name for name in fixed}}
    free = (name for name in _numbers() if name not in fixed)
    for graph in graphs_of(proto.graph):
        for name in _names(graph):
            if name not in short:
                short[name] = next(free)
    for graph in graphs_of(proto.graph):
        _rename(graph, short)


def _numbers() -> Iterator[str]:
    at = 0
    while True:
        yield f"{at:x}"
        at += 1


def _names(graph: onnx.GraphProto) -> Iterator[str]:
    yield from (tensor.name for tensor in graph.initializer)
    yield from (value.name for value in (*graph.input, *graph.output, *graph.value_info))
    for node in graph.node:
        yield from node.input
        yield from node.output


def _rename(graph: onnx.GraphProto, short: dict[str, str]) -> None:
    del graph.value_info[:]  # the engine finds sizes and types itself
    del graph.quantization_annotation[:]
    for each in (*graph.initializer, *graph.input, *graph.output):
        each.name = short[each.name]
    for node in graph.node:
        node.name = ""
        node.doc_string = ""
        node.input[:] = [short[name] for name in node.input]
        node.output[:] = [short[name] for name in node.output]
        for at, inner in enumerate(inner_graphs(node)):
            inner.name = str(at)
