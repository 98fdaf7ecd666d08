"""The map-space of a layer: lists of options, and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost.array import row_factors
from dmaze_cp.cost.batch import Bools, Ints, OptionTable, Picked
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.limits import Limit, capacities
from dmaze_cp.cost.model import CostModel, Flow, cost_model
from dmaze_cp.levels import LEVELS, ORDERED_LEVELS, PE
from dmaze_cp.mapping import Dataflow, Mapping, stationary_order
from dmaze_cp.mapspace.dataflows import dataflows
from dmaze_cp.mapspace.demands import demanded
from dmaze_cp.mapspace.factorisations import satisfying
from dmaze_cp.mapspace.groups import GROUPS, Group
from dmaze_cp.mapspace.sizes import check_sizes
from dmaze_cp.workload import Layer


@dataclass(frozen=True, eq=False)
class MapSpace:
    """All tilings of a layer that may fit an architecture, and its dataflows.

    Attributes
    ----------
    layer, architecture, constraints
        What is mapped, onto what, and within which limits.
    groups
        Independent option lists; a tiling picks one option of each.
    limits
        What a tiling has to satisfy beyond being in the lists.
    """

    layer: Layer
    architecture: Architecture
    constraints: Constraints
    groups: tuple[Group, ...]
    limits: tuple[Limit, ...]

    @cached_property
    def table(self) -> OptionTable:
        """Symbols of all options."""
        return OptionTable(self.layer, self.architecture, self.groups)

    @property
    def varying(self) -> frozenset[str]:
        """Dimensions whose bounds an option decides."""
        return self.constraints.padding.varying(self.layer)

    def cost_of(self, flow: Flow) -> CostModel:
        """The cost of the mappings under a flow."""
        return cost_model(self.layer, self.architecture, flow, self.varying)

    @property
    def size(self) -> int:
        """Number of combinations of options, valid or not."""
        return prod(len(group) for group in self.groups)

    @property
    def is_empty(self) -> bool:
        """Whether some list has no options left: then there is no mapping."""
        return not all(len(group) for group in self.groups)

    @property
    def dataflows(self) -> tuple[Dataflow, ...]:
        """Every pair of operands that can, and may, be stationary at DRAM and SPM."""
        at_dram, at_spm = (self.constraints.stationary(level) for level in ORDERED_LEVELS)
        every = dataflows(self.layer.kind)
        return tuple(flow for flow in every if flow.dram in at_dram and flow.spm in at_spm)


def build(
    layer: Layer, architecture: Architecture, constraints: Constraints = NO_CONSTRAINTS
) -> MapSpace:
    """The map-space of a layer on an architecture.

    Groups are returned even where one of them has no option left: then no mapping fits
    (`why_infeasible` says why).

    Raises
    ------
    SpecError
        When the layer is larger than what the exact model's integers hold, or a group
        has too many options to list.
    """
    check_sizes([layer], architecture, constraints.padding)
    limits = (*capacities(layer, architecture), *demanded(layer, architecture, constraints))
    groups = tuple(_group(layer, dims, constraints) for dims in GROUPS[layer.kind])
    fitting = _fitting(OptionTable(layer, architecture, groups), limits)
    kept = tuple(group.take(fits) for group, fits in zip(groups, fitting, strict=True))
    return MapSpace(layer, architecture, constraints, kept, limits)


def _group(layer: Layer, dims: Sequence[str], constraints: Constraints) -> Group:
    lists = [_allowed(layer, d, constraints) for d in dims]
    index = np.meshgrid(*(np.arange(each.shape[1]) for each in lists), indexing="ij")
    factors = np.stack([each[:, i.ravel()] for each, i in zip(lists, index, strict=True)], axis=1)
    return Group(tuple(dims), factors)


def _allowed(layer: Layer, dimension: str, constraints: Constraints) -> Ints:
    pins = list(constraints.factors(layer.kind, dimension))
    extents = constraints.padding.extents(layer, dimension)
    options = np.concatenate([satisfying(bound, pins) for bound in extents], axis=1)
    if len(extents) > 1:  # in lexicographic order too
        options = options[:, np.lexsort(options[::-1])]
    return options


def _fitting(table: OptionTable, limits: Sequence[Limit]) -> list[Bools]:
    """Which options may be in a tiling: with the best that every other group has."""
    count = len(table.sizes)
    kept = []
    for g, size in enumerate(table.sizes):
        picked = [np.arange(size) if i == g else None for i in range(count)]
        good = np.ones(size, dtype=bool)
        smallest, largest = (Evaluation(Picked(table, picked, most)) for most in (False, True))
        for limit in limits:
            good &= limit.holds(largest if limit.most is None else smallest)
        kept.append(good)
    return kept


def tiling_at(space: MapSpace, options: Sequence[Ints]) -> dict[str, dict[str, Ints]]:
    """Factors of chosen options: one index array for each group; they broadcast."""
    result: dict[str, dict[str, Ints]] = {level: {} for level in LEVELS}
    for group, index in zip(space.groups, options, strict=True):
        for k, level in enumerate(LEVELS):
            for j, d in enumerate(group.dimensions):
                result[level][d] = group.factors[k, j][index]
    return result


def mapping_at(space: MapSpace, options: Sequence[int], dataflow: Dataflow) -> Mapping:
    """The mapping that picks one option of each group, with orders of this dataflow."""
    picked = tiling_at(space, [np.asarray(o) for o in options])
    dims = space.layer.dimensions
    factors = tuple(tuple(int(picked[level][d]) for d in dims) for level in LEVELS)
    bounds = dict(zip(dims, map(prod, zip(*factors, strict=True)), strict=True))
    layer = space.layer.raised(bounds)
    array = space.architecture.pe_array
    pes = {d: int(picked[PE][d]) for d in dims}
    return Mapping(
        layer,
        factors,
        stationary_order(layer, dataflow.dram),
        stationary_order(layer, dataflow.spm),
        None if array is None else row_factors(dims, pes, array),
        None if layer is space.layer else space.layer,
    )


def options_of_mapping(space: MapSpace, mapping: Mapping) -> tuple[int, ...] | None:
    """The options a mapping picks, or None where one of them is not in the space."""
    found = []
    for group in space.groups:
        rows = [[mapping.level(level)[d] for d in group.dimensions] for level in LEVELS]
        same = (group.factors == np.array(rows, dtype=np.int64)[:, :, None]).all(axis=(0, 1))
        places = np.flatnonzero(same)
        if not len(places):
            return None
        found.append(int(places[0]))
    return tuple(found)
