"""One design of a sweep on a page, with its layers."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Final

from dmaze_cp.cost.latency import Cycles
from dmaze_cp.dse.result import NetworkCost, PointStatus, SweepPoint
from dmaze_cp.dse.rivals import rival_of, rivals_of
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Badge,
    Block,
    Cell,
    Choice,
    Facts,
    Fold,
    Heading,
    Note,
    Tone,
    facts,
)
from dmaze_cp.report.design_words import design_label, key_of
from dmaze_cp.report.layer import layer_blocks
from dmaze_cp.report.machine import architecture_rows
from dmaze_cp.report.mapping import cycle_bars, energy_bars
from dmaze_cp.report.network import layers_table
from dmaze_cp.report.network_page import details_of
from dmaze_cp.report.sweep_blocks import versus, why_blocks
from dmaze_cp.report.sweep_figures import CAUSES, Sweep, short
from dmaze_cp.report.sweep_limits import proof_text
from dmaze_cp.report.sweep_why import explanation
from dmaze_cp.report.words import objective_name
from dmaze_cp.result.shares import ranked

DETAILED_POINTS: Final = 48
"""Designs whose layers are shown with their mapping in full: a page has to stay small."""
COMPARED_POINTS: Final = 400
"""Designs that are compared with the best one."""
TONES: Final = {
    PointStatus.OPTIMAL: Tone.GOOD,
    PointStatus.FEASIBLE: Tone.FAIR,
    PointStatus.SKIPPED: Tone.FAINT,
}


def bound_cell(sweep: Sweep, point: SweepPoint) -> Cell:
    """What a design cannot cost less than; the sign says so of those that are not proven."""
    if point.status is PointStatus.INFEASIBLE or not isfinite(point.bound) or not point.bound:
        return Cell("–")
    sign = "" if point.status is PointStatus.OPTIMAL else "≥ "
    return Cell(sign + sweep.unit.text(point.bound), point.bound)


def design_blocks(sweep: Sweep, position: int, rank: int) -> Iterator[Block]:
    """All about a design; less of those that few readers ask about."""
    point, result = sweep.point(position), sweep.result
    badges = [Badge(str(point.status), TONES.get(point.status, Tone.BAD))]
    if position == result.best:
        badges.append(Badge("best", Tone.BEST))
    if position in result.front:
        badges.append(Badge("front", Tone.BEST))
    yield Heading(f"Design {point.design.index}", main=True, badges=tuple(badges))
    parameters = (f"{p} {short(point.design.parameters[p])}" for p in sweep.swept)
    yield Note(", ".join(parameters) or "the base", Tone.PLAIN)
    if point.reason:
        yield Note(point.reason, Tone.PLAIN)
    if rank >= COMPARED_POINTS:
        return
    yield _facts(sweep, position)
    yield from _beside_the_best(sweep, position)
    yield from _spent(sweep, position)
    yield from _networks(point, in_full=rank < DETAILED_POINTS)
    rows = architecture_rows(point.design.architecture)
    yield Fold("Accelerator", (facts(*rows),))


def _facts(sweep: Sweep, position: int) -> Facts:
    point, figures, result = sweep.point(position), sweep.figures(position), sweep.result
    rows = []
    if figures is not None and point.value is not None:
        rows.append((objective_name(result.objective), sweep.unit.text(point.value)))
    if point.status is not PointStatus.INFEASIBLE:
        rows.append(("bound", bound_cell(sweep, point).text))
    if figures is not None:
        rows += [("gap", numbers.percent(point.gap)), ("energy", numbers.energy(figures.energy_pj))]
        rows.append(("latency", f"{numbers.exact(figures.latency_cycles)} cycles"))
        rows.append(("time", numbers.seconds(figures.latency_s)))
    if point.design.area_mm2 is not None:
        rows.append(("area", f"{point.design.area_mm2:.4g} mm²"))
    power = sweep.power_mw(position)
    if power is not None:
        rows.append(("power", f"{power:.4g} mW"))
    if position == result.best:
        rows.append(("proof", proof_text(sweep)))
        if result.ties:
            same = ", ".join(f"#{key_of(sweep, tie)}" for tie in result.ties)
            rows.append(("costs the same", same))
    if point.design.interpolated:
        rows.append(("interpolated", ", ".join(point.design.interpolated)))
    return facts(*rows)


def _beside_the_best(sweep: Sweep, position: int) -> Iterator[Block]:
    best = sweep.result.best
    if best is None:
        return
    if position == best:
        yield from why_blocks(sweep)
        for rival in rivals_of(sweep):
            key = key_of(sweep, rival.position)
            text = f"{rival.role}, #{key}: {design_label(sweep, rival.position)}"
            yield Note(text, Tone.PLAIN, link=(("point", key),))
        return
    yield Heading("Beside the best")
    key = key_of(sweep, best)
    yield Note(f"the best, #{key}: {design_label(sweep, best)}", Tone.PLAIN, link=(("point", key),))
    yield from versus(sweep, [best, position], [f"best, #{key}", f"#{key_of(sweep, position)}"])
    yield Note(explanation(sweep, rival_of(sweep, position, "best design's rival")))


def _spent(sweep: Sweep, position: int) -> Iterator[Block]:
    figures = sweep.figures(position)
    if figures is not None:
        yield Heading("Where the energy goes")
        yield energy_bars(figures.energy_breakdown_pj)
        yield Heading("Where the cycles go")
        yield cycle_bars(Cycles(*(round(figures.cycles[cause]) for cause in CAUSES)))


def _networks(point: SweepPoint, *, in_full: bool) -> Iterator[Block]:
    """The networks of a design: choose one, then a layer, to see its mapping."""
    filled = [network for network in point.networks if network.layers]
    if filled:
        yield Heading("Layers")
        options = tuple((n.model, n.model, tuple(_layers(n, in_full=in_full))) for n in filled)
        if len(options) == 1:
            yield from options[0][2]
        else:
            yield Choice("model", "Network", options, clears=("layer",))
    elif point.networks:
        yield Note("The file holds no layers of this design.")


def _layers(network: NetworkCost, *, in_full: bool) -> Iterator[Block]:
    yield layers_table(ranked(network.layers), "layer")
    items = {r.layer.name: tuple(layer_blocks(r, brief=not in_full)) for r in network.layers}
    yield details_of(network.layers, items, None)
