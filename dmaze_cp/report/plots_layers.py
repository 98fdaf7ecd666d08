"""Heat maps of a sweep's layers, one for each: where the best design differs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from dmaze_cp.dse.result import PointStatus, SweepPoint, SweepResult, cost_unit_s
from dmaze_cp.objective import Objective
from dmaze_cp.report.layer import objective_name
from dmaze_cp.report.plots_heat import add_legend, draw_heat, heat_size, scale_of
from dmaze_cp.report.plots_style import plain_names, title_of
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_grid import Grid, grid_of
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.result.layer_files import finite

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LAYERS: Final = 12
"""Heat maps in one figure; of more layers, those are shown that cost most."""
_ACROSS: Final = 3
_SMALLER, _LARGEST = 0.78, 28.0
"""A heat map's share of the size that it has alone; the figure's width and height, in inches."""
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


def layers_plot(sweep: Sweep) -> Figure | None:
    """A heat map for each layer, over the design that is best for that layer.

    Nothing where designs were skipped, since too little is known of their layers then. Of many
    layers those are shown that cost most on the best design.
    """
    result = sweep.result
    if result.best is None or result.count(PointStatus.SKIPPED):
        return None
    layers = _layers(result)
    best = result.points[result.best]
    costly = sorted(layers, key=lambda each: -_share(result, best, each))[:MOST_LAYERS]
    grids = []
    for named in (each for each in layers if each in costly):
        alone = Sweep(_alone(result, named))
        grid = grid_of(alone)
        if grid is not None and alone.result.best is not None:
            grids.append((named.title, grid))
    if len(layers) < 2 or not grids:
        return None
    what = f"{objective_name(result.objective)} of each layer over its best design's"
    if len(grids) < len(layers):
        what += f", the {len(grids)} costliest of {len(layers)}"
    return _figure(title_of(sweep, what), grids)


def _figure(title: str, titled: list[tuple[str, Grid]]) -> Figure:
    from matplotlib.figure import Figure

    grids = [grid for _, grid in titled]
    across = min(_ACROSS, len(grids))
    down = -(-len(grids) // across)
    width, height = heat_size(grids[0])
    width, height = width * across, height * down
    part = min(_SMALLER, _LARGEST / width, _LARGEST / height)
    figure = Figure(figsize=(width * part, height * part), layout="constrained")
    scale = scale_of(grids)
    for place, (name, grid) in enumerate(titled):
        axes = figure.add_subplot(down, across, place + 1)
        draw_heat(axes, grid, scale)
        axes.set_title(name)
    figure.suptitle(title, x=0.02, ha="left", fontsize=11)
    add_legend(figure, grids, scale, "times the layer's best")
    return figure


def _layers(result: SweepResult) -> list[_Named]:
    """All layers, with their network's name where there are several."""
    several = len(result.networks) > 1
    networks = plain_names(network.workload.name for network in result.networks)
    found = []
    for position, network in enumerate(result.networks):
        before = f"{networks[network.workload.name]}: " if several else ""
        layers = plain_names(layer.name for layer in network.workload)
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
