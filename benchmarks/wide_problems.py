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

from dmaze_cp import Constraints, LayerResult

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.kit.oracle import brute_force as oracle
from tests.kit.wide_machines import wide_machine

SIZES = Sizes(1e2, 2e4)
"""As many tilings as are quickly tried."""


def draw_wide(seed: int, index: int, sizes: Sizes) -> RandomProblem:
    """A problem with a machine that may have everything."""
    rng = random.Random(f"wide/{seed}/{index}")
    layer = random_layer(rng, sizes)
    limits = random_constraints(rng) if rng.random() < 0.3 else Constraints()
    return RandomProblem(seed, index, sizes, layer, wide_machine(rng, layer), limits)


def search_wide(problem: RandomProblem) -> Best:
    """The least costs of a problem over all its mappings."""
    best = oracle.brute_force(problem.layer, problem.architecture, problem.constraints)
    return Best(best.valid_tilings, *(best.value(o) for o in ("energy", "latency", "edp")))


def mapping_complaints(problem: RandomProblem, result: LayerResult) -> list[str]:
    """What brute force has to say against a mapping and its costs."""
    if result.mapping is None or result.cost is None:
        return []
    layer, arch, cost = problem.layer, problem.architecture, result.cost
    tilings = np.array([result.mapping.factors])
    found = []
    if not oracle.is_valid(layer, arch, tilings)[0]:
        found.append("the mapping does not fit")
    if not oracle.is_allowed(layer, arch, problem.constraints, tilings)[0]:
        found.append("the mapping is not allowed")
    reuse = [np.array([[by[x] for x in "OIW"]]) for by in (cost.reuse_spm, cost.reuse_dram)]
    energy, latency = oracle.costs(layer, arch, tilings, *reuse)
    if (int(energy[0]), int(latency[0])) != (cost.energy_pj, cost.latency_cycles):
        found.append(f"the mapping costs {energy[0]:.0f} pJ and {latency[0]} cycles")
    return found
