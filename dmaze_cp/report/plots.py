"""Plots of a sweep (extra ``plot``): heat maps, front, energies, networks, roofline."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any, Final

from dmaze_cp.dse.result import SweepResult
from dmaze_cp.extras import load_extra
from dmaze_cp.report.plots_bars import energy_plot, networks_plot
from dmaze_cp.report.plots_front import front_plot
from dmaze_cp.report.plots_heat import heat_plot
from dmaze_cp.report.plots_layers import layers_plot
from dmaze_cp.report.plots_roofline import roofline_plot
from dmaze_cp.report.sweep_figures import Sweep

if TYPE_CHECKING:
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


def require_matplotlib() -> Any:
    """The library, or the extra that it comes with.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    return load_extra("matplotlib", "plot", "plots")


def sweep_plots(result: SweepResult) -> dict[str, Figure]:
    """The plots of a sweep by name; those that it has no data for are missing.

    Returns
    -------
    dict of matplotlib.figure.Figure
        ``heat-map`` of the objective over two parameters, ``layers`` with one for each layer
        (where no design was skipped), ``pareto`` of area and objective,
        ``energy`` of the best designs by component, ``networks`` with the best design of each,
        and ``roofline`` of the best design with its layers.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    matplotlib = require_matplotlib()
    sweep = Sweep(result)
    makers = {
        "heat-map": heat_plot,
        "layers": layers_plot,
        "pareto": front_plot,
        "energy": energy_plot,
        "networks": networks_plot,
        "roofline": roofline_plot,
    }
    with matplotlib.rc_context(_STYLE):
        made = {name: make(sweep) for name, make in makers.items()}
    return {name: figure for name, figure in made.items() if figure is not None}


def plot_files(result: SweepResult) -> dict[str, bytes]:
    """Each plot as PNG and SVG, by file name.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    matplotlib = require_matplotlib()
    files: dict[str, bytes] = {}
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A name may have characters that the font lacks; they are drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph")
        for name, figure in sweep_plots(result).items():
            for kind in KINDS:
                stream = io.BytesIO()
                metadata = {"Date": None} if kind == "svg" else {}
                figure.savefig(stream, format=kind, dpi=160, bbox_inches="tight", metadata=metadata)
                files[f"{name}.{kind}"] = stream.getvalue()
    return files
