"""Operators of a graph with known shapes -> layers and the list of what is no layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError, printable
from dmaze_cp.frontend.conv import lower_conv
from dmaze_cp.frontend.dimensions import OpenDimension
from dmaze_cp.frontend.matmul import lower_gemm, lower_matmul
from dmaze_cp.frontend.model_file import bodies, is_standard
from dmaze_cp.frontend.operators import MACS, Attributes, Refusal, Sizes, reason_for
from dmaze_cp.frontend.shapes import Shape, Tensors
from dmaze_cp.workload import Layer, UnmappedOperator, fold_equal_layers

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

Lowering = Callable[[str, Sizes, Sizes, Attributes], Layer | Refusal]

MAPPED: Final[dict[tuple[str, str], tuple[Lowering, int, int]]] = {
    ("", "Conv"): (lower_conv, 0, 1),
    ("", "ConvInteger"): (lower_conv, 0, 1),
    ("", "QLinearConv"): (lower_conv, 0, 3),
    ("com.microsoft", "QLinearConv"): (lower_conv, 0, 3),
    ("", "Gemm"): (lower_gemm, 0, 1),
    ("com.microsoft", "QGemm"): (lower_gemm, 0, 3),
    ("", "MatMul"): (lower_matmul, 0, 1),
    ("", "MatMulInteger"): (lower_matmul, 0, 1),
    ("", "QLinearMatMul"): (lower_matmul, 0, 3),
    ("com.microsoft", "FusedMatMul"): (lower_matmul, 0, 1),
    ("com.microsoft", "MatMulIntegerToFloat"): (lower_matmul, 0, 1),
    ("com.microsoft", "DynamicQuantizeMatMul"): (lower_matmul, 0, 1),
}
"""How an operator becomes a layer, and which of its inputs are data and weights."""

UNKNOWN_SHAPE: Final = "its shape depends on data, or on an operator without known shapes"


@dataclass
class _Found:
    """What one pass over a graph collects."""

    layers: list[Layer] = field(default_factory=list)
    unmapped: list[UnmappedOperator] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    needed: dict[str, OpenDimension] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def unique(self, name: str) -> str:
        """The name, with a number where it is already taken."""
        name = printable(name)
        candidate, number = name, 2
        while candidate in self.names:
            candidate, number = f"{name}_{number}", number + 1
        self.names.add(candidate)
        return candidate


def lower_model(
    graph: GraphProto, inferred: GraphProto, tensors: Tensors, opened: Iterable[OpenDimension]
) -> tuple[tuple[Layer, ...], tuple[UnmappedOperator, ...]]:
    """Layers, equal ones folded, and the other operators, grouped by type and reason.

    Parameters
    ----------
    graph, inferred
        The model's graph, and its copy that has the shapes of nested graphs.
    tensors
        Shapes of the outer graph.
    opened
        Dimensions that the user may still set.

    Raises
    ------
    SpecError
        With every problem found, over all operators.
    """
    found = _Found()
    still_open = {item.name: item for item in opened}
    for index, (node, copy) in enumerate(zip(graph.node, inferred.node, strict=True)):
        _take(found, node, index, tensors, still_open)
        for where, body in bodies(copy):
            reason = f"inside {where} of {node.op_type} {_name(node, index)}: {_unknown(node)}"
            _take_nested(found, body, tensors, reason)
    found.problems += [
        Problem(", ".join(item.places), f"the open dimension {item.name}", f"a size: {item.flags}")
        for item in found.needed.values()
    ]
    if found.problems:
        raise SpecError(found.problems)
    return fold_equal_layers(found.layers), _grouped(found.unmapped)


def _unknown(node: NodeProto) -> str:
    if node.op_type == "If":
        return "it is not known which branch runs"
    return "it is not known how often it runs"


def _take(
    found: _Found,
    node: NodeProto,
    index: int,
    tensors: Tensors,
    still_open: dict[str, OpenDimension],
) -> None:
    name = _name(node, index)
    try:
        result = _lower(node, name, tensors)
    except SpecError as error:
        found.problems.extend(error.under(name).problems)
        return
    if isinstance(result, _Unresolved):
        needed = result.needs(still_open)
        found.needed |= needed
        if needed:
            return
        result = Refusal(UNKNOWN_SHAPE)
    if isinstance(result, Layer):
        found.layers.append(replace(result, name=found.unique(name)))
    else:
        found.unmapped.append(UnmappedOperator(name, node.op_type, result.reason, macs=result.macs))


def _take_nested(found: _Found, graph: GraphProto, outer: Tensors, reason: str) -> None:
    """List the operators of a nested graph, with what they would do if run once."""
    tensors = outer.inside(graph)
    for index, node in enumerate(graph.node):
        name = _name(node, index)
        macs, why = 0, reason
        try:
            result = _lower(node, name, tensors)
        except SpecError as error:
            result = Refusal(f"{reason}; {error.problems[0]}")
        if isinstance(result, Layer):
            macs = result.macs * result.instances
        elif isinstance(result, Refusal):
            macs, why = result.macs, result.reason
        found.unmapped.append(UnmappedOperator(name, node.op_type, why, macs=macs))
        for where, body in bodies(node):
            inner = f"inside {where} of {node.op_type} {name}: {_unknown(node)}"
            _take_nested(found, body, tensors, inner)


@dataclass(frozen=True)
class _Unresolved:
    """An operator that would be a layer if its shapes were known."""

    operands: tuple[Shape | None, ...]

    def needs(self, still_open: dict[str, OpenDimension]) -> dict[str, OpenDimension]:
        """The open dimensions to set: those it names, else all it may derive from."""
        sizes = [size for shape in self.operands for size in (shape or (None,))]
        named = {s: still_open[s] for s in sizes if isinstance(s, str) and s in still_open}
        derived = any(not isinstance(s, int) and s not in still_open for s in sizes)
        return still_open if derived else named


def _lower(node: NodeProto, name: str, tensors: Tensors) -> Layer | Refusal | _Unresolved:
    domain = "" if is_standard(node.domain) else node.domain
    if (domain, node.op_type) not in MAPPED:
        macs = _macs(node, domain, tensors)
        return Refusal(reason_for(node.op_type, domain=domain), macs)
    lower, *positions = MAPPED[domain, node.op_type]
    if len(node.input) <= max(positions) or not all(node.input[i] for i in positions):
        found = f"{len(node.input)} inputs"
        raise SpecError(Problem("inputs", found, f"at least {max(positions) + 1}, none left out"))
    data, weights = (node.input[i] for i in positions)
    data_sizes, weight_sizes = tensors.sizes(data), tensors.sizes(weights)
    if data_sizes is None or weight_sizes is None:
        return _Unresolved((tensors[data], tensors[weights]))
    return lower(name, data_sizes, weight_sizes, _attributes(node))


def _macs(node: NodeProto, domain: str, tensors: Tensors) -> int:
    fewest, count = MACS.get(node.op_type, (0, None))
    standard = not domain or (domain, node.op_type) == ("com.microsoft", "MatMulNBits")
    if count is None or not standard or len(node.input) < fewest or not node.output:
        return 0
    operands = [tensors.sizes(name) if name else None for name in node.input]
    outputs = [tensors.sizes(name) if name else None for name in node.output]
    return count(operands, outputs, _attributes(node))


def _attributes(node: NodeProto) -> Attributes:
    from onnx import helper

    return Attributes({a.name: helper.get_attribute_value(a) for a in node.attribute})


def _name(node: NodeProto, index: int) -> str:
    if node.name:
        return node.name
    outputs = [name for name in node.output if name]
    return outputs[0] if outputs else f"{node.op_type}_{index}"


def _grouped(operators: Iterable[UnmappedOperator]) -> tuple[UnmappedOperator, ...]:
    """One entry for each type, reason and amount of work, under the first one's name."""
    first: dict[tuple[str, str, int], UnmappedOperator] = {}
    for operator in operators:
        key = operator.operator, operator.reason, operator.macs
        if key in first:
            kept = first[key]
            first[key] = replace(kept, count=kept.count + operator.count)
        else:
            first[key] = operator
    return tuple(first.values())
