"""Random mappings for the package's batch scorer, and how long it takes to score them.

Each mapping has a tiling of its own (no blocks that share factors), under a random
dataflow that exists.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dmaze_cp import Architecture, Dataflow, Layer, load_workload
from dmaze_cp.cost.batch import Ints, Tiling, fits_batch, score_batch
from dmaze_cp.mapspace import MapSpace, build, dataflow_exists, tiling_at

CHUNK = 8_192
"""Mappings scored at once: their columns stay in the cache."""


@dataclass(frozen=True)
class Batch:
    """Mappings with one dataflow: columns of factors, one entry a mapping."""

    tiling: Tiling
    dataflow: Dataflow
    size: int


def conv_layer() -> Layer:
    """ResNet conv5_2 with batch 4 (conv5_1b stands for its equals)."""
    return load_workload("resnet18_batch4")["conv5_2a"]


def random_batches(
    layer: Layer, architecture: Architecture, count: int, seed: int = 0
) -> list[Batch]:
    """Distinct random tilings, valid or not, each under a random dataflow that it has."""
    rng = np.random.default_rng(seed)
    space = build(layer, architecture)
    options = _distinct_options(space, count, rng)
    tiling = tiling_at(space, options)
    flows = space.dataflows
    exists = np.stack(
        [np.broadcast_to(dataflow_exists(layer.kind, f, tiling), count) for f in flows]
    )
    # The largest of random numbers, over the dataflows that exist, is a fair choice.
    chosen = np.argmax(np.where(exists, rng.random(exists.shape), -1.0), axis=0)
    batches = []
    for number, flow in enumerate(flows):
        members = np.flatnonzero(chosen == number)
        batches += [
            Batch(tiling_at(space, [o[part] for o in options]), flow, len(part))
            for part in _chunks(members)
        ]
    return batches


def _chunks(members: Ints) -> Iterator[Ints]:
    for start in range(0, len(members), CHUNK):
        yield members[start : start + CHUNK]


def _distinct_options(space: MapSpace, count: int, rng: np.random.Generator) -> list[Ints]:
    if space.size < 2 * count:
        raise ValueError(f"{space.size} tilings are too few to draw {count} distinct ones")
    drawn = np.zeros(0, dtype=np.int64)
    while len(drawn) < count:
        drawn = np.unique(np.concatenate([drawn, rng.integers(0, space.size, count)]))
    shape = tuple(len(group) for group in space.groups)
    return list(np.unravel_index(rng.permutation(drawn)[:count], shape))


def scoring_seconds(
    layer: Layer, architecture: Architecture, batches: list[Batch], *, check_fit: bool = False
) -> float:
    """Seconds to score all mappings, optionally also checking whether they fit."""
    began = time.perf_counter()
    for batch in batches:
        if check_fit:
            fits_batch(layer, architecture, batch.tiling)
        # Costs are computed when they are asked for.
        _ = score_batch(layer, architecture, batch.tiling, batch.dataflow).edp
    return time.perf_counter() - began
