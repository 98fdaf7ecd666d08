"""Kinds of mappings, where only the best of each kind counts.

A kind is what is unrolled over PEs (a set of dimensions, here as bits) or the dataflow. Of a kind
that has a place among the best, only what costs less than its best is of interest, however much the
last of them costs: so what is too large to be scored is parted by kind.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from dmaze_cp.cost.batch import Ints
from dmaze_cp.levels import NONE, PE
from dmaze_cp.mapping import Dataflow, Diversity
from dmaze_cp.mapspace import MapSpace
from dmaze_cp.relaxation.cases import Case

KindSet = frozenset[Hashable]
"""Kinds that mappings may have; empty where every mapping counts."""


@dataclass(frozen=True, eq=False)
class Kinds:
    """How the mappings of a map-space are told apart.

    Attributes
    ----------
    diverse
        By what; None: every mapping counts, as a kind of its own.
    unrolled
        For each group, for each of its options: a bit for each dimension that it unrolls.
    """

    diverse: Diversity | None = None
    unrolled: tuple[Ints, ...] = ()

    def __bool__(self) -> bool:
        return self.diverse is not None

    def of(self, options: Sequence[int], dataflow: Dataflow) -> Hashable:
        """The kind of a mapping."""
        if self.diverse is Diversity.DATAFLOW:
            return dataflow
        if self.diverse is Diversity.UNROLLING:
            return sum(int(bits[o]) for bits, o in zip(self.unrolled, options, strict=True))
        return tuple(options), dataflow

    def among(self, case: Case, options: Sequence[Ints]) -> KindSet:
        """Kinds that mappings of a case with some options may have.

        Where dataflows are told apart, the case has one dataflow (`cases` with `apart`).
        """
        if self.diverse is Diversity.DATAFLOW:
            looping = case.looping is not False
            return frozenset({case.dataflow if looping else Dataflow(case.dram, NONE)})
        if self.diverse is Diversity.UNROLLING:
            each = (np.unique(b[o]).tolist() for b, o in zip(self.unrolled, options, strict=True))
            return frozenset(map(sum, product(*each)))
        return frozenset()

    def of_rows(self, picked: Sequence[Ints]) -> Ints | None:
        """A number for each mapping of a batch of one case, equal where the kind is; None: all."""
        if self.diverse is None:
            return None
        numbers = np.zeros(len(picked[0]), dtype=np.int64)
        for bits, options in zip(self.unrolled, picked, strict=False):
            numbers += bits[options]
        return numbers

    def part(self, kind: Hashable, options: Sequence[Ints]) -> list[Ints]:
        """For each group, which of some options a mapping that unrolls so can have, as places."""
        assert isinstance(kind, int)  # noqa: S101 - dataflows are told apart by cases
        found = []
        for bits, chosen in zip(self.unrolled, options, strict=True):
            own = int(np.bitwise_or.reduce(bits))
            found.append(np.flatnonzero(bits[chosen] == kind & own))
        return found


ALL = Kinds()
"""Every mapping counts."""


def kinds_of(space: MapSpace, diverse: Diversity | None) -> Kinds:
    """How mappings are told apart."""
    if diverse is not Diversity.UNROLLING:
        return Kinds(diverse)
    unrolled, bit = [], 1
    for group in space.groups:
        bits = np.zeros(len(group), dtype=np.int64)
        for d in group.dimensions:
            bits += bit * (group.factor(PE, d) > 1)
            bit *= 2
        unrolled.append(bits)
    return Kinds(diverse, tuple(unrolled))
