"""From searched candidates to the points of a sweep, and to its winners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, nextafter

from dmaze_cp.constraints import NO_RULES, ConstraintRules
from dmaze_cp.dse.design import Budgets
from dmaze_cp.dse.plan import Candidate, DesignInquiry
from dmaze_cp.dse.result import (
    NetworkCost,
    PointCause,
    PointStatus,
    SweepPoint,
    WeightedWorkload,
    cost_unit_s,
)
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult
from dmaze_cp.workload import Layer


def outcome_of(
    candidate: Candidate,
    networks: Sequence[WeightedWorkload],
    objective: Objective,
    limits: Budgets,
    rules: ConstraintRules = NO_RULES,
) -> SweepPoint:
    """What is known about a candidate."""
    value = None if candidate.problem else candidate.value
    power = average_power_mw(candidate, networks, rules)
    status, reason, cause = _status(candidate, power, limits)
    return SweepPoint(
        design=candidate.design,
        status=status,
        reason=reason,
        value=None if value is None else float(value),
        bound=_bound(candidate.bound, value),
        networks=tuple(_network(candidate, network, objective, rules) for network in networks),
        power_mw=None if power is None else float(power),
        cause=cause,
    )


def _status(
    candidate: Candidate, power: Fraction | None, limits: Budgets
) -> tuple[PointStatus, str | None, PointCause | None]:
    if candidate.problem is not None:
        return PointStatus.FAILED, candidate.problem, PointCause.FAILED
    for term in candidate.terms:
        if term.inquiry.is_infeasible:
            return PointStatus.INFEASIBLE, _reason(term.inquiry), PointCause.NO_FIT
    if candidate.skipped and not candidate.is_proven:
        reason = "its bound is above what another design costs"
        return PointStatus.SKIPPED, reason, PointCause.BEATEN
    for term in candidate.terms:
        if term.inquiry.failed and term.inquiry.value is None:
            return PointStatus.FAILED, _reason(term.inquiry), PointCause.FAILED
    if candidate.value is None:
        reason = _why_open(candidate) or "not every layer has a mapping yet"
        return PointStatus.UNKNOWN, reason, PointCause.UNFINISHED
    proven = candidate.is_proven
    if not within_power(power, limits):
        figure = "no cycles" if power is None else f"{float(power):.4g} mW"
        found = f"found {figure} on average, expected at most {limits.power_mw:g}"
        status = PointStatus.INFEASIBLE if proven else PointStatus.UNKNOWN
        return status, f"power budget: {found}", PointCause.POWER
    if proven:
        return PointStatus.OPTIMAL, None, None
    return PointStatus.FEASIBLE, _why_open(candidate), PointCause.UNFINISHED


def _why_open(candidate: Candidate) -> str | None:
    """Why the first layer that is not proven is not."""
    for term in candidate.terms:
        inquiry = term.inquiry
        if inquiry.result is None or inquiry.is_proven:
            continue
        if not inquiry.final:
            # Its last search was a rough one, or ended at a cutoff; others were to follow.
            return f"{inquiry.layer.name}: not searched to the end"
        if inquiry.result.reason:
            return _reason(inquiry)
    return None


def _reason(inquiry: DesignInquiry) -> str:
    return f"{inquiry.layer.name}: {inquiry.result.reason if inquiry.result else ''}"


def _bound(bound: Fraction, value: Fraction | None) -> float:
    """A bound as a double that is not above it, but for a proof: then it is the value's."""
    if value is not None and bound >= value:
        return float(value)
    double = float(bound)
    return double if Fraction(double) <= bound else nextafter(double, -inf)


def _network(
    candidate: Candidate, network: WeightedWorkload, objective: Objective, rules: ConstraintRules
) -> NetworkCost:
    inquiries = candidate.inquiries
    architecture = candidate.design.architecture
    unit = cost_unit_s(architecture, objective)
    results = []
    value, bound, complete = Fraction(0), Fraction(0), True
    for layer in network.workload:
        inquiry = inquiries.get((layer.shape, rules.of(layer)))
        if inquiry is None:
            complete = False
            continue
        bound += layer.instances * unit * inquiry.bound
        if inquiry.value is None:
            complete = False
        else:
            value += layer.instances * unit * inquiry.value
        result = _result(inquiry, layer)
        if result is not None:
            results.append(replace(result, architecture=architecture))
    total = value if complete else None
    return NetworkCost(
        network.workload.name,
        tuple(results),
        None if total is None else float(total),
        _bound(bound, total),
    )


def _result(inquiry: DesignInquiry, layer: Layer) -> LayerResult | None:
    """An inquiry's result under a layer's name, with the best bound there is."""
    result = inquiry.result
    if result is None:
        return None
    bound = result.bound if inquiry.is_infeasible else inquiry.bound
    return replace(result.for_layer(layer), bound=bound)


def within_power(power_mw: Fraction | None, limits: Budgets) -> bool:
    """Whether an average power is known to break no limit, or there is none."""
    if limits.power_mw is None:
        return True
    return power_mw is not None and power_mw <= Fraction(limits.power_mw)


def average_power_mw(
    candidate: Candidate,
    networks: Sequence[WeightedWorkload],
    rules: ConstraintRules = NO_RULES,
) -> Fraction | None:
    """Energy over time of all networks together, weighed; None while a layer has no mapping."""
    inquiries = candidate.inquiries
    energy, cycles = Fraction(0), Fraction(0)
    for network in networks:
        for layer in network.workload:
            inquiry = inquiries.get((layer.shape, rules.of(layer)))
            cost = None if inquiry is None or inquiry.result is None else inquiry.result.cost
            if cost is None:
                return None
            times = Fraction(network.weight) * layer.instances
            energy += times * cost.energy_pj
            cycles += times * cost.latency_cycles
    if not cycles:
        return None
    seconds = cycles / (Fraction(candidate.design.architecture.accelerator_mhz) * 1_000_000)
    return energy / seconds / 10**9  # pJ/s are 1e-9 mW


@dataclass(frozen=True)
class Winners:
    """The best design and the front (positions), and whether they are proven.

    Attributes
    ----------
    ties
        Other designs with mappings that cost exactly what those of the best one cost.
    may_tie
        Designs that were skipped because they can cost no less, but as much.
    """

    best: int | None = None
    best_proven: bool = False
    ties: tuple[int, ...] = ()
    may_tie: tuple[int, ...] = ()
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
    best = min(values, key=lambda p: (values[p], candidates[p].area_mm2, p))
    proven = all(c.bound >= values[best] for c in rivals if c.position != best)
    ties = tuple(p for p in values if p != best and values[p] == values[best])
    may_tie = tuple(
        p
        for p, (candidate, point) in enumerate(zip(candidates, points, strict=True))
        if point.status is PointStatus.SKIPPED and candidate.bound == values[best]
    )
    if not pareto:
        return Winners(best, proven, ties, may_tie)
    front = _front(candidates, values)
    complete = all(points[p].status is PointStatus.OPTIMAL for p in front) and all(
        any(candidates[m].area_mm2 <= c.area_mm2 and c.bound >= values[m] for m in front)
        for c in rivals
        if c.position not in front
    )
    return Winners(best, proven, ties, may_tie, front, complete)


def _may_win(point: SweepPoint) -> bool:
    """Whether better mappings than those so far could make the design win."""
    return point.status is not PointStatus.INFEASIBLE


def _front(candidates: Sequence[Candidate], values: dict[int, Fraction]) -> tuple[int, ...]:
    """Positions of the designs that none beats in both area and value, by area."""
    front: list[int] = []
    for p in sorted(values, key=lambda p: (candidates[p].area_mm2, values[p], p)):
        if not front or values[p] < values[front[-1]]:
            front.append(p)
    return tuple(front)
