"""What the plots of a sweep have in common: colours, labels, an empty figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import printable
from dmaze_cp.report.layer import objective_name
from dmaze_cp.report.sweep_figures import Sweep, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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
    "MAC": PURPLE,
    "RF": BLUE,
    "NoC": GREEN,
    "SPM": ORANGE,
    "DRAM": "#56606a",
}
LONGEST_NAME: Final = 28


def new_axes(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure with one pair of axes, in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def plain(text: str) -> str:
    """Text that is shown as it is: names may hold dollar signs, which begin formulas."""
    shown = printable(text).replace("$", r"\$")
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"


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
