"""Constant folding of the small integer arithmetic that computes shapes."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, prod
from typing import TYPE_CHECKING, Any, Final, cast

from dmaze_cp.frontend.model_file import MAX_KEPT_ELEMENTS, is_standard

if TYPE_CHECKING:
    import numpy as np
    from onnx import ModelProto, NodeProto, TensorProto

    Array = np.ndarray[tuple[int, ...], np.dtype[Any]]

Sizes = Callable[[str], tuple[int, ...] | None]

_FOLDED = (
    "Abs Add And Cast Ceil Concat ConstantOfShape Div Equal Expand Flatten Floor Gather Greater "
    "GreaterOrEqual Identity Less LessOrEqual Max Min Mod Mul Neg Not Or Pow Range ReduceMax "
    "ReduceMin ReduceProd ReduceSum Reshape Round ScatterND Slice Sqrt Squeeze Sub Tile "
    "Transpose Unsqueeze Where Xor"
)

FOLDED: Final = frozenset(_FOLDED.split())
"""Operators that exporters compute shapes with."""


def fold_constants(model: ModelProto, sizes: Sizes) -> bool:
    """Turn operators on small constants into Constant operators; return whether any was.

    ``Shape`` and ``Size`` of a tensor of known shape count as constants. The
    operators keep their places in the graph.
    """
    values = _initializers(model)
    changed = False
    for node in model.graph.node:
        if not is_standard(node.domain) or not node.output:
            continue
        if node.op_type == "Constant":
            value = _constant(node)
        else:
            value = _evaluate(node, values, sizes, model)
            if value is not None:
                _become_constant(node, value)
                changed = True
        if value is not None:
            values[node.output[0]] = value
    return changed


def _initializers(model: ModelProto) -> dict[str, Array]:
    found = {}
    for tensor in model.graph.initializer:
        value = _value(tensor)
        if value is not None:
            found[tensor.name] = value
    return found


def _value(tensor: TensorProto) -> Array | None:
    """Values of a small tensor, unless they were dropped or do not fit its shape."""
    from onnx import numpy_helper

    if not 0 <= prod(tensor.dims) <= MAX_KEPT_ELEMENTS:
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
        if attribute.name == "value_ints" and len(attribute.ints) <= MAX_KEPT_ELEMENTS:
            return np.array(attribute.ints, np.int64)
        if attribute.name == "value_float":
            return np.array(attribute.f, np.float32)
    return None


def _become_constant(node: NodeProto, value: Array) -> None:
    from onnx import helper, numpy_helper

    tensor = numpy_helper.from_array(value)
    node.CopyFrom(helper.make_node("Constant", [], [node.output[0]], node.name, value=tensor))


def _evaluate(
    node: NodeProto, values: dict[str, Array], sizes: Sizes, model: ModelProto
) -> Array | None:
    if node.op_type in ("Shape", "Size"):
        return _shape_value(node, sizes)
    if node.op_type not in FOLDED or len(node.output) != 1:
        return None
    if not all(name in values for name in node.input if name):
        return None
    if _result_elements(node, values) > MAX_KEPT_ELEMENTS:
        return None
    from onnx.reference import ReferenceEvaluator

    inputs = {name: values[name] for name in node.input if name}
    try:
        evaluator = ReferenceEvaluator(_single_node_model(node, inputs, model))
        (result,) = cast("list[object]", evaluator.run(None, inputs))
    except Exception:
        return None  # what cannot be computed stays unknown, and is reported where needed
    return _small_array(result)


def _small_array(result: object) -> Array | None:
    import numpy as np

    value: Array = np.asarray(result)
    return value if value.size <= MAX_KEPT_ELEMENTS and value.dtype.kind in "biuf" else None


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
        [helper.make_empty_tensor_value_info(node.output[0])],
    )
    return helper.make_model(graph, opset_imports=list(model.opset_import))


def _shape_value(node: NodeProto, sizes: Sizes) -> Array | None:
    import numpy as np

    shape = sizes(node.input[0]) if node.input else None
    if shape is None:
        return None
    if node.op_type == "Size":
        return np.array(prod(shape), np.int64)
    limits: dict[str, int] = {attribute.name: attribute.i for attribute in node.attribute}
    return np.array(shape[limits.get("start", 0) : limits.get("end")], np.int64)


def _result_elements(node: NodeProto, values: dict[str, Array]) -> float:
    """Elements of the result, for the operators whose result can be of any size."""
    operands = [values[name] for name in node.input if name]
    if node.op_type == "ConstantOfShape" and operands:
        return prod(int(size) for size in operands[0].ravel())
    if node.op_type == "Expand" and len(operands) == 2:
        return prod(int(size) for size in operands[1].ravel()) * operands[0].size
    if node.op_type == "Tile" and len(operands) == 2:
        return prod(int(size) for size in operands[1].ravel()) * operands[0].size
    if node.op_type == "Range" and len(operands) == 3:
        start, limit, delta = (operand.item() for operand in operands)
        return ceil(abs(limit - start) / abs(delta)) if delta else float("inf")
    return 0
