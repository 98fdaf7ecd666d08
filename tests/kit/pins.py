"""Random pins of a layer."""

from __future__ import annotations

import random

from dmaze_cp.constraints import Constraints
from dmaze_cp.errors import SpecError
from dmaze_cp.pinning import check_pins
from dmaze_cp.workload import DEPENDS, Layer


def random_pins(rng: random.Random, layer: Layer, most: int = 4) -> Constraints:
    """Some pins that can hold for the layer; together they may leave no mapping."""
    while True:
        texts = [_pin(rng, layer) for _ in range(rng.randint(1, most))]
        try:
            return check_pins(layer, Constraints.parse(*texts))
        except SpecError:
            continue


def _pin(rng: random.Random, layer: Layer) -> str:
    family = rng.choice(("factor", "factor", "spatial", "stationary", "stationary", "util"))
    if family == "factor":
        level = rng.choice(("DRAM", "SPM", "RF", "PE"))
        d = rng.choice([d for d in layer.dimensions if layer.bounds[d] > 1] or layer.dimensions[:1])
        bound = layer.bounds.get(d, 1)
        value = rng.choice([n for n in range(1, bound + 1) if bound % n == 0])
        sign = rng.choice(("=", "<=", ">="))
        if sign == "=" and rng.random() < 0.2:
            return f"{level}.{d}=full"
        return f"{level}.{d}{sign}{value}"
    if family == "spatial":
        names = [*layer.dimensions, *rng.sample("OIW", 1)]
        return "spatial=" + ",".join(rng.sample(names, rng.randint(1, 3)))
    if family == "stationary":
        names = ["none", *(x for x in "OIW" if len(DEPENDS[layer.kind][x]) < len(layer.dimensions))]
        kept = "|".join(rng.sample(names, rng.randint(1, 2)))
        return f"stationary.{rng.choice(('DRAM', 'SPM'))}={kept}"
    return f"util.{rng.choice(('PE', 'RF', 'SPM'))}>={rng.choice((0.1, 0.25, 0.4, 0.6))}"
