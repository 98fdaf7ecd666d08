"""Shapes of all tensors of a graph, and of the graphs nested in its operators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.contrib_shapes import contrib_shapes
from dmaze_cp.frontend.control import Run, run_nested
from dmaze_cp.frontend.folding import constant_node, fold_constants, initializer_values
from dmaze_cp.frontend.graphs import bodies, operators
from dmaze_cp.frontend.inference import infer_shapes
from dmaze_cp.frontend.limits import LimitError, Work
from dmaze_cp.frontend.model_file import is_standard
from dmaze_cp.frontend.nested_model import as_model, free_names
from dmaze_cp.frontend.tensors import (
    Dimension,
    TensorFacts,
    Tensors,
    as_value_info,
    declared_tensors,
    is_open,
    possible,
    stated_shape,
)

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto

CHUNK: Final = 100
"""Operators looked at together; each round costs time in proportion."""


@dataclass(frozen=True)
class Analysis:
    """A graph with the shapes of its tensors.

    Attributes
    ----------
    graph
        As it is in the file.
    tensors
        What is known of its tensors.
    runs
        By the index of an operator: the graphs nested in it.
    problems
        What is wrong with the graph, if it is nested: it may never run.
    """

    graph: GraphProto
    tensors: Tensors
    runs: Mapping[int, tuple[Run[Analysis], ...]]
    problems: tuple[Problem, ...] = ()


Analyse = Callable[["ModelProto"], Analysis]


def analyse(model: ModelProto, work: Work) -> Analysis:
    """Shapes of all tensors, by ONNX's inference and constant folding, in turn.

    What the file itself says about the shape of intermediate tensors is used only
    where inference finds nothing: it may stem from another batch size. Nested graphs
    are analysed in the same way, with what they see of the graph around them.

    Raises
    ------
    SpecError
        When the graph contradicts itself, or takes more work than it may.
    """
    done: dict[bytes, Analysis] = {}

    def nested(inner: ModelProto) -> Analysis:
        # Nested graphs are looked at in every round of those around them.
        work.spend(operators(inner.graph.node))
        key = inner.SerializeToString(deterministic=True)
        if key not in done:
            try:
                done[key] = _analyse(inner, nested, work)
            except LimitError:
                raise
            except SpecError as error:
                done[key] = Analysis(inner.graph, Tensors(), {}, error.problems)
        return done[key]

    return _analyse(model, nested, work)


def _analyse(model: ModelProto, nested: Analyse, work: Work) -> Analysis:
    """`analyse`, part of the graph by part, as operators are in topological order."""
    from onnx import GraphProto

    graph = model.graph
    claims = {v.name: v for v in (*graph.value_info, *graph.output) if stated_shape(v) is not None}
    start = GraphProto(input=graph.input, initializer=graph.initializer)
    start.sparse_initializer.extend(graph.sparse_initializer)
    tensors = declared_tensors(start, initializer_values(graph))
    for first in range(0, len(graph.node), CHUNK):
        part = GraphProto(name="part", node=graph.node[first : first + CHUNK])
        given = {name: tensors.known(name) for name in free_names(part)}
        tensors.add(_settled(as_model(part, model, given), claims, nested, work))
    makers = {name: node for node in graph.node for name in node.output}
    runs = {
        index: run_nested(node, model, tensors, nested, makers)[0]
        for index, node in enumerate(graph.node)
        if _has_bodies(node)
    }
    return Analysis(graph, tensors, runs)


def _settled(
    model: ModelProto, claims: dict[str, ValueInfoProto], nested: Analyse, work: Work
) -> Tensors:
    """What can be known of the tensors of a graph.

    Each round finds one more constant or shape, or is the last.
    """
    while True:
        model = infer_shapes(model, work)
        tensors = declared_tensors(model.graph, {})
        values, folded = fold_constants(model, tensors.sizes, work)
        tensors = replace(tensors, values=values)
        open_left = any(is_open(tensors[name]) for name in _outputs(model.graph))
        if not open_left and not any(_has_bodies(node) for node in model.graph.node):
            return tensors
        if not (
            folded
            or _add_contrib_shapes(model.graph, tensors)
            or _add_nested(model, tensors, nested)
            or _add_claims(model.graph, claims, tensors)
        ):
            return tensors


def _has_bodies(node: NodeProto) -> bool:
    return bool(node.attribute) and any(True for _ in bodies(node))


def _add_claims(graph: GraphProto, claims: dict[str, ValueInfoProto], tensors: Tensors) -> bool:
    """Believe the file about the first tensor that inference knows no shape of.

    One at a time, in the order of the graph: what follows is then inferred.
    """
    for name in _outputs(graph):
        claim = claims.get(name)
        if claim is None or not is_open(tensors[name]):
            continue
        del claims[name]
        shape, found = stated_shape(claim), tensors[name]
        if not is_open(shape) and (found is None or _agrees(shape or (), found)):
            _declare(graph, claim)
            return True
    return False


def _outputs(graph: GraphProto) -> Iterator[str]:
    for node in graph.node:
        yield from (name for name in node.output if name)


def _agrees(claim: tuple[object, ...], found: tuple[object, ...]) -> bool:
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


def _declare_known(graph: GraphProto, tensors: Tensors, name: str, known: TensorFacts) -> bool:
    """Declare a shape where it says more than what is known; return whether it does.

    What is known is never lost, so that this ends even where a graph contradicts itself.
    """
    before = tensors[name]
    if known.shape is None or not known.elem_type or not is_open(before):
        return False
    shape = possible(known.shape)
    if before is not None:
        if len(before) != len(shape):
            return False
        shape = tuple(map(_more, before, shape))
    if before == shape:
        return False
    _declare(graph, as_value_info(name, known.elem_type, shape))
    return True


def _more(one: Dimension, other: Dimension) -> Dimension:
    """Of two dimensions the one that says more, the first if neither does."""
    is_more = other is not None if one is None else isinstance(other, int)
    return other if is_more and not isinstance(one, int) else one


def _add_contrib_shapes(graph: GraphProto, tensors: Tensors) -> bool:
    """Shapes of ONNX Runtime operators that ONNX's inference does not know."""
    added = False
    for node in graph.node:
        if is_standard(node.domain) or not any(is_open(tensors[name]) for name in node.output):
            continue
        elem_type = _elem_type(node, tensors)
        for name, shape in zip(node.output, contrib_shapes(node, tensors), strict=False):
            if name:
                added |= _declare_known(graph, tensors, name, TensorFacts(shape, elem_type))
    return added


def _elem_type(node: NodeProto, tensors: Tensors) -> int:
    """The type of the first input that has one (quantised operators hand out floats)."""
    from onnx import TensorProto

    if node.op_type in ("DequantizeLinear", "DynamicQuantizeMatMul", "MatMulIntegerToFloat"):
        return TensorProto.FLOAT
    found = (tensors.types[name] for name in node.input if name in tensors.types)
    return next(found, TensorProto.FLOAT)


def _add_nested(model: ModelProto, tensors: Tensors, nested: Analyse) -> bool:
    """Shapes and constants that operators with nested graphs hand out."""
    added = False
    makers = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if not _has_bodies(node) or all(name in tensors.values or not name for name in node.output):
            continue
        _, results = run_nested(node, model, tensors, nested, makers)
        for name, known in results.items():
            added |= _declare_known(model.graph, tensors, name, known)
        constants = {name: known.value for name, known in results.items()}
        if len(constants) == len(node.output) == 1:
            ((name, value),) = constants.items()
            if value is not None:
                node.CopyFrom(constant_node(name, value))
                added = True
    return added
