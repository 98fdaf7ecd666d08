"""Graphs nested in operators: which of them run, how often, and on what shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from dmaze_cp.frontend.attributes import attributes_of
from dmaze_cp.frontend.graphs import bodies
from dmaze_cp.frontend.limits import MAX_SEARCHED, MAX_WIDENINGS
from dmaze_cp.frontend.model_file import is_standard
from dmaze_cp.frontend.nested_model import as_model, free_names
from dmaze_cp.frontend.tensors import Shape, TensorFacts, Tensors, common

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

READERS: Final = frozenset({"If", "Loop", "Scan"})
"""Operators whose attributes are read here."""

MAX_STEPS: Final = 2**31
"""From here on, exporters mean that a loop has no limit."""

HOW_OFTEN: Final = "it is not known how often it runs"

FIRST_SCAN: Final = 9
"""The operator set from which on Scan has no batch dimension."""


class Analysed(Protocol):
    """What is asked of an analysis here."""

    @property
    def tensors(self) -> Tensors:
        """Of the nested graph."""


A = TypeVar("A", bound=Analysed)
Analyse = Callable[["ModelProto"], A]


@dataclass(frozen=True)
class Run(Generic[A]):
    """A nested graph.

    Attributes
    ----------
    where
        The attribute it is in.
    analysis
        Its operators and shapes.
    times
        How often it runs each time the operator does; None if that is not known.
    note
        Why it does not run, or why it is not known how often.
    """

    where: str
    analysis: A
    times: int | None
    note: str = ""


Results = dict[str, TensorFacts]
Nested = tuple[tuple[Run[A], ...], Results]


def run_nested(
    node: NodeProto,
    model: ModelProto,
    tensors: Tensors,
    analyse: Analyse[A],
    makers: Mapping[str, NodeProto],
) -> Nested[A]:
    """The graphs nested in an operator, and what is known of its outputs.

    Parameters
    ----------
    node
        An operator with at least one nested graph.
    model
        The model whose operator sets count.
    tensors
        What the nested graphs see of the graph around them.
    analyse
        Finds the shapes of a model.
    makers
        The operators of the model, by their outputs.
    """
    frame = _Frame(node, model, tensors, analyse, makers)
    graphs = dict(bodies(node))
    if is_standard(node.domain):
        if node.op_type == "If" and graphs.keys() == {"then_branch", "else_branch"}:
            return _run_if(frame, graphs)
        if node.op_type == "Loop" and graphs.keys() == {"body"} and len(node.input) > 1:
            return _run_loop(frame, graphs["body"])
        if node.op_type == "Scan" and graphs.keys() == {"body"} and _opset(model) >= FIRST_SCAN:
            return _run_scan(frame, graphs["body"])
    return tuple(Run(w, frame.analysed(g, {}), None, HOW_OFTEN) for w, g in graphs.items()), {}


@dataclass(frozen=True)
class _Frame(Generic[A]):
    """An operator with nested graphs, and what is around it."""

    node: NodeProto
    model: ModelProto
    tensors: Tensors
    analyse: Analyse[A]
    makers: Mapping[str, NodeProto]

    def value(self, index: int) -> Any:
        """Input `index` of the operator as a Python number; None if not known."""
        name = self.node.input[index] if index < len(self.node.input) else ""
        value = self.tensors.values.get(name)
        return value.item() if value is not None and value.size == 1 else None

    def analysed(self, body: GraphProto, inputs: Mapping[str, TensorFacts]) -> A:
        """The shapes in a nested graph, with what is known of its inputs."""
        around = {name: self.tensors.known(name) for name in free_names(body)}
        return self.analyse(as_model(body, self.model, {**around, **inputs}))


def _opset(model: ModelProto) -> int:
    return next((o.version for o in model.opset_import if is_standard(o.domain)), 0)


def _run_if(frame: _Frame[A], graphs: Mapping[str, GraphProto]) -> Nested[A]:
    condition = frame.value(0)
    analyses = {where: frame.analysed(graph, {}) for where, graph in graphs.items()}
    results = {
        where: [analyses[where].tensors.known(out.name) for out in graph.output]
        for where, graph in graphs.items()
    }
    if condition is None:
        note = f"it is not known which branch runs{_decided_by(frame)}"
        runs = tuple(Run(where, analysis, None, note) for where, analysis in analyses.items())
        both = zip(results["then_branch"], results["else_branch"], strict=False)
        outputs = [
            TensorFacts(common(a.shape, b.shape), a.elem_type or b.elem_type) for a, b in both
        ]
    else:
        taken = "then_branch" if condition else "else_branch"
        note = "the other branch runs"
        runs = tuple(
            Run(where, analysis, 1) if where == taken else Run(where, analysis, 0, note)
            for where, analysis in analyses.items()
        )
        outputs = results[taken]
    return runs, dict(zip(frame.node.output, outputs, strict=False))


def _decided_by(frame: _Frame[A]) -> str:
    """How a user can decide which branch runs, if inputs that are one integer do."""
    inputs = {value.name for value in frame.model.graph.input}
    pending, seen, deciding = [*frame.node.input[:1]], set(), []
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if len(seen) > MAX_SEARCHED:
            return ""
        if name in frame.makers:
            pending.extend(other for other in frame.makers[name].input if other)
        elif name in inputs and frame.tensors.values.get(name) is None:
            deciding.append(name)
    if all(_is_integer(frame, name) for name in deciding):
        return "".join(f"; --shape {name}=... decides" for name in sorted(deciding))
    return ""


def _is_integer(frame: _Frame[A], name: str) -> bool:
    from onnx import TensorProto

    integers = (TensorProto.INT32, TensorProto.INT64)
    return frame.tensors.types.get(name) in integers and frame.tensors[name] in ((), (1,))


def _run_loop(frame: _Frame[A], body: GraphProto) -> Nested[A]:
    """A loop; its state has the shapes that every step leaves as they are."""
    import numpy as np
    from onnx import TensorProto

    node = frame.node
    state = [frame.tensors.known(name) for name in node.input[2:]]
    go = frame.value(1) if node.input[1] else True
    # Inside, the condition holds: else the step would not run.
    condition = TensorFacts((), TensorProto.BOOL, np.array(True)) if go else TensorFacts()
    first = [TensorFacts((), TensorProto.INT64), condition]
    analysis, state = _settled(frame, body, first, state, [])
    outputs = [out.name for out in body.output]
    again = analysis.tensors.values.get(outputs[0]) if outputs else None
    times = _loop_times(frame, go, None if again is None else bool(again.all()))
    collected = [analysis.tensors.known(name) for name in outputs[1 + len(state) :]]
    stacked = [_stacked(known, times, 0) for known in collected]
    return (_steps(analysis, times),), dict(zip(node.output, [*state, *stacked], strict=False))


def _steps(analysis: A, times: int | None) -> Run[A]:
    """The body of a loop, with why no number of steps is known or none is taken."""
    if times is None:
        return Run("body", analysis, None, HOW_OFTEN)
    return Run("body", analysis, times, "" if times else "it does not run")


def _loop_times(frame: _Frame[A], go: bool | None, again: bool | None) -> int | None:
    """How often a loop runs; `go` and `again` say whether it starts and goes on."""
    limit = frame.value(0) if frame.node.input[0] else None
    if go is False or (limit is not None and limit <= 0):
        return 0
    if go is None or again is None:
        return None
    if again:
        return int(limit) if limit is not None and limit < MAX_STEPS else None
    return None if limit is None and frame.node.input[0] else 1


def _run_scan(frame: _Frame[A], body: GraphProto) -> Nested[A]:
    node = frame.node
    attributes = attributes_of(node)
    split = max(len(node.input) - max(attributes.integer("num_scan_inputs", 0), 0), 0)
    state = [frame.tensors.known(name) for name in node.input[:split]]
    axes = attributes.integers("scan_input_axes", ())
    elements, lengths = [], set()
    for index, name in enumerate(node.input[split:]):
        known, axis = frame.tensors.known(name), axes[index] if index < len(axes) else 0
        length, shape = _without(known.shape, axis)
        lengths.add(length)
        elements.append(TensorFacts(shape, known.elem_type))
    analysis, state = _settled(frame, body, [], state, elements)
    sizes = [length for length in lengths if isinstance(length, int)]
    times = sizes[0] if len(sizes) == len(lengths) == 1 else None
    out_axes = attributes.integers("scan_output_axes", ())
    stacked = [
        _stacked(analysis.tensors.known(out.name), times, out_axes[i] if i < len(out_axes) else 0)
        for i, out in enumerate(body.output[split:])
    ]
    return (_steps(analysis, times),), dict(zip(node.output, [*state, *stacked], strict=False))


def _settled(
    frame: _Frame[A],
    body: GraphProto,
    before: Sequence[TensorFacts],
    state: Sequence[TensorFacts],
    after: Sequence[TensorFacts],
) -> tuple[A, list[TensorFacts]]:
    """The analysis of a step, with a state that is general enough for every step.

    A step maps shapes that the state may have to such shapes: so they hold in all
    steps, by induction. `before` and `after` are the other inputs of the step.
    """
    skip = 1 if before else 0  # a Loop's first output is its condition
    carried = [TensorFacts(known.shape, known.elem_type) for known in state]
    for _ in range(MAX_WIDENINGS):
        names = [value.name for value in body.input]
        inputs = dict(zip(names, [*before, *carried, *after], strict=False))
        analysis = frame.analysed(body, inputs)
        outs = [analysis.tensors.known(out.name) for out in body.output[skip : skip + len(carried)]]
        wider = [
            TensorFacts(common(known.shape, out.shape), known.elem_type or out.elem_type)
            for known, out in zip(carried, outs, strict=False)
        ]
        if [known.shape for known in wider] == [known.shape for known in carried]:
            return analysis, carried
        carried = wider
    unknown = [TensorFacts(None, known.elem_type) for known in carried]
    names = [value.name for value in body.input]
    inputs = dict(zip(names, [*before, *unknown, *after], strict=False))
    return frame.analysed(body, inputs), unknown


def _without(shape: Shape | None, axis: int) -> tuple[object, Shape | None]:
    """The size of an axis, and the shape without it."""
    if shape is None or not -len(shape) <= axis < len(shape):
        return None, None
    axis %= len(shape)
    return shape[axis], shape[:axis] + shape[axis + 1 :]


def _stacked(known: TensorFacts, times: int | None, axis: int) -> TensorFacts:
    """What the results of all steps are together."""
    if known.shape is None:
        return TensorFacts(None, known.elem_type)
    axis %= len(known.shape) + 1
    shape = (*known.shape[:axis], times, *known.shape[axis:])
    return TensorFacts(shape, known.elem_type)
