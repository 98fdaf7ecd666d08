"""Exact scores of blocks of mappings; the best becomes the incumbent."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import inf, prod
from typing import Any

import numpy as np

from dmaze_cp.cost import evaluate
from dmaze_cp.cost.batch import BatchCost, Bools, Ints, Tiling, fits_batch, score_batch
from dmaze_cp.mapping import Dataflow, Mapping
from dmaze_cp.mapspace import (
    MapSpace,
    dataflow_exists,
    mapping_at,
    options_of_mapping,
    satisfies,
    stationary_exists,
    tiling_at,
)
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.cases import Case
from dmaze_cp.search.state import Found, Node, Search
from dmaze_cp.workload import Layer

TIE = 1e-15
"""Products that differ relatively by less may be in the wrong order as doubles."""


def score(state: Search, case: Case, options: Sequence[Ints]) -> None:
    """Score tilings of a case exactly and keep the best as incumbent.

    `options` are places in the map-space's lists, one array a group; they broadcast.
    """
    began = time.monotonic()
    space, layer = state.space, state.space.layer
    tiling = tiling_at(space, options)
    fits = fits_batch(layer, space.architecture, tiling) & satisfies(space, tiling)
    fits = fits & node_exists(case, layer, tiling)
    state.count(candidates=fits.size)
    places = np.nonzero(fits)
    if len(places[0]):
        valid = [np.broadcast_to(o, fits.shape)[places] for o in options]
        cost = score_batch(layer, space.architecture, tiling_at(space, valid), case.dataflow)
        _keep_best(state, case, valid, cost)
    state.count(rescore_s=time.monotonic() - began)


def _keep_best(state: Search, case: Case, options: Sequence[Ints], cost: BatchCost) -> None:
    """Make the best of some valid mappings the incumbent, if it is better."""
    value = np.asarray(
        cost.energy_pj
        if state.objective is Objective.ENERGY
        else cost.latency_cycles
        if state.objective is Objective.LATENCY
        else cost.edp
    )
    least = float(value.min())
    if state.best is not None and least > state.best.value * (1 + TIE):
        return
    # Doubles cannot tell products above 2**53 apart: the closest are compared as integers.
    closest = np.flatnonzero(value <= least * (1 + TIE))
    energy, latency = (
        _integers(np.broadcast_to(c, value.shape)[closest])
        for c in (cost.energy_pj, cost.latency_cycles)
    )
    exact = _exact(state.objective, energy, latency)
    first = int(np.argmin(exact))
    if state.best is None or exact[first] < state.best.value:
        chosen = tuple(int(o[closest[first]]) for o in options)
        state.best = Found(chosen, _flow_of(case, state.space, chosen), int(exact[first]))


_integers = np.frompyfunc(int, 1, 1)
"""Python integers of any size, from doubles or 64-bit integers that hold integers."""


def _exact(objective: Objective, energy_pj: Any, latency_cycles: Any) -> Any:
    """Values of arrays of Python integers."""
    return objective.of(energy_pj, latency_cycles)


def node_exists(case: Case, layer: Layer, tiling: Tiling) -> Bools:
    """Whether tilings have orders with the case's dataflow.

    A held operand needs no loops at SPM: it is held over none of them too.
    """
    if case.held:
        return stationary_exists(layer.kind, case.dram, dict(tiling["DRAM"]))
    return dataflow_exists(layer.kind, case.dataflow, tiling)


def _flow_of(case: Case, space: MapSpace, options: Sequence[int]) -> Dataflow:
    """The dataflow of one tiling of a case (a held operand may have no SPM loops)."""
    factors = tiling_at(space, [np.asarray(o) for o in options])
    exists = stationary_exists(space.layer.kind, case.spm, dict(factors["SPM"]))
    return case.dataflow if bool(exists) else Dataflow(case.dram, "none")


def score_known(state: Search, mapping: Mapping) -> None:
    """Make a known tiling the incumbent, with its best dataflow, if it is in the map-space."""
    space = state.space
    options = options_of_mapping(space, mapping)
    if options is None:
        return
    places = [np.array([o]) for o in options]
    tiling = tiling_at(space, places)
    if not (fits_batch(space.layer, space.architecture, tiling) & satisfies(space, tiling)).all():
        return
    for flow in space.dataflows:
        if bool(np.all(dataflow_exists(space.layer.kind, flow, tiling))):
            cost = evaluate(mapping_at(space, options, flow), space.architecture)
            value = state.objective.of(cost.energy_pj, cost.latency_cycles)
            if state.best is None or value < state.best.value:
                state.best = Found(options, flow, value)


def score_all(state: Search, case: Case, options: Sequence[Ints]) -> None:
    """Score every combination of some options of a case."""
    score(state, case, np.ix_(*options))


def score_head(state: Search, node: Node) -> None:
    """Score the mappings around a node's least reduced costs."""
    ranked = [np.argsort(r, kind="stable") for r in node.bound.reduced]
    costs = [r[order] for r, order in zip(node.bound.reduced, ranked, strict=True)]
    sizes = [1] * len(costs)
    while True:
        # Take the next cheapest option of any group, as long as the block stays small.
        following = [c[n] if n < len(c) else inf for c, n in zip(costs, sizes, strict=True)]
        g = int(np.argmin(following))
        if following[g] == inf or prod(sizes) // sizes[g] * (sizes[g] + 1) > state.settings.head:
            break
        sizes[g] += 1
    best = [order[:n] for order, n in zip(ranked, sizes, strict=True)]
    score_all(state, node.case, [o[b] for o, b in zip(node.options, best, strict=True)])


def score_block(state: Search, node: Node, options: Sequence[int]) -> dict[int, int]:
    """Score a candidate with a block around it; what stays fixed in the block.

    The longest lists of options are freed, as long as the block stays small.
    """
    sizes = [len(o) for o in node.options]
    free: list[int] = []
    for g in sorted(range(len(sizes)), key=lambda g: -sizes[g]):
        if prod(sizes[i] for i in free) * sizes[g] <= state.settings.block:
            free.append(g)
    lists = [o if g in free else o[[options[g]]] for g, o in enumerate(node.options)]
    score_all(state, node.case, lists)
    return {g: o for g, o in enumerate(options) if g not in free and sizes[g] > 1}
