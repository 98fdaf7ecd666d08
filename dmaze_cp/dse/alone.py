"""Each layer of a sweep as if it had been all that counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from dmaze_cp.dse.result import PointStatus, SweepPoint, SweepResult, cost_unit_s
from dmaze_cp.objective import Objective
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
class LayerSweep:
    """A sweep as if one layer had been all that counts.

    Attributes
    ----------
    network, layer
        The place of its network, and its name.
    result
        The designs and the best of them.
    """

    network: int
    layer: str
    result: SweepResult


def layer_sweeps(result: SweepResult) -> tuple[list[LayerSweep], int]:
    """The costliest layers with their own sweeps, and how many layers there are.

    There are none where designs were skipped: too little is known of their layers then.
    """
    if result.best is None or result.count(PointStatus.SKIPPED):
        return [], 0
    layers = [
        (place, layer.name)
        for place, network in enumerate(result.networks)
        for layer in network.workload
    ]
    best = result.points[result.best]
    costly = sorted(layers, key=lambda each: -_share(result, best, *each))[:MOST_LAYERS]
    chosen = [each for each in layers if each in costly]
    return [LayerSweep(*each, _alone(result, *each)) for each in chosen], len(layers)


def _share(result: SweepResult, best: SweepPoint, network: int, layer: str) -> float:
    """What a layer contributes to the total of the best design."""
    found = _result_of(best, network, layer)
    if found is None or found.value is None:
        return 0.0
    return result.networks[network].weight * found.layer.instances * found.value


def _alone(result: SweepResult, network: int, layer: str) -> SweepResult:
    """The designs and the best of them, as if a layer had been all that counts."""
    points = tuple(_point(point, network, layer, result.objective) for point in result.points)
    values = [(p.value, k) for k, p in enumerate(points) if p.is_mapped and p.value is not None]
    return replace(result, points=points, best=min(values)[1] if values else None)


def _point(point: SweepPoint, network: int, layer: str, objective: Objective) -> SweepPoint:
    found = _result_of(point, network, layer)
    unit = cost_unit_s(point.design.architecture, objective)
    # The bound of the design is one of all its layers.
    bound = 0.0 if found is None else finite(found.bound) or 0.0
    least = float(unit * Fraction(bound))
    if point.status is PointStatus.INFEASIBLE or found is None or found.value is None:
        status = point.status if point.status is PointStatus.INFEASIBLE else PointStatus.UNKNOWN
        return replace(point, status=status, value=None, bound=least)
    value = float(unit * found.value)
    return replace(point, status=_STATUSES[found.status], value=value, bound=least)


def _result_of(point: SweepPoint, network: int, layer: str) -> LayerResult | None:
    layers = point.networks[network].layers
    return next((result for result in layers if result.layer.name == layer), None)
