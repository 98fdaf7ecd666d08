"""How long an operand's tile stays the same while the loops of a level advance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from dmaze_cp.cost.cost import PerOperand
from dmaze_cp.levels import OPERANDS
from dmaze_cp.workload import Layer


def reused_loops(
    layer: Layer, factors: Mapping[str, int], order: Sequence[str], operand: str
) -> tuple[str, ...]:
    """Loops of a level over which an operand's tile stays the same.

    From the innermost loop out, those that the operand does not depend on, up to the first
    with more than one iteration that it does depend on; loops with one iteration are left out.
    """
    looping = [d for d in reversed(order) if factors[d] > 1]
    depends = layer.depends[operand]
    stop = next((i for i, d in enumerate(looping) if d in depends), len(looping))
    return tuple(looping[:stop])


def loop_reuse(layer: Layer, factors: Mapping[str, int], order: Sequence[str]) -> PerOperand:
    """Consecutive iterations of one level's loops that use the same tile of each operand.

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
    return {x: prod(factors[d] for d in reused_loops(layer, factors, order, x)) for x in OPERANDS}
