"""The search for one layer's best mapping, and its proof.

1. Every case of the map-space gets a Lagrangian bound; the options with the least
   reduced costs are scored exactly and give the first incumbent.
2. A case whose bound is not below the incumbent holds nothing better. Of the others,
   options whose reduced cost exceeds the room below the incumbent are dropped.
3. CP-SAT is asked for a mapping of the case below the incumbent. Each candidate is scored
   exactly together with a block around it, the block is cut off, and the question asked
   again, until the answer is that there is none.

The bound of the whole is the least bound of the cases that are still open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, exp, inf, log, prod

import numpy as np

from dmaze_cp.cost.batch import Bools, Ints, Tiling, fits_batch, score_batch
from dmaze_cp.cp.constraints import Limits
from dmaze_cp.cp.model import Question, build_model
from dmaze_cp.cp.solve import Answer, SolverOptions, solve
from dmaze_cp.mapping import Dataflow
from dmaze_cp.mapspace import MapSpace, dataflow_exists, satisfies, stationary_exists, tiling_at
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.atoms import AtomTable, atom_table
from dmaze_cp.relaxation.cases import Case, cases, options_of
from dmaze_cp.relaxation.dual import SCHEDULE, Bound, Dual
from dmaze_cp.relaxation.terms import Relaxation, relax
from dmaze_cp.result import Incumbent, SearchStats
from dmaze_cp.workload import Layer

MARGIN = 1e-9
"""Relative slack that covers the rounding of doubles in a bound."""

NO_LOG_COST = 300.0
"""No mapping's cost has so large a logarithm: a higher bound proves a case empty."""

HEAD = 20_000
"""Mappings scored around the best reduced costs of a case."""

BLOCK = 40_000
"""Mappings scored with a candidate."""

EXHAUSTIVE = 4_000
"""Cases with so few tilings left are scored whole."""

FIRST = ((0.1, 12),)
"""Schedule of the first, rough bound of every case."""


@dataclass(frozen=True, eq=False)
class Found:
    """A mapping that was found: its options in the map-space, its value, its dataflow."""

    options: tuple[int, ...]
    dataflow: Dataflow
    value: int


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What a search returns.

    Attributes
    ----------
    best
        The best mapping found, or None.
    bound
        Proven lower bound of the objective (inf: proven that no mapping fits).
    complete
        The search ended by itself, not at a limit.
    stats
        What was done and how long it took.
    """

    best: Found | None
    bound: float
    complete: bool
    stats: SearchStats


@dataclass(eq=False)
class OpenCase:
    """A case that may hold a better mapping, with the options that are left."""

    case: Case
    options: tuple[Ints, ...]
    table: AtomTable
    relaxation: Relaxation
    bound: Bound

    @property
    def size(self) -> float:
        """Number of tilings left."""
        return float(np.prod([float(len(o)) for o in self.options]))


@dataclass
class Search:
    """State of one search."""

    space: MapSpace
    objective: Objective
    gap: float
    deadline: float
    workers: int = 1
    seed: int = 0
    stop: Callable[[], bool] | None = None
    on_progress: Callable[[Incumbent], None] | None = None
    started: float = field(default_factory=time.monotonic)
    best: Found | None = None
    open: list[OpenCase] = field(default_factory=list)
    stats: SearchStats = field(default_factory=SearchStats)

    def count(self, **changes: float) -> None:
        """Add to the statistics."""
        current = {name: getattr(self.stats, name) + value for name, value in changes.items()}
        self.stats = replace(self.stats, **current)

    def out_of_time(self) -> bool:
        """Whether the search has to end now."""
        return time.monotonic() >= self.deadline or (self.stop is not None and self.stop())

    @property
    def target(self) -> float:
        """Largest cost that is still of interest: below the incumbent, or by the gap below."""
        if self.best is None:
            return inf
        return min(self.best.value - 1, self.best.value * (1 - self.gap))

    def log_target(self, least_energy_pj: float) -> float:
        """Logarithm of the largest relaxed cost that is still of interest."""
        target = self.target
        if target == inf:
            return NO_LOG_COST
        loose = unrounded(self.objective, target, least_energy_pj)
        return log(loose) + MARGIN if loose > 0 else -inf


def unrounded(objective: Objective, cost: float, least_energy_pj: float) -> float:
    """Largest cost before the energy is rounded, for a cost after."""
    if objective is Objective.LATENCY:
        return cost
    if objective is Objective.ENERGY:
        return cost + 0.5
    if least_energy_pj <= 0.5:
        return inf
    return cost * (1 + 0.5 / (least_energy_pj - 0.5))


def rounded(objective: Objective, log_value: float, least_energy_pj: float) -> float:
    """Lower bound of the cost after rounding, from the logarithm of one before."""
    if log_value == -inf:
        return 0.0
    if log_value >= NO_LOG_COST:
        return inf
    value = exp(log_value) * (1 - MARGIN)
    if objective is Objective.LATENCY:
        return float(ceil(value))
    if objective is Objective.ENERGY:
        return float(max(0, ceil(value - 0.5)))
    return value * max(0.0, 1 - 0.5 / least_energy_pj) if least_energy_pj > 0 else 0.0


def least_energy(relaxation: Relaxation, table: AtomTable) -> float:
    """An energy (pJ) that no mapping of the case is below: each term at its least."""
    return sum(t.coefficient * exp(table.extreme(t.row, False)) for t in relaxation.energy) * (
        1 - MARGIN
    )


def search(
    space: MapSpace,
    objective: Objective,
    *,
    time_limit: float,
    gap: float = 0.0,
    workers: int = 1,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    on_progress: Callable[[Incumbent], None] | None = None,
) -> SearchResult:
    """Find and prove the best mapping of a map-space.

    Parameters
    ----------
    space
        Tilings and what they must satisfy; no group may be empty.
    time_limit
        Wall seconds.
    gap
        Stop once ``(value - bound) / value`` is at most this.
    workers, seed
        Passed on to CP-SAT.
    stop
        Polled; the search ends soon after it returns True.
    on_progress
        Called with the incumbent and the bound when one of them has changed.
    """
    state = Search(
        space,
        objective,
        gap,
        time.monotonic() + time_limit,
        workers,
        seed,
        stop,
        on_progress,
    )
    complete = _bound_cases(state) and _close_cases(state)
    return SearchResult(state.best, lower_bound(state), complete, state.stats)


def lower_bound(state: Search) -> float:
    """The least that any mapping can cost, as far as proven."""
    least = min(
        (
            rounded(state.objective, c.bound.log_value, least_energy(c.relaxation, c.table))
            for c in state.open
        ),
        default=inf,
    )
    if state.best is None:
        return least
    closed = state.best.value if state.gap == 0 else min(state.best.value, state.target)
    return min(least, closed)


def _report(state: Search) -> None:
    if state.on_progress is not None:
        value = None if state.best is None else state.best.value
        elapsed = time.monotonic() - state.started
        state.on_progress(Incumbent(value, lower_bound(state), elapsed))


def _bound_cases(state: Search) -> bool:
    """Bound every case roughly, find an incumbent, then bound what is left well."""
    began = time.monotonic()
    table = atom_table(state.space)
    for case in cases(state.space.layer.kind):
        options = options_of(case, state.space)
        if options is None:
            continue
        mine = table.take(options)
        relaxation = relax(state.space, mine, case)
        bound = Bound(-inf, tuple(np.zeros(len(o)) for o in options), np.zeros(0))
        state.open.append(OpenCase(case, options, mine, relaxation, bound))
    state.count(cases=len(state.open))
    for item in state.open:
        if state.out_of_time():
            return False
        dual = Dual(item.relaxation, item.table, state.objective)
        item.bound = dual.solve(schedule=FIRST, stop_above=NO_LOG_COST)
    state.open.sort(key=lambda c: c.bound.log_value)
    state.count(bound_s=time.monotonic() - began)
    for item in state.open[:4]:
        score_head(state, item)
    _report(state)
    return True


def _close_cases(state: Search) -> bool:
    """Close the open cases one by one, the one with the least bound first."""
    done: list[OpenCase] = []
    for item in list(state.open):
        if state.out_of_time():
            return False
        if not _tighten(state, item):
            state.count(cases_bounded=1)
            state.open.remove(item)
            continue
        done.append(item)
    state.open.sort(key=lambda c: c.bound.log_value)
    for item in list(state.open):
        score_head(state, item)
        if not close(state, item):
            return False
        state.open.remove(item)
        _report(state)
    return True


def _tighten(state: Search, item: OpenCase) -> bool:
    """Improve a case's bound and drop options; False if nothing better is left in it."""
    began = time.monotonic()
    try:
        for _ in range(4):
            above = state.log_target(least_energy(item.relaxation, item.table))
            if item.bound.log_value > above:
                return False
            dual = Dual(item.relaxation, item.table, state.objective)
            bound = dual.solve(
                item.bound.weights if len(item.bound.weights) else None,
                schedule=SCHEDULE,
                stop_above=above,
            )
            if bound.log_value > item.bound.log_value:
                item.bound = bound
            if item.bound.log_value > above:
                return False
            if not _drop_options(state, item, above) or state.out_of_time():
                break
        return True
    finally:
        state.count(bound_s=time.monotonic() - began)


def _drop_options(state: Search, item: OpenCase, above: float) -> bool:
    """Drop options that cost more than there is room for; False if few enough went."""
    room = above - item.bound.log_value + MARGIN
    keep = [np.flatnonzero(r <= room) for r in item.bound.reduced]
    left = prod(float(len(k)) for k in keep)
    if left > 0.7 * item.size:
        return False
    shrink(item, state.space, keep)
    return True


def shrink(item: OpenCase, space: MapSpace, keep: Sequence[Ints]) -> None:
    """Keep some options of a case; its relaxation gets tighter."""
    item.options = tuple(o[k] for o, k in zip(item.options, keep, strict=True))
    item.table = item.table.take(keep)
    item.relaxation = relax(space, item.table, item.case)
    reduced = tuple(r[k] for r, k in zip(item.bound.reduced, keep, strict=True))
    item.bound = replace(item.bound, reduced=reduced)


def score(state: Search, item: OpenCase, picked: Sequence[Ints]) -> None:
    """Score tilings exactly and keep the best as incumbent.

    `picked` indexes the case's options; one array a group, and they broadcast.
    """
    began = time.monotonic()
    space, layer = state.space, state.space.layer
    options = [o[p] for o, p in zip(item.options, picked, strict=True)]
    tiling = tiling_at(space, options)
    flow = item.case.dataflow
    fits = fits_batch(layer, space.architecture, tiling) & satisfies(space, tiling)
    fits = fits & item_exists(item, layer, tiling)
    cost = score_batch(layer, space.architecture, tiling, flow)
    value = {
        Objective.ENERGY: cost.energy_pj,
        Objective.LATENCY: cost.latency_cycles,
        Objective.EDP: cost.edp,
    }[state.objective]
    value = np.where(fits, value, inf)
    state.count(candidates=value.size)
    at = np.unravel_index(int(np.argmin(value)), value.shape)
    best = float(value[at])
    if best < (inf if state.best is None else state.best.value):
        energy = int(np.broadcast_to(cost.energy_pj, value.shape)[at])
        latency = int(np.broadcast_to(cost.latency_cycles, value.shape)[at])
        chosen = tuple(int(np.broadcast_to(o, value.shape)[at]) for o in options)
        exact = state.objective.of(energy, latency)
        if state.best is None or exact < state.best.value:
            state.best = Found(chosen, _flow_of(item.case, space, chosen), exact)
    state.count(rescore_s=time.monotonic() - began)


def item_exists(item: OpenCase, layer: Layer, tiling: Tiling) -> Bools:
    """Whether tilings have orders with the case's dataflow.

    A held operand needs no loops at SPM: it is held over none of them too.
    """
    if item.case.held:
        return stationary_exists(layer.kind, item.case.dram, dict(tiling["DRAM"]))
    return dataflow_exists(layer.kind, item.case.dataflow, tiling)


def _flow_of(case: Case, space: MapSpace, options: Sequence[int]) -> Dataflow:
    """The dataflow of one tiling of a case (a held operand may have no SPM loops)."""
    factors = tiling_at(space, [np.asarray(o) for o in options])
    exists = stationary_exists(space.layer.kind, case.spm, dict(factors["SPM"]))
    return case.dataflow if bool(exists) else Dataflow(case.dram, "none")


def score_head(state: Search, item: OpenCase) -> None:
    """Score the mappings around a case's least reduced costs."""
    ranked = [np.argsort(r, kind="stable") for r in item.bound.reduced]
    costs = [r[order] for r, order in zip(item.bound.reduced, ranked, strict=True)]
    sizes = [1] * len(costs)
    while True:
        # Take the next cheapest option of any group, as long as the block stays small.
        following = [c[n] if n < len(c) else inf for c, n in zip(costs, sizes, strict=True)]
        g = int(np.argmin(following))
        if following[g] == inf or prod(sizes) // sizes[g] * (sizes[g] + 1) > HEAD:
            break
        sizes[g] += 1
    score(state, item, np.ix_(*(order[:n] for order, n in zip(ranked, sizes, strict=True))))


def close(state: Search, item: OpenCase) -> bool:
    """Ask CP-SAT until nothing better is left in a case; False if time runs out first."""
    if not _tighten(state, item):
        state.count(cases_bounded=1)
        return True
    if item.size <= EXHAUSTIVE:
        score(state, item, np.ix_(*(np.arange(len(o)) for o in item.options)))
        state.count(cases_scored=1)
        return True
    question = Question(state.space, item.table, item.relaxation, Limits(inf, inf))
    while not state.out_of_time():
        above = state.log_target(least_energy(item.relaxation, item.table))
        if item.bound.log_value > above:
            break
        began = time.monotonic()
        groups = tuple(g.take(o) for g, o in zip(state.space.groups, item.options, strict=True))
        question.space = replace(state.space, groups=groups)
        limits = limits_of(state, item)
        if limits is None:
            break
        question.limits = limits
        question.bounds = [(item.bound, above - item.bound.log_value)]
        built = build_model(question)
        state.count(build_s=time.monotonic() - began, cp_calls=1)
        began = time.monotonic()
        options = SolverOptions(state.workers, state.seed)
        left = state.deadline - began
        solution = solve(built.model, built.choices, options, left, state.stop)
        state.count(solve_s=time.monotonic() - began)
        if solution.answer is Answer.NONE:
            break
        if solution.answer is Answer.STOPPED:
            return False
        if not _cut_block(state, item, question, solution.options):
            break
    else:
        return False
    state.count(cases_solved=1)
    return True


def _cut_block(
    state: Search, item: OpenCase, question: Question, options: Sequence[int]
) -> bool:
    """Score a block around a candidate and cut it; False if the block was the whole case."""
    sizes = [len(o) for o in item.options]
    free: list[int] = []
    for g in sorted(range(len(sizes)), key=lambda g: -sizes[g]):
        if prod(sizes[i] for i in free) * sizes[g] <= BLOCK:
            free.append(g)
    picked = np.ix_(
        *(np.arange(sizes[g]) if g in free else np.array([o]) for g, o in enumerate(options))
    )
    score(state, item, picked)
    question.cuts.append({g: o for g, o in enumerate(options) if g not in free and sizes[g] > 1})
    question.tangents_at.append(item.table.at(options))
    return bool(question.cuts[-1])


def limits_of(state: Search, item: OpenCase) -> Limits | None:
    """What a mapping of a case must cost at most to be of interest.

    None where no mapping can: the case turns out empty.
    """
    if state.target == inf:
        return Limits(inf, inf)
    if state.objective is not Objective.EDP:
        limit = unrounded(state.objective, state.target, 0.0)
        return Limits(limit, inf) if state.objective is Objective.ENERGY else Limits(inf, limit)
    least = {}
    for objective in (Objective.ENERGY, Objective.LATENCY):
        dual = Dual(item.relaxation, item.table, objective)
        bound = dual.solve(schedule=SCHEDULE, stop_above=NO_LOG_COST)
        if bound.log_value > NO_LOG_COST:
            return None
        least[objective] = exp(bound.log_value) * (1 - MARGIN)
    energy, latency = least[Objective.ENERGY], max(1.0, least[Objective.LATENCY])
    energy = max(energy, least_energy(item.relaxation, item.table))
    edp = unrounded(Objective.EDP, state.target, energy)
    if edp == inf:
        return Limits(inf, inf)
    return Limits(edp / latency, edp / energy, edp, energy, latency)
