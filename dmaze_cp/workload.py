"""Layers as loop nests, and workloads as lists of layers.

A layer is a perfect loop nest over named dimensions that reads two operands
(input ``I`` and weights ``W``) and accumulates into a third (output ``O``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import prod
from typing import Final, overload

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import INPUT, OUTPUT, WEIGHTS
from dmaze_cp.showing import Framed, Shown

MAX_BOUND: Final = 2**20
"""Largest loop bound of one dimension."""

MAX_MACS: Final = 2**52
"""Largest number of multiply-accumulates of one layer that is mapped.

Every count in the cost model then stays well inside 64-bit integers.
"""

MAX_INSTANCES: Final = 2**40
"""Largest number of instances of one layer of a file."""


class Kind(StrEnum):
    """The three kinds of loop nest."""

    CONV = "conv"
    DEPTHWISE = "depthwise"
    GEMM = "gemm"

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the loop dimensions, in canonical order."""
        return ("X", "Y", "K") if self is Kind.GEMM else ("N", "M", "C", "Ox", "Oy", "Fx", "Fy")


DIMENSIONS: Final = tuple(dict.fromkeys(d for kind in Kind for d in kind.dimensions))
"""Loop dimensions of all kinds of layer."""

DEPENDS: Final[Mapping[Kind, Mapping[str, frozenset[str]]]] = {
    Kind.CONV: {
        OUTPUT: frozenset({"N", "M", "Ox", "Oy"}),
        INPUT: frozenset({"N", "C", "Ox", "Oy", "Fx", "Fy"}),
        WEIGHTS: frozenset({"M", "C", "Fx", "Fy"}),
    },
    Kind.DEPTHWISE: {
        OUTPUT: frozenset({"N", "C", "Ox", "Oy"}),
        INPUT: frozenset({"N", "C", "Ox", "Oy", "Fx", "Fy"}),
        WEIGHTS: frozenset({"C", "Fx", "Fy"}),
    },
    Kind.GEMM: {
        OUTPUT: frozenset({"X", "Y"}),
        INPUT: frozenset({"X", "K"}),
        WEIGHTS: frozenset({"K", "Y"}),
    },
}
"""The dimensions that each operand's index depends on.

Depthwise ``M`` has bound 1, so that no operand needs to depend on it.
"""


@dataclass(frozen=True)
class Layer(Shown):
    """One layer of a network, as a loop nest.

    Make one with `Layer.conv`, `Layer.depthwise` or `Layer.gemm`.

    Attributes
    ----------
    name
        Unique in its workload.
    kind
        Which loop nest.
    extents
        Loop bounds, in the order of ``kind.dimensions``.
    stride, dilation
        Along (x, y), x being the first spatial axis (height).
    padded_input
        Input extents along (x, y), padding included; None for GEMM.
    instances
        How often the layer occurs.
    also
        Names of the equal layers that were folded into this one.

    Raises
    ------
    SpecError
        With every problem found, when the fields do not make a layer.
    """

    name: str
    kind: Kind
    extents: tuple[int, ...]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padded_input: tuple[int, int] | None = None
    instances: int = 1
    also: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        problems = list(_layer_problems(self))
        if problems:
            raise SpecError(problems)
        if self.kind is not Kind.GEMM and self.padded_input is None:
            object.__setattr__(self, "padded_input", self.used_input)

    @classmethod
    def conv(
        cls,
        name: str,
        bounds: Mapping[str, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
        padded_input: tuple[int, int] | None = None,
        instances: int = 1,
    ) -> Layer:
        """A convolution; dimensions left out of `bounds` have bound 1."""
        extents = _extents(Kind.CONV, bounds)
        return cls(name, Kind.CONV, extents, stride, dilation, padded_input, instances)

    @classmethod
    def depthwise(
        cls,
        name: str,
        bounds: Mapping[str, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
        padded_input: tuple[int, int] | None = None,
        instances: int = 1,
    ) -> Layer:
        """A depthwise convolution; dimensions left out of `bounds` have bound 1."""
        extents = _extents(Kind.DEPTHWISE, bounds)
        return cls(name, Kind.DEPTHWISE, extents, stride, dilation, padded_input, instances)

    @classmethod
    def gemm(cls, name: str, bounds: Mapping[str, int], *, instances: int = 1) -> Layer:
        """A matrix product ``O[X,Y] += I[X,K] * W[K,Y]``."""
        return cls(name, Kind.GEMM, _extents(Kind.GEMM, bounds), instances=instances)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the loop dimensions, in canonical order."""
        return self.kind.dimensions

    @property
    def bounds(self) -> dict[str, int]:
        """Loop bound of each dimension."""
        return dict(zip(self.dimensions, self.extents, strict=True))

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one instance."""
        return prod(self.extents)

    @property
    def depends(self) -> Mapping[str, frozenset[str]]:
        """The dimensions that each operand depends on."""
        return DEPENDS[self.kind]

    @property
    def used_input(self) -> tuple[int, int]:
        """Input extents along (x, y) that the loops really touch."""
        b = self.bounds
        (sx, sy), (dx, dy) = self.stride, self.dilation
        return (
            (b["Ox"] - 1) * sx + (b["Fx"] - 1) * dx + 1,
            (b["Oy"] - 1) * sy + (b["Fy"] - 1) * dy + 1,
        )

    def raised(self, bounds: Mapping[str, int]) -> Layer:
        """The layer with other bounds, none below its own, and the padded input that they need.

        Dimensions left out keep theirs. With the same bounds it is the layer itself.

        Raises
        ------
        SpecError
            When a bound is below the layer's own, or is none that such a layer can have.
        """
        low = [d for d, own in self.bounds.items() if bounds.get(d, own) < own]
        if low:
            raise SpecError(
                Problem(f"bounds.{d}", f"{bounds[d]}", f"at least {self.bounds[d]}, the layer's")
                for d in low
            )
        extents = tuple(bounds.get(d, own) for d, own in self.bounds.items())
        if extents == self.extents:
            return self
        larger = replace(self, extents=extents, padded_input=None)
        if self.padded_input is None or larger.padded_input is None:
            return larger
        height, width = map(max, zip(self.padded_input, larger.padded_input, strict=True))
        return replace(larger, padded_input=(height, width))

    @property
    def shape(self) -> Layer:
        """The layer without name and multiplicity: equal layers have equal shapes."""
        return replace(self, name="", instances=1, also=())


def _extents(kind: Kind, bounds: Mapping[str, int]) -> tuple[int, ...]:
    unknown = [d for d in bounds if d not in kind.dimensions]
    if unknown:
        expected = f"one of {' '.join(kind.dimensions)}"
        raise SpecError(Problem(f"bounds.{d}", "an unknown dimension", expected) for d in unknown)
    return tuple(bounds.get(d, 1) for d in kind.dimensions)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _layer_problems(layer: Layer) -> Iterator[Problem]:
    if not _is_int(layer.instances) or layer.instances < 1:
        yield Problem("instances", repr(layer.instances), "an integer of at least 1")
    if layer.kind is Kind.DEPTHWISE and layer.bounds["M"] != 1:
        yield Problem("bounds.M", repr(layer.bounds["M"]), "1 for a depthwise convolution")
    geometry = list(_geometry_problems(layer))
    yield from geometry
    if geometry:
        return
    if layer.kind is Kind.GEMM:
        if layer.padded_input is not None:
            yield Problem("padded_input", repr(layer.padded_input), "none for a gemm")
        return
    if layer.padded_input is not None:
        yield from _padding_problems(layer, layer.padded_input)


def _geometry_problems(layer: Layer) -> Iterator[Problem]:
    for dimension, bound in zip(layer.dimensions, layer.extents, strict=True):
        if not _is_int(bound) or not 1 <= bound <= MAX_BOUND:
            yield Problem(f"bounds.{dimension}", repr(bound), f"an integer from 1 to {MAX_BOUND}")
    for name, pair in (("stride", layer.stride), ("dilation", layer.dilation)):
        if len(pair) != 2 or not all(_is_int(v) and 1 <= v <= MAX_BOUND for v in pair):
            yield Problem(name, repr(pair), f"two integers from 1 to {MAX_BOUND}, for x and y")


def _padding_problems(layer: Layer, padded: tuple[int, int]) -> Iterator[Problem]:
    if len(padded) != 2 or not all(_is_int(v) and v >= 1 for v in padded):
        yield Problem("padded_input", repr(padded), "two integers of at least 1, for x and y")
        return
    bounds, used = layer.bounds, layer.used_input
    for axis, name in enumerate(("x", "y")):
        stride = layer.stride[axis]
        if not used[axis] <= padded[axis] < used[axis] + stride:
            extent = bounds[f"O{name}"]
            yield Problem(
                f"padded_input.{name}",
                f"{padded[axis]}",
                f"{used[axis]} to {used[axis] + stride - 1} for O{name} = {extent}",
            )


@dataclass(frozen=True)
class UnmappedOperator:
    """An operator of a model that is listed and not mapped.

    Attributes
    ----------
    name, operator
        The node's name and its operator type.
    reason
        Why it is not mapped.
    macs
        Multiply-accumulates it does, where known (else 0).
    count
        How many such operators this entry stands for.
    """

    name: str
    operator: str
    reason: str
    macs: int = 0
    count: int = 1


@dataclass(frozen=True)
class Workload(Framed):
    """A network: its layers, and the operators that are not layers.

    Raises
    ------
    SpecError
        When a layer has no name, or two have one.
    """

    name: str
    layers: tuple[Layer, ...]
    unmapped: tuple[UnmappedOperator, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        problems = []
        for index, layer in enumerate(self.layers):
            if not layer.name.strip():
                problems.append(Problem(f"layers[{index}].name", repr(layer.name), "a name"))
            elif layer.name in seen:
                where = f"layers[{index}].name"
                problems.append(Problem(where, f"{layer.name!r} a second time", "unique names"))
            seen.add(layer.name)
        if problems:
            raise SpecError(problems)

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    @overload
    def __getitem__(self, key: str | int) -> Layer: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Layer, ...]: ...
    def __getitem__(self, key: str | int | slice) -> Layer | tuple[Layer, ...]:
        """A layer by its name (also one folded into an equal layer) or by its index."""
        if not isinstance(key, str):
            return self.layers[key]
        for layer in self.layers:
            if key == layer.name or key in layer.also:
                return layer
        raise KeyError(key)

    @property
    def mapped_macs(self) -> int:
        """Multiply-accumulates of all layers, instances counted."""
        return sum(layer.macs * layer.instances for layer in self.layers)

    @property
    def unmapped_macs(self) -> int:
        """Multiply-accumulates of the operators that are not mapped, where known."""
        return sum(op.macs * op.count for op in self.unmapped)


def fold_equal_layers(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Fold layers of equal shape into the first of them, adding their instances."""
    equal: dict[tuple[object, ...], list[Layer]] = {}
    for layer in layers:
        shape = layer.kind, layer.extents, layer.stride, layer.dilation, layer.padded_input
        equal.setdefault(shape, []).append(layer)
    return tuple(_folded(first, others) for first, *others in equal.values())


def _folded(first: Layer, others: Sequence[Layer]) -> Layer:
    if not others:
        return first
    instances = first.instances + sum(layer.instances for layer in others)
    names = (name for layer in others for name in (layer.name, *layer.also))
    return replace(first, instances=instances, also=(*first.also, *names))
