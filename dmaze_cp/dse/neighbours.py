"""What one design's answer says about another's.

A mapping that fits a smaller memory fits a larger one, and its cost there is a first
incumbent; a bound that is proven where more is possible for less holds where it is not
(`dmaze_cp.dse.monotone`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log
from typing import Final

from dmaze_cp.architecture import COUNTS, Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.dse.monotone import transferred_bound
from dmaze_cp.dse.plan import Question
from dmaze_cp.mapping import Mapping
from dmaze_cp.result import Known
from dmaze_cp.workload import Layer

NEAREST: Final = 6
"""Mappings of so many near designs are tried as a first incumbent."""

REACH: Final = 128
"""A proven bound is passed on to so many near designs."""


class Neighbourhood:
    """The questions of a sweep by layer."""

    def __init__(self, questions: Sequence[Question], constraints: Constraints) -> None:
        self._constraints = constraints
        self._by_layer: dict[Layer, list[Question]] = defaultdict(list)
        for question in questions:
            self._by_layer[question.layer.shape].append(question)

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
        mapped = [
            q
            for q in self._by_layer[question.layer.shape]
            if q is not question and q.result is not None and q.result.mapping is not None
        ]
        for near in _nearest(question.architecture, mapped, NEAREST):
            if near.result is not None and near.result.mapping is not None:
                yield replace(near.result.mapping, layer=question.layer)

    def pass_on(self, source: Question) -> list[Question]:
        """Give a question's bound to others of its layer; those that it raises."""
        others = [q for q in self._by_layer[source.layer.shape] if q is not source and not q.final]
        raised = []
        for target in _nearest(source.architecture, others, REACH):
            bound = transferred_bound(
                source.architecture,
                target.architecture,
                source.objective,
                source.bound,
                macs=source.layer.macs,
                constraints=self._constraints,
            )
            if bound is not None and target.raise_bound(bound):
                raised.append(target)
        return raised


def _nearest(
    architecture: Architecture, questions: Sequence[Question], number: int
) -> Sequence[Question]:
    if len(questions) <= number:
        return questions
    here = _place(architecture)
    return sorted(questions, key=lambda q: _distance(here, _place(q.architecture)))[:number]


def _place(architecture: Architecture) -> tuple[float, ...]:
    return tuple(log(getattr(architecture, name)) for name in COUNTS)


def _distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
