"""Logarithms of what an option contributes to a product: the atoms of every term.

A cost or capacity term is a product of symbols (`dmaze_cp.cost.expression`), each of which belongs
to one group of dimensions. Its logarithm is thus a sum of one number for each chosen option.
The *atoms* are the logarithms of the symbols: of the option's factors, of its input extents, and
of its part of a DMA cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.batch import Floats, Ints
from dmaze_cp.cost.forms import Powers
from dmaze_cp.cost.terms import AXES, LAYOUT
from dmaze_cp.cost.transfer import cycles_per_element
from dmaze_cp.levels import DRAM, INPUT, LEVELS, OPERANDS, TILES
from dmaze_cp.mapspace import GROUPS, Group, MapSpace
from dmaze_cp.workload import Kind

CEIL_SLACK = 1e-9
"""Relative slack below which a ceiling may be one lower: covers rounding of doubles."""


class Basis:
    """Symbols of one kind of layer, group by group, as places in a row of atoms."""

    def __init__(self, kind: Kind) -> None:
        names: list[str] = []
        owner: list[int] = []
        for g, dims in enumerate(GROUPS[kind]):
            mine = [f"{level}.{d}" for d in dims for level in LEVELS]
            if len(dims) == 2:
                axis = dims[0][1]
                mine += [f"halo.{tile}.{axis}" for tile in TILES]
                mine += ["dma.I.rows"] if axis == "x" else []
            for x in OPERANDS:
                layout = LAYOUT[kind][x]
                mine += [f"dma.{x}.{d}" for d in layout if d in dims or f"O{d}" in dims]
            names += mine
            owner += [g] * len(mine)
        self.names = tuple(names)
        self.index = {name: i for i, name in enumerate(names)}
        self.slices = [
            slice(owner.index(g), owner.index(g) + owner.count(g)) for g in range(len(GROUPS[kind]))
        ]
        self._rows: dict[Powers, Floats] = {}

    def row(self, powers: Powers) -> Floats:
        """A product of symbols as exponents of atoms: shape (atoms); not to be changed."""
        row = self._rows.get(powers)
        if row is None:
            row = self._rows[powers] = np.zeros(len(self.names))
            for symbol, power in powers:
                row[self.index[symbol]] += power
            row.flags.writeable = False
        return row


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
        """Atoms of one choice of options."""
        return np.concatenate([v[o] for v, o in zip(self.values, options, strict=True)])


def atom_table(space: MapSpace) -> AtomTable:
    """Atoms of every option of a map-space (no group may be empty)."""
    arch = space.architecture
    b = basis(space.layer.kind)
    dma: dict[str, Floats] = {}
    for x in OPERANDS:
        if x == INPUT and space.layer.kind is not Kind.GEMM:
            dma |= _input_dma_atoms(space)
        else:
            dma |= _dma_atoms(space, x, arch)
    values = []
    for mine, columns in zip(b.slices, space.table.columns, strict=True):
        names = b.names[mine]
        values.append(np.stack([dma[n] if n in dma else np.log(columns[n]) for n in names], axis=1))
    return AtomTable(b, tuple(values))


def burst_cycles(arch: Architecture, operand: str, elements: Ints | int) -> Floats:
    """Accelerator cycles of one burst; may be one cycle below the exact ceiling."""
    word = arch.word_of(operand)
    exact = (
        arch.dma_startup_cycles
        + arch.dma_cycles_per_byte * (np.asarray(elements, dtype=np.float64) * word)
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

    Where an option decides the bound of a dimension, others take the least that it can be for the
    length of their bursts; what transfers are repeated for is a factor of its own
    (`dmaze_cp.cost.terms.burst_alternatives`), by whose largest value is divided what bounds all.
    """
    layout, bounds = LAYOUT[space.layer.kind][x], space.layer.bounds
    varying, largest = space.varying, space.constraints.padding.largest(space.layer)
    result: dict[str, Floats] = {}
    for j, d in enumerate(layout):
        group, bound = _group_of(space, d), space.table.whole(d)
        tiles, outside = group.factor(DRAM, d), layout[j + 1 :]
        inner, outer = prod(bounds[i] for i in layout[:j]), prod(bounds[i] for i in outside)
        apart = prod(bounds[i] for i in outside if i in varying)
        cost = outer // apart * tiles * burst_cycles(arch, x, inner * (bound // tiles))
        if outside:
            most = prod(largest[i] for i in outside if i in varying)
            elements = inner * bound * outer
            least = burst_cycles(arch, x, elements) / most
            least = np.maximum(least, cycles_per_element(arch, x) * elements / apart)
            cost = np.where(tiles == 1, least if varying else burst_cycles(arch, x, elements), cost)
        result[f"dma.{x}.{d}"] = cost
    return {name: _log(cost) for name, cost in result.items()}


def _input_dma_atoms(space: MapSpace) -> dict[str, Floats]:
    """DMA atoms of a convolution's input, whose tiles overlap.

    Tiles that do not cover y whole: bursts of one row part each; the number of rows is
    the x group's. Else x, then C, then N decides. As halos break the rule that splitting
    never pays, each atom is the least cost that its option alone allows.

    Where options decide bounds, costs are for one unit of each of C and N that vary: they are
    factors of their own. The rest is for the least input that there is.
    """
    layer, arch = space.layer, space.architecture
    b, varying = layer.bounds, space.varying
    gy, gx = _group_of(space, "Oy"), _group_of(space, "Ox")
    (_, hx), (_, hy) = (space.table.extent(axis) for axis in AXES)
    ty, tx = (g.factor(DRAM, g.dimensions[0]) * g.factor(DRAM, g.dimensions[1]) for g in (gy, gx))
    tc, tn = _group_of(space, "C").factor(DRAM, "C"), _group_of(space, "N").factor(DRAM, "N")
    height, width = (int(space.table.whole(axis).min()) for axis in AXES)
    whole_x, whole_y = (e == space.table.whole(a) for a, e in zip(AXES, (hx, hy), strict=True))
    channels, images = space.table.whole("C"), space.table.whole("N")
    # What is a factor of its own, of every option; and what is not.
    unit_c, unit_n = (n if d in varying else 1 for d, n in (("C", channels), ("N", images)))
    repeated_c, repeated_n = (1 if d in varying else b[d] for d in "CN")
    most_c = int(np.max(unit_c))
    per_y = ty * repeated_c * repeated_n * burst_cycles(arch, INPUT, hy)
    rows = (tx * hx).astype(np.float64)
    per_n = tn * burst_cycles(arch, INPUT, width * height * b["C"] * (images // tn))
    per_c = repeated_n * tc * burst_cycles(arch, INPUT, width * height * (channels // tc))
    per_c = np.where(tc == 1, (per_n / unit_n).min(), per_c)
    per_x = tx * repeated_c * repeated_n * burst_cycles(arch, INPUT, width * hx)
    least_c = np.where(tc == 1, per_c / most_c, per_c / unit_c).min()
    per_x = np.where(whole_x, least_c, per_x)
    split = per_y[~whole_y].min() if not whole_y.all() else np.inf
    least_x = np.minimum(per_x if whole_y.any() else np.inf, split * rows)
    not_outer = min(split * rows.min(), per_x[~whole_x].min() if not whole_x.all() else np.inf)
    not_n = min(not_outer * int(np.min(unit_c)), _second_least(per_c, tc))
    return {
        "dma.I.y": _log(np.where(whole_y, (per_x / rows).min(), per_y)),
        "dma.I.rows": _log(rows),
        "dma.I.x": _log(least_x),
        "dma.I.C": _log(np.minimum(per_c, not_outer * unit_c)),
        "dma.I.N": _log(np.minimum(per_n, not_n * unit_n)),
    }


def _second_least(per_c: Floats, tiles: Ints) -> float:
    return float(per_c[tiles > 1].min()) if (tiles > 1).any() else float("inf")
