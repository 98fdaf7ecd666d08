"""How long an operand's tile stays the same while the loops of a level advance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from dmaze_cp.cost.report import PerOperand
from dmaze_cp.workload import OPERANDS, Layer


def loop_reuse(layer: Layer, factors: Mapping[str, int], order: Sequence[str]) -> PerOperand:
    """Consecutive iterations of one level's loops that use the same tile of each operand.

    From the innermost loop out, trip counts of loops that the operand does not depend
    on are multiplied, up to the first loop with more than one iteration that it does
    depend on.

    Parameters
    ----------
    layer
        Tells which operand depends on which dimension.
    factors
        Trip count of each loop of the level.
    order
        The level's loops, outermost first.

    Returns
    -------
    dict
        Reuse of O, I and W, at least 1. At most one of them is above 1.
    """
    looping = [d for d in reversed(order) if factors[d] > 1]
    reuse = {}
    for operand in OPERANDS:
        depends = layer.depends[operand]
        stop = next((i for i, d in enumerate(looping) if d in depends), len(looping))
        reuse[operand] = prod(factors[d] for d in looping[:stop])
    return reuse


def held_operand(reuse_spm: PerOperand, reuse_dram: PerOperand, rf_passes: int) -> str | None:
    """The operand that stays in the RFs across passes of the SPM tile, if any.

    Parameters
    ----------
    reuse_spm, reuse_dram
        Reuse of each operand at the two levels.
    rf_passes
        Iterations of all SPM loops: the RF passes of one SPM pass.
    """
    for operand in OPERANDS:
        if reuse_spm[operand] == rf_passes and reuse_dram[operand] > 1:
            return operand
    return None
