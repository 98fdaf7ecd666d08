"""Figures as PNG and SVG files (extra ``plot``): drawn from the same data as those of a page."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from dmaze_cp.extras import load_extra
from dmaze_cp.report.figures import Figure as Drawing
from dmaze_cp.report.figures import Heats, Kind, Scatter, Stack
from dmaze_cp.report.plot_heat import draw_heats
from dmaze_cp.report.plot_labels import plain, put_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis as AxisOfPlot
    from matplotlib.figure import Figure

KINDS: Final = ("png", "svg")
"""Suffixes of the files of a plot."""
_STYLE: Final = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    # The same result gives the same file.
    "svg.hashsalt": "dmaze-cp",
}
# Okabe and Ito's palette: told apart with any colour vision.
_BLUE, _ORANGE, _GREEN, _VERMILION, _SKY, _PURPLE, _GREY = (
    *("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#8a8a8a"),
)
_COLOURS: Final = {
    "mac": _PURPLE,
    "rf": _BLUE,
    "noc": _GREEN,
    "spm": _ORANGE,
    "dram": "#56606a",
    "leakage": _VERMILION,
    "compute": _BLUE,
    "noc-cycles": _GREEN,
    "dma": "#56606a",
    "share": _BLUE,
    "plain": _BLUE,
    "front": _VERMILION,
    "best": _ORANGE,
    "bound": _GREY,
    **{f"group-{k}": c for k, c in enumerate((_BLUE, _ORANGE, _GREEN, _PURPLE, _SKY, _VERMILION))},
}
_Style = dict[str, Any]
_MARKERS: Final = {"dot": "o", "bound": "^", "star": "*"}
_GROUP_MARKERS: Final = "osD^vP"
_SCALES: Final = ((1e12, "J"), (1e9, "mJ"), (1e6, "µJ"), (1e3, "nJ"), (1.0, "pJ"))
_MOST_BARS: Final = 9


def require_matplotlib() -> Any:
    """The library, or the extra that it comes with.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    return load_extra("matplotlib", "plot", "plots")


def figure_files(figures: Mapping[str, Drawing]) -> dict[str, bytes]:
    """Figures as PNG and SVG, by file name, from figures by the names of their files.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    files: dict[str, bytes] = {}
    with require_matplotlib().rc_context(_STYLE), warnings.catch_warnings():
        # A name may have characters that the font lacks; they are drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph")
        for name, figure in figures.items():
            drawn = draw(figure)
            if drawn is None:
                continue
            for kind in KINDS:
                stream = io.BytesIO()
                metadata = {"Date": None} if kind == "svg" else {}
                drawn.savefig(stream, format=kind, dpi=160, bbox_inches="tight", metadata=metadata)
                files[f"{name}.{kind}"] = stream.getvalue()
    return files


def draw(figure: Drawing) -> Figure | None:
    """A figure in matplotlib; None for one that is only of use where one can choose.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    with require_matplotlib().rc_context(_STYLE):
        match figure:
            case Stack():
                return _bars(figure)
            case Scatter(x="area_mm2" | "intensity" | "cycles"):
                return _scatter(figure)
            case Scatter():
                return None
            case Heats():
                known = any(v for heat in figure.heats for v in heat.shades[0].values)
                return draw_heats(figure) if known else None


def _new(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _bars(stack: Stack) -> Figure:
    rows = stack.rows[:_MOST_BARS] if not stack.beside else stack.rows
    count = len(stack.series) if stack.beside else 1
    figure, axes = _new(7.2, 1.6 + len(rows) * (0.25 + 0.24 * count if stack.beside else 0.42))
    axes.grid(visible=True, axis="x")
    largest = max((sum(row.values) for row in rows), default=0.0)
    scale, unit = next((s for s in _SCALES if largest >= s[0]), _SCALES[-1])
    scale, unit = (scale, unit) if stack.axis.unit == "pJ" else (1.0, "")
    (_beside if stack.beside else _stacked)(axes, stack, rows, scale)
    axes.set_yticks(range(len(rows)), [plain(row.name).replace(" (", "\n(") for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel(f"{stack.axis.label} ({unit})" if unit else stack.axis.label)
    axes.set_title(plain(stack.title), pad=6 if stack.beside else 22)
    if stack.note:
        figure.supxlabel(stack.note, fontsize=7.5, color="#444444", x=0.02, ha="left")
    if stack.beside:
        _legend_below(figure, axes, stack.label, 2)
    else:
        axes.set_ylabel(stack.label)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(stack.series), fontsize=8)
    return figure


def _stacked(axes: Axes, stack: Stack, rows: Sequence[Any], scale: float) -> None:
    starts = [0.0] * len(rows)
    for k, series in enumerate(stack.series):
        parts = [row.values[k] / scale for row in rows]
        style: _Style = {"height": 0.68, "color": _COLOURS[series.colour], "edgecolor": "white"}
        axes.barh(range(len(rows)), parts, left=starts, linewidth=0.6, label=series.name, **style)
        starts = [start + part for start, part in zip(starts, parts, strict=True)]
    for place, (row, end) in enumerate(zip(rows, starts, strict=True)):
        offset: _Style = {"xytext": (4, 0), "textcoords": "offset points"}
        axes.annotate(row.note, (end, place), va="center", fontsize=7.5, **offset)
    axes.set_xlim(0, max(starts) * 1.22 or 1)


def _beside(axes: Axes, stack: Stack, rows: Sequence[Any], _scale: float) -> None:
    count = len(stack.series)
    height = 0.8 / count
    for k, series in enumerate(stack.series):
        places = [row + (k - (count - 1) / 2) * height for row in range(len(rows))]
        widths = [row.values[k] - stack.origin for row in rows]
        style: _Style = {"color": _COLOURS[series.colour], "left": stack.origin}
        bars = axes.barh(places, widths, height=height * 0.9, label=series.name, **style)
        axes.bar_label(bars, [row.note.split("\n")[k] for row in rows], padding=3, fontsize=7.5)
    axes.axvline(1, color="#333333", linewidth=0.9)
    axes.margins(x=0.12 if not stack.origin else 0.25)


def _legend_below(figure: Figure, axes: Axes, title: str, columns: int) -> None:
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower left",
        fontsize=8,
        title=title,
        title_fontsize=8,
        alignment="left",
        ncols=columns,
    )


def _scatter(scatter: Scatter) -> Figure | None:
    xs, ys = scatter.data[scatter.x], scatter.data[scatter.y]
    places = {k: (x, y) for k, (x, y) in enumerate(zip(xs, ys, strict=True)) if x is not None and y}
    if not places:
        return None
    figure, axes = _new(7.2, 4.6)
    axes.grid(visible=True)
    for name, axis in (("x", scatter.axes[scatter.x]), ("y", scatter.axes[scatter.y])):
        if axis.log:
            getattr(axes, f"set_{name}scale")("log")
            _plain_ticks(getattr(axes, f"{name}axis"))
        getattr(axes, f"set_{name}label")(axis.label)
    for line in scatter.lines:
        roof = not line.name.startswith("front")
        colour = _GREY if roof else _VERMILION
        axes.plot(
            *zip(*line.points, strict=True),
            color=colour,
            linewidth=1.6 if roof else 1.3,
            gid=line.name,
        )
        _name_line(axes, line.points, line.text)
    for k, kind in enumerate(scatter.legend):
        those = [places[p] for p in places if scatter.kinds[p] == k]
        if those:
            _draw_kind(axes, kind, those)
    axes.margins(x=0.16, y=0.1)
    if scatter.x == "intensity":
        axes.set_ylim(min(y for _, y in places.values()) / 3, axes.get_ylim()[1] * 1.3)
    by_key = {key: places[k] for k, key in enumerate(scatter.keys) if k in places}
    labels = [(plain(t), *by_key[key]) for key, t in scatter.labels.items() if key in by_key]
    below = ("right", "top") if scatter.x == "area_mm2" else ("left", "bottom")
    put_labels(axes, labels, list(places.values()), below)
    axes.set_title(plain(scatter.title))
    if scatter.note and labels:
        where: _Style = {"xycoords": "axes fraction", "ha": "right", "va": "bottom"}
        axes.annotate(scatter.note, (1, 1.01), fontsize=7.5, color="#444444", **where)
    _legend_below(figure, axes, "", 4)
    return figure


def _name_line(axes: Axes, points: Sequence[tuple[float, float]], text: str) -> None:
    """A roof's name: above its end where it is flat, below its middle where it is not."""
    if not text:
        return
    (x0, y0), (x1, y1) = points[0], points[-1]
    flat = y0 == y1
    place = (x1, y1) if flat else ((x0 * x1) ** 0.5, (y0 * y1) ** 0.5)
    offset: _Style = {"xytext": (-2, 4) if flat else (8, -4), "textcoords": "offset points"}
    align: _Style = {"ha": "right"} if flat else {"va": "top"}
    axes.annotate(text, place, fontsize=8, color="#444444", **offset, **align)


def _draw_kind(axes: Axes, kind: Kind, places: Sequence[tuple[float, float]]) -> None:
    colour = _COLOURS[kind.colour]
    group = kind.colour.startswith("group-")
    star = kind.shape == "star"
    xs, ys = zip(*places, strict=True)
    axes.scatter(
        xs,
        ys,
        marker=_GROUP_MARKERS[int(kind.colour[-1])] if group else _MARKERS[kind.shape],
        s=190 if star else 36 if kind.large else 26,
        facecolors="none" if kind.hollow and not star else colour,
        edgecolors="black" if star else "white" if group else colour,
        linewidths=0.7,
        zorder=5 if star else 4,
        label=plain(kind.text),
    )


def _plain_ticks(axis: AxisOfPlot) -> None:
    """Numbers as people write them on a logarithmic axis: 50 and 2.5e16, not powers of ten.

    Where the axis spans little, its lesser ticks have numbers as well; matplotlib says which.
    """
    from matplotlib.ticker import LogFormatter

    class Plain(LogFormatter):
        def _num_to_string(self, x: float, _low: float, _high: float) -> str:
            if 1e-3 <= x < 1e5:
                return f"{x:.4g}"
            mantissa, exponent = f"{x:.3e}".split("e")
            return f"{float(mantissa):g}e{int(exponent)}"

    axis.set_major_formatter(Plain(labelOnlyBase=False))
    axis.set_minor_formatter(Plain(labelOnlyBase=False))
