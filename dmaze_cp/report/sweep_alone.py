"""Each layer of a sweep as if it had been all that counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from dmaze_cp.dse.result import PointStatus, SweepPoint, SweepResult, cost_unit_s
from dmaze_cp.objective import Objective
from dmaze_cp.report.short_names import short_names
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.result.layer_files import finite

MOST_LAYERS: Final = 12
"""Of more layers, those are shown that cost most."""
_STATUSES: Final = {
    Status.OPTIMAL: PointStatus.OPTIMAL,
    Status.FEASIBLE: PointStatus.FEASIBLE,
    Status.INFEASIBLE: PointStatus.INFEASIBLE,
}


@dataclass(frozen=True)
class _Named:
    """A layer by its place in a sweep, and what it is called there."""

    network: int
    layer: str
    title: str


def layer_sweeps(sweep: Sweep) -> tuple[list[tuple[str, Sweep]], int]:
    """The costliest layers with their own sweeps, and how many layers there are.

    There are none where designs were skipped: too little is known of their layers then.
    """
    result = sweep.result
    if result.best is None or result.count(PointStatus.SKIPPED):
        return [], 0
    layers = _layers(result)
    best = result.points[result.best]
    costly = sorted(layers, key=lambda each: -_share(result, best, each))[:MOST_LAYERS]
    chosen = [each for each in layers if each in costly]
    return [(each.title, Sweep(_alone(result, each))) for each in chosen], len(layers)


def _layers(result: SweepResult) -> list[_Named]:
    """All layers, with their network's name where there are several."""
    several = len(result.networks) > 1
    networks = short_names(n.workload.name for n in result.networks)
    found = []
    for position, network in enumerate(result.networks):
        before = f"{networks[network.workload.name]}: " if several else ""
        layers = short_names(layer.name for layer in network.workload)
        found += [_Named(position, name, f"{before}{label}") for name, label in layers.items()]
    return found


def _share(result: SweepResult, best: SweepPoint, named: _Named) -> float:
    """What a layer contributes to the total of the best design."""
    found = _result_of(best, named)
    if found is None or found.value is None:
        return 0.0
    return result.networks[named.network].weight * found.layer.instances * found.value


def _alone(result: SweepResult, named: _Named) -> SweepResult:
    """The designs and the best of them, as if a layer had been all that counts."""
    points = tuple(_point(point, named, result.objective) for point in result.points)
    values = [(p.value, k) for k, p in enumerate(points) if p.is_mapped and p.value is not None]
    return replace(result, points=points, best=min(values)[1] if values else None)


def _point(point: SweepPoint, named: _Named, objective: Objective) -> SweepPoint:
    found = _result_of(point, named)
    unit = cost_unit_s(point.design.architecture, objective)
    # The bound of the design is one of all its layers.
    bound = 0.0 if found is None else finite(found.bound) or 0.0
    least = float(unit * Fraction(bound))
    if point.status is PointStatus.INFEASIBLE or found is None or found.value is None:
        status = point.status if point.status is PointStatus.INFEASIBLE else PointStatus.UNKNOWN
        return replace(point, status=status, value=None, bound=least)
    value = float(unit * found.value)
    return replace(point, status=_STATUSES[found.status], value=value, bound=least)


def _result_of(point: SweepPoint, named: _Named) -> LayerResult | None:
    layers = point.networks[named.network].layers
    return next((result for result in layers if result.layer.name == named.layer), None)
