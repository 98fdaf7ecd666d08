"""What one design's answer says about another's.

A mapping that fits a smaller memory fits a larger one, and its cost there is a first
incumbent; a bound that is proven where more is possible for less holds where it is not
(`dmaze_cp.dse.monotone`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dmaze_cp.architecture import COUNTS, AccessEnergy, Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.dse.monotone import transferred_bound
from dmaze_cp.dse.plan import Question
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.result import Known
from dmaze_cp.workload import Layer

NEAREST: Final = 6
"""Mappings of so many near designs are tried as a first incumbent."""

REACH: Final = 128
"""A proven bound is passed on to so many near designs."""

_Bools = NDArray[np.bool_]


class Neighbourhood:
    """The questions of a sweep by layer.

    Parameters
    ----------
    questions
        All with the same objective.
    constraints
        Limits on the mappings of all.
    """

    def __init__(self, questions: Sequence[Question], constraints: Constraints) -> None:
        self._constraints = constraints
        groups: dict[Layer, list[Question]] = defaultdict(list)
        for question in questions:
            groups[question.layer.shape].append(question)
        self._groups = [_Group(group) for group in groups.values()]
        self._at = {id(q): (g, n) for g in self._groups for n, q in enumerate(g.questions)}

    def start(self, question: Question) -> Known:
        """Where a search starts: the best mapping that near designs have, and the bound."""
        best, least = question.known.mapping, question.value
        for mapping in self._mappings(question):
            if fits(mapping, question.architecture):
                continue
            cost = evaluate(mapping, question.architecture)
            value = question.objective.of(cost.energy_pj, cost.latency_cycles)
            if least is None or value < least:
                best, least = mapping, value
        return Known(best, question.bound)

    def _mappings(self, question: Question) -> Iterator[Mapping]:
        if self._constraints != NO_CONSTRAINTS:
            return  # what fits there may break a limit here
        group, here = self._at[id(question)]
        for near in group.nearest(here, group.mapped(), NEAREST):
            if near.result is not None and near.result.mapping is not None:
                yield replace(near.result.mapping, layer=question.layer)

    def pass_on(self, source: Question) -> list[Question]:
        """Give a question's bound to others of its layer; those that it raises."""
        group, here = self._at[id(source)]
        return [
            target
            for target in group.nearest(here, group.may_learn(here), REACH)
            if self._raise(source, target)
        ]

    def _raise(self, source: Question, target: Question) -> bool:
        bound = transferred_bound(
            source.architecture,
            target.architecture,
            source.objective,
            source.bound,
            macs=source.layer.macs,
            constraints=self._constraints,
        )
        return bound is not None and target.raise_bound(bound)


class _Group:
    """The questions on one layer, with the figures of their architectures as arrays.

    The arrays sort out quickly what is far away or has nothing to learn. What is left is
    decided exactly, so that rounding plays no part.
    """

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = questions
        archs = [q.architecture for q in questions]
        counts = _table([getattr(a, name) for name in COUNTS] for a in archs)
        self._places = np.log(counts)
        self._capacities = _table((a.pes, a.rf_words) for a in archs)
        self._dma = _table(_dma(a) if _has_latency(questions) else () for a in archs)
        self._bundles = _table(_bundles(a.energy) for a in archs)

    def mapped(self) -> _Bools:
        """Which have a mapping."""
        return _flags(q.result is not None and q.result.mapping is not None for q in self.questions)

    def may_learn(self, source: int) -> _Bools:
        """Which may get a better bound from a question's."""
        open_ones = _flags(not q.final for q in self.questions)
        within = (self._capacities <= self._capacities[source]).all(axis=1)
        dearer = (self._dma >= self._dma[source]).all(axis=1)
        wanted: _Bools = open_ones & within & dearer & self._higher(source)
        return wanted

    def _higher(self, source: int) -> _Bools:
        """Where the source's bound, in the prices there, may be above what is known."""
        if not _has_energy(self.questions):
            factor = np.ones(len(self.questions))
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                ratios = self._bundles / self._bundles[source]
            # No price at all there: nothing is known of the ratio.
            factor = np.where(np.isnan(ratios), 1.0, ratios).max(axis=1)
        bounds = np.array([float(q.bound) for q in self.questions])
        higher: _Bools = factor * max(float(bounds[source]), 1e-300) * (1 + 1e-9) >= bounds
        return higher

    def nearest(self, here: int, wanted: _Bools, number: int) -> list[Question]:
        """The questions among the wanted ones whose architectures differ least."""
        wanted[here] = False
        (places,) = np.nonzero(wanted)
        if len(places) > number:
            distances = np.abs(self._places[places] - self._places[here]).sum(axis=1)
            # Those at an equal distance in their order.
            places = places[np.argsort(distances, kind="stable")[:number]]
        return [self.questions[place] for place in places.tolist()]


def _has_latency(questions: Sequence[Question]) -> bool:
    return questions[0].objective is not Objective.ENERGY


def _has_energy(questions: Sequence[Question]) -> bool:
    return questions[0].objective is not Objective.LATENCY


def _dma(architecture: Architecture) -> Iterable[float]:
    names = ("dma_startup_cycles", "dma_cycles_per_byte", "word_bytes", "clock_ratio")
    return [getattr(architecture, name) for name in names]


def _bundles(energy: AccessEnergy) -> Iterable[float]:
    """Prices that counts are multiplied by: see `dmaze_cp.dse.monotone.energy_ratio`."""
    mac = energy.mac_pj + 4 * energy.rf_pj
    step = energy.mac_pj + 3 * energy.rf_pj + energy.noc_pj
    return (mac, step, energy.noc_pj, energy.spm_pj, energy.dram_pj)


def _table(rows: Iterable[Iterable[float]]) -> NDArray[np.float64]:
    return np.array([list(row) for row in rows], dtype=np.float64)


def _flags(values: Iterable[bool]) -> _Bools:
    return np.fromiter(values, dtype=bool)
