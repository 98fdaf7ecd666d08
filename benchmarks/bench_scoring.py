"""Random mappings for the package's batch scorer, and how long it takes to score them.

Each mapping has a tiling of its own (no blocks that share factors), in a random case of
the cost that it belongs to: one for each dataflow that it has.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from dmaze_cp import Layer, load_workload
from dmaze_cp.cost.batch import BatchCost, Bools, Ints, Picked
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.model import CostModel, cost_model
from dmaze_cp.mapspace import MapSpace
from dmaze_cp.relaxation.cases import Case, cases, demands, options_of

CHUNK = 8_192
"""Mappings scored at once: their columns stay in the cache."""


@dataclass(frozen=True)
class Batch:
    """Mappings of one case: options picked from each group, one entry a mapping."""

    model: CostModel
    picked: tuple[Ints, ...]


def conv_layer() -> Layer:
    """ResNet conv5_2 with batch 4 (conv5_1b stands for its equals)."""
    return load_workload("resnet18_batch4")["conv5_2a"]


def random_batches(space: MapSpace, count: int, seed: int = 0) -> list[Batch]:
    """Distinct random tilings, valid or not, each in a random case that it belongs to."""
    rng = np.random.default_rng(seed)
    picked = _distinct_options(space, count, rng)
    kind = space.layer.kind
    members = np.stack([_members(space, case, picked) for case in cases(kind)])
    # The largest of random numbers, over the cases of a tiling, is a fair choice.
    chosen = np.argmax(np.where(members, rng.random(members.shape), -1.0), axis=0)
    batches = []
    for number, case in enumerate(cases(kind)):
        mine = np.flatnonzero(chosen == number)
        model = cost_model(space.layer, space.architecture, case.flow(kind))
        parts = np.array_split(mine, ceil(len(mine) / CHUNK)) if len(mine) else ()
        batches += [Batch(model, tuple(options[part] for options in picked)) for part in parts]
    return batches


def _members(space: MapSpace, case: Case, picked: Sequence[Ints]) -> Bools:
    """Which tilings belong to a case."""
    good = np.ones(len(picked[0]), dtype=bool)
    options = options_of(case, space)
    if options is None:
        return ~good
    for group, mine, option in zip(space.groups, options, picked, strict=True):
        good &= np.isin(np.arange(len(group)), mine)[option]
    at = Evaluation(Picked(space.table, picked))
    for need in demands(case, space.layer.kind):
        good &= at.product(need.product) >= need.least
    return good


def _distinct_options(space: MapSpace, count: int, rng: np.random.Generator) -> list[Ints]:
    if space.size < 2 * count:
        raise ValueError(f"{space.size} tilings are too few to draw {count} distinct ones")
    drawn = np.zeros(0, dtype=np.int64)
    while len(drawn) < count:
        drawn = np.unique(np.concatenate([drawn, rng.integers(0, space.size, count)]))
    shape = tuple(len(group) for group in space.groups)
    return list(np.unravel_index(rng.permutation(drawn)[:count], shape))


def scoring_seconds(space: MapSpace, batches: list[Batch], *, check_fit: bool = False) -> float:
    """Seconds to score all mappings, optionally also checking whether they fit."""
    began = time.perf_counter()
    for batch in batches:
        # What costs and limits have in common is computed once, as in a search.
        at = Evaluation(Picked(space.table, batch.picked))
        if check_fit:
            for limit in space.limits:
                limit.holds(at)
        # Costs are computed when they are asked for.
        _ = BatchCost(space.table, batch.model, batch.picked, at).edp
    return time.perf_counter() - began
