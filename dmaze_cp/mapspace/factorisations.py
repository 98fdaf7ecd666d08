"""Loop bounds as products of the factors of the levels."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import comb, isqrt, prod
from typing import Final

import numpy as np

from dmaze_cp.constraints import FactorPin
from dmaze_cp.cost.array import divisors_of
from dmaze_cp.cost.batch import Ints
from dmaze_cp.levels import LEVELS
from dmaze_cp.padding import NO_PADDING, Padding
from dmaze_cp.workload import Layer

_FEW: Final = 50
"""So many bounds are counted one by one; a sieve of more is quicker."""


def factorisations(bound: int, parts: int = 4) -> Ints:
    """All ordered ways to write `bound` as a product of `parts` factors.

    Returns
    -------
    numpy.ndarray
        Shape (parts, count), in lexicographic order of the rows.
    """
    return _factorisations(bound, parts)


@lru_cache(maxsize=1024)
def _factorisations(bound: int, parts: int) -> Ints:
    if parts == 1:
        return np.array([[bound]], dtype=np.int64)
    columns = []
    for divisor in divisors_of(bound):
        rest = _factorisations(bound // divisor, parts - 1)
        first = np.full((1, rest.shape[1]), divisor, dtype=np.int64)
        columns.append(np.concatenate([first, rest]))
    result = np.concatenate(columns, axis=1)
    result.setflags(write=False)
    return result


def count_factorisations(bound: int, parts: int = 4) -> int:
    """Number of ordered factorisations, without listing them."""
    count, rest, prime = 1, bound, 2
    while rest > 1:
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        count *= comb(power + parts - 1, parts - 1)
        prime += 1 if prime * prime <= rest else max(rest - prime, 1)
    return count


def count_of_each(low: int, high: int, parts: int = 4) -> Ints:
    """`count_factorisations` of every bound from `low` to `high`, sieved.

    With each prime, the count of its power's factorisations, ``comb(power + parts - 1, power)``,
    is built up factor by factor.
    """
    rest = np.arange(low, high + 1, dtype=np.int64)
    counts = np.ones_like(rest)
    for prime in range(2, isqrt(high) + 1):
        if count_factorisations(prime, 2) > 2:
            continue
        power, step = 1, prime
        while step <= high:
            multiples = slice(-low % step, None, step)
            rest[multiples] //= prime
            counts[multiples] = counts[multiples] * (power + parts - 1) // power
            power, step = power + 1, step * prime
    # What is left of a bound is 1 or a prime.
    counts[rest > 1] *= parts
    return counts


def count_of_extents(layer: Layer, dimension: str, padding: Padding = NO_PADDING) -> int:
    """Number of factorisations of all bounds that a dimension may have."""
    bounds = padding.extents(layer, dimension)
    if len(bounds) <= _FEW:
        return sum(count_factorisations(bound) for bound in bounds)
    counts = count_of_each(bounds[0], bounds[-1])
    return int(counts[np.array(bounds) - bounds[0]].sum())


def tilings_count(layer: Layer, padding: Padding = NO_PADDING) -> int:
    """Number of tilings of a layer, valid or not, with every bound that is permitted."""
    return prod(count_of_extents(layer, d, padding) for d in layer.dimensions)


def satisfying(bound: int, pins: Iterable[FactorPin]) -> Ints:
    """The factorisations of a loop that satisfy pins on it."""
    options = factorisations(bound)
    for pin in pins:
        options = options[:, pin.holds(options[LEVELS.index(pin.level)], bound)]
    return options
