"""Exact costs of many mappings at once.

A batch of mappings picks an option (a factorisation of each dimension) from every group of
dimensions: one array of indices a group. As every symbol belongs to one group, a product of
symbols is a product of one column for each group, made once over the options and gathered
for the batch.

Counts are 64-bit integers; `dmaze_cp.mapspace.check_sizes` keeps them from overflowing.
Energies are IEEE doubles formed by the same operations in the same order as those of a
single mapping, so that rounding agrees to the last unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.energy import energy_breakdown, total_energy
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.forms import Powers
from dmaze_cp.cost.model import CostModel
from dmaze_cp.cost.terms import AXES, LAYOUT
from dmaze_cp.cost.transfer import dma_cycles
from dmaze_cp.cost.values import tile_input
from dmaze_cp.levels import DRAM, LEVELS, OPERANDS, RF, TILES
from dmaze_cp.workload import Layer

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class OptionList(Protocol):
    """Options of dimensions that are tiled together; see `dmaze_cp.mapspace.Group`."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        ...

    def factor(self, level: str, dimension: str) -> Ints:
        """One factor of every option."""
        ...


@dataclass(frozen=True, eq=False)
class BurstAxis:
    """An axis of an operand's layout, with a value for each option of its group.

    Attributes
    ----------
    group
        Place of the group.
    extents, whole_extents, whole
        Of the SPM tile, of all of the operand, and whether they are the same.
    inner
        Product of the whole extents of the axes further in that are one for all options.
    varying
        Of those that are not: group and whole extents of each.
    cycles
        Of a burst that ends with this axis, the inner ones being whole; None where it depends
        on options of other groups.
    """

    group: int
    extents: Ints
    whole_extents: Ints
    whole: Bools
    inner: int
    varying: tuple[tuple[int, Ints], ...]
    cycles: Ints | None

    @cached_property
    def only(self) -> int | None:
        """The extent of the whole axis where it is one for all options, else None."""
        first = int(self.whole_extents[0]) if len(self.whole_extents) else 1
        return first if (self.whole_extents == first).all() else None


class OptionTable:
    """Symbols of the options of every group, and products of them.

    Products are kept as they are asked for; everything that they are made of is fixed.
    """

    def __init__(
        self, layer: Layer, architecture: Architecture, groups: Sequence[OptionList]
    ) -> None:
        self.layer, self.architecture = layer, architecture
        self.sizes = [len(g.factor(RF, g.dimensions[0])) for g in groups]
        self.columns: list[dict[str, Ints]] = [self._symbols(g) for g in groups]
        self.owner = {s: g for g, columns in enumerate(self.columns) for s in columns}
        self._products: dict[Powers, list[tuple[int, Ints]]] = {}
        self.bursts = {x: self._burst_table(x) for x in OPERANDS}

    def _symbols(self, group: OptionList) -> dict[str, Ints]:
        """Factors, extents of tiles along each dimension, and of their input."""
        columns = {f"{lv}.{d}": group.factor(lv, d) for d in group.dimensions for lv in LEVELS}
        for tile, levels in TILES.items():
            for d in group.dimensions:
                first, *others = (columns[f"{lv}.{d}"] for lv in levels)
                columns[f"extent.{tile}.{d}"] = prod(others, start=first)
            extents = {d: columns[f"extent.{tile}.{d}"] for d in group.dimensions}
            for axis, extent in tile_input(self.layer, extents).items():
                columns[f"halo.{tile}.{axis}"] = extent
        return columns | self._whole(columns)

    def _whole(self, columns: Mapping[str, Ints]) -> dict[str, Ints]:
        """Bounds of all loops of every option, and the extents of the padded input."""
        dims = [d for d in self.layer.dimensions if f"{RF}.{d}" in columns]
        found = {d: columns[f"extent.SPM.{d}"] * columns[f"{DRAM}.{d}"] for d in dims}
        used: dict[str, Ints] = tile_input(self.layer, found)
        given = dict(zip(AXES, self.layer.padded_input or (), strict=False))
        whole = {a: np.maximum(extents, given[a]) for a, extents in used.items()}
        return {f"whole.{axis}": column for axis, column in (found | whole).items()}

    def parts(self, powers: Powers) -> list[tuple[int, Ints]]:
        """A product as one column for each group that it has symbols of."""
        known = self._products.get(powers)
        if known is None:
            columns: dict[int, Any] = {}
            for symbol, power in powers:
                g = self.owner[symbol]
                column = self.columns[g][symbol]
                for _ in range(power):
                    columns[g] = columns[g] * column if g in columns else column
            known = sorted(columns.items())
            self._products[powers] = known
        return known

    def extent(self, axis: str) -> tuple[int, Ints]:
        """Group and column of an SPM tile's extent along a layout axis."""
        name = f"halo.SPM.{axis}" if axis in AXES else f"extent.SPM.{axis}"
        return self.owner[name], self.columns[self.owner[name]][name]

    def whole(self, axis: str) -> Ints:
        """Extent of all of an operand along a layout axis, for each option of its group."""
        name = f"whole.{axis}"
        return self.columns[self.owner[name]][name]

    def _burst_table(self, operand: str) -> list[BurstAxis]:
        """Each axis of a layout, innermost first."""
        inner, table = 1, []
        varying: tuple[tuple[int, Ints], ...] = ()
        for axis in LAYOUT[self.layer.kind][operand]:
            group, extents = self.extent(axis)
            whole = self.whole(axis)
            cycles = None if varying else self.burst_cycles(operand, inner * extents)
            made = BurstAxis(group, extents, whole, extents == whole, inner, varying, cycles)
            table.append(made)
            if made.only is None:
                varying = (*varying, (group, whole))
            else:
                inner *= made.only
        return table

    def burst_cycles(self, operand: str, elements: Ints) -> Ints:
        """Cycles of a burst of so many elements."""
        arch = self.architecture
        cycles: Ints = dma_cycles(
            elements,
            startup_cycles=arch.dma_startup_cycles,
            cycles_per_byte=arch.dma_cycles_per_byte,
            word_bytes=arch.word_of(operand),
            clock_ratio=arch.clock_ratio,
        )
        return cycles

    def burst(self, operand: str, picked: Sequence[Ints]) -> Any:
        """DMA cycles of one transfer of an operand's SPM tile."""
        *inner, last = self.bursts[operand]
        result, outer = self._ending(operand, last, picked), last.extents[picked[last.group]]
        for axis in reversed(inner):
            option = picked[axis.group]
            if axis.whole.all():
                outer = outer * (axis.extents[option] if axis.only is None else axis.only)
                continue
            cycles = self._ending(operand, axis, picked)
            result = np.where(axis.whole[option], result, cycles * outer)
            outer = outer * axis.extents[option]
        return result

    def _ending(self, operand: str, axis: BurstAxis, picked: Sequence[Ints]) -> Any:
        """Cycles of a burst that ends with an axis, the inner ones being whole."""
        option = picked[axis.group]
        if axis.cycles is not None:
            return axis.cycles[option]
        elements = axis.inner * axis.extents[option]
        for group, whole in axis.varying:
            elements = elements * whole[picked[group]]
        return self.burst_cycles(operand, elements)


class Picked:
    """Values of symbols for a batch: one array of options a group, all of one length.

    Where a group has no array yet, the smallest (or largest) value among its options stands
    for it, so that a product is a lower (or upper) bound over all completions.

    Parameters
    ----------
    table
        Symbols of all options.
    picked
        For each group an array of options, or None.
    largest
        Which value stands for a group without an array.
    options
        Options of each group that are left; all of them unless told.
    """

    def __init__(
        self,
        table: OptionTable,
        picked: Sequence[Ints | None],
        largest: bool = False,
        options: Sequence[Ints] | None = None,
    ) -> None:
        self.table, self.picked, self.largest, self.options = table, picked, largest, options

    def product(self, powers: Powers) -> Any:
        """The product of powers of symbols."""
        return self._product(powers, np.maximum if self.largest else np.minimum)

    def divisor(self, powers: Powers) -> Any:
        """A number that divides the product, whatever the groups without an array pick."""
        return self._product(powers, np.gcd)

    def _product(self, powers: Powers, stands: np.ufunc) -> Any:
        """A product, with what stands for the options of a group that has no array."""
        constant, result = 1, None
        for g, column in self.table.parts(powers):
            option = self.picked[g]
            if option is None:
                if self.options is not None:
                    column = column[self.options[g]]
                constant *= int(stands.reduce(column))
            elif len(column) == 1:
                constant *= int(column[0])
            else:
                part = column[option]
                result = part if result is None else result * part
        if result is None:
            return constant
        return result if constant == 1 else result * constant

    def burst(self, operand: str) -> Any:
        """DMA cycles of one transfer of an operand's SPM tile."""
        return self.table.burst(operand, [o for o in self.picked if o is not None])


class BatchCost:
    """Exact costs of a batch, each computed when it is first asked for.

    Attributes
    ----------
    energy_pj
        Rounded totals, as doubles that hold integers.
    latency_cycles
        Accelerator cycles, 64-bit integers.
    edp
        Energy times latency, to double precision.
    """

    def __init__(
        self,
        table: OptionTable,
        model: CostModel,
        picked: Sequence[Ints],
        at: Evaluation | None = None,
    ) -> None:
        self.architecture, self.model = table.architecture, model
        self.shape = picked[0].shape
        self._at = at or Evaluation(Picked(table, picked))

    @cached_property
    def energy_pj(self) -> Floats:
        """Rounded totals."""
        total = total_energy(energy_breakdown(self.model.accesses, self._at))
        rounded: Floats = np.broadcast_to(np.rint(total), self.shape)
        return rounded

    @cached_property
    def latency_cycles(self) -> Ints:
        """Accelerator cycles."""
        cycles: Ints = np.broadcast_to(self._at(self.model.latency), self.shape)
        return cycles

    @property
    def edp(self) -> Floats:
        """Energy times latency."""
        return self.energy_pj * self.latency_cycles
