"""Execution methods: how a layer's loops are tiled and ordered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, replace
from enum import StrEnum
from math import prod

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import (
    AXES_OF_ARRAY,
    DRAM,
    LEVELS,
    NONE,
    ORDERED_LEVELS,
    PE,
    PE_COLS,
    PE_ROWS,
    SPM,
    TILES,
)
from dmaze_cp.workload import Layer

Factors = tuple[tuple[int, ...], ...]
"""Tiling factors, one tuple for each of `LEVELS` in the order of the layer's dimensions."""


@dataclass(frozen=True)
class Dataflow:
    """Which operand stays put at each ordered level.

    ``O``, ``I``, ``W``: all loops that the operand does not depend on are innermost
    at that level. ``none``: the level reuses no operand.
    """

    dram: str
    spm: str

    def __str__(self) -> str:
        return f"{self.dram} | {self.spm}"


class Diversity(StrEnum):
    """What tells mappings apart, where of those that are equal in it only the best counts."""

    UNROLLING = "unrolling"
    """The set of dimensions that are unrolled over PEs."""
    DATAFLOW = "dataflow"
    """What is stationary at DRAM, and at SPM."""


@dataclass(frozen=True)
class Mapping:
    """One execution method of one layer.

    Attributes
    ----------
    layer
        The layer whose loops are tiled: the layer that is mapped, or that with raised bounds.
    factors
        Tiling factors by level (order of `LEVELS`) and dimension.
    dram_order, spm_order
        All dimensions, outermost loop first.
    row_factors
        On an array with rows and columns: the part of each PE factor that is on the rows, the rest
        being on the columns. None: not said.
    padded_from
        The layer that is mapped, where its bounds were raised to those of `layer`; else None.

    Raises
    ------
    SpecError
        When a product of factors is not the loop bound, or an order is no order.
    """

    layer: Layer
    factors: Factors
    dram_order: tuple[str, ...]
    spm_order: tuple[str, ...]
    row_factors: tuple[int, ...] | None = None
    padded_from: Layer | None = None

    def __post_init__(self) -> None:
        problems = list(_mapping_problems(self))
        if problems:
            raise SpecError(problems)

    @classmethod
    def from_tiling(
        cls,
        layer: Layer,
        tiling: MappingABC[str, MappingABC[str, int]],
        loop_order: MappingABC[str, Sequence[str]] | None = None,
    ) -> Mapping:
        """A mapping from nested dictionaries.

        Dimensions left out of a level have factor 1; dimensions left out of an
        order are put outermost, which only loops with one iteration may be. ``PE_rows`` and
        ``PE_cols`` say where PE loops are; without ``PE``, they also say what these are.
        """
        problems = list(_tiling_problems(layer, tiling, loop_order or {}))
        if problems:
            raise SpecError(problems)
        tiling, rows = _axes_taken(layer, tiling)
        factors = tuple(
            tuple(tiling.get(level, {}).get(d, 1) for d in layer.dimensions) for level in LEVELS
        )
        orders = {}
        for level in ORDERED_LEVELS:
            given = tuple((loop_order or {}).get(level, ()))
            missing = tuple(d for d in layer.dimensions if d not in given)
            here = dict(zip(layer.dimensions, factors[LEVELS.index(level)], strict=True))
            looping = [d for d in missing if here[d] != 1]
            if looping and len([d for d in layer.dimensions if here[d] != 1]) > 1:
                problems.extend(
                    Problem(f"loop_order.{level}", f"no {d}", f"{d}, whose factor is {here[d]}")
                    for d in looping
                )
            orders[level] = missing + given
        if problems:
            raise SpecError(problems)
        return cls(layer, factors, orders[DRAM], orders[SPM], rows)

    def for_layer(self, layer: Layer) -> Mapping:
        """The mapping as one of this layer, whose bounds are raised to those of its loops.

        Raises
        ------
        SpecError
            When they are none of the layer's, raised or not.
        """
        raised = layer.raised(self.layer.bounds)
        return replace(self, layer=raised, padded_from=None if raised is layer else layer)

    @property
    def of_layer(self) -> Layer:
        """The layer that is mapped, with its own bounds."""
        return self.padded_from or self.layer

    @property
    def useful_macs_share(self) -> float:
        """Multiply-accumulates of the layer that is mapped, of those that are done."""
        return self.of_layer.macs / self.layer.macs

    def on_rows(self, row_factors: tuple[int, ...] | None) -> Mapping:
        """The mapping with these row factors."""
        return replace(self, row_factors=row_factors)

    @property
    def tiling(self) -> dict[str, dict[str, int]]:
        """Tiling factor by level and dimension, ``PE_rows`` and ``PE_cols`` if they are known."""
        axes = () if self.row_factors is None else AXES_OF_ARRAY
        return {level: self.level(level) for level in (*LEVELS, *axes)}

    @property
    def loop_order(self) -> dict[str, list[str]]:
        """Loops of each ordered level, outermost first."""
        return {DRAM: list(self.dram_order), SPM: list(self.spm_order)}

    def level(self, name: str) -> dict[str, int]:
        """Tiling factor of each dimension at one level, or on the rows or columns of the array."""
        if name not in AXES_OF_ARRAY:
            row = self.factors[LEVELS.index(name)]
        else:
            whole, row = self.factors[LEVELS.index(PE)], self.row_factors or ()
            if name == PE_COLS:
                row = tuple(n // r for n, r in zip(whole, row, strict=True))
        return dict(zip(self.layer.dimensions, row, strict=True))

    def tile(self, name: str) -> dict[str, int]:
        """Extents of a tile: ``RF``, ``array`` (RF and PE loops) or ``SPM`` (all three)."""
        rows = [self.factors[LEVELS.index(level)] for level in TILES[name]]
        return {d: prod(row[i] for row in rows) for i, d in enumerate(self.layer.dimensions)}


def stationary_order(layer: Layer, stationary: str) -> tuple[str, ...]:
    """A loop order, outermost first, that keeps an operand stationary.

    ``none`` puts a loop that every operand depends on innermost (depthwise ``C``);
    where there is no such loop, it is for levels whose loops all have one iteration.
    """
    dims = layer.dimensions
    if stationary == NONE:
        shared = frozenset.intersection(*layer.depends.values())
        return tuple(d for d in dims if d not in shared) + tuple(d for d in dims if d in shared)
    depends = layer.depends[stationary]
    return tuple(d for d in dims if d in depends) + tuple(d for d in dims if d not in depends)


def _tiling_problems(
    layer: Layer,
    tiling: MappingABC[str, MappingABC[str, int]],
    loop_order: MappingABC[str, Sequence[str]],
) -> Iterator[Problem]:
    dims = " ".join(layer.dimensions)
    for level, row in tiling.items():
        if level not in (*LEVELS, *AXES_OF_ARRAY):
            yield Problem(f"tiling.{level}", "an unknown level", f"one of {' '.join(LEVELS)}")
            continue
        for d in row:
            if d not in layer.dimensions:
                yield Problem(f"tiling.{level}.{d}", "an unknown dimension", f"one of {dims}")
    for level, order in loop_order.items():
        if level not in ORDERED_LEVELS:
            expected = f"one of {' '.join(ORDERED_LEVELS)}"
            yield Problem(f"loop_order.{level}", "a level without an order", expected)
        elif len(set(order)) < len(order) or not set(order) <= set(layer.dimensions):
            expected = f"each of {dims} at most once"
            yield Problem(f"loop_order.{level}", " ".join(map(str, order)), expected)


def _axes_taken(
    layer: Layer, tiling: MappingABC[str, MappingABC[str, int]]
) -> tuple[MappingABC[str, MappingABC[str, int]], tuple[int, ...] | None]:
    """A tiling with PE factors, and the row factors if there are axes in it."""
    axes = [tiling[axis] for axis in AXES_OF_ARRAY if axis in tiling]
    if not axes:
        return tiling, None
    pes = tiling.get(PE)
    if pes is None:
        pes = {d: prod(axis.get(d, 1) for axis in axes) for d in layer.dimensions}
    problems = []
    for d in layer.dimensions:
        whole, parts = pes.get(d, 1), [axis.get(d, 1) for axis in axes]
        if not all(_is_factor(n) for n in (whole, *parts)):
            problems.append(
                Problem(f"tiling.PE.{d}", f"{whole}, {parts}", "integers of at least 1")
            )
        elif whole % prod(parts) or (len(parts) == 2 and whole != prod(parts)):
            names = " x ".join(axis for axis in AXES_OF_ARRAY if axis in tiling)
            found = f"{' x '.join(map(str, parts))} on {names}"
            problems.append(Problem(f"tiling.PE.{d}", str(whole), f"{found}, whose product it is"))
    if problems:
        raise SpecError(problems)
    if PE_ROWS in tiling:
        rows = tuple(tiling[PE_ROWS].get(d, 1) for d in layer.dimensions)
    else:
        rows = tuple(pes.get(d, 1) // tiling[PE_COLS].get(d, 1) for d in layer.dimensions)
    return {**tiling, PE: pes}, rows


def _is_factor(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _mapping_problems(mapping: Mapping) -> Iterator[Problem]:
    layer = mapping.layer
    dims = layer.dimensions
    for index, d in enumerate(dims):
        row = [level[index] for level in mapping.factors]
        good = True
        for level, factor in zip(LEVELS, row, strict=True):
            if not _is_factor(factor):
                good = False
                yield Problem(f"tiling.{level}.{d}", repr(factor), "an integer of at least 1")
        if good and prod(row) != layer.extents[index]:
            found = f"{' x '.join(map(str, row))} = {prod(row)}"
            yield Problem(
                f"tiling.*.{d}", found, f"factors whose product is {layer.extents[index]}"
            )
    if mapping.padded_from is not None and mapping.padded_from.raised(layer.bounds) != layer:
        found = " ".join(f"{d}={bound}" for d, bound in layer.bounds.items())
        yield Problem("padded", found, f"raised bounds of {mapping.padded_from.bounds}")
    whole = mapping.factors[LEVELS.index(PE)]
    rows = whole if mapping.row_factors is None else mapping.row_factors
    for d, factor, on_rows in zip(dims, whole, rows, strict=True):
        if not _is_factor(on_rows) or (_is_factor(factor) and factor % on_rows):
            yield Problem(
                f"tiling.{PE_ROWS}.{d}", repr(on_rows), f"a divisor of the PE factor {factor}"
            )
    for name, order in ((DRAM, mapping.dram_order), (SPM, mapping.spm_order)):
        if sorted(order) != sorted(dims):
            expected = f"each of {' '.join(dims)} at most once"
            yield Problem(f"loop_order.{name}", " ".join(map(str, order)), expected)
