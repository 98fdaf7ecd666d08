"""Constant folding of the small integer arithmetic that computes shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod
from typing import TYPE_CHECKING, Final

from dmaze_cp.frontend.attributes import attributes_of
from dmaze_cp.frontend.limits import FOLDING, MAX_COMPUTED_ELEMENTS, MAX_FOLDED_ELEMENTS, Work
from dmaze_cp.frontend.model_file import is_standard

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

    from dmaze_cp.frontend.tensors import Array

Sizes = Callable[[str], tuple[int, ...] | None]

_FOLDED = (
    "Abs Add And ArgMax ArgMin Cast CastLike Ceil Clip Concat ConstantOfShape CumSum Div Equal "
    "Exp Expand Flatten Floor Gather GatherElements GatherND Greater GreaterOrEqual Identity Less "
    "LessOrEqual Log Max Mean Min Mod Mul Neg NonZero Not Or Pad Pow Range Reciprocal ReduceMax "
    "ReduceMean ReduceMin ReduceProd ReduceSum Reshape Round ScatterElements ScatterND Sign Slice "
    "Split Sqrt Squeeze Sub Sum Tile TopK Transpose Unsqueeze Where Xor"
)

FOLDED: Final = frozenset(_FOLDED.split())
"""Operators that exporters compute shapes with."""

READERS: Final = frozenset({"Constant", "ConstantOfShape", "Shape", "Split"})
"""Operators whose attributes are read here."""

_BROADCAST: Final = frozenset(
    {
        *("Add", "And", "Clip", "Div", "Equal", "Greater", "GreaterOrEqual", "Less"),
        *("LessOrEqual", "Max", "Mean", "Min", "Mod", "Mul", "Or", "Pow", "Sub", "Sum", "Where"),
        "Xor",
    }
)


def fold_constants(model: ModelProto, sizes: Sizes, work: Work) -> tuple[dict[str, Array], bool]:
    """Turn operators on small constants into Constant operators.

    ``Shape`` and ``Size`` of a tensor of known shape count as constants.

    Returns
    -------
    values
        Of all small constants.
    changed
        Whether any operator was replaced.
    """
    from onnx import NodeProto

    values = initializer_values(model.graph)
    folded: list[NodeProto] = []
    changed = False
    for node in model.graph.node:
        found = _node_values(node, values, sizes, model, work)
        values |= found
        if found and node.op_type != "Constant":
            folded += [constant_node(name, value) for name, value in found.items()]
            changed = True
        else:
            folded.append(node)
    if changed:
        copies = [NodeProto.FromString(node.SerializeToString()) for node in folded]
        del model.graph.node[:]
        model.graph.node.extend(copies)
    return values, changed


def _node_values(
    node: NodeProto, values: dict[str, Array], sizes: Sizes, model: ModelProto, work: Work
) -> dict[str, Array]:
    """Values of the operator's outputs, if they are all known."""
    if not is_standard(node.domain) or not any(node.output):
        return {}
    if node.op_type == "Constant":
        value = _constant(node)
        results = None if value is None else [value]
    else:
        results = _evaluate(node, values, sizes, model, work)
    if results is None:
        return {}
    return {name: value for name, value in zip(node.output, results, strict=False) if name}


def initializer_values(graph: GraphProto) -> dict[str, Array]:
    """Values of the small initialisers of a graph."""
    found = {}
    for tensor in graph.initializer:
        value = _value(tensor)
        if value is not None:
            found[tensor.name] = value
    return found


def _value(tensor: TensorProto) -> Array | None:
    """Values of a small tensor, unless they were dropped or do not fit its shape."""
    from onnx import numpy_helper

    external = tensor.data_location == tensor.EXTERNAL
    if external or not 0 <= prod(tensor.dims) <= MAX_FOLDED_ELEMENTS:
        return None
    try:
        value: Array = numpy_helper.to_array(tensor)
    except Exception:
        return None  # no value is always a valid answer here
    return value if value.shape == tuple(tensor.dims) and value.dtype.kind in "biuf" else None


def _constant(node: NodeProto) -> Array | None:
    import numpy as np

    for attribute in node.attribute:
        if attribute.name == "value":
            return _value(attribute.t)
        if attribute.name == "value_int":
            return np.array(attribute.i, np.int64)
        if attribute.name == "value_ints" and len(attribute.ints) <= MAX_FOLDED_ELEMENTS:
            return np.array(attribute.ints, np.int64)
        if attribute.name == "value_float":
            return np.array(attribute.f, np.float32)
        if attribute.name == "value_floats" and len(attribute.floats) <= MAX_FOLDED_ELEMENTS:
            return np.array(attribute.floats, np.float32)
    return None


def constant_node(name: str, value: Array) -> NodeProto:
    """A Constant operator that makes the tensor `name`."""
    from onnx import helper, numpy_helper

    return helper.make_node("Constant", [], [name], name, value=numpy_helper.from_array(value))


def _evaluate(
    node: NodeProto, values: dict[str, Array], sizes: Sizes, model: ModelProto, work: Work
) -> list[Array] | None:
    if node.op_type in ("Shape", "Size"):
        shape = _shape_value(node, sizes)
        return None if shape is None else [shape]
    if node.op_type not in FOLDED or not all(name in values for name in node.input if name):
        return None
    from onnx.reference import ReferenceEvaluator

    inputs = {name: values[name] for name in node.input if name}
    elements = _result_elements(node, values)
    if elements is None:
        return None
    work.spend(FOLDING + elements // MAX_FOLDED_ELEMENTS)
    try:
        evaluator = ReferenceEvaluator(_single_node_model(node, inputs, model))
        results = [_small_array(result) for result in evaluator.run(None, inputs)]
    except Exception:
        return None  # what cannot be computed stays unknown, and is reported where needed
    known = [result for result in results if result is not None]
    return known if len(known) == len(results) else None


def _small_array(result: object) -> Array | None:
    import numpy as np

    value: Array = np.asarray(result)
    return value if value.size <= MAX_FOLDED_ELEMENTS and value.dtype.kind in "biuf" else None


def _single_node_model(node: NodeProto, inputs: dict[str, Array], model: ModelProto) -> ModelProto:
    from onnx import helper

    graph = helper.make_graph(
        [node],
        "folded",
        [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
            )
            for name, value in inputs.items()
        ],
        [helper.make_empty_tensor_value_info(name) for name in node.output if name],
    )
    return helper.make_model(graph, opset_imports=list(model.opset_import))


def _shape_value(node: NodeProto, sizes: Sizes) -> Array | None:
    import numpy as np

    shape = sizes(node.input[0]) if node.input else None
    if shape is None:
        return None
    if node.op_type == "Size":
        return np.array(prod(shape), np.int64)
    attributes = attributes_of(node)
    start, end = attributes.integer("start", 0), attributes.integer("end", len(shape))
    return np.array(shape[start:end], np.int64)


def _result_elements(node: NodeProto, values: dict[str, Array]) -> int | None:
    """Elements of the largest result, at most; None where there are far too many."""
    try:
        elements = _elements(node, [values[name] for name in node.input if name])
    except (ArithmeticError, ValueError):  # of what is no number
        return None
    return int(elements) if elements <= MAX_COMPUTED_ELEMENTS else None


def _elements(node: NodeProto, operands: list[Array]) -> float:
    sizes = [operand.size for operand in operands]
    if node.op_type in ("ConstantOfShape", "Expand", "Tile") and operands:
        times = prod(max(int(size), 1) for size in operands[-1].ravel())
        return times if node.op_type == "ConstantOfShape" else times * operands[0].size
    if node.op_type == "Pad" and len(operands) > 1:
        more = int(sum(abs(int(pad)) for pad in operands[1].ravel()))
        return prod(size + more for size in operands[0].shape)
    if node.op_type == "Range" and len(operands) == 3:
        start, limit, delta = (operand.item() for operand in operands)
        return abs(limit - start) / abs(delta) if delta else inf
    if node.op_type == "Split":
        return attributes_of(node).integer("num_outputs", 0)
    if node.op_type in ("Gather", "GatherND"):
        return prod(sizes)
    if node.op_type in _BROADCAST:
        return _broadcast_elements(operands)
    return sum(sizes)


def _broadcast_elements(operands: Sequence[Array]) -> int:
    rank = max((operand.ndim for operand in operands), default=0)
    shapes = [(1,) * (rank - operand.ndim) + operand.shape for operand in operands]
    return prod(max(sizes) for sizes in zip(*shapes, strict=True))
