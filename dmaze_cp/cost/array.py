"""Rows and columns of PEs: which PE factors of a tiling can be placed on them.

A PE factor is a row factor times a column factor, of which one is 1 where the dimension may not be
unrolled along that axis. Let P be the product of the PE factors of all dimensions that may be
unrolled along both, and R and C what those that may be unrolled along one only leave of rows and
columns. The row factors of the free ones can have any divisor of P as their product: prime by
prime, a divisor has at most as many factors as the dimensions have together. So a placement exists
exactly if P has a divisor r of at most R with P / r at most C, and the largest such r will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd, prod
from typing import Any

import numpy as np

from dmaze_cp.architecture import PEArray
from dmaze_cp.cost.expression import Evaluation, Node, Product
from dmaze_cp.cost.forms import Form


@dataclass(frozen=True, eq=False)
class Unplaced(Node):
    """1 where PE factors cannot be placed on rows and columns, else 0.

    A tiling that can be placed can also with any PE factors that divide its own. So where only a
    divisor of the free factors is known, and the least of the others, this is at most the value
    of every tiling that is meant.

    Attributes
    ----------
    on_rows, on_cols, free
        Products of the PE factors that may be on the rows only, on the columns only, on both.
    rows, cols
        Size of the array.
    """

    on_rows: Product
    on_cols: Product
    free: Product
    rows: int
    cols: int

    def value(self, at: Evaluation) -> Any:
        """Whether no placement exists."""
        free = at.values.divisor(self.free.powers)
        return _unplaced(at(self.on_rows), at(self.on_cols), free, self.rows, self.cols)

    def lower(self) -> Form:
        """Nothing: it is never negative."""
        return Form(())


def _unplaced(on_rows: Any, on_cols: Any, free: Any, rows: int, cols: int) -> Any:
    if not any(isinstance(v, np.ndarray) and v.ndim for v in (on_rows, on_cols, free)):
        left_rows, left_cols = rows // int(on_rows), cols // int(on_cols)
        return int(best_rows(int(free), left_rows, left_cols) is None)
    first, second, third = np.broadcast_arrays(
        rows // np.asarray(on_rows), cols // np.asarray(on_cols), np.asarray(free)
    )
    bad = (first < 1) | (second < 1) | (third > first * second)
    for product in np.unique(third[~bad]):
        here = (third == product) & ~bad
        divisors = np.array(divisors_of(int(product)))
        largest = divisors[np.searchsorted(divisors, first[here], side="right") - 1]
        bad[here] = product > largest * second[here]
    return bad.astype(np.int64)


def best_rows(free: int, rows: int, cols: int) -> int | None:
    """The largest divisor of at most `rows` that leaves at most `cols`, or None."""
    if rows < 1 or cols < 1 or free > rows * cols:
        return None
    largest = max(d for d in divisors_of(free) if d <= rows)
    return largest if free // largest <= cols else None


@lru_cache(maxsize=4096)
def divisors_of(number: int) -> tuple[int, ...]:
    """All divisors, ascending."""
    small = [d for d in range(1, int(number**0.5) + 1) if number % d == 0]
    return (*small, *(number // d for d in reversed(small) if d * d != number))


def row_factors(
    dimensions: Sequence[str], pe_factors: Mapping[str, int], array: PEArray
) -> tuple[int, ...] | None:
    """A row factor for each dimension, such that all fits the array; None where there are none.

    Parameters
    ----------
    dimensions
        Of the layer, in their order.
    pe_factors
        PE factor of each.
    array
        Rows and columns, and what may be unrolled on each.
    """
    found, on_cols, free = dict.fromkeys(dimensions, 1), 1, []
    on_rows, on_columns = array.lists()
    for d in dimensions:
        if d in on_rows and d in on_columns:
            free.append(d)
        elif d in on_rows:
            found[d] = pe_factors[d]
        elif d in on_columns:
            on_cols *= pe_factors[d]
        elif pe_factors[d] > 1:
            return None
    left_rows, left_cols = array.rows // prod(found.values()), array.cols // on_cols
    left = best_rows(prod(pe_factors[d] for d in free), left_rows, left_cols)
    if left is None:
        return None
    for d in free:
        found[d] = gcd(pe_factors[d], left)
        left //= found[d]
    return tuple(found.values())
