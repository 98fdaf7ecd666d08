"""DMA transfers between DRAM and the scratchpad."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.terms import LAYOUT
from dmaze_cp.workload import Layer


class Transfer(NamedTuple):
    """How the SPM tile of an operand is moved, once: integers, or arrays of them.

    Attributes
    ----------
    invocations
        DMA transfers.
    burst_elements
        Contiguous elements that one of them moves.
    """

    invocations: Any
    burst_elements: Any


def dma_cycles(
    burst_elements: Any,
    *,
    startup_cycles: float,
    cycles_per_byte: float,
    word_bytes: int,
    clock_ratio: float,
) -> Any:
    """Accelerator cycles of one DMA invocation.

    Evaluated in IEEE doubles in exactly this order, because that is how dMazeRunner
    does: the result can be one above the exact ceiling. Whoever needs this figure
    must take it from here.

    Parameters
    ----------
    burst_elements
        Contiguous elements that are moved: an integer, or an array.
    startup_cycles, cycles_per_byte
        In cycles of the DMA clock.
    word_bytes
        Bytes of one element.
    clock_ratio
        Accelerator clock over DMA clock.
    """
    moved_bytes = _times(burst_elements, word_bytes)
    dma_clock_cycles = startup_cycles + cycles_per_byte * moved_bytes
    cycles = dma_clock_cycles * clock_ratio
    if isinstance(cycles, np.ndarray):
        return np.ceil(cycles).astype(np.int64)
    return math.ceil(cycles)


def cycles_per_element(architecture: Architecture, operand: str) -> float:
    """Accelerator cycles that moving one element takes at least, start-up left out.

    A little less than the quotient, so that it is below whatever `dma_cycles` rounds to.
    """
    cycles = architecture.dma_cycles_per_byte * architecture.word_of(operand)
    return cycles * architecture.clock_ratio * (1 - 1e-9)


def _times(elements: Any, word_bytes: int) -> Any:
    """Bytes of elements; doubles where 64-bit integers do not hold them."""
    if isinstance(elements, np.ndarray) and int(elements.max()) * word_bytes >= 2**63:
        return (elements.astype(object) * word_bytes).astype(np.float64)
    return elements * word_bytes


def whole_extents(layer: Layer) -> dict[str, int]:
    """Extents of whole operands: of the input with its padding and unused edge columns."""
    whole = layer.bounds
    if layer.padded_input is not None:
        whole["x"], whole["y"] = layer.padded_input
    return whole


def transfer(layer: Layer, extents: Mapping[str, Any], operand: str) -> Transfer:
    """Invocations and burst of an operand for an SPM tile.

    From the innermost dimension of the layout out, extents multiply into the burst up
    to and including the first one that the tile does not cover whole, then into the
    number of invocations. The input is covered whole only with its padding and with
    the edge columns that a stride leaves unused.

    Parameters
    ----------
    layer
        Gives layout and bounds.
    extents
        Of the SPM tile, by dimension and input axis (`dmaze_cp.cost.values.tile_extents`).
    operand
        What is moved.
    """
    whole = whole_extents(layer)
    burst: Any = 1
    invocations: Any = 1
    contiguous: Any = True
    for axis in LAYOUT[layer.kind][operand]:
        burst = burst * _if(contiguous, extents[axis])
        invocations = invocations * _if(np.logical_not(contiguous), extents[axis])
        contiguous = np.logical_and(contiguous, extents[axis] == whole[axis])
    return Transfer(invocations, burst)


def _if(condition: Any, value: Any) -> Any:
    """The value where the condition holds, else 1."""
    if isinstance(condition, np.ndarray) and condition.ndim:
        return np.where(condition, value, 1)
    return value if condition else 1


def transfer_cycles(moved: Transfer, architecture: Architecture, operand: str) -> Any:
    """Accelerator cycles to move an operand's SPM tile once."""
    return moved.invocations * dma_cycles(
        moved.burst_elements,
        startup_cycles=architecture.dma_startup_cycles,
        cycles_per_byte=architecture.dma_cycles_per_byte,
        word_bytes=architecture.word_of(operand),
        clock_ratio=architecture.clock_ratio,
    )
