"""Area against objective: the designs of a sweep and the front."""

from __future__ import annotations

from math import isfinite
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

    What is a bound is hollow: designs without a value are at what they cannot cost less than,
    those with a gap at what they cannot cost more than.
    """
    mapped = _places(sweep, PointStatus.OPTIMAL, PointStatus.FEASIBLE)
    if not mapped:
        return None
    figure, axes = new_axes(7.2, 4.6)
    axes.grid(visible=True)
    skipped = _places(sweep, PointStatus.SKIPPED)
    open_ = _places(sweep, PointStatus.UNKNOWN, PointStatus.FAILED)
    front = sweep.result.front or _front_of(mapped)
    rest = {position: place for position, place in mapped.items() if position not in front}
    with_gap = {p: place for p, place in rest.items() if sweep.point(p).gap}
    proven = {p: place for p, place in rest.items() if p not in with_gap}
    _draw(axes, skipped, "^", "none", GREY, "skipped, at its bound")
    _draw(axes, open_, "D", "none", GREY, "not finished, at its bound")
    _draw(axes, proven, "o", BLUE, BLUE, "mapped")
    _draw(axes, with_gap, "o", "none", BLUE, "mapped, may cost less")
    _draw_front(axes, sweep, [p for p in front if p in mapped], mapped)
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
    drawn = [*mapped.values(), *skipped.values(), *open_.values()]
    _label(axes, sweep, [p for p in front if p in mapped], mapped, drawn)
    axes.legend(loc="best", fontsize=8)
    return figure


def _draw(
    axes: Axes,
    places: dict[int, tuple[float, float]],
    marker: str,
    face: str,
    edge: str,
    label: str,
) -> None:
    if places:
        areas, values = zip(*places.values(), strict=True)
        axes.scatter(
            areas,
            values,
            marker=marker,
            s=26,
            facecolors=face,
            edgecolors=edge,
            linewidths=0.9,
            label=label,
        )


def _places(sweep: Sweep, *statuses: PointStatus) -> dict[int, tuple[float, float]]:
    """Area and value (or bound, where there is no value that counts) by position."""
    places = {}
    for position, point in enumerate(sweep.result.points):
        value = point.value if point.is_mapped else point.bound
        area = point.design.area_mm2
        if point.status in statuses and area is not None and value and isfinite(value):
            places[position] = (area, sweep.unit.amount(value))
    return places


def _front_of(places: dict[int, tuple[float, float]]) -> tuple[int, ...]:
    """Positions that none beats in both area and value, by area."""
    front: list[int] = []
    for position in sorted(places, key=lambda p: (*places[p], p)):
        if not front or places[position][1] < places[front[-1]][1]:
            front.append(position)
    return tuple(front)


def _draw_front(
    axes: Axes, sweep: Sweep, front: list[int], places: dict[int, tuple[float, float]]
) -> None:
    result = sweep.result
    if not front or (len(front) == 1 and not result.front):
        return
    name = "front so far"
    if result.front and result.front_proven:
        name = "front, proven complete"
    elif not result.front:
        name = "front of those mapped"
    areas, values = zip(*(places[position] for position in front), strict=True)
    axes.step(areas, values, where="post", color=VERMILION, linewidth=1.3, zorder=3)
    faces = ["white" if sweep.point(position).gap else VERMILION for position in front]
    axes.scatter(areas, values, s=36, facecolors=faces, edgecolors=VERMILION, zorder=4, label=name)
    if "white" in faces:
        axes.scatter(
            [], [], s=36, facecolors="white", edgecolors=VERMILION, label="on it, may cost less"
        )


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
