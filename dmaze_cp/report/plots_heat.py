"""The heat map of a sweep: the objective over two parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dmaze_cp.report.layer import objective_name
from dmaze_cp.report.plots_style import GREY, VERMILION, new_axes, title_of
from dmaze_cp.report.sweep_figures import Sweep, short
from dmaze_cp.report.sweep_grid import Cell, CellState, Grid, grid_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, LogNorm
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

_MOST_TEXT: Final = 24
"""Rows or columns beyond which the numbers in the cells are left out."""
_PALE: Final = 0.55
_MARKS: Final = {
    CellState.UNKNOWN: "?",
    CellState.INFEASIBLE: "n",
    CellState.INVALID: "×",
    CellState.SKIPPED: "skipped",
}
_MEANINGS: Final = {
    CellState.SKIPPED: "hatched: skipped, costs at least so much",
    CellState.FOUND: "*: better mappings may exist",
    CellState.UNKNOWN: "?: not known",
    CellState.INFEASIBLE: "n: no mapping fits, or over a budget",
    CellState.INVALID: "×: no valid design",
}


def heat_plot(sweep: Sweep) -> Figure | None:
    """The objective of each design over that of the best, by two parameters.

    Designs that were skipped are hatched, with their bound.
    """
    grid = grid_of(sweep)
    if grid is None or sweep.result.best is None:
        return None
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    rows, columns = len(grid.row_values), len(grid.column_values)
    width, height = min(2.4 + 0.68 * columns, 16), min(1.7 + 0.44 * rows, 14)
    figure, axes = new_axes(max(width, 4.6), height)
    known = [cell.ratio for cell in grid.cells.values() if cell.ratio]
    norm = LogNorm(min(1.0, *known), max(1.05, *known))
    colours = colormaps["cividis_r"]
    show_text = max(rows, columns) <= _MOST_TEXT
    for (row, column), cell in grid.cells.items():
        axes.add_patch(_patch(row, column, cell, colours, norm))
        if show_text:
            _write(axes, row, column, cell, colours, norm)
    _frame(axes, grid)
    name = objective_name(sweep.result.objective)
    axes.set_title(title_of(sweep, f"{name} over the best design's"))
    bar = figure.colorbar(ScalarMappable(norm, colours), ax=axes, pad=0.02)
    bar.ax.yaxis.set_major_formatter(lambda ratio, _: f"{ratio:.3g}")
    few = max(1.05, *known) < 5
    bar.ax.yaxis.set_minor_formatter(lambda ratio, _: f"{ratio:.3g}" if few else "")
    bar.set_label("times the best")
    meanings = [text for state, text in _MEANINGS.items() if state in grid.states]
    if grid.others:
        meanings.append(f"best of all {', '.join(grid.others)}")
    figure.supxlabel("\n".join(meanings), fontsize=7.5, color="#444444", x=0.02, ha="left")
    return figure


def _patch(row: int, column: int, cell: Cell, colours: Colormap, norm: LogNorm) -> Rectangle:
    from matplotlib.patches import Rectangle

    corner = (column - 0.5, row - 0.5)
    if cell.ratio is None:
        return Rectangle(corner, 1, 1, facecolor="#f2f2f2", edgecolor="white", gid=cell.state)
    red, green, blue, _ = colours(norm(cell.ratio))
    skipped = cell.state is CellState.SKIPPED
    if skipped:
        red, green, blue = (_PALE * part + 1 - _PALE for part in (red, green, blue))
    return Rectangle(
        corner,
        1,
        1,
        facecolor=(red, green, blue),
        edgecolor=VERMILION if cell.is_best else (GREY if skipped else "white"),
        linewidth=2.4 if cell.is_best else 0.4,
        hatch="////" if skipped else None,
        zorder=3 if cell.is_best else 1,
        gid=cell.state,
    )


def _write(axes: Axes, row: int, column: int, cell: Cell, colours: Colormap, norm: LogNorm) -> None:
    skipped = cell.state is CellState.SKIPPED
    colour, box = "#222222", None
    ratio = cell.shown_ratio
    if cell.ratio is None or ratio is None:
        text, colour = _MARKS.get(cell.state, ""), GREY
    else:
        digits = f"{ratio:.2f}" if ratio < 99.5 else f"{ratio:.2g}"
        star = "*" if cell.state is CellState.FOUND else ""
        text = f"{'≥ ' if skipped else ''}{digits}{star}"
        red, green, blue, _ = colours(norm(cell.ratio))
        is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        if is_dark and not skipped:
            colour = "white"
        if skipped:
            # Hatching would cross the digits.
            box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.2}
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
