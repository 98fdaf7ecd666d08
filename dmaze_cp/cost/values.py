"""Values of symbols at tilings, on Python integers or on arrays of 64-bit integers."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.forms import Powers, Symbol
from dmaze_cp.cost.terms import AXES
from dmaze_cp.cost.transfer import transfer, transfer_cycles
from dmaze_cp.levels import LEVELS, SPM, TILES
from dmaze_cp.workload import Kind, Layer

Tiling = Mapping[str, Mapping[str, Any]]
"""Factors by level and dimension: integers, or arrays that broadcast against each other."""


def tile_extents(layer: Layer, tiling: Tiling, tile: str) -> dict[str, Any]:
    """Extents of a tile: along each dimension, and of the input along x and y.

    Neighbouring outputs share input, so that its extent is
    ``(o - 1) * stride + (f - 1) * dilation + 1``. Columns that a stride jumps over inside
    the tile are moved with it and count.
    """
    extents = {d: prod(tiling[level][d] for level in TILES[tile]) for d in layer.dimensions}
    return extents | tile_input(layer, extents)


def tile_input(layer: Layer, extents: Mapping[str, Any]) -> dict[str, Any]:
    """Extents of a tile's input along the axes whose loops have these extents."""
    found: dict[str, Any] = {}
    if layer.kind is Kind.GEMM:
        return found
    for axis, stride, dilation in zip(AXES, layer.stride, layer.dilation, strict=True):
        if f"O{axis}" in extents:
            outputs, taps = extents[f"O{axis}"], extents[f"F{axis}"]
            found[axis] = (outputs - 1) * stride + (taps - 1) * dilation + 1
    return found


class TilingValues:
    """Values of symbols at one tiling, or at arrays of them."""

    def __init__(self, layer: Layer, architecture: Architecture, tiling: Tiling) -> None:
        self.layer, self.architecture = layer, architecture
        self.extents = {tile: tile_extents(layer, tiling, tile) for tile in TILES}
        self.symbols: dict[Symbol, Any] = {
            f"{level}.{d}": tiling[level][d] for level in LEVELS for d in layer.dimensions
        }
        for tile, extents in self.extents.items():
            self.symbols |= {f"halo.{tile}.{a}": extents[a] for a in AXES if a in extents}

    def product(self, powers: Powers) -> Any:
        """The product of powers of symbols, small arrays first."""
        values = [self.symbols[s] for s, power in powers for _ in range(power)]
        return prod(sorted(values, key=np.size))

    def divisor(self, powers: Powers) -> Any:
        """A divisor of the product: at one tiling the product itself."""
        return self.product(powers)

    def burst(self, operand: str) -> Any:
        """DMA cycles of one transfer of an operand's SPM tile."""
        moved = transfer(self.layer, self.extents[SPM], operand)
        return transfer_cycles(moved, self.architecture, operand)
