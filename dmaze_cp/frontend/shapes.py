"""Shapes of all tensors of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.folding import fold_constants
from dmaze_cp.frontend.model_file import first_line, is_standard

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto

MAX_ROUNDS: Final = 200
"""Each round finds at least one more constant or shape; no real model needs so many."""

Dimension = int | str | None
"""A size, the name of an open dimension, or nothing known."""

Shape = tuple[Dimension, ...]

_SAME_AS_FIRST = (
    "BiasDropout BiasGelu DequantizeLinear FastGelu Gelu GroupNorm QLinearLeakyRelu "
    "QLinearSigmoid QLinearSoftmax QuantizeLinear QuickGelu SimplifiedLayerNormalization "
    "SkipLayerNormalization SkipSimplifiedLayerNormalization"
)

SAME_AS_FIRST: Final = frozenset(_SAME_AS_FIRST.split())
"""ONNX Runtime operators whose first output has the shape of their first input."""


@dataclass(frozen=True)
class Tensors:
    """Shapes by tensor name; a tensor that is not in there has unknown rank."""

    shapes: Mapping[str, Shape]

    def __getitem__(self, name: str) -> Shape | None:
        return self.shapes.get(name)

    def sizes(self, name: str) -> tuple[int, ...] | None:
        """The shape of a tensor when every dimension is known."""
        shape = self.shapes.get(name)
        if shape is None:
            return None
        sizes = tuple(size for size in shape if isinstance(size, int))
        return sizes if len(sizes) == len(shape) else None

    def inside(self, graph: GraphProto) -> Tensors:
        """Shapes as seen in a graph nested in this one."""
        return Tensors({**self.shapes, **declared_shapes(graph)})


def infer_shapes(model: ModelProto) -> tuple[ModelProto, Tensors]:
    """Shapes of all tensors, by ONNX's inference and constant folding, in turn.

    What the file itself says about the shape of intermediate tensors is used only
    where inference finds nothing: it may stem from another batch size.

    Raises
    ------
    SpecError
        When the graph contradicts itself.

    Returns
    -------
    model
        A copy, in which each operator has the place that it has in the original;
        graphs nested in operators have their shapes in there.
    shapes
        Of the outer graph.
    """
    work = type(model)()
    work.CopyFrom(model)
    claims = _take_claims(work.graph)
    for _ in range(MAX_ROUNDS):
        work = _infer(work)
        tensors = Tensors(declared_shapes(work.graph))
        if not _any_open(work.graph, tensors):
            break
        if fold_constants(work, tensors.sizes) or _add_contrib_shapes(work.graph, tensors):
            continue
        if not _add_claims(work.graph, claims, tensors):
            break
    return work, tensors


def _any_open(graph: GraphProto, tensors: Tensors) -> bool:
    return any(_is_open(tensors[name]) for node in graph.node for name in node.output if name)


def declared_shapes(graph: GraphProto) -> dict[str, Shape]:
    """Shapes that a graph states: inputs, outputs, intermediates and initialisers."""
    shapes: dict[str, Shape] = {}
    for value in (*graph.input, *graph.output, *graph.value_info):
        shape = _shape(value)
        if shape is not None:
            shapes[value.name] = shape
    for tensor in graph.initializer:
        shapes[tensor.name] = tuple(tensor.dims)
    for sparse in graph.sparse_initializer:
        shapes[sparse.values.name] = tuple(sparse.dims)
    return shapes


def _shape(value: ValueInfoProto) -> Shape | None:
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        return None
    return tuple(
        dimension.dim_value if dimension.HasField("dim_value") else (dimension.dim_param or None)
        for dimension in tensor.shape.dim
    )


def _infer(model: ModelProto) -> ModelProto:
    from onnx import shape_inference

    try:
        return shape_inference.infer_shapes(model, strict_mode=False, data_prop=True)
    except Exception as error:
        found = f"shapes that contradict each other ({first_line(error)})"
        raise SpecError(Problem("graph", found, "a graph whose shapes agree")) from None


def _take_claims(graph: GraphProto) -> dict[str, ValueInfoProto]:
    """Remove the stated shapes of intermediates and outputs from the graph."""
    from onnx import ValueInfoProto

    claims: dict[str, ValueInfoProto] = {}
    for value in (*graph.value_info, *graph.output):
        if _shape(value) is not None:
            claims[value.name] = ValueInfoProto()
            claims[value.name].CopyFrom(value)
    del graph.value_info[:]
    for value in graph.output:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
    return claims


def _is_open(shape: Shape | None) -> bool:
    return shape is None or not all(isinstance(size, int) for size in shape)


def _add_claims(graph: GraphProto, claims: dict[str, ValueInfoProto], tensors: Tensors) -> bool:
    """Believe the file about the first tensor that inference knows no shape of.

    One at a time, in the order of the graph: what follows is then inferred.
    """
    for node in graph.node:
        for name in node.output:
            claim = claims.get(name)
            if claim is None or not _is_open(tensors[name]):
                continue
            del claims[name]
            shape = _shape(claim)
            if not _is_open(shape) and _agrees(shape or (), tensors[name]):
                _declare(graph, claim)
                return True
    return False


def _agrees(claim: Shape, found: Shape | None) -> bool:
    if found is None:
        return True
    return len(claim) == len(found) and all(
        size in (said, None) or isinstance(size, str)
        for said, size in zip(claim, found, strict=True)
    )


def _declare(graph: GraphProto, value: ValueInfoProto) -> None:
    for group in (graph.output, graph.value_info):
        for existing in group:
            if existing.name == value.name:
                existing.CopyFrom(value)
                return
    graph.value_info.append(value)


def rewrite_fused(graph: GraphProto) -> None:
    """Turn ONNX Runtime's fused operators into the ones whose loop nest they have."""
    for node in graph.node:
        if node.domain != "com.microsoft" or node.op_type not in ("FusedConv", "FusedGemm"):
            continue
        node.op_type = node.op_type.removeprefix("Fused")
        node.domain = ""
        del node.input[3:]
        kept = [a for a in node.attribute if not a.name.startswith("activation")]
        del node.attribute[:]
        node.attribute.extend(kept)


def _add_contrib_shapes(graph: GraphProto, tensors: Tensors) -> bool:
    """Shapes of ONNX Runtime operators that ONNX's inference does not know."""
    from onnx import helper

    types = {v.name: v.type.tensor_type.elem_type for v in (*graph.input, *graph.value_info)}
    added = False
    for node in graph.node:
        if is_standard(node.domain) or not node.output or tensors[node.output[0]] is not None:
            continue
        shape = _contrib_shape(node, tensors)
        if shape is not None:
            elem_type = types.get(node.input[0]) or 1
            _declare(graph, helper.make_tensor_value_info(node.output[0], elem_type, shape))
            added = True
    return added


def _contrib_shape(node: NodeProto, tensors: Tensors) -> Shape | None:
    operands = [tensors[name] for name in node.input]
    if node.domain != "com.microsoft" or not operands or operands[0] is None:
        return None
    if node.op_type in SAME_AS_FIRST:
        return operands[0]
    if node.op_type != "FusedMatMul" or len(operands) < 2 or operands[1] is None:
        return None
    flags = {a.name: a.i for a in node.attribute}
    a, b = operands[0], operands[1]
    if min(len(a), len(b)) < 2 or flags.get("transBatchA") or flags.get("transBatchB"):
        return None
    batch = a[:-2] if len(a) >= len(b) else b[:-2]
    if _differ(a[:-2], b[:-2]):
        return None
    return (*batch, a[-1 if flags.get("transA") else -2], b[-2 if flags.get("transB") else -1])


def _differ(a: Iterable[Dimension], b: Iterable[Dimension]) -> bool:
    """Whether two batch shapes need more than right-alignment to be broadcast."""
    pairs = zip(reversed(tuple(a)), reversed(tuple(b)), strict=False)
    return any(x != y for x, y in pairs)
