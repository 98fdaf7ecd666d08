"""The heat map of a sweep: the objective over two parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dmaze_cp.report.layer import objective_name
from dmaze_cp.report.plots_style import GREY, VERMILION, plain, title_of
from dmaze_cp.report.sweep_figures import Sweep, short
from dmaze_cp.report.sweep_grid import Cell, CellState, Grid, grid_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, LogNorm
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

_MOST_TEXT: Final = 24
"""Rows or columns beyond which the numbers in the cells are left out."""
_HATCH: Final = "#5c5c5c"
_PALE: Final = 0.4
"""How much of their colour is left to bounds, so that hatching shows on them."""
_LEAST_SPAN: Final = 1.25
"""The scale goes at least so far: a difference of a few per cent looks small."""
_MARKS: Final = {
    CellState.UNKNOWN: "?",
    CellState.INFEASIBLE: "n",
    CellState.INVALID: "×",
}
_MEANINGS: Final = {
    CellState.BOUNDED: "hatched, ≥: skipped or not finished, costs at least so much",
    CellState.FOUND: "*: may cost less, not all of it is proven",
    CellState.UNKNOWN: "?: not known",
    CellState.INFEASIBLE: "n: no mapping fits, or over a budget",
    CellState.INVALID: "×: no design: {causes}",
}


def heat_plot(sweep: Sweep) -> Figure | None:
    """The objective of each design over that of the best, by two parameters.

    Designs that have no value are hatched, with their bound.
    """
    grid = grid_of(sweep)
    if grid is None or sweep.result.best is None:
        return None
    from matplotlib.figure import Figure

    figure = Figure(figsize=heat_size(grid), layout="constrained")
    axes = figure.add_subplot()
    scale = scale_of([grid])
    draw_heat(axes, grid, scale)
    name = objective_name(sweep.result.objective)
    axes.set_title(title_of(sweep, f"{name} over the best design's"))
    add_legend(figure, [grid], scale, "times the best")
    return figure


def heat_size(grid: Grid) -> tuple[float, float]:
    """Width and height of a heat map, in inches."""
    width, height = 2.4 + 0.68 * len(grid.column_values), 1.7 + 0.44 * len(grid.row_values)
    return max(min(width, 16), 4.6), min(height, 14)


def scale_of(grids: Sequence[Grid]) -> LogNorm:
    """The scale of the colours, from the best to the worst of all."""
    from matplotlib.colors import LogNorm

    known = [cell.ratio for grid in grids for cell in grid.cells.values() if cell.ratio]
    return LogNorm(min(1.0, *known), max(_LEAST_SPAN, *known))


def draw_heat(axes: Axes, grid: Grid, scale: LogNorm) -> None:
    """The cells of a grid with their numbers, and the values of its parameters."""
    colours = _colours()
    show_text = max(len(grid.row_values), len(grid.column_values)) <= _MOST_TEXT
    for (row, column), cell in grid.cells.items():
        axes.add_patch(_patch(row, column, cell, colours, scale))
        if show_text:
            _write(axes, row, column, cell, colours, scale)
    _frame(axes, grid)


def add_legend(figure: Figure, grids: Sequence[Grid], scale: LogNorm, label: str) -> None:
    """A colour bar, and what marks in the cells mean."""
    from matplotlib.cm import ScalarMappable

    axes = figure.axes
    bar = figure.colorbar(ScalarMappable(scale, _colours()), ax=axes, pad=0.02)
    bar.ax.yaxis.set_major_formatter(lambda ratio, _: f"{ratio:.3g}")
    few = (scale.vmax or 1.0) < 5
    bar.ax.yaxis.set_minor_formatter(lambda ratio, _: f"{ratio:.3g}" if few else "")
    bar.set_label(label)
    states = set[CellState]().union(*(grid.states for grid in grids))
    causes = plain(grids[0].causes_text, longest=80)
    meanings = [text.format(causes=causes) for k, text in _MEANINGS.items() if k in states]
    if grids[0].others:
        meanings.append(f"best of all {', '.join(grids[0].others)}")
    figure.supxlabel("\n".join(meanings), fontsize=7.5, color="#444444", x=0.02, ha="left")


def _colours() -> Colormap:
    from matplotlib import colormaps

    return colormaps["cividis_r"]


def _patch(row: int, column: int, cell: Cell, colours: Colormap, norm: LogNorm) -> Rectangle:
    from matplotlib.patches import Rectangle

    corner = (column - 0.5, row - 0.5)
    if cell.ratio is None:
        return Rectangle(corner, 1, 1, facecolor="#f2f2f2", edgecolor="white", gid=cell.state)
    red, green, blue, _ = colours(norm(cell.ratio))
    is_bound = cell.state is CellState.BOUNDED
    if is_bound:
        red, green, blue = (_PALE * part + 1 - _PALE for part in (red, green, blue))
    return Rectangle(
        corner,
        1,
        1,
        facecolor=(red, green, blue),
        edgecolor=VERMILION if cell.is_best else (_HATCH if is_bound else "white"),
        linewidth=2.4 if cell.is_best else 0.4,
        hatch="////" if is_bound else None,
        zorder=3 if cell.is_best else 1,
        gid=cell.state,
    )


def _write(axes: Axes, row: int, column: int, cell: Cell, colours: Colormap, norm: LogNorm) -> None:
    colour, box = "#222222", None
    text = cell.text
    if cell.ratio is None:
        text, colour = _MARKS.get(cell.state, ""), GREY
    elif cell.state is CellState.BOUNDED:
        # Hatching would cross the digits.
        box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.2}
    else:
        red, green, blue, _ = colours(norm(cell.ratio))
        if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5:
            colour = "white"
    axes.text(
        column,
        row,
        text,
        ha="center",
        va="center",
        fontsize=8,
        color=colour,
        fontweight="bold" if cell.is_best else "normal",
        bbox=box,
        zorder=4,
    )


def _frame(axes: Axes, grid: Grid) -> None:
    rows, columns = len(grid.row_values), len(grid.column_values)
    axes.set_xlim(-0.5, columns - 0.5)
    # The least value of a parameter is at the bottom, as on any axis.
    axes.set_ylim(-0.5, rows - 0.5)
    every = max(1, columns // _MOST_TEXT)
    axes.set_xticks(range(0, columns, every), [short(v) for v in grid.column_values[::every]])
    axes.set_xlabel(grid.columns)
    every = max(1, rows // _MOST_TEXT)
    if grid.rows:
        axes.set_yticks(range(0, rows, every), [short(v) for v in grid.row_values[::every]])
        axes.set_ylabel(grid.rows)
    else:
        axes.set_yticks([])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
