"""The terms of several cases as arrays: one row of the first axis for each case.

Cases have different numbers of terms; the missing ones are rows of zeros whose weight
is always 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dmaze_cp.cost.batch import Bools, Floats, Ints
from dmaze_cp.relaxation.atoms import Basis
from dmaze_cp.relaxation.relax import Relaxation
from dmaze_cp.relaxation.terms import Sum
from dmaze_cp.workload import OPERANDS

ABSENT = -1e9
"""Parameter of a term that a case does not have: its weight is 0."""


@dataclass(frozen=True, eq=False)
class _Block:
    """One family of sums of every case."""

    matrix: Floats
    constant: Floats
    present: Bools
    of_pass: Floats
    sums: Floats


def _block(families: Sequence[Sequence[Sum]], width: int, least: tuple[int, int]) -> _Block:
    """Arrays of the terms of ``families[case][sum]``, at least so many terms and sums."""
    longest = max(least[0], *(sum(len(s) for s in family) for family in families))
    most = max(least[1], *(len(family) for family in families))
    matrix = np.zeros((len(families), longest, width))
    constant = np.zeros((len(families), longest))
    present = np.zeros((len(families), longest), dtype=bool)
    of_pass = np.zeros((len(families), longest))
    sums = np.zeros((len(families), longest, most))
    for case, family in enumerate(families):
        k = 0
        for number, terms in enumerate(family):
            for term in terms:
                matrix[case, k] = term.row
                constant[case, k] = term.log_coefficient
                of_pass[case, k] = term.of_pass
                sums[case, k, number] = 1.0
                present[case, k] = True
                k += 1
    return _Block(matrix, constant, present, of_pass, sums)


@dataclass(frozen=True, eq=False)
class _Arrays:
    """What depends on the case; see `Rows`."""

    matrix: Floats
    constant: Floats
    of_pass: Floats
    pass_sums: Floats
    latency_sums: Floats
    present: tuple[Bools, ...]


Layout = tuple[tuple[int, int], ...]
"""Room for terms and sums of energy, latency, passes, capacities and demands.

Cases with one layout have weights of one shape.
"""

NO_LAYOUT: Layout = ((1, 1),) * 5


class Rows:
    """Terms of all cases.

    Attributes
    ----------
    matrix, constant
        Exponents and logarithms of coefficients of all terms: energy, latency, passes,
        capacities, and demands (negated, so that a positive value is a violation).
    blocks
        Where each of the five families stands.
    of_pass
        Which latency terms are multiplied by the SPM passes (1 or 0).
    pass_sums, latency_sums
        Which sum a term belongs to, one-hot.
    limits, same_capacity, floored
        Of the capacity terms: logarithm of the limit; which share a limit; which count
        at least 1.
    """

    def __init__(
        self, relaxations: Sequence[Relaxation], basis: Basis, layout: Layout = NO_LAYOUT
    ) -> None:
        width = len(basis.names)
        energy = _block([[r.energy] for r in relaxations], width, layout[0])
        latency = _block([r.latency for r in relaxations], width, layout[1])
        passes = _block([r.passes for r in relaxations], width, layout[2])
        capacity = _block([[c.terms for c in r.capacities] for r in relaxations], width, layout[3])
        most = max(layout[4][0], *(len(r.demands) for r in relaxations))
        demand, least = (
            np.zeros((len(relaxations), most, width)),
            np.zeros((len(relaxations), most)),
        )
        wanted = np.zeros((len(relaxations), most), dtype=bool)
        for case, relaxation in enumerate(relaxations):
            for k, need in enumerate(relaxation.demands):
                demand[case, k] = -basis.factors(need.level, need.dimensions)
                least[case, k] = np.log(need.least)
                wanted[case, k] = True
        parts = [energy, latency, passes, capacity]
        sizes = [p.matrix.shape[1] for p in parts] + [most]
        self.layout: Layout = (*(p.sums.shape[1:] for p in parts), (most, 1))
        ends = np.cumsum([0, *sizes])
        self.blocks = tuple(slice(a, b) for a, b in pairwise(ends))
        capacities = relaxations[0].capacities
        self.limits = np.log([c.limit for c in capacities for _ in c.terms])
        owner = np.array([i for i, c in enumerate(capacities) for _ in c.terms])
        self.same_capacity = (owner[:, None] == owner[None, :]).astype(np.float64)
        self.floored: Ints = np.flatnonzero([c.at_least_one for c in capacities for _ in c.terms])
        self._set(
            _Arrays(
                np.concatenate([*(p.matrix for p in parts), demand], axis=1),
                np.concatenate([*(p.constant for p in parts), least], axis=1),
                latency.of_pass,
                passes.sums,
                latency.sums,
                (energy.present, latency.present, passes.present, wanted),
            )
        )

    def _set(self, arrays: _Arrays) -> None:
        self._arrays = arrays
        self.matrix, self.constant = arrays.matrix, arrays.constant
        self.of_pass = arrays.of_pass
        self.pass_sums, self.latency_sums = arrays.pass_sums, arrays.latency_sums
        self.present = arrays.present

    def select(self, which: Ints) -> Rows:
        """Some of the cases only."""
        a = self._arrays
        other = object.__new__(Rows)
        other.__dict__.update(self.__dict__)
        other._set(
            replace(
                a,
                matrix=a.matrix[which],
                constant=a.constant[which],
                of_pass=a.of_pass[which],
                pass_sums=a.pass_sums[which],
                latency_sums=a.latency_sums[which],
                present=tuple(p[which] for p in a.present),
            )
        )
        return other

    @staticmethod
    def spread(weights: Floats, sums: Floats) -> Floats:
        """For each term the weight of the whole sum it belongs to."""
        by_sum = weights[:, None, :] @ sums
        result: Floats = (sums @ by_sum.transpose(0, 2, 1))[:, :, 0]
        return result


class Blocks:
    """Where each family of parameters stands in a vector of weights."""

    def __init__(self, rows: Rows, basis: Basis) -> None:
        energy, latency, passes, capacity, demand = (b.stop - b.start for b in rows.blocks)
        sizes = [energy, latency, passes]
        sizes += [len(basis.alternatives[x]) for x in OPERANDS]
        sizes += [capacity, len(rows.floored), demand]
        ends = np.cumsum([0, *sizes])
        cuts = [slice(a, b) for a, b in pairwise(ends)]
        self.energy, self.latency, self.passes = cuts[:3]
        self.alternatives = cuts[3:6]
        self.capacity, self.floor, self.demand = cuts[6:]
        self.size = int(ends[-1])

    def start(self, rows: Rows) -> Floats:
        """Parameters to start from; capacities and demands count for little."""
        theta = np.zeros((len(rows.matrix), self.size))
        theta[:, self.capacity], theta[:, self.floor], theta[:, self.demand] = -1.5, -2.5, -2.0
        return self.fit(theta, rows)

    def fit(self, theta: Floats, rows: Rows) -> Floats:
        """Parameters of other cases, with the weights that these cases lack at 0."""
        theta = np.where(theta <= ABSENT / 2, -2.0, theta)
        energy, latency, passes, wanted = rows.present
        for block, present in (
            (self.energy, energy),
            (self.latency, latency),
            (self.passes, passes),
            (self.demand, wanted),
        ):
            theta[:, block] = np.where(present, theta[:, block], ABSENT)
        return theta
