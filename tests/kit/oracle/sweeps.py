"""What a sweep has to find, by brute force over designs and mappings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.design import Design
from dmaze_cp.dse.result import PointStatus, SweepResult, WeightedWorkload
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.objective import Objective
from dmaze_cp.workload import Layer, Workload
from tests.kit.oracle.brute_force import BruteForce, brute_force


@dataclass(frozen=True)
class Listed(DesignSpace):
    """Designs of any figures and areas, in any order; not a product of values."""

    listed: tuple[Design, ...] = ()

    def survey(self):
        limit = self.budgets.area_mm2
        return tuple(d for d in self.listed if limit is None or d.area_mm2 <= limit), ()


def listed(architectures: Sequence[Architecture], areas: Sequence[float | None]) -> Listed:
    pairs = zip(architectures, areas, strict=True)
    designs = (Design(n, {}, arch, area) for n, (arch, area) in enumerate(pairs))
    return Listed("listed", listed=tuple(designs))


def optimum(layer: Layer, architecture: Architecture, objective: Objective) -> int | None:
    """Least cost of a layer; None where it does not fit."""
    figures = replace(architecture, name="", notes="", pe_pipeline_stages=1)
    return _tried(layer.shape, figures).value(objective)


@cache
def _tried(layer: Layer, architecture: Architecture) -> BruteForce:
    return brute_force(layer, architecture)


def total(
    architecture: Architecture, networks: Sequence[WeightedWorkload], objective: Objective
) -> Fraction | None:
    """Weighed sum of the least costs, in pJ, s or pJ x s; None where some layer does not fit."""
    unit = Fraction(1)
    if objective is not Objective.ENERGY:
        unit /= Fraction(architecture.accelerator_mhz) * 10**6
    found = Fraction(0)
    for network in networks:
        for layer in network.workload:
            least = optimum(layer, architecture, objective)
            if least is None:
                return None
            found += Fraction(network.weight) * layer.instances * least * unit
    return found


def network(name: str, *layers: Layer, weight: float = 1.0) -> WeightedWorkload:
    return WeightedWorkload(Workload(name, layers), weight)


def check_sweep(result: SweepResult, *, finished: bool = True) -> dict[int, Fraction]:
    """Everything that a sweep claims, against brute force; totals by position.

    With `finished`, it also has to have found the winners and proven them. Where there is a
    power budget, only designs whose mappings are known to keep or to break it are judged.
    """
    totals = {}
    for position, point in enumerate(result.points):
        exact = total(point.design.architecture, result.networks, result.objective)
        _check_point(point, exact, result.budgets.power_mw)
        if exact is not None and point.status is not PointStatus.INFEASIBLE:
            totals[position] = exact
    # Of equals, the smallest wins, then the first.
    best = min(totals, key=lambda p: (totals[p], _area(result, p), p), default=None)
    front = _front(result, totals) if result.pareto else ()
    _check_losers(result, {best, *front} if result.pareto else {best})
    for position in result.ties:
        assert result.points[position].value == result.points[result.best].value
    if result.best_proven:
        assert totals[result.best] == totals[best]
    if result.front_proven:
        assert _shape(result, result.front, totals) == _shape(result, front, totals)
    if finished:
        assert result.best == best
        assert result.best_proven == (best is not None)
        if best is not None:
            assert result.points[best].status is PointStatus.OPTIMAL
            equal = {p for p in totals if p != best and totals[p] == totals[best]}
            assert {*result.ties} <= equal <= {*result.ties, *result.may_tie}
        assert result.front == front
        assert result.front_proven == bool(front)
        assert not result.interrupted
    return totals


def _check_losers(result: SweepResult, winners: set[int | None]) -> None:
    """What is skipped has not won."""
    for position, point in enumerate(result.points):
        if point.status is PointStatus.SKIPPED:
            assert position not in winners


def _check_point(point, exact: Fraction | None, power_mw: float | None) -> None:
    if exact is None:
        assert point.status not in {PointStatus.OPTIMAL, PointStatus.FEASIBLE}
        assert point.value is None
        return
    if point.status is PointStatus.INFEASIBLE:
        assert power_mw is not None
        assert point.power_mw > power_mw
        assert point.value == float(exact)
    elif point.is_mapped and power_mw is not None:
        assert point.power_mw <= power_mw
    # A double that is below, or the one nearest to what is proven.
    assert Fraction(point.bound) <= exact or point.bound == point.value == float(exact)
    assert point.value is None or point.value >= float(exact)
    if point.status is PointStatus.OPTIMAL:
        assert point.value == point.bound == float(exact)
        assert point.gap == 0
    if point.status is PointStatus.FEASIBLE:
        assert point.reason
    for one in point.networks:
        for layer in one.layers:
            least = optimum(layer.layer, layer.architecture, layer.objective)
            assert layer.bound is None or layer.bound <= least
            assert (layer.status == "optimal") == (layer.value is not None and layer.gap == 0)


def _front(result: SweepResult, totals: dict[int, Fraction]) -> tuple[int, ...]:
    """Designs that none beats in both; of equals the first, by area."""

    def beaten(p: int) -> bool:
        return any(
            _key(result, q, totals) <= _key(result, p, totals) and totals[q] <= totals[p]
            for q in totals
            if q != p and _area(result, q) <= _area(result, p)
        )

    return tuple(sorted((p for p in totals if not beaten(p)), key=lambda p: _area(result, p)))


def _key(result: SweepResult, position: int, totals: dict[int, Fraction]):
    """Decides between designs of which none is worse."""
    return _area(result, position), totals[position], position


def _area(result: SweepResult, position: int) -> float:
    return result.points[position].design.area_mm2 or 0.0


def _shape(result: SweepResult, front: Sequence[int], totals: dict[int, Fraction]):
    return {(_area(result, p), totals[p]) for p in front}
