"""Names beside the points of a plot, where they cover neither each other nor points."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from dmaze_cp.errors import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CORNERS: Final = tuple(itertools.product(("left", "right"), ("bottom", "top", "center")))
_LETTER, _LINE, _BESIDE, _ABOVE = 4.1, 8.0, 5.0, 2.0
"""Of labels: width of a letter, height, and how far they are from their points, in points."""


def plain(text: str) -> str:
    """Text that is shown as it is: names may hold dollar signs, which begin formulas."""
    return printable(text).replace("$", r"\$")


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
