"""Random layers that brute force can try all mappings of."""

from __future__ import annotations

import random

from dmaze_cp.workload import Kind, Layer
from tests.kit.oracle import brute_force as oracle

BOUNDS = (1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 24, 32)
FILTERS = (1, 1, 2, 3, 3, 5)


def random_layer(rng: random.Random, tilings: tuple[int, int]) -> Layer:
    """A layer of any kind whose number of tilings is in a range."""
    while True:
        kind = rng.choice(list(Kind))
        bounds = {d: rng.choice(FILTERS if d[0] == "F" else BOUNDS) for d in kind.dimensions}
        if kind is Kind.DEPTHWISE:
            bounds["M"] = 1
        extents = tuple(bounds.values())
        if not tilings[0] <= oracle.count_tilings(extents) <= tilings[1]:
            continue
        if kind is Kind.GEMM:
            return Layer("layer", kind, extents)
        strides = (rng.randint(1, 3), rng.randint(1, 3)) if rng.random() < 0.6 else (1, 1)
        dilations = (rng.choice((1, 1, 2)), rng.choice((1, 1, 2)))
        used = Layer("layer", kind, extents, strides, dilations).used_input
        padded = used
        if rng.random() < 0.5:
            padded = (used[0] + rng.randrange(strides[0]), used[1] + rng.randrange(strides[1]))
        return Layer("layer", kind, extents, strides, dilations, padded)
