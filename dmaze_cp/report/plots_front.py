"""Area against objective: the designs of a sweep and the front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dmaze_cp.dse.result import PointStatus
from dmaze_cp.report.layer import objective_name
from dmaze_cp.report.plots_style import (
    BLUE,
    GREY,
    ORANGE,
    VERMILION,
    new_axes,
    parameters_label,
    parameters_legend,
    plain_ticks,
    put_labels,
    title_of,
    value_label,
)
from dmaze_cp.report.sweep_figures import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_LABELS: Final = 8
_BELOW: Final = ("right", "top")
"""Below and to the left of a front there is nothing: labels end there if they can."""


def front_plot(sweep: Sweep) -> Figure | None:
    """Designs by area and objective, with the front; None without areas or mappings.

    Designs that were skipped are hollow, at their bounds: they cost at least that.
    """
    mapped = _places(sweep, (PointStatus.OPTIMAL, PointStatus.FEASIBLE))
    if not mapped:
        return None
    figure, axes = new_axes(7.2, 4.6)
    axes.grid(visible=True)
    skipped = _places(sweep, (PointStatus.SKIPPED,))
    if skipped:
        axes.scatter(
            [area for area, _ in skipped.values()],
            [bound for _, bound in skipped.values()],
            marker="^",
            s=26,
            facecolors="none",
            edgecolors=GREY,
            linewidths=0.9,
            label="skipped, at its bound",
        )
    front = sweep.result.front or _front_of(mapped)
    rest = [place for position, place in mapped.items() if position not in front]
    if rest:
        areas, values = [area for area, _ in rest], [value for _, value in rest]
        axes.scatter(areas, values, s=26, color=BLUE, label="mapped")
    _draw_front(axes, sweep, [mapped[p] for p in front if p in mapped])
    best = sweep.result.best
    if best is not None and best in mapped:
        axes.scatter(
            [mapped[best][0]],
            [mapped[best][1]],
            marker="*",
            s=190,
            color=ORANGE,
            edgecolors="black",
            linewidths=0.7,
            zorder=5,
            label="best",
        )
    axes.set_yscale("log")
    plain_ticks(axes.yaxis)
    axes.margins(x=0.16, y=0.1)
    axes.set_xlabel("area (mm²)")
    axes.set_ylabel(value_label(sweep))
    axes.set_title(title_of(sweep, f"area and {objective_name(sweep.result.objective)}"))
    drawn = [*mapped.values(), *skipped.values()]
    _label(axes, sweep, [p for p in front if p in mapped], mapped, drawn)
    axes.legend(loc="best", fontsize=8)
    return figure


def _places(sweep: Sweep, statuses: tuple[PointStatus, ...]) -> dict[int, tuple[float, float]]:
    """Area and value (or bound, where it is skipped) by position."""
    places = {}
    for position, point in enumerate(sweep.result.points):
        skipped = point.status is PointStatus.SKIPPED
        value = point.bound if skipped else point.value
        area = point.design.area_mm2
        if point.status in statuses and area is not None and value:
            places[position] = (area, sweep.unit.amount(value))
    return places


def _front_of(places: dict[int, tuple[float, float]]) -> tuple[int, ...]:
    """Positions that none beats in both area and value, by area."""
    front: list[int] = []
    for position in sorted(places, key=lambda p: (*places[p], p)):
        if not front or places[position][1] < places[front[-1]][1]:
            front.append(position)
    return tuple(front)


def _draw_front(axes: Axes, sweep: Sweep, places: list[tuple[float, float]]) -> None:
    if not places or (len(places) == 1 and not sweep.result.front):
        return
    result = sweep.result
    name = "front so far"
    if result.front and result.front_proven:
        name = "front, proven complete"
    elif not result.front:
        name = "front of those mapped"
    areas, values = [area for area, _ in places], [value for _, value in places]
    axes.step(areas, values, where="post", color=VERMILION, linewidth=1.3, zorder=3)
    axes.scatter(areas, values, s=36, color=VERMILION, zorder=4, label=name)


def _label(
    axes: Axes,
    sweep: Sweep,
    front: list[int],
    places: dict[int, tuple[float, float]],
    drawn: list[tuple[float, float]],
) -> None:
    """Say which designs the ends of the front, and some between, are."""
    if not sweep.swept or not front:
        return
    step = max(1, -(-len(front) // _MOST_LABELS))
    chosen = dict.fromkeys((*front[::step], front[-1]))
    put_labels(axes, [(parameters_label(sweep, p), *places[p]) for p in chosen], drawn, _BELOW)
    axes.annotate(
        f"labels: {parameters_legend(sweep)}",
        (1, 1.01),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        fontsize=7.5,
        color="#444444",
    )
