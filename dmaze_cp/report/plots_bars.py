"""Bars of a sweep: energies of the best designs, and the best design of each network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dmaze_cp.report.layer import objective_name
from dmaze_cp.report.plots_style import (
    COMPONENT_COLOURS,
    PALETTE,
    new_axes,
    parameters_label,
    parameters_legend,
    plain_names,
    title_of,
)
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_why import rivals_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_DESIGNS: Final = 8
_MOST_WINNERS: Final = len(PALETTE)
_SCALES: Final = ((1e12, "J"), (1e9, "mJ"), (1e6, "µJ"), (1e3, "nJ"), (1.0, "pJ"))


def energy_plot(sweep: Sweep) -> Figure | None:
    """Energy of the best designs by component, stacked; with the base, if it is a design."""
    if sweep.result.best is None:
        return None
    chosen = dict.fromkeys(sweep.ranking[:_MOST_DESIGNS], "")
    for rival in rivals_of(sweep):
        role = rival.role.replace("runner-up, ", "")
        chosen[rival.position] = role if role != "runner-up" else ""
    shown = [(p, role, f) for p, role in chosen.items() if (f := sweep.figures_so_far(p))]
    scale, unit = next(
        (each for each in _SCALES if max(f.energy_pj for _, _, f in shown) >= each[0]),
        _SCALES[-1],
    )
    figure, axes = new_axes(7.2, 1.6 + 0.42 * len(shown))
    axes.grid(visible=True, axis="x")
    rows = range(len(shown))
    starts = [0.0] * len(shown)
    components = list(dict.fromkeys(c for _, _, f in shown for c in f.energy_breakdown_pj))
    for component in components:
        parts = [f.energy_breakdown_pj.get(component, 0.0) / scale for _, _, f in shown]
        axes.barh(
            rows,
            parts,
            left=starts,
            height=0.68,
            color=COMPONENT_COLOURS[component],
            edgecolor="white",
            linewidth=0.6,
            label=component,
        )
        starts = [start + part for start, part in zip(starts, parts, strict=True)]
    for row, (position, _, _) in enumerate(shown):
        value = sweep.point(position).value
        if value is not None:
            text = sweep.unit.text(value)
            if sweep.point(position).gap:
                text += "*"
            axes.annotate(
                f"{objective_name(sweep.result.objective)} {text}",
                (starts[row], row),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=7.5,
            )
    labels = [
        parameters_label(sweep, position) + (f"\n({role})" if role else "")
        for position, role, _ in shown
    ]
    axes.set_yticks(list(rows), labels)
    axes.invert_yaxis()
    axes.set_xlim(0, max(starts) * 1.22 or 1)
    axes.set_xlabel(f"energy ({unit})")
    axes.set_ylabel(parameters_legend(sweep))
    axes.set_title(title_of(sweep, "energy of the best designs"), pad=22)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(components), fontsize=8)
    if any(sweep.point(position).gap for position, _, _ in shown):
        _note_stars(figure)
    return figure


def _note_stars(figure: Figure) -> None:
    note = "*: better mappings of this design may exist"
    figure.supxlabel(note, fontsize=7.5, color="#444444", x=0.02, ha="left")


def networks_plot(sweep: Sweep) -> Figure | None:
    """What each network costs on the best design of each; None for a single network.

    Bars are over what the network costs on its own best design: 1 is that.
    """
    models = [model for model in sweep.weights if sweep.result.best_of(model) is not None]
    if len(sweep.weights) < 2 or sweep.result.best is None or not models:
        return None
    own = {model: sweep.result.best_of(model) for model in models}
    winners = list(dict.fromkeys(p for p in (sweep.result.best, *own.values()) if p is not None))[
        :_MOST_WINNERS
    ]
    figure, axes = new_axes(7.2, 1.6 + len(models) * (0.25 + 0.24 * len(winners)))
    axes.grid(visible=True, axis="x")
    height = 0.8 / len(winners)
    starred = False
    for k, winner in enumerate(winners):
        rows = [row + (k - (len(winners) - 1) / 2) * height for row in range(len(models))]
        ratios = [_ratio(sweep, model, winner, own[model]) for model in models]
        name = parameters_label(sweep, winner)
        if winner == sweep.result.best:
            name += " (best for all)"
        bars = axes.barh(rows, ratios, height=height * 0.9, color=PALETTE[k], label=name)
        stars = ["*" if sweep.network_gap(winner, model) else "" for model in models]
        starred |= any(stars)
        texts = [f"{r:.3f}{star}" if r else "" for r, star in zip(ratios, stars, strict=True)]
        axes.bar_label(bars, texts, padding=3, fontsize=7.5)
    labels = plain_names(models)
    names = [
        labels[model] + ("" if sweep.network_is_proven(model) else "\n(not proven)")
        for model in models
    ]
    axes.set_yticks(range(len(models)), names)
    axes.invert_yaxis()
    axes.axvline(1, color="#333333", linewidth=0.9)
    axes.margins(x=0.12)
    axes.set_xlabel(f"{objective_name(sweep.result.objective)} over that on its own best design")
    axes.set_title(title_of(sweep, "the best design of each network"))
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower left",
        fontsize=8,
        title=parameters_legend(sweep),
        title_fontsize=8,
        alignment="left",
        ncols=2,
    )
    if starred:
        _note_stars(figure)
    return figure


def _ratio(sweep: Sweep, model: str, position: int, own: int | None) -> float:
    """0 where the network was not mapped on the design."""
    value = sweep.network_value(position, model)
    least = None if own is None else sweep.network_value(own, model)
    return value / least if value and least else 0.0
