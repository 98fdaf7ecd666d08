"""Closing a node with CP-SAT, which is asked for a mapping below the target.

Each candidate is scored exactly together with a block around it, the block is cut off,
tangents are added at the candidate, and the question is asked again, until the answer
is that there is none.
"""

from __future__ import annotations

import time
from dataclasses import replace
from math import exp, inf

from dmaze_cp.cp.constraints import Limits
from dmaze_cp.cp.model import Question, build_model
from dmaze_cp.cp.solve import Answer, SolverOptions, solve
from dmaze_cp.objective import Objective
from dmaze_cp.search.scoring import score_block
from dmaze_cp.search.state import MARGIN, NO_LOG_COST, Node, Search, unrounded


def close(state: Search, node: Node) -> bool:
    """Ask CP-SAT until nothing better is left in a node; False if time runs out first."""
    groups = tuple(g.take(o) for g, o in zip(state.space.groups, node.options, strict=True))
    space = replace(state.space, groups=groups)
    question = Question(space, node.table, node.relaxation, Limits(inf, inf))
    while not state.out_of_time():
        above = state.log_target(node)
        if node.beyond(above) or _too_dear(state, node):
            break
        began = time.monotonic()
        question.limits = limits_of(state, node)
        question.bounds = [(node.bound, above - node.bound.log_value)]
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
        fixed = score_block(state, node, solution.options)
        if not fixed:
            break
        question.cuts.append(fixed)
        question.tangents_at.append(node.table.at(solution.options))
    else:
        return False
    state.count(nodes_solved=1)
    return True


def _too_dear(state: Search, node: Node) -> bool:
    """Whether the least energy times the least latency of a node is beyond the target."""
    if state.objective is not Objective.EDP:
        return False
    energy, latency = node.least
    if state.target == inf or energy <= 0:
        return max(energy, latency) > exp(NO_LOG_COST / 2)
    return energy * latency > unrounded(Objective.EDP, state.target, energy) * (1 + MARGIN)


def limits_of(state: Search, node: Node) -> Limits:
    """What a mapping must cost at most to be of interest."""
    target = state.target
    if target == inf:
        return Limits(inf, inf)
    if state.objective is Objective.ENERGY:
        return Limits(unrounded(state.objective, target, 0.0), inf)
    if state.objective is Objective.LATENCY:
        return Limits(inf, target)
    energy, latency = node.least
    edp = unrounded(Objective.EDP, target, energy)
    if edp == inf:
        return Limits(inf, inf)
    return Limits(edp / latency, edp / energy, edp, energy, latency)
