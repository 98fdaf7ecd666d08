"""What the plots of a sweep have in common: colours, labels, an empty figure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from dmaze_cp.errors import printable
from dmaze_cp.levels import DRAM, LEAKAGE, MAC, NOC, RF, SPM
from dmaze_cp.report.layer import objective_name
from dmaze_cp.report.short_names import short_names
from dmaze_cp.report.sweep_figures import Sweep, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart with any colour vision.
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
VERMILION: Final = "#D55E00"
SKY: Final = "#56B4E9"
PURPLE: Final = "#CC79A7"
GREY: Final = "#8a8a8a"
PALETTE: Final = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION)
COMPONENT_COLOURS: Final = {
    MAC: PURPLE,
    RF: BLUE,
    NOC: GREEN,
    SPM: ORANGE,
    DRAM: "#56606a",
    LEAKAGE: VERMILION,
}
LONGEST_NAME: Final = 28
_CORNERS: Final = tuple(itertools.product(("left", "right"), ("bottom", "top", "center")))
_LETTER, _LINE, _BESIDE, _ABOVE = 4.1, 8.0, 5.0, 2.0
"""Of labels: width of a letter, height, and how far they are from their points, in points."""


def new_axes(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure with one pair of axes, in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """Text that is shown as it is: names may hold dollar signs, which begin formulas."""
    return printable(short_names([text], longest)[text]).replace("$", r"\$")


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """The same for names that stand beside each other, so that they can be told apart."""
    return {name: plain(label) for name, label in short_names(names, LONGEST_NAME).items()}


def parameters_label(sweep: Sweep, position: int) -> str:
    """The values of a design's parameters, such as ``64 / 128``."""
    parameters = sweep.point(position).design.parameters
    return " / ".join(short(parameters[name]) for name in sweep.swept) or "base"


def parameters_legend(sweep: Sweep) -> str:
    """What the values of `parameters_label` are of."""
    return " / ".join(sweep.swept)


def value_label(sweep: Sweep) -> str:
    """The objective with its unit."""
    return f"{objective_name(sweep.result.objective)} ({sweep.unit.name.replace(' x ', ' × ')})"


def title_of(sweep: Sweep, what: str) -> str:
    """The title of a plot."""
    return f"{plain(sweep.result.space.name)}: {what}"


def plain_ticks(axis: Axis) -> None:
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


def put_labels(
    axes: Axes,
    labels: Sequence[tuple[str, float, float]],
    others: Sequence[tuple[float, float]],
    first: tuple[str, str] = ("left", "bottom"),
) -> None:
    """Write names beside points, where they cover neither each other nor points.

    Limits and scales of the axes have to be set before.

    Parameters
    ----------
    labels
        Text and place of each.
    others
        Places of all points, also of those without a name.
    first
        Which corner of a name is at its point if nothing is in the way.
    """
    if not labels:
        return
    to_points = 72 / axes.figure.get_dpi()
    figure_box, share = axes.figure.get_window_extent(), 0.84
    places = axes.transLimits.transform(
        axes.transScale.transform([(x, y) for _, x, y in labels] + list(others))
    )
    # The axes are about so large; their exact size is only known when they are drawn.
    size = (figure_box.width * share * to_points, figure_box.height * share * to_points)
    points = [(x * size[0], y * size[1]) for x, y in places]
    taken = [_Box(x - 3, y - 3, x + 3, y + 3) for x, y in points[len(labels) :]]
    for (text, x, y), (left, bottom) in zip(labels, points, strict=False):
        width = _LETTER * len(text.replace("\\$", "$"))
        boxes = {
            corner: _label_box(left, bottom, width, corner)
            for corner in dict.fromkeys((first, *_CORNERS))
        }
        corner = min(boxes, key=lambda key: _cost(boxes[key], taken, size))
        taken.append(boxes[corner])
        dx = _BESIDE if corner[0] == "left" else -_BESIDE
        dy = {"bottom": _ABOVE, "top": -_ABOVE, "center": 0.0}[corner[1]]
        axes.annotate(
            text,
            (x, y),
            xytext=(dx, dy),
            textcoords="offset points",
            ha=corner[0],
            va="center_baseline" if corner[1] == "center" else corner[1],
            fontsize=7,
            color="#333333",
        )


class _Box(NamedTuple):
    """Left, bottom, right and top, in points."""

    x0: float
    y0: float
    x1: float
    y1: float

    def covers(self, other: _Box) -> float:
        """The area that both cover."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(width, 0.0) * max(height, 0.0)


def _label_box(x: float, y: float, width: float, corner: tuple[str, str]) -> _Box:
    left = x + _BESIDE if corner[0] == "left" else x - _BESIDE - width
    bottom = {"bottom": y + _ABOVE, "top": y - _ABOVE - _LINE, "center": y - _LINE / 2}[corner[1]]
    return _Box(left, bottom, left + width, bottom + _LINE)


def _cost(box: _Box, taken: Sequence[_Box], size: tuple[float, float]) -> float:
    """How much a label covers, or stands out of the axes."""
    inside = box.covers(_Box(0.0, 0.0, *size))
    outside = (box.x1 - box.x0) * (box.y1 - box.y0) - inside
    return outside + sum(box.covers(other) for other in taken)
