"""The loop over nodes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import inf

import numpy as np

from dmaze_cp.cost.batch import Ints
from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.engine import Engine
from dmaze_cp.relaxation.dual import Schedule
from dmaze_cp.search.bounding import AGAIN, FIRST, FULL, bound_nodes, within
from dmaze_cp.search.combining import combinations
from dmaze_cp.search.node import Node, by_kind, keep, root, split
from dmaze_cp.search.run import Run
from dmaze_cp.search.scoring import score

HEADS = 5
"""In each round, nodes whose best mappings are scored for an incumbent, where all kinds count."""

MORE = 10
"""Where that gives none of a kind that counts, so many times more are scored."""

WORTHWHILE = 0.5
"""A node that has lost this share of its tilings is bounded again before it is split."""


def start(run: Run, insist: bool) -> None:
    """Score small cases whole; open a node for every other, with a rough bound."""
    for case in run.prepared.cases:
        run.count(cases=1)
        node = root(run.prepared, case, run.best.objective)
        if node.size <= run.settings.scored and run.engine is not Engine.CP_SAT:
            _score(run, node, inf)
            run.close(node)
            run.count(cases_scored=1, nodes_scored=1)
        else:
            run.open.append(node)
    if run.open and (insist or not run.ended()):
        _bound(run, run.open, FIRST)
        _score_heads(run, run.open, insist)


def _bound(run: Run, nodes: Sequence[Node], schedule: Schedule) -> None:
    began = time.monotonic()
    nodes = [node for node in nodes if not run.is_beyond(node)]
    bound_nodes(run.prepared, run.best, nodes, schedule)
    run.count(bound_s=time.monotonic() - began)


def _score_heads(run: Run, nodes: Sequence[Node], insist: bool = False) -> None:
    """Score the mappings around the least reduced costs of the nodes with the least bounds.

    Where only the best of each kind counts, around those of all nodes, and around more where a
    kind was not seen yet. Who insists on a mapping gets those of further nodes until there is one.
    """
    for place, node in enumerate(sorted(nodes, key=lambda n: n.log_bound)):
        more = node.kinds or (insist and run.best.found is None)
        if run.is_beyond(node) or not (more or place < HEADS):
            continue
        for most in (run.settings.head, run.settings.head * MORE):
            room = run.log_target(node) - node.bound.log_value
            _score(run, node, room, most, trim=True)
            if not run.best.lacks(node.kinds):
                break


def _score(
    run: Run, node: Node, room: float, most: int | None = None, *, trim: bool = False
) -> int | None:
    """Score combinations within some room; of more than `most`, none or the cheapest."""
    began = time.monotonic()
    space = run.prepared.space
    picked = combinations(
        space.table, node.options, node.case.limits, node.bound.reduced, room, most, trim
    )
    scored = None if picked is None else score(run.best, space, node, picked)
    run.count(rescore_s=time.monotonic() - began, candidates=scored or 0)
    return scored


def close_all(run: Run, solver: SolverOptions) -> bool:
    """Close all nodes; False if time runs out."""
    if run.engine is Engine.BOUNDS:
        return _in_rounds(run, _advance, lambda *_: True)
    if not _reduce(run):
        return False
    if not run.open:
        return True
    # The solver takes a while to load.
    from dmaze_cp.search.solving import close_by_solving

    return close_by_solving(run, solver, _pruned)


def _reduce(run: Run) -> bool:
    """Bound all nodes, drop options, close what can be closed; False if time runs out."""

    def advance(run: Run, node: Node) -> list[Node]:
        return [] if _is_scored(run, node) else _parted(run, _pruned(run, node))

    def again(node: Node, part: Node) -> bool:
        return len(node.kinds) > 1 or part.size <= WORTHWHILE * node.size

    return _in_rounds(run, advance, again)


def _in_rounds(
    run: Run,
    advance: Callable[[Run, Node], list[Node]],
    again: Callable[[Node, Node], bool],
) -> bool:
    """Bound nodes and look for incumbents, round by round; False if time runs out.

    Parameters
    ----------
    advance
        What is left of a node that was bounded.
    again
        Whether a part of a node is worth another round.
    """
    fresh, schedule = list(run.open), FULL
    while fresh:
        if run.ended():
            return False
        _bound(run, fresh, schedule)
        schedule = AGAIN
        _score_heads(run, fresh)
        following: list[Node] = []
        for node in sorted(fresh, key=lambda n: n.log_bound):
            if run.ended():
                return False
            left = advance(run, node)
            run.open.remove(node)
            run.open += left
            following += [part for part in left if again(node, part)]
        fresh = following
        run.tell()
    return True


def _is_scored(run: Run, node: Node) -> bool:
    """Close a node by scoring all that may be better, if the engine does and it is little."""
    if run.engine is Engine.CP_SAT or run.is_beyond(node):
        return False
    room = run.log_target(node) - node.bound.log_value
    if _score(run, node, room, run.settings.scored) is None:
        return False
    run.close(node)
    run.count(nodes_scored=1)
    return True


def _pruned(run: Run, node: Node) -> list[Node]:
    """What a bound leaves of a node: nothing, or the options that leave room."""
    if run.is_beyond(node):
        run.close(node)
        run.count(nodes_bounded=1)
        return []
    room = run.log_target(node) - node.bound.log_value
    kept = within(node, room)
    if run.engine is Engine.CP_SAT:
        kept = _joint(run, node, room) or kept
        if not len(kept[0]):
            run.close(node)
            run.count(nodes_bounded=1)
            return []
    if all(len(k) == len(o) for k, o in zip(kept, node.options, strict=True)):
        return _unless_tied(run, node)
    run.closed = min(run.closed, run.best.unscored(node.kinds))
    return _unless_tied(run, keep(run.prepared, node, kept))


def _parted(run: Run, nodes: Sequence[Node]) -> list[Node]:
    """The parts of nodes that have one kind each, without those that hold nothing of interest."""
    parts = []
    for node in nodes:
        for part in by_kind(run.prepared, node):
            if run.is_beyond(part):
                run.close(part)
                run.count(nodes_bounded=1)
            else:
                parts += _unless_tied(run, part)
    return parts


def _unless_tied(run: Run, node: Node) -> list[Node]:
    """A node, unless it holds nothing better, but perhaps equals: then it is set aside."""
    if not run.is_tied(node):
        return [node]
    run.tied.append(node)
    return []


def _joint(run: Run, node: Node, room: float) -> list[Ints] | None:
    """For each group, the options of the combinations that leave room; None if these are many.

    Like `within`, but reduced costs are added up over all groups, and limits count too.
    """
    places = [np.arange(len(o)) for o in node.options]
    picked = combinations(
        run.prepared.space.table,
        node.options,
        node.case.limits,
        node.bound.reduced,
        room,
        run.settings.scored,
    )
    if picked is None:
        return None
    return [p[np.isin(o, left)] for p, o, left in zip(places, node.options, picked, strict=True)]


def _advance(run: Run, node: Node) -> list[Node]:
    """Close a node, or what is left of it: a smaller one, its parts by kind, or two halves."""
    if _is_scored(run, node):
        return []
    left = _pruned(run, node)
    if len(node.kinds) > 1:
        return _parted(run, left)
    if left and left[0].size > WORTHWHILE * node.size:
        return split(run.prepared, left[0])
    return left
