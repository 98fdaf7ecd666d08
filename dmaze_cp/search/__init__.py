"""The search for one layer's best mapping, and its proof.

1. Every case of the map-space is a *node* with a Lagrangian bound; the options with the
   least reduced costs are scored exactly and give the first incumbent
   (`dmaze_cp.search.bounding`, `dmaze_cp.search.scoring`).
2. A node whose bound is above the incumbent holds nothing better. Of the others, options
   whose reduced cost exceeds the room below the incumbent are dropped; a node that is
   still large is split in two.
3. CP-SAT is asked for a mapping of the node below the incumbent, until there is none
   (`dmaze_cp.search.closing`).

The bound of the whole is the least bound of the nodes that are still open.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dmaze_cp.mapspace import MapSpace, tilings_count
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.atoms import atom_table
from dmaze_cp.result import NOTHING_KNOWN, Incumbent, Known, SearchStats
from dmaze_cp.search.bounding import bound_both, start, tighten
from dmaze_cp.search.closing import close
from dmaze_cp.search.scoring import score_known
from dmaze_cp.search.state import Found, Search, SearchSettings

DEFAULTS = SearchSettings()


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
    known: Known = NOTHING_KNOWN,
    quick: bool = False,
    cutoff: int | None = None,
    settings: SearchSettings = DEFAULTS,
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
    known
        Mapping and bound to start from.
    quick
        End after the first bound of every case and the mappings scored with it, however
        long these take.
    cutoff
        Mappings that cost so much or more are of no interest: the search ends with a bound
        of at least the cutoff if there is no cheaper one.
    settings
        Sizes that trade speed, none of which changes the answer.
    """
    deadline = time.monotonic() + time_limit
    table = atom_table(space)
    state = Search(
        space, table, objective, gap, deadline, settings, workers, seed, stop, on_progress, cutoff
    )
    state.count(map_space=tilings_count(space.layer))
    state.proven = known.bound
    if known.mapping is not None:
        score_known(state, known.mapping)
    if state.proven > state.target:
        return SearchResult(state.best, state.lower_bound(), True, state.stats)
    start(state, insist=quick)
    state.report()
    if quick and state.open:
        return SearchResult(state.best, state.lower_bound(), False, state.stats)
    if not state.out_of_time():
        tighten(state)
    complete = _close_all(state)
    return SearchResult(state.best, state.lower_bound(), complete, state.stats)


def _close_all(state: Search) -> bool:
    """Close the open nodes, the one with the least bound first; False if time runs out."""
    state.open.sort(key=lambda n: n.log_bound)
    if state.objective is Objective.EDP and not state.out_of_time():
        bound_both(state, state.open)
    for node in list(state.open):
        if not close(state, node):
            return False
        state.open.remove(node)
        state.report()
    return True


__all__ = ["DEFAULTS", "SearchResult", "SearchSettings", "search"]
