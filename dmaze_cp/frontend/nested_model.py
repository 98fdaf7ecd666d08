"""A part of a graph, or a graph nested in an operator, as a model of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dmaze_cp.frontend.graphs import bodies
from dmaze_cp.frontend.tensors import TensorFacts, as_value_info

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto


def as_model(body: GraphProto, model: ModelProto, given: Mapping[str, TensorFacts]) -> ModelProto:
    """A graph as a model; what it sees around it are inputs and constants.

    Parameters
    ----------
    body
        The graph.
    model
        The model whose operator sets count.
    given
        What is known of the graph's inputs and of the tensors that it sees.
    """
    from onnx import ModelProto, numpy_helper

    copy = ModelProto(ir_version=max(model.ir_version, 8))
    copy.opset_import.extend(model.opset_import)
    copy.graph.CopyFrom(body)
    own = {value.name: value for value in copy.graph.input}
    for name, known in given.items():
        stated = own.get(name)
        elem_type = known.elem_type or (stated.type.tensor_type.elem_type if stated else 0)
        if known.value is not None:
            copy.graph.initializer.append(numpy_helper.from_array(known.value, name))
            if stated is not None:
                copy.graph.input.remove(stated)
            continue
        info = as_value_info(name, elem_type, known.shape) if elem_type else known.other
        if info is not None and stated is not None:
            # What the file says of an input holds in the first step only.
            stated.CopyFrom(info)
            stated.name = name
        elif info is not None:
            copy.graph.input.append(info)
    return copy


def free_names(graph: GraphProto) -> Iterator[str]:
    """Tensors that a graph uses and does not define."""
    defined = {value.name for value in graph.input}
    defined |= {tensor.name for tensor in graph.initializer}
    defined |= {tensor.values.name for tensor in graph.sparse_initializer}
    defined |= {name for node in graph.node for name in node.output}
    used: dict[str, None] = {}
    for node in graph.node:
        used |= dict.fromkeys(name for name in node.input if name)
        for _, body in bodies(node):
            used |= dict.fromkeys(free_names(body))
    used |= dict.fromkeys(value.name for value in graph.output)
    return (name for name in used if name not in defined)
