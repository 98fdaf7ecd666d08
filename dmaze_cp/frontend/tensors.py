"""What is known of the tensors of a graph."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from onnx import GraphProto, ValueInfoProto

    Array = np.ndarray[tuple[int, ...], np.dtype[Any]]

Dimension = int | str | None
"""A size, the name of an open dimension, or nothing known."""

Shape = tuple[Dimension, ...]


@dataclass(frozen=True)
class TensorFacts:
    """What is known of one tensor."""

    shape: Shape | None = None
    elem_type: int = 0
    value: Array | None = None
    other: ValueInfoProto | None = None


@dataclass(frozen=True)
class Tensors:
    """Shapes, element types and small constant values, by tensor name.

    A tensor without shape has unknown rank; types are ONNX's numbers. What is no tensor
    (a sequence, an optional value) is in `others`, as it is declared.
    """

    shapes: dict[str, Shape] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    values: dict[str, Array] = field(default_factory=dict)
    others: dict[str, ValueInfoProto] = field(default_factory=dict)

    def known(self, name: str) -> TensorFacts:
        """All that is known of a tensor."""
        types, values = self.types.get(name, 0), self.values.get(name)
        return TensorFacts(self[name], types, values, self.others.get(name))

    def add(self, more: Tensors) -> None:
        """Take in what is known of other tensors; what is known here already stays."""
        for item in fields(self):
            known = getattr(self, item.name)
            for name, value in getattr(more, item.name).items():
                known.setdefault(name, value)

    def __getitem__(self, name: str) -> Shape | None:
        return self.shapes.get(name)

    def sizes(self, name: str) -> tuple[int, ...] | None:
        """The shape of a tensor when every dimension is known."""
        shape = self.shapes.get(name)
        if shape is None:
            return None
        sizes = tuple(size for size in shape if isinstance(size, int))
        return sizes if len(sizes) == len(shape) else None


def is_open(shape: Shape | None) -> bool:
    """Whether rank or any size is not known."""
    return shape is None or not all(isinstance(size, int) for size in shape)


def common(a: Shape | None, b: Shape | None) -> Shape | None:
    """What two shapes have in common: sizes in which they differ are not known."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(x if x == y else None for x, y in zip(a, b, strict=True))


def declared_shapes(graph: GraphProto) -> dict[str, Shape]:
    """Shapes that a graph states: inputs, outputs, intermediates and initialisers."""
    shapes: dict[str, Shape] = {}
    for value in (*graph.input, *graph.output, *graph.value_info):
        shape = stated_shape(value)
        if shape is not None:
            shapes[value.name] = shape
    for tensor in graph.initializer:
        shapes[tensor.name] = tuple(tensor.dims)
    for sparse in graph.sparse_initializer:
        shapes[sparse.values.name] = tuple(sparse.dims)
    return shapes


def declared_tensors(graph: GraphProto, values: dict[str, Array]) -> Tensors:
    """All that a graph states; `values` are those of its constants."""
    infos = (*graph.input, *graph.output, *graph.value_info)
    others = {
        v.name: v
        for v in infos
        if v.type.WhichOneof("value") not in (None, "tensor_type", "sparse_tensor_type")
    }
    return Tensors(declared_shapes(graph), declared_types(graph), values, others)


def declared_types(graph: GraphProto) -> dict[str, int]:
    """Element types that a graph states."""
    values = (*graph.input, *graph.output, *graph.value_info)
    types = {v.name: v.type.tensor_type.elem_type for v in values if v.type.HasField("tensor_type")}
    types |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    return {name: elem_type for name, elem_type in types.items() if elem_type}


def stated_shape(value: ValueInfoProto) -> Shape | None:
    """The shape that one entry states; sizes below zero stand for unknown ones."""
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        return None
    return tuple(
        dimension.dim_value
        if dimension.HasField("dim_value") and dimension.dim_value >= 0
        else (dimension.dim_param or None)
        for dimension in tensor.shape.dim
    )


def possible(shape: Shape) -> Shape:
    """The shape without sizes that no tensor has: they are not known."""
    return tuple(None if isinstance(d, int) and not 0 <= d < 2**63 else d for d in shape)


def as_value_info(name: str, elem_type: int, shape: Shape | None) -> ValueInfoProto:
    """An entry that states a shape."""
    from onnx import helper

    shape = None if shape is None else possible(shape)
    return helper.make_tensor_value_info(name, elem_type, shape)
