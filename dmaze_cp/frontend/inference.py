"""ONNX's shape inference, kept from carrying long vectors along.

Inference propagates the values of vectors, for shapes are computed from them. It does so whatever
their length, and takes microseconds and hundreds of bytes for each element. So it runs without
first, which is enough for most models; where shapes stay open it runs with it, and operators
that such a vector may reach are left out of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import inf, prod
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.graphs import bodies, operators
from dmaze_cp.frontend.limits import MAX_PROPAGATED_ELEMENTS, MAX_RANK, Work
from dmaze_cp.frontend.model_file import first_line, is_standard
from dmaze_cp.frontend.tensors import Shape, declared_shapes, is_open

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

_LEFT_OUT: Final = "dmaze_cp.left_out"
"""A domain that inference knows no operators of."""

_SAME_LENGTH: Final = frozenset(
    ("Abs", "Cast", "Ceil", "Floor", "Identity", "Neg", "Slice", "Squeeze", "Unsqueeze")
)
_LONGEST: Final = frozenset(("Add", "Div", "Equal", "Max", "Min", "Mod", "Mul", "Sub", "Where"))
_MAY_LOSE_RANK: Final = frozenset(
    {
        *("ArgMax", "ArgMin", "Compress", "Det", "Einsum", "Gather", "GatherND", "If", "Loop"),
        *("MatMul", "Optional", "OptionalGetElement", "Scan", "SequenceAt", "Size", "Squeeze"),
        "Unique",
    }
)
_BY_DATA: Final = {"Reshape": 1, "ConstantOfShape": 0}
"""Operators whose output has as many dimensions as this operand has elements."""


def infer_shapes(model: ModelProto, work: Work) -> ModelProto:
    """The model with the shapes that ONNX's inference finds.

    Raises
    ------
    SpecError
        When shapes contradict each other, or the work is past its limit.
    """
    graph = model.graph
    count = operators(graph.node) + len(graph.input) + len(graph.output) + len(graph.node)
    still_open = inf
    while True:
        work.spend(count)
        model = _run(model, carry=False)
        opened = _open_outputs(model.graph)
        if not 0 < opened < still_open:
            return model
        still_open = opened
        left_out = _leave_out(model, work)
        if left_out:
            model.opset_import.add(domain=_LEFT_OUT, version=1)
        work.spend(count)
        model = _run(model, carry=True)
        if not left_out:
            return model
        model.opset_import.pop()
        _put_back(model.graph)


def _run(model: ModelProto, *, carry: bool) -> ModelProto:
    from onnx import shape_inference

    try:
        return shape_inference.infer_shapes(model, strict_mode=False, data_prop=carry)
    except Exception as error:
        found = f"shapes that contradict each other ({first_line(error)})"
        raise SpecError(Problem("graph", found, "a graph whose shapes agree")) from None


def _open_outputs(graph: GraphProto) -> int:
    shapes = declared_shapes(graph)
    return sum(is_open(shapes.get(name)) for node in graph.node for name in node.output if name)


def _leave_out(model: ModelProto, work: Work) -> bool:
    """Take operators out that may carry long vectors; whether there are any."""
    version = next((o.version for o in model.opset_import if is_standard(o.domain)), 1)
    shapes = declared_shapes(model.graph)
    lengths: dict[str, float] = {}
    found = False
    for node in model.graph.node:
        given = [_length(name, shapes, lengths) for name in node.input]
        for name in node.output:
            if is_open(shapes.get(name)):
                lengths[name] = _output_length(node, given, shapes)
        if is_standard(node.domain) and _carries(node.op_type, version):
            longest = max(given, default=0)
            if longest > MAX_PROPAGATED_ELEMENTS:
                node.domain = _LEFT_OUT
                found = True
            else:
                work.spend(int(longest) // 256)
        for _, body in bodies(node):
            # They are analysed on their own, with what is known around them.
            found |= _leave_all_out(body, version)
    return found


def _leave_all_out(graph: GraphProto, version: int) -> bool:
    found = False
    for node in graph.node:
        if is_standard(node.domain) and _carries(node.op_type, version):
            node.domain = _LEFT_OUT
            found = True
        for _, body in bodies(node):
            found |= _leave_all_out(body, version)
    return found


def _put_back(graph: GraphProto) -> None:
    for node in graph.node:
        if node.domain == _LEFT_OUT:
            node.domain = ""
        for _, body in bodies(node):
            _put_back(body)


@cache
def _carries(op_type: str, version: int) -> bool:
    """Whether inference carries values of a vector through an operator."""
    from onnx import defs

    if op_type == "Shape":  # it looks at no value
        return False
    try:
        schema = defs.get_schema(op_type, version, "")
    except defs.SchemaError:
        return False
    names = "data_propagation_function", "function", "context_dependent_function"
    return any(getattr(schema, f"has_{name}") for name in names)


def _length(name: str, shapes: Mapping[str, Shape], lengths: Mapping[str, float]) -> float:
    """The most elements that a tensor has if it is a vector; 0 if it is none."""
    shape = shapes.get(name)
    if not name or (shape is not None and len(shape) > 1):
        return 0
    if shape is None or is_open(shape):
        return lengths.get(name, inf)
    return prod(size for size in shape if isinstance(size, int))


def _output_length(node: NodeProto, given: list[float], shapes: Mapping[str, Shape]) -> float:
    """The same for an output whose shape is not known yet."""
    name = node.op_type
    if not is_standard(node.domain):
        return inf
    if name == "Shape":
        return MAX_RANK
    if name in _BY_DATA:
        place = _BY_DATA[name]
        target = shapes.get(node.input[place]) if place < len(node.input) else None
        many = target is not None and len(target) == 1 and isinstance(target[0], int)
        return 0 if many and target and target[0] != 1 else inf
    if name == "Concat":
        return sum(given)
    if name in _SAME_LENGTH and given and given[0]:
        return given[0]
    if name in _LONGEST and given and min(given) > 0:
        return max(given)
    if name == "Gather" and len(given) > 1 and 0 < given[0] <= MAX_PROPAGATED_ELEMENTS:
        return given[1]
    reduces = name in _MAY_LOSE_RANK or name.startswith("Reduce")
    return 0 if 0 in given and not reduces else inf
