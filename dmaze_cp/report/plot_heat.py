"""Heat maps in matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from dmaze_cp.report.figures import Heat, HeatCell, Heats
from dmaze_cp.report.plot_labels import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

_VERMILION, _GREY = "#D55E00", "#8a8a8a"
_Style = dict[str, Any]
_MOST_TEXT: Final = 24
"""Rows or columns beyond which the numbers in the cells are left out."""
_HATCH: Final = "#5c5c5c"
_PALE: Final = 0.4
"""How much of their colour is left to bounds, so that hatching shows on them."""
_LEAST_SPAN: Final = 1.25
"""The scale goes at least so far: a difference of a few per cent looks small."""
_ACROSS: Final = 3
_SMALLER, _LARGEST = 0.78, 28.0
"""A heat map's share of the size that it has alone; the figure's width and height, in inches."""


def draw_heats(heats: Heats) -> Figure:
    """Heat maps with one scale, and what their signs mean."""
    from matplotlib.figure import Figure

    shown = heats.heats if heats.beside else heats.heats[:1]
    across = min(_ACROSS, len(shown))
    down = -(-len(shown) // across)
    width, height = _heat_size(shown[0])
    width, height = width * across, height * down
    part = min(_SMALLER if len(shown) > 1 else 1.0, _LARGEST / width, _LARGEST / height)
    figure = Figure(figsize=(width * part, height * part), layout="constrained")
    scale = _scale_of(shown)
    for place, heat in enumerate(shown):
        axes = figure.add_subplot(down, across, place + 1)
        _draw_heat(axes, heat, scale)
        axes.set_title(plain(heat.title if heats.beside else heats.title))
    if heats.beside:
        figure.suptitle(plain(heats.title), x=0.02, ha="left", fontsize=11)
    _heat_legend(
        figure, shown, scale, "times the layer's best" if heats.beside else "times the best"
    )
    return figure


def _heat_size(heat: Heat) -> tuple[float, float]:
    """Width and height of a heat map, in inches."""
    width, height = 2.4 + 0.68 * len(heat.columns), 1.7 + 0.44 * len(heat.rows)
    return max(min(width, 16), 4.6), min(height, 14)


def _scale_of(heats: Sequence[Heat]) -> LogNorm:
    """The scale of the colours, from the best to the worst of all."""
    from matplotlib.colors import LogNorm

    known = [value for heat in heats for value in heat.shades[0].values if value]
    return LogNorm(min(1.0, *known), max(_LEAST_SPAN, *known))


def _colours() -> Callable[[float], tuple[float, float, float, float]]:
    from matplotlib import colormaps

    return colormaps["cividis_r"]


def _draw_heat(axes: Axes, heat: Heat, scale: LogNorm) -> None:
    """The cells with their numbers, and the values of the parameters."""
    from matplotlib.patches import Rectangle

    shade = heat.shades[0]
    show_text = max(len(heat.rows), len(heat.columns)) <= _MOST_TEXT
    for cell, value, texts in zip(heat.cells, shade.values, shade.texts, strict=True):
        corner, is_bound = (cell.column - 0.5, cell.row - 0.5), cell.state == "bound"
        style: _Style = {}
        rgb = (0.95, 0.95, 0.95)
        if value is not None:
            rgb = _colours()(scale(value))[:3]
            rgb = tuple(_PALE * c + 1 - _PALE for c in rgb) if is_bound else rgb  # type: ignore[assignment]
            style = {"linewidth": 2.4 if cell.is_best else 0.4, "zorder": 3 if cell.is_best else 1}
            style["hatch"] = "////" if is_bound else None
        edge = _VERMILION if cell.is_best else _HATCH if is_bound and style else "white"
        style |= {"facecolor": rgb, "edgecolor": edge, "gid": cell.state}
        axes.add_patch(Rectangle(corner, 1, 1, **style))
        if show_text:
            _write(axes, cell, texts, None if value is None else rgb)
    _frame(axes, heat)


def _write(
    axes: Axes, cell: HeatCell, texts: Sequence[str], rgb: tuple[float, float, float] | None
) -> None:
    box, colour = None, "#222222"
    if rgb is None:
        colour = _GREY
    elif cell.state == "bound":
        # Hatching would cross the digits.
        box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.2}
    elif 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] < 0.5:
        colour = "white"
    axes.text(
        cell.column,
        cell.row,
        texts[-1] if rgb is None else texts[0].replace(" ", ""),
        ha="center",
        va="center",
        fontsize=8,
        color=colour,
        fontweight="bold" if cell.is_best else "normal",
        bbox=box,
        zorder=4,
    )


def _frame(axes: Axes, heat: Heat) -> None:
    axes.set_xlim(-0.5, len(heat.columns) - 0.5)
    # The least value of a parameter is at the bottom, as on any axis.
    axes.set_ylim(-0.5, len(heat.rows) - 0.5)
    for name, label, values in (("x", heat.x, heat.columns), ("y", heat.y, heat.rows)):
        every = max(1, len(values) // _MOST_TEXT)
        ticks = list(range(0, len(values), every)) if label else []
        getattr(axes, f"set_{name}ticks")(ticks, [values[k] for k in ticks])
        getattr(axes, f"set_{name}label")(label)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _heat_legend(figure: Figure, heats: Sequence[Heat], scale: LogNorm, label: str) -> None:
    """A colour bar, and what marks in the cells mean."""
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(ScalarMappable(scale, _colours()), ax=figure.axes, pad=0.02)  # type: ignore[arg-type]
    bar.ax.yaxis.set_major_formatter(lambda ratio, _: f"{ratio:.3g}")
    few = (scale.vmax or 1.0) < 5
    bar.ax.yaxis.set_minor_formatter(lambda ratio, _: f"{ratio:.3g}" if few else "")
    bar.set_label(label)
    meanings = dict.fromkeys(
        f"{sign}: {plain(text[:90])}" if sign else text
        for heat in heats
        for sign, text in heat.legend
    )
    figure.supxlabel("\n".join(meanings), fontsize=7.5, color="#444444", x=0.02, ha="left")
