"""Why there is no mapping: which demands clash, and how far each would have to give way.

A CP-SAT model of what a mapping satisfies, without its cost: the factors of every dimension, and
what is stationary at a level. Every capacity and every pin is enforced by a literal. With all of
them assumed CP-SAT names some that suffice for there to be no mapping; those of them that can be
left out are, one after the other, so that no proper part of what remains is a clash. The least
relaxation of one is an optimum of the same model without it.

Products saturate at `MOST`: a limit below is exact. One above is not stated, so that whatever is
called a clash is one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Final

import numpy as np
from ortools.sat.python import cp_model

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import (
    Constraints,
    CostPin,
    FactorPin,
    PaddingPin,
    Relation,
    SpatialPin,
    StationaryPin,
    UtilizationPin,
)
from dmaze_cp.cost.array import divisors_of
from dmaze_cp.cost.terms import AXES, LAYOUT, free_loops, loops, shared_loops
from dmaze_cp.errors import NoSolutionError
from dmaze_cp.figures import Pool
from dmaze_cp.levels import (
    LEVELS,
    NONE,
    OPERANDS,
    ORDERED_LEVELS,
    PE,
    PE_COLS,
    PE_ROWS,
    RF,
    SPM,
    TILES,
)
from dmaze_cp.mapspace import factorisations, utilization_limit
from dmaze_cp.padding import NO_PADDING, Padding
from dmaze_cp.workload import Layer

MOST: Final = 2**30
"""Where products saturate: two of them still multiply to less than 2^62."""

Expression = Any
"""A linear expression of CP-SAT, or an integer."""


@dataclass(frozen=True)
class Capacity:
    """What a machine has of something.

    Attributes
    ----------
    level
        ``RF``, ``SPM``, ``PE``, ``PE_rows`` or ``PE_cols``.
    size
        Bytes of an RF, banks of a buffer, PEs, rows or columns.
    pool
        The operands that share it, of a memory.
    """

    level: str
    size: int
    pool: str = ""


Demand = Capacity | FactorPin | SpatialPin | StationaryPin | UtilizationPin
"""What a mapping has to satisfy."""


def demands_on(architecture: Architecture, constraints: Constraints) -> tuple[Demand, ...]:
    """Every capacity and every pin on tilings and orders: a clash does not see costs."""
    array = architecture.pe_array
    found: list[Demand] = [Capacity(RF, p.size, _name(p)) for p in architecture.rf_pools]
    found += [Capacity(SPM, p.size, _name(p)) for p in architecture.spm_pools]
    if array is None:
        found.append(Capacity(PE, architecture.pe_count))
    else:
        found += [Capacity(PE_ROWS, array.rows), Capacity(PE_COLS, array.cols)]
    idle = (CostPin, PaddingPin)
    return (*found, *(pin for pin in constraints.pins if not isinstance(pin, idle)))


def _name(pool: Pool) -> str:
    return "".join(pool.operands)


class FitModel:
    """What a mapping satisfies, each demand with a literal."""

    def __init__(
        self,
        layer: Layer,
        architecture: Architecture,
        demands: Sequence[Demand],
        padding: Padding = NO_PADDING,
    ) -> None:
        self.layer, self.architecture, self.padding = layer, architecture, padding
        self.bounds = padding.largest(layer)
        self.model = cp_model.CpModel()
        self.factors: dict[tuple[str, str], Expression] = {}
        self.tiles: dict[tuple[str, str], Expression] = {}
        for d in layer.dimensions:
            self._dimension(d)
        self.kept = {
            (level, x): self.model.new_bool_var(f"{level}_{x}")
            for level in ORDERED_LEVELS
            for x in (*OPERANDS, NONE)
        }
        for level in ORDERED_LEVELS:
            self.model.add_exactly_one(self.kept[level, x] for x in (*OPERANDS, NONE))
            for x in (*OPERANDS, NONE):
                self._exists(level, x)
        self.literals = {demand: self.model.new_bool_var(str(demand)) for demand in demands}
        for demand, literal in self.literals.items():
            self._enforce(demand, literal)

    def _dimension(self, d: str) -> None:
        """The factors of a loop and its tiles: one row of a table for each way to write it."""
        extents = self.padding.extents(self.layer, d)
        every = [factorisations(bound) for bound in extents]
        columns = np.concatenate(every, axis=1).tolist()
        made = [self._variable(max(column)) for column in columns]
        tiles = [
            [prod(row[LEVELS.index(a)] for a in TILES[tile]) for row in zip(*columns, strict=True)]
            for tile in (RF, SPM)
        ]
        made += [self._variable(max(column)) for column in tiles]
        rows = list(zip(*columns, *tiles, strict=True))
        self.model.add_allowed_assignments(made, rows)
        self.factors |= {(level, d): v for level, v in zip(LEVELS, made, strict=False)}
        self.tiles[RF, d], self.tiles[SPM, d] = made[-2:]

    def _variable(self, most: int, least: int = 1) -> Expression:
        return self.model.new_int_var(least, most, "")

    def _exists(self, level: str, operand: str) -> None:
        """What is kept at a level can be (`dmaze_cp.mapspace.stationary_exists`)."""
        kind, kept = self.layer.kind, self.kept[level, operand]
        free = shared_loops(kind) if operand == NONE else free_loops(kind, operand)
        ways = []
        for d in free:
            looping = self.model.new_bool_var("")
            self.model.add(self.factors[level, d] >= 2).only_enforce_if(looping)
            ways.append(looping)
        if operand == NONE:
            still = self.model.new_bool_var("")
            for d in loops(kind):
                self.model.add(self.factors[level, d] == 1).only_enforce_if(still)
            ways.append(still)
        self.model.add_bool_or(ways).only_enforce_if(kept)

    # Products

    def product(self, parts: Iterable[tuple[Expression, int]]) -> Expression:
        """The product of expressions, each with its largest value; it saturates at `MOST`."""
        result, high = 1, 1
        for part, most in parts:
            if high == 1:
                result, high = part, most
            elif most > 1:
                whole = self._variable(high * most)
                self.model.add_multiplication_equality(whole, [result, part])
                result, high = whole, high * most
            if high > MOST:
                cut = self._variable(MOST)
                self.model.add_min_equality(cut, [result, MOST])
                result, high = cut, MOST
        return result

    def elements(self, operand: str, tile: str) -> Expression:
        """Elements of an operand in the RF or SPM tile."""
        parts = []
        for axis in LAYOUT[self.layer.kind][operand]:
            if axis in AXES:
                k = AXES.index(axis)
                stride, dilation = self.layer.stride[k], self.layer.dilation[k]
                extents = (self.tiles[tile, f"O{axis}"], self.tiles[tile, f"F{axis}"])
                bounds = (self.bounds[f"O{axis}"], self.bounds[f"F{axis}"])
                most = (bounds[0] - 1) * stride + (bounds[1] - 1) * dilation + 1
                extent = (extents[0] - 1) * stride + (extents[1] - 1) * dilation + 1
                parts.append((extent, most))
            else:
                parts.append((self.tiles[tile, axis], self.bounds[axis]))
        return self.product(parts)

    @cached_property
    def in_rf(self) -> Mapping[str, Expression]:
        """Elements of each operand in an RF."""
        return {x: self.elements(x, RF) for x in OPERANDS}

    @cached_property
    def in_spm(self) -> Mapping[str, Expression]:
        """Elements of each operand in a buffer."""
        return {x: self.elements(x, SPM) for x in OPERANDS}

    @cached_property
    def banks(self) -> Mapping[str, Expression]:
        """Banks that each operand occupies, at least."""
        found = {}
        for x in OPERANDS:
            found[x] = self._variable(MOST)
            size = self.in_spm[x] * self.architecture.word_of(x)
            self.model.add(found[x] * self.architecture.spm_bank_bytes >= size)
        return found

    @cached_property
    def pes(self) -> Expression:
        """PEs that are used."""
        dims = self.layer.dimensions
        return self.product((self.factors[PE, d], self.bounds[d]) for d in dims)

    @cached_property
    def axes(self) -> Mapping[str, Expression]:
        """Rows and columns that are used."""
        parts: dict[str, list[tuple[Expression, int]]] = {PE_ROWS: [], PE_COLS: []}
        array = self.architecture.pe_array
        assert array is not None  # noqa: S101 - whoever asks has one
        on_rows, on_cols = array.lists()
        for d in self.layer.dimensions:
            bound = self.bounds[d]
            extents = self.padding.extents(self.layer, d)
            pairs = [
                (pe, row, pe // row)
                for pe in sorted({n for each in extents for n in divisors_of(each)})
                for row in divisors_of(pe)
                if (row == 1 or d in on_rows) and (pe == row or d in on_cols)
            ]
            row, col = self._variable(bound), self._variable(bound)
            self.model.add_allowed_assignments([self.factors[PE, d], row, col], pairs)
            parts[PE_ROWS].append((row, bound))
            parts[PE_COLS].append((col, bound))
        return {axis: self.product(each) for axis, each in parts.items()}

    # Demands

    def use(self, demand: Capacity | UtilizationPin) -> Expression:
        """How much of what is limited a mapping uses, in the limit's own unit."""
        word = self.architecture.word_of
        if demand.level == PE:
            return self.pes
        if isinstance(demand, UtilizationPin):
            held = self.in_rf if demand.level == RF else self.in_spm
            words = {word(x) for x in OPERANDS}
            unit = words.pop() if len(words) == 1 else 1
            return sum(held[x] * (word(x) // unit) for x in OPERANDS)
        if demand.level == RF:
            return sum(self.in_rf[x] * word(x) for x in demand.pool)
        if demand.level == SPM:
            return sum(self.banks[x] for x in demand.pool)
        return self.axes[demand.level]

    def _enforce(self, demand: Demand, literal: Expression) -> None:
        match demand:
            case Capacity():
                use = self.use(demand)
                if demand.size < MOST:
                    self.model.add(use <= demand.size).only_enforce_if(literal)
            case UtilizationPin():
                least = utilization_limit(self.layer, self.architecture, demand).least or 0
                if least < MOST:
                    self.model.add(self.use(demand) >= least).only_enforce_if(literal)
            case StationaryPin():
                ways = [self.kept[demand.level, x] for x in demand.operands]
                self.model.add_bool_or(ways).only_enforce_if(literal)
            case FactorPin() | SpatialPin():
                for pin in demand.factors(self.layer.kind):
                    self._factor(pin, literal)

    def _factor(self, pin: FactorPin, literal: Expression) -> None:
        if pin.value is None:  # the whole loop, whichever bound it has
            for level in LEVELS:
                if level != pin.level:
                    other = self.factors[level, pin.dimension]
                    self.model.add(other == 1).only_enforce_if(literal)
            return
        factor, value = self.factors[pin.level, pin.dimension], pin.value
        relations = {
            Relation.EQUAL: factor == value,
            Relation.AT_MOST: factor <= value,
            Relation.AT_LEAST: factor >= value,
        }
        self.model.add(relations[pin.relation]).only_enforce_if(literal)

    # Questions

    def clash(self, deadline: float) -> tuple[tuple[Demand, ...], bool] | None:
        """Demands that clash, and whether none can be left out; None where there is no clash.

        Parameters
        ----------
        deadline
            When to stop, by `time.monotonic`: what is left then may be more than is needed.

        Raises
        ------
        NoSolutionError
            When that comes before it is known whether there is a clash.
        """
        core = self._core(tuple(self.literals), deadline)
        if core is None:
            raise NoSolutionError("time ran out before it was known whether there is a mapping")
        if not core:
            return None
        left, proven = core, True
        for demand in core:
            if demand not in left:
                continue
            smaller = self._core(tuple(each for each in left if each is not demand), deadline)
            if smaller is None:
                proven = False
            elif smaller:
                left = smaller
        return left, proven

    def _core(self, demands: tuple[Demand, ...], deadline: float) -> tuple[Demand, ...] | None:
        """Demands among these that clash: empty if they do not, None if that is not known."""
        self.model.clear_assumptions()
        self.model.add_assumptions([self.literals[demand] for demand in demands])
        self.model.clear_objective()  # type: ignore[no-untyped-call]
        solver, status = self._solved(deadline)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return ()
        if status != cp_model.INFEASIBLE:
            return None
        named = set(solver.sufficient_assumptions_for_infeasibility())
        core = tuple(d for d in demands if self.literals[d].index in named)
        return core or demands

    def best(
        self,
        demands: Iterable[Demand],
        goal: Expression,
        deadline: float,
        read: Callable[[cp_model.CpSolver], Any],
    ) -> Any | None:
        """What a mapping that satisfies demands and minimises a goal has; None: there is none."""
        self.model.clear_assumptions()
        self.model.add_assumptions([self.literals[demand] for demand in demands])
        self.model.minimize(goal)
        solver, status = self._solved(deadline)
        return read(solver) if status == cp_model.OPTIMAL else None

    def _solved(self, deadline: float) -> tuple[cp_model.CpSolver, Any]:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.presolve_inclusion_work_limit = 0
        # Measured: of 4.8 s of CPU for three clashes, 0.8 s are left without the two.
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.linearization_level = 0
        solver.parameters.max_time_in_seconds = max(deadline - time.monotonic(), 0.01)
        return solver, solver.solve(self.model)
