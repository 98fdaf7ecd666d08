"""Closing nodes with CP-SAT."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import exp, inf, log

import numpy as np

from dmaze_cp.cp.closing import Closing, close
from dmaze_cp.cp.model import CaseProblem
from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.errors import ProofError
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.dual import Schedule
from dmaze_cp.search.bounding import duals_of, log_limit
from dmaze_cp.search.combining import combinations
from dmaze_cp.search.incumbent import MARGIN, NO_LOG_COST, rounded, unrounded
from dmaze_cp.search.node import Node
from dmaze_cp.search.run import Run
from dmaze_cp.search.scoring import score

LEAST: Schedule = ((0.05, 15),)
"""Schedule of the bounds of energy and latency that bound their product."""


def close_by_solving(
    run: Run, solver: SolverOptions, pruned: Callable[[Run, Node], Sequence[Node]]
) -> bool:
    """Ask CP-SAT for better mappings of every open node; False if time runs out.

    Parameters
    ----------
    pruned
        What bounds leave of a node, once something better of its kind was found.
    """
    least = _least(run)
    for node in sorted(run.open, key=lambda n: n.log_bound):
        if run.is_beyond(node) or _is_above(run, node, least[node]):
            run.count(nodes_bounded=1)
            run.close(node)
        elif run.is_tied(node):
            run.tied.append(node)
        elif run.ended():
            return False
        else:
            for part in pruned(run, node) if node.kinds else [node]:
                closing = _close(run, part, solver, least[node])
                if not closing.decided:
                    return False
                run.count(nodes_solved=1)
                if closing.closed:
                    run.close(part)
                else:
                    run.tied.append(part)
        run.open.remove(node)
        run.tell()
    return True


def _is_above(run: Run, node: Node, least: tuple[float, float]) -> bool:
    """Whether least energy times least latency is more than what is of interest."""
    energy_pj, latency_cycles = least
    is_product = run.best.objective is Objective.EDP
    return is_product and energy_pj * latency_cycles > _limit(run, node)


def _least(run: Run) -> dict[Node, tuple[float, float]]:
    """Least energy and latency of every open node; only their product needs them."""
    found = {node: (node.least_energy_pj, 1.0) for node in run.open}
    costs = {run.best.objective, *(limit.objective for limit in run.best.within)}
    if Objective.EDP not in costs or not run.open or run.ended():
        return found
    began = time.monotonic()
    count, costs_of = len(run.open), (Objective.ENERGY, Objective.LATENCY)
    each = [objective for objective in costs_of for _ in run.open]
    duals, _ = duals_of(run.prepared, [*run.open, *run.open], each)
    bounds = duals.solve(schedule=LEAST, stop_above=NO_LOG_COST)
    least = [exp(min(b.log_value, NO_LOG_COST)) * (1 - MARGIN) for b in bounds]
    run.count(bound_s=time.monotonic() - began)
    for node, energy, latency in zip(run.open, least[:count], least[count:], strict=True):
        found[node] = (max(energy, node.least_energy_pj), max(latency, 1.0))
    return found


def _close(run: Run, node: Node, solver: SolverOptions, least: tuple[float, float]) -> Closing:
    prepared, best = run.prepared, run.best

    began = time.monotonic()
    case = node.case.case
    guard = _worth(run, node)
    most = max(_limit(run, node), guard)
    within = [(at.objective, _largest(log_limit(at, node))) for at in best.within]
    problem = CaseProblem(
        prepared.space, prepared.atoms, case, node.options, best.objective, most, least, within
    )
    if guard:
        _check_incumbent(run, problem, guard)
    run.count(build_s=time.monotonic() - began)
    began, scoring = time.monotonic(), 0.0

    def block(candidate: tuple[int, ...]) -> dict[int, int]:
        nonlocal scoring
        start = time.monotonic()
        fixed = _score_block(run, node, candidate)
        scoring += time.monotonic() - start
        run.tell()
        return fixed

    def decided(bound: float) -> bool:
        log_bound = log(bound) if bound > 0 else -inf
        least = rounded(best.objective, log_bound, node.least_energy_pj)
        return best.has_only_equals(least, node.kinds)

    hint = best.found.options if guard and best.found is not None else None
    closing = close(
        problem, lambda: _limit(run, node), block, solver, run.time_left, run.ended, hint, decided
    )
    solving = time.monotonic() - began - scoring
    run.count(solve_s=solving, rescore_s=scoring, cp_calls=closing.rounds)
    return closing


def _limit(run: Run, node: Node) -> float:
    """The largest cost of a mapping of the node, before it is rounded, that is of interest."""
    return _largest(run.log_target(node))


def _largest(log_cost: float) -> float:
    return inf if log_cost >= NO_LOG_COST else exp(log_cost) * (1 + MARGIN)


def _worth(run: Run, node: Node) -> float:
    """The incumbent's cost before rounding, at most, where it is a mapping of the node; else 0."""
    found = run.best.found
    if found is None or found.case is not node.case.case:
        return 0.0
    if not all(o in left for o, left in zip(found.options, node.options, strict=True)):
        return 0.0
    value = found.value(run.best.objective)
    return unrounded(run.best.objective, value, node.least_energy_pj) * (1 + MARGIN)


def _check_incumbent(run: Run, problem: CaseProblem, worth: float) -> None:
    """Check that a model allows the incumbent, at no more than it costs.

    Raises
    ------
    ProofError
        When it does not: what it says of other mappings is worth nothing then.
    """
    found = run.best.found
    cost = None if found is None else problem.relaxed_cost(found.options)
    if cost is None or cost > worth:
        space = run.prepared.space
        raise ProofError(
            f"a CP-SAT model has {cost!r} for a mapping ({found}) that costs at most {worth!r} in "
            f"{run.best.objective} of {space.layer} on {space.architecture} within "
            f"{space.constraints}"
        )


def _score_block(run: Run, node: Node, options: tuple[int, ...]) -> dict[int, int]:
    """Score a candidate with a block around it; what stays fixed in the block.

    The longest lists of options are freed one after the other, as long as few enough of their
    combinations may be better than the incumbent. The shortest of several stays fixed: it is the
    solver that closes the node.
    """
    space, room = run.prepared.space, run.log_target(node) - node.bound.log_value
    places = [np.flatnonzero(o == options[g]) for g, o in enumerate(node.options)]
    block = [np.array([o]) for o in options]
    by_length = sorted(range(len(options)), key=lambda g: -len(node.options[g]))
    choices = [g for g in by_length if len(node.options[g]) > 1]
    for g in choices[:-1] or choices:
        tried = [np.arange(len(node.options[g])) if i == g else p for i, p in enumerate(places)]
        picked = combinations(
            space.table,
            [o[p] for o, p in zip(node.options, tried, strict=True)],
            node.case.limits,
            [r[p] for r, p in zip(node.bound.reduced, tried, strict=True)],
            room,
            run.settings.block,
        )
        if picked is not None:
            places, block = tried, picked
    run.count(candidates=score(run.best, space, node, block))
    return {g: o for g, o in enumerate(options) if len(places[g]) < len(node.options[g])}
