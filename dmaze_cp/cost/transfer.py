"""DMA transfers between DRAM and the scratchpad."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.elements import input_extents
from dmaze_cp.workload import OPERANDS, Kind, Layer

LAYOUT: Final[Mapping[Kind, Mapping[str, tuple[str, ...]]]] = {
    Kind.CONV: {
        "O": ("Oy", "Ox", "M", "N"),
        "I": ("y", "x", "C", "N"),
        "W": ("Fy", "Fx", "C", "M"),
    },
    Kind.DEPTHWISE: {
        "O": ("Oy", "Ox", "C", "N"),
        "I": ("y", "x", "C", "N"),
        "W": ("Fy", "Fx", "C"),
    },
    Kind.GEMM: {
        "O": ("Y", "X"),
        "I": ("K", "X"),
        "W": ("Y", "K"),
    },
}
"""Each operand's memory layout, innermost dimension first; x and y are input axes."""


class Transfer(NamedTuple):
    """How the SPM tile of an operand is moved, once.

    Attributes
    ----------
    invocations
        DMA transfers.
    burst_elements
        Contiguous elements that one of them moves.
    """

    invocations: int
    burst_elements: int

    @property
    def elements(self) -> int:
        """Elements moved in all."""
        return self.invocations * self.burst_elements


def dma_cycles(
    burst_elements: int,
    *,
    startup_cycles: float,
    cycles_per_byte: float,
    word_bytes: int,
    clock_ratio: float,
) -> int:
    """Accelerator cycles of one DMA invocation.

    Evaluated in IEEE doubles in exactly this order, because that is how dMazeRunner
    does: the result can be one above the exact ceiling. Whoever needs this figure
    must take it from here.

    Parameters
    ----------
    burst_elements
        Contiguous elements that are moved.
    startup_cycles, cycles_per_byte
        In cycles of the DMA clock.
    word_bytes
        Bytes of one element.
    clock_ratio
        Accelerator clock over DMA clock.
    """
    dma_clock_cycles = startup_cycles + cycles_per_byte * (burst_elements * word_bytes)
    return math.ceil(dma_clock_cycles * clock_ratio)


def transfers(layer: Layer, tile: Mapping[str, int]) -> dict[str, Transfer]:
    """Invocations and burst of each operand for an SPM tile.

    From the innermost dimension of the layout out, extents multiply into the burst up
    to and including the first one that the tile does not cover whole, then into the
    number of invocations. The input is covered whole only with its padding and with
    the edge columns that a stride leaves unused.

    Parameters
    ----------
    layer
        Gives layout and bounds.
    tile
        Extent of the SPM tile along each dimension of the layer.
    """
    extents, whole = dict(tile), layer.bounds
    if layer.padded_input is not None:
        extents["x"], extents["y"] = input_extents(layer, tile)
        whole["x"], whole["y"] = layer.padded_input
    result = {}
    for operand in OPERANDS:
        burst = invocations = 1
        contiguous = True
        for axis in LAYOUT[layer.kind][operand]:
            if contiguous:
                burst *= extents[axis]
                contiguous = extents[axis] == whole[axis]
            else:
                invocations *= extents[axis]
        result[operand] = Transfer(invocations, burst)
    return result


def transfer_cycles(transfer: Transfer, architecture: Architecture) -> int:
    """Accelerator cycles to move an SPM tile once."""
    return transfer.invocations * dma_cycles(
        transfer.burst_elements,
        startup_cycles=architecture.dma_startup_cycles,
        cycles_per_byte=architecture.dma_cycles_per_byte,
        word_bytes=architecture.word_bytes,
        clock_ratio=architecture.clock_ratio,
    )
