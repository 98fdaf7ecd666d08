"""Which dataflows loops have."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

import numpy as np

from dmaze_cp.cost.batch import Bools, Ints
from dmaze_cp.cost.terms import free_loops, loops, shared_loops
from dmaze_cp.cost.values import Tiling
from dmaze_cp.levels import DRAM, NONE, OPERANDS, SPM
from dmaze_cp.mapping import Dataflow
from dmaze_cp.workload import Kind


def dataflows(kind: Kind) -> tuple[Dataflow, ...]:
    """Every pair of stationary operands a loop nest of this kind can have."""
    names = [x for x in OPERANDS if free_loops(kind, x)] + [NONE]
    return tuple(Dataflow(dram, spm) for dram in names for spm in names)


def stationary_exists(kind: Kind, stationary: str, factors: dict[str, Ints]) -> Bools:
    """Whether some order of one level's loops keeps this operand (or none) stationary.

    An operand: a loop it does not depend on has more than one iteration. None: all loops
    have one iteration, or a loop that every operand depends on has more.
    """
    if stationary != NONE:
        return _product(factors[d] for d in free_loops(kind, stationary)) > 1
    looping = _product(factors[d] for d in loops(kind)) > 1
    return ~looping | (_product(factors[d] for d in shared_loops(kind)) > 1)


def _product(columns: Iterable[Ints]) -> Ints:
    result: Ints = np.asarray(prod(columns))
    return result


def dataflow_exists(kind: Kind, dataflow: Dataflow, tiling: Tiling) -> Bools:
    """Whether each tiling has loop orders with this dataflow."""
    at_dram = stationary_exists(kind, dataflow.dram, dict(tiling[DRAM]))
    return at_dram & stationary_exists(kind, dataflow.spm, dict(tiling[SPM]))
