"""Plots to look at."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmaze_cp.report.nouns import report_of
from dmaze_cp.report.plots import draw


def drawn(noun: object) -> dict[str, Figure]:
    """The plots of a noun by name, without those that are not drawn."""
    figures = report_of(noun).figures()
    return {name: plot for name, each in figures.items() if (plot := draw(each)) is not None}
