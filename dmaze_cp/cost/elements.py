"""How many elements of each operand a tile touches."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from dmaze_cp.cost.report import PerOperand
from dmaze_cp.workload import OPERANDS, Kind, Layer


def input_extents(layer: Layer, tile: Mapping[str, int]) -> tuple[int, int]:
    """Input rows and columns (x, y) under a tile of a convolution, halo included.

    Neighbouring outputs share input, so that the extent is
    ``(o - 1) * stride + (f - 1) * dilation + 1``. Columns that a stride jumps over
    inside the tile are moved with it and count.
    """
    (sx, sy), (dx, dy) = layer.stride, layer.dilation
    return (
        (tile["Ox"] - 1) * sx + (tile["Fx"] - 1) * dx + 1,
        (tile["Oy"] - 1) * sy + (tile["Fy"] - 1) * dy + 1,
    )


def tile_elements(layer: Layer, tile: Mapping[str, int]) -> PerOperand:
    """Elements of each operand in a tile.

    Parameters
    ----------
    layer
        Gives the kind of loop nest, strides and dilations.
    tile
        Extent of the tile along each dimension of the layer.

    Returns
    -------
    dict
        Elements of O, I and W.
    """
    if layer.kind is Kind.GEMM:
        return {x: prod(tile[d] for d in layer.depends[x]) for x in OPERANDS}
    rows, columns = input_extents(layer, tile)
    return {
        "O": prod(tile[d] for d in layer.depends["O"]),
        "I": tile["N"] * tile["C"] * rows * columns,
        "W": prod(tile[d] for d in layer.depends["W"]),
    }
