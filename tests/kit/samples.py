"""Mappings and results to report on, made without the mapper."""

from __future__ import annotations

from math import prod

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.levels import LEVELS
from dmaze_cp.mapping import Dataflow, Factors, Mapping, stationary_order
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, SearchStats, Status
from dmaze_cp.workload import Layer

CONV = Layer.conv(
    "conv5_2", {"N": 4, "M": 512, "C": 512, "Ox": 7, "Oy": 7, "Fx": 3, "Fy": 3}, instances=3
)
STRIDED = Layer.conv(
    "stem[0]", {"M": 8, "C": 3, "Ox": 4, "Oy": 4, "Fx": 3, "Fy": 3}, stride=(2, 2), dilation=(1, 2)
)
DEPTHWISE = Layer.depthwise("dw", {"C": 12, "Ox": 6, "Oy": 6, "Fx": 3, "Fy": 3})
GEMM = Layer.gemm("fc", {"X": 8, "Y": 30, "K": 64})
ONE = Layer.gemm("one", {"X": 1, "Y": 1, "K": 1})


def primes(number: int) -> list[int]:
    found, divisor = [], 2
    while number > 1:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found


def greedy_mapping(layer: Layer, architecture: Architecture, dataflow: Dataflow) -> Mapping | None:
    """A mapping that fits and has loops at all levels; None where nothing fits."""
    factors = [list(layer.extents)] + [[1] * len(layer.extents) for _ in LEVELS[1:]]

    def mapping() -> Mapping:
        frozen: Factors = tuple(tuple(row) for row in factors)
        return Mapping(
            layer,
            frozen,
            stationary_order(layer, dataflow.dram),
            stationary_order(layer, dataflow.spm),
        )

    if fits(mapping(), architecture):
        return None
    for level in (2, 3, 1):
        for index, extent in enumerate(layer.extents):
            for prime in primes(extent)[:2]:
                if factors[0][index] % prime:
                    continue
                factors[0][index] //= prime
                factors[level][index] *= prime
                if fits(mapping(), architecture):
                    factors[0][index] *= prime
                    factors[level][index] //= prime
    return mapping()


def _stationary(reuse: dict[str, int]) -> str:
    return next((x for x in reuse if reuse[x] > 1), "none")


def sample_result(
    layer: Layer = CONV,
    objective: Objective = Objective.EDP,
    *,
    architecture: Architecture | None = None,
    dataflow: Dataflow | None = None,
    bound_fraction: float = 1.0,
) -> LayerResult:
    """A result with a real mapping and a made-up bound."""
    architecture = architecture or Architecture()
    dataflow = dataflow or Dataflow("W", "O")
    mapping = greedy_mapping(layer, architecture, dataflow)
    if mapping is None:
        return LayerResult(
            layer,
            architecture,
            objective,
            Status.INFEASIBLE,
            reason="RF words: found 3, expected 2",
        )
    cost = evaluate(mapping, architecture)
    dataflow = Dataflow(_stationary(cost.reuse_dram), _stationary(cost.reuse_spm))
    value = objective.of(cost.energy_pj, cost.latency_cycles)
    proven = bound_fraction == 1.0
    return LayerResult(
        layer,
        architecture,
        objective,
        Status.OPTIMAL if proven else Status.FEASIBLE,
        mapping,
        dataflow,
        cost,
        bound=value if proven else value * bound_fraction,
        reason=None if proven else "time limit",
        solve_time_s=0.4,
        stats=SearchStats(candidates=12, map_space=prod(layer.extents)),
    )
