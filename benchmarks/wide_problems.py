"""Random wider machines, and the brute force of the tests, which knows all that they have.

The exhaustive search of the other benchmarks knows plain machines only. That of the tests is
slower, so that problems have to be smaller.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
from exhaustive_search import Best
from random_problems import RandomProblem, Sizes, random_constraints, random_layer

from dmaze_cp import Constraints, Layer, LayerResult, Padding
from dmaze_cp.constraints import padded
from dmaze_cp.padding import parse_padding

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.kit.oracle import brute_force as oracle
from tests.kit.oracle.padding import padded_layers, tilings_of_all
from tests.kit.wide_machines import wide_machine

SIZES = Sizes(1e2, 2e4)
"""As many tilings as are quickly tried."""


def draw_wide(seed: int, index: int, sizes: Sizes) -> RandomProblem:
    """A problem with a machine that may have everything."""
    rng = random.Random(f"wide/{seed}/{index}")
    layer = random_layer(rng, sizes)
    limits = random_constraints(rng) if rng.random() < 0.3 else Constraints()
    machine = wide_machine(rng, layer)
    padding = random_padding(rng, layer, sizes) if rng.random() < 0.5 else Padding()
    limits = padded(limits, padding)
    return RandomProblem(seed, index, sizes, layer, machine, limits)


def random_padding(rng: random.Random, layer: Layer, sizes: Sizes) -> Padding:
    """Padding with which a layer has not too many tilings."""
    for _ in range(10):
        texts = ["auto"] if rng.random() < 0.5 else []
        texts += [f"{d}={rng.randint(1, 4)}" for d in rng.sample(layer.dimensions, 2)]
        if tilings_of_all(layer, texts) <= sizes.most:
            return parse_padding(texts)
    return Padding()


def search_wide(problem: RandomProblem) -> Best:
    """The least costs of a problem over all its mappings."""
    texts = problem.constraints.padding.texts
    found = [
        oracle.brute_force(layer, problem.architecture, problem.constraints)
        for layer in padded_layers(problem.layer, texts)
    ]
    valid = sum(one.valid_tilings for one in found)
    best = [[one.value(o) for one in found] for o in ("energy", "latency", "edp")]
    return Best(valid, *(min((v for v in each if v is not None), default=None) for each in best))


def mapping_complaints(problem: RandomProblem, result: LayerResult) -> list[str]:
    """What brute force has to say against a mapping and its costs."""
    if result.mapping is None or result.cost is None:
        return []
    layer, arch, cost = result.mapping.layer, problem.architecture, result.cost
    tilings = np.array([result.mapping.factors])
    found = []
    texts = problem.constraints.padding.texts
    if layer.extents not in {one.extents for one in padded_layers(problem.layer, texts)}:
        found.append("the bounds are none that padding permits")
    if not oracle.is_valid(layer, arch, tilings)[0]:
        found.append("the mapping does not fit")
    if not oracle.is_allowed(layer, arch, problem.constraints, tilings)[0]:
        found.append("the mapping is not allowed")
    reuse = [np.array([[by[x] for x in "OIW"]]) for by in (cost.reuse_spm, cost.reuse_dram)]
    energy, latency = oracle.costs(layer, arch, tilings, *reuse)
    if (int(energy[0]), int(latency[0])) != (cost.energy_pj, cost.latency_cycles):
        found.append(f"the mapping costs {energy[0]:.0f} pJ and {latency[0]} cycles")
    return found
