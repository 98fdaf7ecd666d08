"""Logarithms of what an option contributes to a product: the atoms of every term.

A cost or capacity term is a product over groups, so its logarithm is a sum of one
number for each chosen option. Those numbers are linear combinations of *atoms*: the
logarithms of the option's factors, of its halo extents, and of its part of a DMA cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.batch import Floats, Ints
from dmaze_cp.cost.transfer import LAYOUT
from dmaze_cp.mapping import LEVELS
from dmaze_cp.mapspace import GROUPS, Group, MapSpace
from dmaze_cp.workload import OPERANDS, Kind, Layer

TILE_LEVELS = {"RF": ("RF",), "array": ("RF", "PE"), "SPM": ("RF", "PE", "SPM")}
"""Levels whose factors multiply to a tile's extents."""

CEIL_SLACK = 1e-9
"""Relative slack below which a ceiling may be one lower: covers rounding of doubles."""


class Basis:
    """Names and places of the atoms of one kind of layer.

    ``LEVEL.dimension``: logarithm of a factor. ``halo.TILE.axis``: logarithm of an
    input extent. ``dma.X.dimension``: logarithm of ``transfers * cycles`` of operand X
    (without the loops X does not depend on) if that dimension is the first that is not
    contiguous. Behind them ``dma.X``, the largest of operand X's, which is no atom of
    any option: terms refer to it.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        names: list[str] = []
        owner: list[int] = []
        for g, dims in enumerate(GROUPS[kind]):
            mine = [f"{level}.{d}" for d in dims for level in LEVELS]
            if len(dims) == 2:
                axis = dims[0][1]
                mine += [f"halo.{tile}.{axis}" for tile in TILE_LEVELS]
                mine += ["dma.I.rows"] if axis == "x" else []
            for x in OPERANDS:
                layout = LAYOUT[kind][x]
                mine += [f"dma.{x}.{d}" for d in layout if d in dims or f"O{d}" in dims]
            names += mine
            owner += [g] * len(mine)
        self.atoms = len(names)
        self.owner = np.array(owner)
        names += [f"dma.{x}" for x in OPERANDS]
        self.names = tuple(names)
        self.index = {name: i for i, name in enumerate(names)}
        self._rows: dict[tuple[str, ...], Floats] = {}
        self.slices = [np.flatnonzero(self.owner == g) for g in range(len(GROUPS[kind]))]
        self.alternatives = {x: self._alternatives(x) for x in OPERANDS}

    def _alternatives(self, x: str) -> Floats:
        """Rows of atoms of which ``dma.X`` is the maximum: shape (alternatives, atoms)."""
        rows = []
        for d in LAYOUT[self.kind][x]:
            row = self.zero()
            row[self.index[f"dma.{x}.{d}"]] = 1.0
            if (x, d) == ("I", "y"):
                row[self.index["dma.I.rows"]] = 1.0
            rows.append(row)
        return np.array(rows)[:, : self.atoms]

    def zero(self) -> Floats:
        """The empty product."""
        return np.zeros(len(self.names))

    def factors(self, level: str, dims: Iterable[str]) -> Floats:
        """Product of one level's factors over dimensions."""
        return self._row(tuple(f"{level}.{d}" for d in dims))

    def _row(self, names: tuple[str, ...]) -> Floats:
        """The product of some atoms; each row is made once and not written to."""
        if names not in self._rows:
            row = self.zero()
            for name in names:
                row[self.index[name]] += 1.0
            row.setflags(write=False)
            self._rows[names] = row
        return self._rows[names]

    def elements(self, x: str, tile: str) -> Floats:
        """Elements of operand `x` in a tile: ``RF``, ``array`` or ``SPM``."""
        names: list[str] = []
        for d in LAYOUT[self.kind][x]:
            if d in ("x", "y"):
                names.append(f"halo.{tile}.{d}")
            else:
                names += [f"{level}.{d}" for level in TILE_LEVELS[tile]]
        return self._row(tuple(names))

    def dma(self, x: str) -> Floats:
        """DMA cycles of operand `x`, once for every tile of it."""
        return self._row((f"dma.{x}",))


@lru_cache(maxsize=8)
def basis(kind: Kind) -> Basis:
    """The basis of a kind of layer."""
    return Basis(kind)


@dataclass(frozen=True, eq=False)
class AtomTable:
    """Atoms of every option.

    Attributes
    ----------
    basis
        Names the columns.
    values
        For each group: shape (options, atoms of the group).
    """

    basis: Basis
    values: tuple[Floats, ...]

    def take(self, options: Sequence[Ints]) -> AtomTable:
        """The table with some options of each group."""
        return AtomTable(self.basis, tuple(v[o] for v, o in zip(self.values, options, strict=True)))

    def at(self, options: Sequence[int]) -> Floats:
        """Atoms of one choice of options, and the operands' DMA maxima behind them."""
        b = self.basis
        z = b.zero()
        for atoms, values, option in zip(b.slices, self.values, options, strict=True):
            z[atoms] = values[option]
        z[b.atoms :] = [(b.alternatives[x] @ z[: b.atoms]).max() for x in OPERANDS]
        return z

    def extreme(self, row: Floats, largest: bool) -> float:
        """Smallest or largest logarithm that a product can have, group by group."""
        total = 0.0
        for atoms, values in zip(self.basis.slices, self.values, strict=True):
            part = row[atoms]
            if part.any():
                column = values @ part
                total += float(column.max() if largest else column.min())
        return total


def atom_table(space: MapSpace) -> AtomTable:
    """Atoms of every option of a map-space (no group may be empty)."""
    layer, arch = space.layer, space.architecture
    b = basis(layer.kind)
    columns: dict[str, Floats] = {}
    for group in space.groups:
        columns |= _factor_atoms(group)
        if len(group.dimensions) == 2:
            columns |= _halo_atoms(group, layer)
    for x in OPERANDS:
        if x == "I" and layer.kind is not Kind.GEMM:
            columns |= _input_dma_atoms(space)
        else:
            columns |= _dma_atoms(space, x, arch)
    values = tuple(np.stack([columns[b.names[i]] for i in atoms], axis=1) for atoms in b.slices)
    return AtomTable(b, values)


def _factor_atoms(group: Group) -> dict[str, Floats]:
    return {
        f"{level}.{d}": np.log(group.factor(level, d)) for d in group.dimensions for level in LEVELS
    }


def halo_extents(group: Group, layer: Layer, tile: str) -> Ints:
    """Input extents of each option's tile along the group's axis."""
    axis = 0 if group.dimensions[0] == "Ox" else 1
    outputs, taps = (
        np.prod([group.factor(level, d) for level in TILE_LEVELS[tile]], axis=0)
        for d in group.dimensions
    )
    extents: Ints = (outputs - 1) * layer.stride[axis] + (taps - 1) * layer.dilation[axis] + 1
    return extents


def _halo_atoms(group: Group, layer: Layer) -> dict[str, Floats]:
    axis = group.dimensions[0][1]
    return {f"halo.{tile}.{axis}": np.log(halo_extents(group, layer, tile)) for tile in TILE_LEVELS}


def burst_cycles(arch: Architecture, elements: Ints | int) -> Floats:
    """Accelerator cycles of one burst; may be one cycle below the exact ceiling."""
    exact = (
        arch.dma_startup_cycles
        + arch.dma_cycles_per_byte * (np.asarray(elements, dtype=np.float64) * arch.word_bytes)
    ) * arch.clock_ratio
    cycles: Floats = np.ceil(exact * (1 - CEIL_SLACK))
    return cycles


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        # A transfer that takes no time would have the logarithm -inf: any small number
        # is a lower bound that arithmetic survives.
        return np.log(np.maximum(values, 1e-30))


def _group_of(space: MapSpace, dimension: str) -> Group:
    return next(g for g in space.groups if dimension in g.dimensions)


def _dma_atoms(space: MapSpace, x: str, arch: Architecture) -> dict[str, Floats]:
    """DMA atoms of an operand without halo.

    With the inner dimensions whole, the first that is not decides bursts and their
    length. Splitting an inner dimension never makes a transfer cheaper, so the cost is
    the maximum over dimensions of what each alone would make it.
    """
    layout, bounds = LAYOUT[space.layer.kind][x], space.layer.bounds
    result: dict[str, Floats] = {}
    for j, d in enumerate(layout):
        group = _group_of(space, d)
        tiles = group.factor("DRAM", d)
        inner, outer = prod(bounds[i] for i in layout[:j]), prod(bounds[i] for i in layout[j + 1 :])
        cost = outer * tiles * burst_cycles(arch, inner * (bounds[d] // tiles))
        result[f"dma.{x}.{d}"] = cost
    least = burst_cycles(arch, prod(bounds[d] for d in layout))
    for d in layout[:-1]:
        whole = _group_of(space, d).factor("DRAM", d) == 1
        result[f"dma.{x}.{d}"] = np.where(whole, least, result[f"dma.{x}.{d}"])
    return {name: _log(cost) for name, cost in result.items()}


def _input_dma_atoms(space: MapSpace) -> dict[str, Floats]:
    """DMA atoms of a convolution's input, whose tiles overlap.

    Tiles that do not cover y whole: bursts of one row part each; the number of rows is
    the x group's. Else x, then C, then N decides. As halos break the rule that splitting
    never pays, each atom is the least cost that its option alone allows.
    """
    layer, arch = space.layer, space.architecture
    b, (height, width) = layer.bounds, layer.padded_input or layer.used_input
    gy, gx = _group_of(space, "Oy"), _group_of(space, "Ox")
    hy, hx = halo_extents(gy, layer, "SPM"), halo_extents(gx, layer, "SPM")
    ty, tx = (
        g.factor("DRAM", g.dimensions[0]) * g.factor("DRAM", g.dimensions[1]) for g in (gy, gx)
    )
    tc, tn = _group_of(space, "C").factor("DRAM", "C"), _group_of(space, "N").factor("DRAM", "N")
    whole_y, whole_x = hy == width, hx == height
    per_y = ty * b["C"] * b["N"] * burst_cycles(arch, hy)
    rows = (tx * hx).astype(np.float64)
    per_n = tn * burst_cycles(arch, width * height * b["C"] * (b["N"] // tn))
    per_c = b["N"] * tc * burst_cycles(arch, width * height * (b["C"] // tc))
    per_c = np.where(tc == 1, per_n.min(), per_c)
    per_x = tx * b["C"] * b["N"] * burst_cycles(arch, width * hx)
    per_x = np.where(whole_x, per_c.min(), per_x)
    split = per_y[~whole_y].min() if not whole_y.all() else np.inf
    least_x = np.minimum(per_x if whole_y.any() else np.inf, split * rows)
    not_outer = min(split * rows.min(), per_x[~whole_x].min() if not whole_x.all() else np.inf)
    return {
        "dma.I.y": _log(np.where(whole_y, (per_x / rows).min(), per_y)),
        "dma.I.rows": _log(rows),
        "dma.I.x": _log(least_x),
        "dma.I.C": _log(np.minimum(per_c, not_outer)),
        "dma.I.N": _log(np.minimum(per_n, min(not_outer, _second_least(per_c, tc)))),
    }


def _second_least(per_c: Floats, tiles: Ints) -> float:
    return float(per_c[tiles > 1].min()) if (tiles > 1).any() else float("inf")
