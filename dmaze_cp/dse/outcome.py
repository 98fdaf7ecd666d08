"""From searched candidates to the points of a sweep, and to its winners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from dmaze_cp.dse.design import Budgets
from dmaze_cp.dse.plan import Candidate, Question
from dmaze_cp.dse.result import (
    NetworkCost,
    PointStatus,
    SweepPoint,
    WeightedWorkload,
    cost_unit_s,
)
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.workload import Layer


def outcome_of(
    candidate: Candidate,
    networks: Sequence[WeightedWorkload],
    objective: Objective,
    limits: Budgets,
) -> SweepPoint:
    """What is known about a candidate."""
    value = None if candidate.problem else candidate.value
    power = average_power_mw(candidate, networks)
    status, reason = _status(candidate, power, limits)
    return SweepPoint(
        design=candidate.design,
        status=status,
        reason=reason,
        value=None if value is None else float(value),
        bound=float(candidate.bound),
        networks=tuple(_network(candidate, network, objective) for network in networks),
        power_mw=power,
    )


def _status(
    candidate: Candidate, power: float | None, limits: Budgets
) -> tuple[PointStatus, str | None]:
    if candidate.problem is not None:
        return PointStatus.FAILED, candidate.problem
    for term in candidate.terms:
        result = term.question.result
        if result is not None and (result.failed or term.question.is_infeasible):
            status = PointStatus.FAILED if result.failed else PointStatus.INFEASIBLE
            return status, f"{term.question.layer.name}: {result.reason}"
    if candidate.skipped:
        return PointStatus.SKIPPED, "its bound is above what another design costs"
    value = candidate.value
    if value is None:
        return PointStatus.UNKNOWN, _why_open(candidate) or "not every layer has a mapping yet"
    proven = candidate.bound >= value
    if limits.power_mw is not None and power is not None and power > limits.power_mw:
        found = f"found {power:.4g} mW on average, expected at most {limits.power_mw:g}"
        status = PointStatus.INFEASIBLE if proven else PointStatus.UNKNOWN
        return status, f"power budget: {found}"
    if proven:
        return PointStatus.OPTIMAL, None
    return PointStatus.FEASIBLE, _why_open(candidate)


def _why_open(candidate: Candidate) -> str | None:
    """Why the first layer that is not proven is not."""
    for term in candidate.terms:
        result = term.question.result
        if result is not None and result.status is not Status.OPTIMAL and result.reason:
            return f"{term.question.layer.name}: {result.reason}"
    return None


def _network(candidate: Candidate, network: WeightedWorkload, objective: Objective) -> NetworkCost:
    questions = {term.question.layer.shape: term.question for term in candidate.terms}
    architecture = candidate.design.architecture
    unit = cost_unit_s(architecture, objective)
    results = []
    value, bound, complete = Fraction(0), Fraction(0), True
    for layer in network.workload:
        question = questions.get(layer.shape)
        if question is None:
            complete = False
            continue
        bound += layer.instances * unit * Fraction(question.bound)
        if question.value is None:
            complete = False
        else:
            value += layer.instances * unit * question.value
        result = _result(question, layer)
        if result is not None:
            results.append(replace(result, architecture=architecture))
    return NetworkCost(
        network.workload.name, tuple(results), float(value) if complete else None, float(bound)
    )


def _result(question: Question, layer: Layer) -> LayerResult | None:
    """A question's result under a layer's name, with the best bound there is."""
    result = question.result
    if result is None:
        return None
    mapping = result.mapping and replace(result.mapping, layer=layer)
    bound = result.bound if question.is_infeasible else question.bound
    return replace(result, layer=layer, mapping=mapping, bound=bound)


def average_power_mw(candidate: Candidate, networks: Sequence[WeightedWorkload]) -> float | None:
    """Energy over time of all networks together, weighed; None while a layer has no mapping."""
    questions = {term.question.layer.shape: term.question for term in candidate.terms}
    energy, cycles = Fraction(0), Fraction(0)
    for network in networks:
        for layer in network.workload:
            question = questions.get(layer.shape)
            cost = None if question is None or question.result is None else question.result.cost
            if cost is None:
                return None
            times = Fraction(network.weight) * layer.instances
            energy += times * cost.energy_pj
            cycles += times * cost.latency_cycles
    if not cycles:
        return None
    seconds = cycles / (Fraction(candidate.design.architecture.accelerator_mhz) * 1_000_000)
    return float(energy / seconds) * 1e-9


@dataclass(frozen=True)
class Winners:
    """The best design and the front (positions), and whether they are proven."""

    best: int | None = None
    best_proven: bool = False
    front: tuple[int, ...] = ()
    front_proven: bool = False


def winners(
    candidates: Sequence[Candidate], points: Sequence[SweepPoint], *, pareto: bool
) -> Winners:
    """Who has won; compared as fractions, where doubles would call close ones equal."""
    values = {
        p: value
        for p, (candidate, point) in enumerate(zip(candidates, points, strict=True))
        if point.is_mapped and (value := candidate.value) is not None
    }
    if not values:
        return Winners()
    rivals = [c for c, p in zip(candidates, points, strict=True) if _may_win(p)]
    best = min(values, key=lambda p: (values[p], p))
    proven = all(c.bound >= values[best] for c in rivals if c.position != best)
    if not pareto:
        return Winners(best, proven)
    front = _front(candidates, values)
    complete = all(points[p].status is PointStatus.OPTIMAL for p in front) and all(
        any(_area(candidates[m]) <= _area(c) and c.bound >= values[m] for m in front)
        for c in rivals
        if c.position not in front
    )
    return Winners(best, proven, front, complete)


def _may_win(point: SweepPoint) -> bool:
    """Whether better mappings than those so far could make the design win."""
    return point.status is not PointStatus.INFEASIBLE


def _front(candidates: Sequence[Candidate], values: dict[int, Fraction]) -> tuple[int, ...]:
    """Positions of the designs that none beats in both area and value, by area."""
    front: list[int] = []
    for p in sorted(values, key=lambda p: (_area(candidates[p]), values[p], p)):
        if not front or values[p] < values[front[-1]]:
            front.append(p)
    return tuple(front)


def _area(candidate: Candidate) -> float:
    area = candidate.design.area_mm2
    return 0.0 if area is None else area
