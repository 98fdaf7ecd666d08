"""Operators of a graph with known shapes -> layers and the list of what is no layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError, printable
from dmaze_cp.frontend.attributes import attributes_of, node_name
from dmaze_cp.frontend.control import Run
from dmaze_cp.frontend.dimensions import OpenDimension
from dmaze_cp.frontend.model_file import is_standard
from dmaze_cp.frontend.operators import Refusal, deformable_macs, reason_for
from dmaze_cp.frontend.rules import RULES
from dmaze_cp.frontend.shapes import Analysis
from dmaze_cp.frontend.tensors import Shape, Tensors
from dmaze_cp.frontend.unread import UnreadConstants
from dmaze_cp.workload import MAX_INSTANCES, Layer, UnmappedOperator, fold_equal_layers

if TYPE_CHECKING:
    from onnx import NodeProto

UNKNOWN_SHAPE: Final = (
    "its shape depends on data, on an operator of unknown shape or on an input of unknown rank"
)


@dataclass
class _Found:
    """What one pass over a model collects."""

    still_open: dict[str, OpenDimension]
    layers: list[Layer] = field(default_factory=list)
    unmapped: list[UnmappedOperator] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    needed: dict[str, OpenDimension] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    def unique(self, name: str) -> str:
        """The name, with a number where it is already taken."""
        name = printable(name)
        candidate = name
        while candidate in self.names:
            # Goes on where it ended for the last layer of this name.
            self.names[name] += 1
            candidate = f"{name}_{self.names[name]}"
        self.names[candidate] = 1
        return candidate

    def refuse(self, name: str, node: NodeProto, refusal: Refusal, count: int = 1) -> None:
        """List an operator that is not mapped."""
        operator = UnmappedOperator(name, node.op_type, refusal.reason, refusal.macs, count)
        self.unmapped.append(operator)


@dataclass(frozen=True)
class _Part:
    """A graph, how often it runs, and why not if it does not run a known number of times."""

    analysis: Analysis
    times: int | None
    reason: str

    @cached_property
    def unread(self) -> UnreadConstants:
        """What could not be read of the graph's constants."""
        return UnreadConstants(self.analysis)


def lower_model(
    analysis: Analysis, opened: Iterable[OpenDimension]
) -> tuple[tuple[Layer, ...], tuple[UnmappedOperator, ...]]:
    """Layers, equal ones folded, and the other operators, grouped by type and reason.

    Parameters
    ----------
    analysis
        The model's graph, its shapes, and the graphs nested in it.
    opened
        Dimensions that the user may still set.

    Raises
    ------
    SpecError
        With every problem found, over all operators.
    """
    found = _Found({item.name: item for item in opened})
    _take_graph(found, _Part(analysis, 1, ""))
    found.problems += [
        Problem(", ".join(item.places), f"the open dimension {item.name}", f"a size: {item.flags}")
        for item in found.needed.values()
    ]
    found.problems += [
        Problem(
            name,
            f"a constant in the file {file}, which cannot be read",
            "the file next to the model: shapes are computed from the constant",
        )
        for name, file in found.unread.items()
    ]
    if found.problems:
        raise SpecError(found.problems)
    return fold_equal_layers(found.layers), _grouped(found.unmapped)


def _take_graph(found: _Found, part: _Part) -> None:
    """Take all operators of a graph, and of those nested in it."""
    if part.times:
        found.problems.extend(part.analysis.problems)
    for index, node in enumerate(part.analysis.graph.node):
        runs = part.analysis.runs.get(index, ())
        if part.times:
            _take(found, node, index, part)
        else:
            _take_stopped(found, node, index, part)
        for run in runs:
            _take_graph(found, _nested(part, run, node, node_name(node, index)))


def _nested(part: _Part, run: Run[Analysis], node: NodeProto, name: str) -> _Part:
    """A nested graph as a part; what is inside something that does not run does not, either."""
    times, reason = run.times, f"inside {run.where} of {node.op_type} {name}: {run.note}"
    if part.times == 0 or (part.times is None and run.times != 0):
        times, reason = part.times, part.reason if run.times else reason
    elif times is not None and part.times is not None:
        times *= part.times
    return _Part(run.analysis, times, reason)


def _take(found: _Found, node: NodeProto, index: int, part: _Part) -> None:
    """Take an operator that runs a known number of times."""
    name, tensors, times = node_name(node, index), part.analysis.tensors, part.times or 0
    try:
        result = _lower(node, name, tensors)
    except SpecError as error:
        found.problems.extend(error.under(name).problems)
        return
    if isinstance(result, _Unresolved):
        needed = result.needs(found.still_open)
        unread = None if needed else part.unread.behind(node)
        found.needed |= needed
        found.unread |= unread or {}
        if needed or unread is not None:
            return
        result = Refusal(UNKNOWN_SHAPE)
    if isinstance(result, Refusal):
        runs = part.analysis.runs.get(index, ())
        found.refuse(name, node, _with_runs(result, runs, node), times)
        return
    for layer in result:
        instances = layer.instances * times
        if instances > MAX_INSTANCES:
            expected = f"at most {MAX_INSTANCES}"
            found.problems.append(Problem(name, f"a layer that runs {instances} times", expected))
            continue
        unique = found.unique(layer.name)
        if (unique, instances) != (layer.name, layer.instances):
            layer = replace(layer, name=unique, instances=instances)
        found.layers.append(layer)


def _take_stopped(found: _Found, node: NodeProto, index: int, part: _Part) -> None:
    """List an operator that does not run, or with what it does if its graph runs once."""
    name = node_name(node, index)
    try:
        result = _lower(node, name, part.analysis.tensors)
    except SpecError as error:
        problem = f"; {error.problems[0]}" if part.times is None else ""
        result = Refusal(f"{part.reason}{problem}")
    if isinstance(result, _Unresolved):
        opened = ", ".join(result.needs(found.still_open)) if part.times is None else ""
        result = Refusal(f"{part.reason}; open dimensions: {opened}" if opened else part.reason)
    elif not isinstance(result, Refusal):
        work = sum(layer.macs * layer.instances for layer in result)
        result = Refusal(part.reason, work)
    if part.times == 0:
        result = replace(result, macs=0)
    found.refuse(name, node, result)


def _with_runs(refusal: Refusal, runs: Sequence[Run[Analysis]], node: NodeProto) -> Refusal:
    """The reason, with which graph runs and how often, where that is known."""
    if any(run.times is None for run in runs):
        return refusal
    if node.op_type == "If":
        taken = [run.where for run in runs if run.times]
        return replace(refusal, reason=f"{refusal.reason}: {taken[0]} runs") if taken else refusal
    if runs:
        times = runs[0].times
        return replace(refusal, reason=f"{refusal.reason}: its body runs {times} times")
    return refusal


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


def _lower(node: NodeProto, name: str, tensors: Tensors) -> Sequence[Layer] | Refusal | _Unresolved:
    domain = "" if is_standard(node.domain) else node.domain
    rule = RULES.get((domain, node.op_type))
    if rule is None:
        macs = _macs(node, domain, tensors)
        return Refusal(reason_for(node.op_type, domain=domain), macs)
    count = len(node.input)
    if count <= max(rule.required) or not all(node.input[i] for i in rule.required):
        found = f"{count} inputs"
        expected = f"at least {max(rule.required) + 1}, none left out"
        raise SpecError(Problem("inputs", found, expected))
    positions = range(count) if rule.variadic else (*rule.required, *rule.optional)
    operands = [node.input[i] if i < count else "" for i in positions]
    sizes = [tensors.sizes(operand) if operand else None for operand in operands]
    unknown = [tensors[o] for o, s in zip(operands, sizes, strict=True) if o and s is None]
    if unknown:
        return _Unresolved(tuple(unknown))
    values = [_number(tensors, node.input[i] if i < count else "") for i in rule.values]
    arguments = [sizes] if rule.variadic else sizes
    lowered = rule.lower(name, *arguments, *values, attributes_of(node))
    return [lowered] if isinstance(lowered, Layer) else lowered


def _number(tensors: Tensors, name: str) -> int | None:
    """The value of a constant that is one integer."""
    value = tensors.values.get(name)
    return int(value.item()) if value is not None and value.size == 1 else None


def _macs(node: NodeProto, domain: str, tensors: Tensors) -> int:
    if domain or node.op_type != "DeformConv" or len(node.input) < 2 or not node.output:
        return 0
    return deformable_macs(tensors.sizes(node.input[1]), tensors.sizes(node.output[0]))


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
