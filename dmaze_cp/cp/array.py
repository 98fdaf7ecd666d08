"""Rows and columns of the PE array: the parts of every PE factor are variables.

A table ties the row and the column factor of a dimension to its PE factor; that a dimension may
not be unrolled along an axis is that its factor there is 1. Their products have to fit the axis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from dmaze_cp.architecture import PEArray
from dmaze_cp.cost.array import divisors_of, row_factors
from dmaze_cp.cost.terms import loops
from dmaze_cp.cp.affine import Affine, constant
from dmaze_cp.cp.factors import Factors
from dmaze_cp.levels import AXES_OF_ARRAY, PE


def add_array(factors: Factors) -> None:
    """Row and column factors of every loop, if the accelerator has rows and columns."""
    space, integers = factors.space, factors.integers
    array = space.architecture.pe_array
    if array is None:
        return
    dims = loops(space.layer.kind)
    pes = {d: factors.product(((f"{PE}.{d}", 1),)) for d in dims}
    place = _placement(array, dims, [pes[d] for d in dims])
    products = [constant(1), constant(1)]
    for i, d in enumerate(dims):
        if pes[d].high == 1:
            continue
        triples = _triples(array, d, factors.values_of(f"{PE}.{d}"))
        parts = []
        for axis in (0, 1):
            highest = max((t[1 + axis] for t in triples), default=1)
            definition = place(i, axis)
            made = integers.variable(1, highest, definition, f"{AXES_OF_ARRAY[axis]}_{d}")
            parts.append(integers.affine(made))
        integers.table([pes[d], *parts], triples)
        products = [
            integers.multiply(product, part, size)
            for product, part, size in zip(products, parts, (array.rows, array.cols), strict=True)
        ]
    for product, size in zip(products, (array.rows, array.cols), strict=True):
        integers.row(product, most=size)


def _triples(array: PEArray, dimension: str, pes: Sequence[int]) -> list[tuple[int, int, int]]:
    """PE factors of a dimension with the row and column factors that they can be split in."""
    on_rows, on_cols = (dimension in unrolled for unrolled in array.lists())
    return [
        (pe, row, pe // row)
        for pe in pes
        for row in divisors_of(pe)
        if row <= (array.rows if on_rows else 1) and pe // row <= (array.cols if on_cols else 1)
    ]


def _placement(
    array: PEArray, dims: Sequence[str], pes: Sequence[Affine]
) -> Callable[[int, int], Callable[[list[Any]], Any]]:
    """Definitions of row and column factors; 0, outside of their range, where there are none."""

    @lru_cache(maxsize=4096)
    def rows_of(factors: tuple[int, ...]) -> tuple[int, ...] | None:
        return row_factors(dims, dict(zip(dims, factors, strict=True)), array)

    def part(factors: tuple[int, ...], place: int, axis: int) -> int:
        rows = rows_of(factors)
        if rows is None:
            return 0
        return rows[place] if axis == 0 else factors[place] // rows[place]

    def definition(place: int, axis: int) -> Callable[[list[Any]], Any]:
        def value(known: list[Any]) -> Any:
            columns = [pe.at(known) for pe in pes]
            if not any(isinstance(c, np.ndarray) for c in columns):
                return part(tuple(map(int, columns)), place, axis)
            rows = zip(*(c.tolist() for c in np.broadcast_arrays(*columns)), strict=True)
            return np.array([part(row, place, axis) for row in rows])

        return value

    return definition
