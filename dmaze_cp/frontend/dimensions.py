"""Dimensions that a model leaves open, and the values a user gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.open_sizes import size_range, unknown_sizes
from dmaze_cp.workload import MAX_BOUND

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, ValueInfoProto
    from onnx import TensorShapeProto as ShapeProto


@dataclass(frozen=True)
class OpenDimension:
    """A dimension of a graph input that has no value.

    Attributes
    ----------
    name
        Its name in the model, else ``INPUT:AXIS``.
    batch
        Whether it is the first dimension of an input.
    places
        Where it occurs, as ``INPUT:AXIS``.
    """

    name: str
    batch: bool
    places: tuple[str, ...]

    @property
    def flags(self) -> str:
        """The command-line flags that set it."""
        shape = f"--shape {self.name}=..."
        return f"--batch or {shape}" if self.batch else shape


def bind_dimensions(
    model: ModelProto, *, batch: int | None, shapes: Mapping[str, int]
) -> tuple[OpenDimension, ...]:
    """Write the user's values into the graph inputs; return what stays open.

    Every open dimension of an input that has no name is given the name
    ``INPUT:AXIS``, so that inference carries it along under that name; the user may
    call one that has a name by its place, too. Exporters
    write such dimensions as sizes below zero, or as ``?``. An input that is one
    integer becomes a constant where the user gives its value.

    Raises
    ------
    SpecError
        When a value fits no open dimension or is not a size, or when an input
        has a dimension of zero.
    """
    graph = model.graph
    inputs = list(true_inputs(graph))
    problems = [*_value_problems(batch, shapes), *_size_problems(inputs)]
    _name_dimensions(inputs)
    opened = _open_dimensions(inputs)
    shapes = _by_name(shapes, opened, problems)
    others = _named_dimensions((*graph.output, *graph.value_info))
    integers = [value for value in inputs if _is_integer(value)]
    known = {item.name: None for item in opened} | dict.fromkeys(others)
    known |= dict.fromkeys(value.name for value in integers)
    problems += unknown_sizes((name for name in shapes if name not in known), known)
    values = dict(shapes)
    if batch is not None:
        for item in opened:
            if item.batch:
                values.setdefault(item.name, batch)
        problems += _batch_problems(inputs, values, batch)
    if problems:
        raise SpecError(problems)
    _substitute((*inputs, *graph.output, *graph.value_info), values)
    for value in integers:
        if value.name in shapes:
            _set_value(model, value, shapes[value.name])
    return tuple(item for item in opened if item.name not in values)


def true_inputs(graph: GraphProto) -> Iterator[ValueInfoProto]:
    """Tensor inputs that are not initialisers (old models list these as inputs, too)."""
    weights = {tensor.name for tensor in graph.initializer}
    weights |= {tensor.values.name for tensor in graph.sparse_initializer}
    for value in graph.input:
        if value.name not in weights and value.type.HasField("tensor_type"):
            yield value


def _name_dimensions(inputs: Iterable[ValueInfoProto]) -> None:
    for value in inputs:
        for axis, dimension in enumerate(_dimensions(value)):
            fixed = dimension.HasField("dim_value") and dimension.dim_value >= 0
            if not fixed and dimension.dim_param.strip() in ("", "?"):
                dimension.dim_param = f"{value.name}:{axis}"


def _is_integer(value: ValueInfoProto) -> bool:
    """Whether an input is one integer."""
    from onnx import TensorProto

    tensor = value.type.tensor_type
    sizes = [d.dim_value for d in tensor.shape.dim] if tensor.HasField("shape") else [0]
    integers = (TensorProto.INT64, TensorProto.INT32)
    return tensor.elem_type in integers and sizes in ([], [1])


def _set_value(model: ModelProto, value: ValueInfoProto, number: int) -> None:
    """Make an input that is one integer a constant."""
    from onnx import helper

    tensor = value.type.tensor_type
    sizes = [1 for _ in tensor.shape.dim]
    constant = helper.make_tensor(value.name, tensor.elem_type, sizes, [number])
    model.graph.initializer.append(constant)
    model.graph.input.remove(value)
    # Before version 4, only an initialiser that is an input is one at all.
    model.ir_version = max(model.ir_version, 4)


def _dimensions(value: ValueInfoProto) -> list[ShapeProto.Dimension]:
    tensor = value.type.tensor_type
    return list(tensor.shape.dim) if tensor.HasField("shape") else []


def _open_dimensions(inputs: Iterable[ValueInfoProto]) -> tuple[OpenDimension, ...]:
    places: dict[str, list[tuple[str, int]]] = {}
    for value in inputs:
        for axis, dimension in enumerate(_dimensions(value)):
            if not dimension.HasField("dim_value"):
                places.setdefault(dimension.dim_param, []).append((value.name, axis))
    return tuple(
        OpenDimension(
            name=name,
            batch=any(axis == 0 for _, axis in found),
            places=tuple(f"{tensor}:{axis}" for tensor, axis in found),
        )
        for name, found in places.items()
    )


def _by_name(
    shapes: Mapping[str, int], opened: Iterable[OpenDimension], problems: list[Problem]
) -> dict[str, int]:
    """Sizes by the dimensions' own names, where the user calls them by their places."""
    names = {place: item.name for item in opened for place in item.places}
    sizes: dict[str, int] = {}
    firsts: dict[str, str] = {}
    # Names first: a place may be meant for another model, where that dimension has no name.
    for given in sorted(shapes, key=lambda given: given in names):
        name, size = names.get(given, given), shapes[given]
        first = firsts.setdefault(name, given)
        if sizes.setdefault(name, size) != size:
            expected = f"{sizes[name]}, as --shape {first} says of the same dimension"
            problems.append(Problem(f"--shape {given}", str(size), expected))
    return sizes


def _named_dimensions(values: Iterable[ValueInfoProto]) -> Iterator[str]:
    for value in values:
        for dimension in _dimensions(value):
            if dimension.dim_param:
                yield dimension.dim_param


def _substitute(values: Iterable[ValueInfoProto], sizes: Mapping[str, int]) -> None:
    for value in values:
        for dimension in _dimensions(value):
            if dimension.dim_param in sizes:
                dimension.dim_value = sizes[dimension.dim_param]


def _value_problems(batch: int | None, shapes: Mapping[str, int]) -> Iterator[Problem]:
    given: list[tuple[str, object]] = [(f"--shape {name}", size) for name, size in shapes.items()]
    if batch is not None:
        given.insert(0, ("--batch", batch))
    for where, size in given:
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_BOUND:
            yield Problem(where, repr(size), size_range(1))


def _size_problems(inputs: Iterable[ValueInfoProto]) -> Iterator[Problem]:
    for value in inputs:
        for axis, dimension in enumerate(_dimensions(value)):
            if dimension.HasField("dim_value") and dimension.dim_value == 0:
                where = f"input {value.name}, dimension {axis}"
                yield Problem(where, f"size {dimension.dim_value}", "a size of at least 1")


def _batch_problems(
    inputs: Iterable[ValueInfoProto], values: Mapping[str, int], batch: int
) -> Iterator[Problem]:
    """A batch that no input takes on is refused; one that some input has is not.

    Inputs without a batch dimension (masks, sizes) keep their first dimension.
    """
    firsts = []
    for value in inputs:
        for dimension in _dimensions(value)[:1]:
            fixed = dimension.HasField("dim_value")
            size = dimension.dim_value if fixed else values[dimension.dim_param]
            firsts.append((value.name, size, "fixed" if fixed else "set by --shape"))
    if any(size == batch for _, size, _ in firsts):
        return
    if not firsts:
        yield Problem("--batch", str(batch), "no batch: the model's inputs have no dimensions")
    for name, size, how in firsts:
        yield Problem(
            f"--batch, input {name}, dimension 0",
            f"{batch}",
            f"{size}, to which it is {how}, or no --batch",
        )
