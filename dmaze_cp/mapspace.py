"""The map-space of a layer: tilings as products of short lists, and dataflows.

Dimensions that the input's halo couples (``Ox`` with ``Fx``, ``Oy`` with ``Fy``) form a
*group*; every other dimension is a group of its own. A tiling picks one *option* (a
factorisation of each dimension of the group over the four levels) from every group,
independently. Capacities and costs tie the groups together.

Where a bound may be raised (`dmaze_cp.padding`), the list of its dimension has the factorisations
of every bound that is permitted: an option decides the bound too.

What is left out, and why an optimum survives:

* Options that exceed a capacity even when every other factor is 1 are in no valid
  tiling, as capacities grow with every factor.
* Of all loop orders only those that keep an operand stationary are kept, and *none*
  where it exists (`dmaze_cp.mapping.stationary_order`). Cost depends on an order only
  through the three reuse factors of its level. A loop of a conv or gemm leaves exactly one
  operand out, so that its level reuses the operand of its innermost loop, partly or fully;
  *none* exists only where the level has no loops (or a depthwise C is innermost), and is kept
  there. That leaves partial reuse ``2 <= r < R`` against full reuse ``R`` of one operand. While
  what is held stays the same, every count and every wait happens ``1/r`` times as often: cost
  never grows with r from 2 on. It is held with full reuse at most, and a held operand moves
  less often still, its exchanges overlapping as before
  (``tests/cost`` compares all of this with brute force over all orders).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import comb, prod

import numpy as np

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints, CostPin, FactorPin, UtilizationPin
from dmaze_cp.constraints.parsing import UTILIZED
from dmaze_cp.cost import evaluate
from dmaze_cp.cost.array import divisors_of, row_factors
from dmaze_cp.cost.batch import Bools, Ints, OptionTable, Picked
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.limits import Limit, capacities, rf_use, spm_bytes_used, used_pes
from dmaze_cp.cost.model import CostModel, Flow, cost_model
from dmaze_cp.cost.reuse import loop_reuse
from dmaze_cp.cost.terms import free_loops, loops, shared_loops
from dmaze_cp.cost.values import Tiling, TilingValues
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.figures import Pool
from dmaze_cp.levels import DRAM, LEVELS, NONE, OPERANDS, ORDERED_LEVELS, PE, RF, SPM
from dmaze_cp.mapping import Dataflow, Mapping, stationary_order
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.padding import NO_PADDING, Padding
from dmaze_cp.workload import MAX_BOUND, MAX_MACS, Kind, Layer

MAX_OPTIONS = 2_000_000
"""Longest list of options of one group that is searched."""

GROUPS = {
    Kind.CONV: (("N",), ("M",), ("C",), ("Ox", "Fx"), ("Oy", "Fy")),
    Kind.DEPTHWISE: (("N",), ("M",), ("C",), ("Ox", "Fx"), ("Oy", "Fy")),
    Kind.GEMM: (("X",), ("Y",), ("K",)),
}


@dataclass(frozen=True, eq=False)
class Group:
    """Dimensions that are tiled together.

    Attributes
    ----------
    dimensions
        One or two names.
    factors
        Options: shape (levels, dimensions, options), levels in the order of `LEVELS`.
    """

    dimensions: tuple[str, ...]
    factors: Ints

    def __len__(self) -> int:
        return int(self.factors.shape[2])

    def factor(self, level: str, dimension: str) -> Ints:
        """One factor of every option."""
        column: Ints = self.factors[LEVELS.index(level), self.dimensions.index(dimension)]
        return column

    def take(self, options: Ints | Bools) -> Group:
        """The group with some of its options only."""
        return Group(self.dimensions, self.factors[:, :, options])


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


def factorisations(bound: int, parts: int = 4) -> Ints:
    """All ordered ways to write `bound` as a product of `parts` factors.

    Returns
    -------
    numpy.ndarray
        Shape (parts, count), in lexicographic order of the rows.
    """
    return _factorisations(bound, parts)


@lru_cache(maxsize=1024)
def _factorisations(bound: int, parts: int) -> Ints:
    if parts == 1:
        return np.array([[bound]], dtype=np.int64)
    columns = []
    for divisor in divisors_of(bound):
        rest = _factorisations(bound // divisor, parts - 1)
        first = np.full((1, rest.shape[1]), divisor, dtype=np.int64)
        columns.append(np.concatenate([first, rest]))
    result = np.concatenate(columns, axis=1)
    result.setflags(write=False)
    return result


def count_factorisations(bound: int, parts: int = 4) -> int:
    """Number of ordered factorisations, without listing them."""
    count, rest, prime = 1, bound, 2
    while rest > 1:
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        count *= comb(power + parts - 1, parts - 1)
        prime += 1 if prime * prime <= rest else max(rest - prime, 1)
    return count


def tilings_count(layer: Layer, padding: Padding = NO_PADDING) -> int:
    """Number of tilings of a layer, valid or not, with every bound that is permitted."""
    return prod(
        sum(count_factorisations(bound) for bound in padding.extents(layer, d))
        for d in layer.dimensions
    )


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


def demanded(layer: Layer, arch: Architecture, constraints: Constraints) -> tuple[Limit, ...]:
    """The user's minimum utilisations."""
    return tuple(
        utilization_limit(layer, arch, UtilizationPin(level, constraints.least(level)))
        for level in UTILIZED
        if constraints.least(level) > 0
    )


def utilization_limit(layer: Layer, arch: Architecture, pin: UtilizationPin) -> Limit:
    """The least number of PEs, words of an RF or words of an SPM buffer that a share comes to."""
    if pin.level == PE:
        return Limit(str(pin), used_pes(layer), least=at_least(pin.least, arch.pe_count))
    if pin.level == RF:
        in_rf = rf_use(layer, arch)
        return Limit(str(pin), in_rf.node, least=at_least(pin.least, in_rf.most or 0))
    in_spm, unit = spm_bytes_used(layer, arch)
    return Limit(str(pin), in_spm, least=-(-at_least(pin.least, arch.spm_bytes) // unit))


def check_sizes(
    layers: Iterable[Layer], architecture: Architecture, padding: Padding = NO_PADDING
) -> None:
    """Refuse layers that the exact model's integers or the lists of options cannot hold.

    A layer whose bounds may be raised has to fit with the largest of them.

    Raises
    ------
    SpecError
        With every problem of every layer.
    """
    problems = [p for layer in layers for p in _size_problems(layer, architecture, padding)]
    if problems:
        raise SpecError(problems)


def _size_problems(layer: Layer, arch: Architecture, padding: Padding) -> Iterator[Problem]:
    yield from _list_problems(layer, padding)
    largest = padding.largest(layer)
    over = [d for d, bound in largest.items() if bound > MAX_BOUND]
    for d in over:
        found = f"{largest[d]} for {d}, raised from {layer.bounds[d]}"
        yield Problem(f"layer {layer.name}", found, f"at most {MAX_BOUND}")
    if over:
        return
    layer = layer.raised(largest)
    overlap = prod(s + d for s, d in zip(layer.stride, layer.dilation, strict=True))
    slowest = (
        arch.dma_startup_cycles + arch.dma_cycles_per_byte * arch.widest_word
    ) * arch.clock_ratio
    cycles = layer.macs * overlap * 8 * (slowest + 2)
    if layer.macs <= MAX_MACS and cycles > 2.0**62:
        found = f"{cycles:.3g} cycles of DMA and NoC at worst"
        yield Problem(f"layer {layer.name}", found, f"at most {2.0**62:.3g}")
    if layer.macs > MAX_MACS:
        found = f"{layer.macs:.3g} multiply-accumulates"
        yield Problem(f"layer {layer.name}", found, f"at most {MAX_MACS:.3g}")


def _list_problems(layer: Layer, padding: Padding) -> Iterator[Problem]:
    for dims in GROUPS[layer.kind]:
        count = prod(
            sum(count_factorisations(bound) for bound in padding.extents(layer, d)) for d in dims
        )
        if count > MAX_OPTIONS:
            found = f"{count} factorisations of {' and '.join(dims)}"
            yield Problem(f"layer {layer.name}", found, f"at most {MAX_OPTIONS}")


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


def satisfying(bound: int, pins: Iterable[FactorPin]) -> Ints:
    """The factorisations of a loop that satisfy pins on it."""
    options = factorisations(bound)
    for pin in pins:
        options = options[:, pin.holds(options[LEVELS.index(pin.level)], bound)]
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


def why_infeasible(architecture: Architecture) -> str | None:
    """What makes it impossible to map a layer at all, or None.

    Without further constraints a layer fits exactly if the tiling with every loop at
    DRAM does: it has the smallest tiles at every level.
    """
    for pool in architecture.rf_pools:
        words = [architecture.word_of(x) for x in pool.operands]
        if sum(words) > pool.size:
            field = f"rf_bytes{_of(pool)}"
            equal = len(set(words)) == 1
            size = f" ({pool.size // words[0]} words of {words[0]} bytes)" if equal else ""
            return f"{field}: found {pool.size}{size}, expected at least {sum(words)} {_ONE_EACH}"
    for pool in architecture.spm_pools:
        bank = architecture.spm_bank_bytes
        need = sum(-(-architecture.word_of(x) // bank) for x in pool.operands)
        if need > pool.size:
            found = f"{pool.size} of {bank} bytes"
            return f"spm_banks{_of(pool)}: found {found}, expected at least {need} {_ONE_EACH}"
    return None


_ONE_EACH = "for one element of each operand"


def _of(pool: Pool) -> str:
    return "" if pool.operands == OPERANDS else f".{pool.name}"


def dataflows(kind: Kind) -> tuple[Dataflow, ...]:
    """Every pair of stationary operands a loop nest of this kind can have."""
    names = [x for x in OPERANDS if free_loops(kind, x)] + [NONE]
    return tuple(Dataflow(dram, spm) for dram in names for spm in names)


def stationary_exists(kind: Kind, stationary: str, factors: dict[str, Ints]) -> Bools:
    """Whether some order of one level's loops keeps this operand (or none) stationary.

    An operand: a loop it does not depend on has more than one iteration. None: all loops
    have one iteration, or a loop that every operand depends on has more.
    """
    if stationary != NONE:
        return _product(factors[d] for d in free_loops(kind, stationary)) > 1
    looping = _product(factors[d] for d in loops(kind)) > 1
    return ~looping | (_product(factors[d] for d in shared_loops(kind)) > 1)


def _product(columns: Iterable[Ints]) -> Ints:
    result: Ints = np.asarray(prod(columns))
    return result


def dataflow_exists(kind: Kind, dataflow: Dataflow, tiling: Tiling) -> Bools:
    """Whether each tiling has loop orders with this dataflow."""
    at_dram = stationary_exists(kind, dataflow.dram, dict(tiling[DRAM]))
    return at_dram & stationary_exists(kind, dataflow.spm, dict(tiling[SPM]))


def is_allowed(mapping: Mapping, architecture: Architecture, constraints: Constraints) -> bool:
    """Whether a mapping satisfies the user's constraints, in Python integers."""
    return not any(broken_constraints(mapping, architecture, constraints))


def cost_limits(constraints: Constraints) -> tuple[CostLimit, ...]:
    """What a mapping may cost at most, beside what is minimised."""
    pins = [pin for pin in constraints.pins if isinstance(pin, CostPin)]
    return tuple(CostLimit(Objective(pin.cost), pin.most) for pin in pins)


def broken_constraints(
    mapping: Mapping, architecture: Architecture, constraints: Constraints
) -> Iterator[Problem]:
    """Pins that a mapping does not satisfy, in Python integers."""
    layer = mapping.layer
    at = Evaluation(TilingValues(layer, architecture, mapping.tiling))
    for d, bound in layer.bounds.items():
        if bound not in constraints.padding.extents(mapping.of_layer, d):
            yield Problem(f"{d} = {bound}", "a bound that padding does not permit", "another")
    for limit in demanded(layer, architecture, constraints):
        if not limit.holds(at):
            yield Problem(limit.name, str(at(limit.node)), f"at least {limit.least}")
    for pin in constraints.pins:
        for each in pin.factors(layer.kind):
            factor = mapping.level(each.level)[each.dimension]
            if not each.holds(factor, layer.bounds[each.dimension]):
                yield Problem(str(pin), f"{each.level}.{each.dimension}={factor}", str(each))
    yield from _too_dear(mapping, architecture, cost_limits(constraints))
    for level in ORDERED_LEVELS:
        found, allowed = stationary_of(mapping, level), constraints.stationary(level)
        if found not in allowed:
            expected = " or ".join(x for x in (*OPERANDS, NONE) if x in allowed) or "nothing"
            yield Problem(f"stationary.{level}", found, expected)


def _too_dear(
    mapping: Mapping, architecture: Architecture, limits: Sequence[CostLimit]
) -> Iterator[Problem]:
    """Limits on costs that a mapping exceeds."""
    if limits:
        cost = evaluate(mapping, architecture)
        for limit in limits:
            value = limit.objective.of(cost.energy_pj, cost.latency_cycles)
            if not limit.allows(value):
                yield Problem(str(limit.objective), str(value), f"at most {limit.most}")


def stationary_of(mapping: Mapping, level: str) -> str:
    """The operand that a mapping's loop order reuses at a level, or none."""
    reuse = loop_reuse(mapping.layer, mapping.level(level), mapping.loop_order[level])
    return next((x for x in OPERANDS if reuse[x] > 1), NONE)


def at_least(fraction: float, whole: int) -> int:
    """Smallest count whose share of a whole is at least this fraction."""
    count = round(fraction * whole)
    while count > 0 and (count - 1) / whole >= fraction:
        count -= 1
    while count / whole < fraction:
        count += 1
    return count


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
