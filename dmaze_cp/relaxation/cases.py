"""Cases: parts of the map-space in which the cost is a fixed expression of products.

A case fixes the operand that is stationary at DRAM and at SPM, whether it is *held* in
the register files across SPM passes, and whether partial sums are reduced across PEs.
Every mapping with a dataflow belongs to exactly one case; together they cover all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import prod

import numpy as np

from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost.batch import Bools, Ints
from dmaze_cp.cost.forms import Powers
from dmaze_cp.cost.model import Flow, Reuse
from dmaze_cp.cost.terms import factors, free_loops, loops, own_loops, shared_loops
from dmaze_cp.levels import DRAM, NONE, OPERANDS, ORDERED_LEVELS, OUTPUT, PE, SPM
from dmaze_cp.mapping import Dataflow
from dmaze_cp.mapspace import Group, MapSpace
from dmaze_cp.workload import Kind


@dataclass(frozen=True)
class Case:
    """One part of the map-space.

    Attributes
    ----------
    dram, spm
        Stationary operand at each level, or ``none``. With ``held``, SPM may also
        have no loops at all.
    held
        The operand stationary at DRAM stays in the RFs across SPM passes.
    reduces
        Partial sums are reduced across PEs (True), or each is in one PE (False).
    shared
        For ``none`` at DRAM and at SPM: a loop that every operand depends on has more
        than one iteration (True) or all loops of the level have one (False).
    looping
        With `held`: SPM has loops of more than one iteration (True), none (False), or either
        (None): the user says what is stationary there, or dataflows are told apart.
    """

    dram: str
    spm: str
    held: bool
    reduces: bool
    shared: tuple[bool, bool] = (False, False)
    looping: bool | None = None

    @property
    def dataflow(self) -> Dataflow:
        """The dataflow to score mappings of this case with."""
        return Dataflow(self.dram, self.spm)

    def flow(self, kind: Kind) -> Flow:
        """What decides the expression of the cost."""
        dram, spm = (
            Reuse(x, free_loops(kind, x)) if x != NONE else Reuse() for x in (self.dram, self.spm)
        )
        return Flow(dram, spm, self.held, self.reduces)


@dataclass(frozen=True)
class Demand:
    """A product of factors that must be at least so large: (level, dimensions, least)."""

    level: str
    dimensions: tuple[str, ...]
    least: int

    @property
    def product(self) -> Powers:
        """The product."""
        return factors(self.level, self.dimensions)


def cases(
    kind: Kind, constraints: Constraints = NO_CONSTRAINTS, *, apart: bool = False
) -> tuple[Case, ...]:
    """All cases of a kind of layer, or those with what may be stationary.

    Parameters
    ----------
    apart
        No case has mappings of two dataflows.
    """
    at_dram, at_spm = (constraints.stationary(level) for level in ORDERED_LEVELS)
    every = (part for case in _every(kind) for part in _parts(case, at_spm, apart))
    return tuple(case for case in every if case.dram in at_dram)


def _parts(case: Case, at_spm: frozenset[str], apart: bool) -> Iterator[Case]:
    """The parts of a case with what may be stationary at SPM.

    Where an operand is held, SPM either has loops, and keeps it stationary, or has none.
    """
    named = case.spm in at_spm
    if not case.held or (named == (NONE in at_spm) and not apart):
        if named:
            yield case
    else:
        for looping, wanted in ((True, named), (False, NONE in at_spm)):
            if wanted:
                yield replace(case, looping=looping)


@cache
def _every(kind: Kind) -> tuple[Case, ...]:
    names = [x for x in OPERANDS if free_loops(kind, x)]
    nones = [False, True] if shared_loops(kind) else [False]
    found = []
    for dram in names:
        found += [Case(dram, spm, False, True) for spm in names]
        found += [Case(dram, NONE, False, True, (False, n)) for n in nones if n]
        found.append(Case(dram, dram, True, True))
    for at_dram in nones:
        found += [Case(NONE, spm, False, True, (at_dram, False)) for spm in names]
        found += [Case(NONE, NONE, False, True, (at_dram, n)) for n in nones]
    return tuple(replace(case, reduces=flag) for case in found for flag in (False, True))


def _ones(case: Case, kind: Kind) -> list[tuple[str, tuple[str, ...]]]:
    """Factors that are 1 in a case: (level, dimensions)."""
    fixed = []
    if case.held:
        fixed.append((SPM, own_loops(kind, case.dram)))
    if not case.reduces:
        fixed.append((PE, free_loops(kind, OUTPUT)))
    if case.dram == NONE and not case.shared[0]:
        fixed.append((DRAM, loops(kind)))
    if case.spm == NONE and not case.shared[1]:
        fixed.append((SPM, loops(kind)))
    if case.looping is False:
        fixed.append((SPM, loops(kind)))
    return fixed


@cache
def demands(case: Case, kind: Kind) -> tuple[Demand, ...]:
    """Products that are at least 2 in a case."""
    found = []
    if case.dram != NONE:
        found.append(Demand(DRAM, free_loops(kind, case.dram), 2))
    elif case.shared[0]:
        found.append(Demand(DRAM, shared_loops(kind), 2))
    if case.spm != NONE:
        if not case.held or case.looping:
            found.append(Demand(SPM, free_loops(kind, case.spm), 2))
        if not case.held and case.spm == case.dram:
            found.append(Demand(SPM, own_loops(kind, case.spm), 2))
    elif case.shared[1]:
        found.append(Demand(SPM, shared_loops(kind), 2))
    if case.reduces:
        found.append(Demand(PE, free_loops(kind, OUTPUT), 2))
    return tuple(found)


def options_of(case: Case, space: MapSpace) -> tuple[Ints, ...] | None:
    """Options of each group that a case leaves, or None where it is empty."""
    kind = space.layer.kind
    keep = [np.ones(len(group), dtype=bool) for group in space.groups]
    for level, dims in _ones(case, kind):
        _keep_where(keep, space.groups, level, dims, True)
    parts = [(need, space.table.parts(need.product)) for need in demands(case, kind)]
    for need, columns in parts:
        if len(columns) == 1:
            ((group, column),) = columns
            keep[group] &= column >= need.least
    options = tuple(np.flatnonzero(k) for k in keep)
    if any(len(o) == 0 for o in options):
        return None
    for need, columns in parts:
        if prod(int(column[options[g]].max()) for g, column in columns) < need.least:
            return None
    return options


def _keep_where(
    keep: list[Bools], groups: Sequence[Group], level: str, dims: Sequence[str], one: bool
) -> None:
    for index, group in enumerate(groups):
        for d in group.dimensions:
            if d in dims:
                keep[index] &= (group.factor(level, d) == 1) == one
