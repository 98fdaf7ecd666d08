"""A sweep on a page: where the good designs are, and the design one selects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import floor
from typing import Final

from dmaze_cp.dse.result import PointStatus, SweepPoint
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Badge,
    Block,
    Cell,
    Column,
    Details,
    Fact,
    Facts,
    Fold,
    Note,
    Table,
    Tone,
)
from dmaze_cp.report.design_figures import design_figures
from dmaze_cp.report.design_page import TONES, bound_cell, design_blocks
from dmaze_cp.report.design_words import key_of, lower_bound
from dmaze_cp.report.sweep_blocks import networks_blocks
from dmaze_cp.report.sweep_figures import Sweep, short
from dmaze_cp.report.sweep_limits import limits_of, proof_text
from dmaze_cp.report.words import objective_name

MOST_INVALID: Final = 1000
"""So many points that are no design are listed."""
_OUTCOMES: Final = {
    PointStatus.SKIPPED: "skipped by their bounds",
    PointStatus.INFEASIBLE: "infeasible",
    PointStatus.UNKNOWN: "not finished",
    PointStatus.FAILED: "failed",
}


def sweep_page(sweep: Sweep) -> Iterator[Block]:
    """Tiles, figures, the best design of each network, all designs, and points that are none."""
    result = sweep.result
    if result.interrupted:
        text = "The sweep was interrupted: designs that were not finished are not compared."
        yield Note(text, Tone.FAIR)
    if result.best is None:
        yield Note("No design maps the networks; each says why.", Tone.FAIR)
    yield Facts(tuple(_tiles(sweep)), tiles=True)
    yield from design_figures(sweep)
    yield from networks_blocks(sweep, main=True)
    yield _designs(sweep)
    order = list(dict.fromkeys((*_first(sweep), *sweep.ranking, *range(len(result.points)))))
    items = {key_of(sweep, p): tuple(design_blocks(sweep, p, rank)) for rank, p in enumerate(order)}
    first = key_of(sweep, order[0]) if order else None
    hint = "Select a design."
    yield Details("point", items, first, clears=("model", "layer"), hint=hint)
    yield from _left_out(sweep)


def _first(sweep: Sweep) -> Iterator[int]:
    """The designs that a reader asks about first: the winners, and the front."""
    result = sweep.result
    winners = (result.best, *map(result.best_of, sweep.weights), *result.front)
    return (position for position in winners if position is not None)


def _tiles(sweep: Sweep) -> Iterator[Fact]:
    result, name = sweep.result, objective_name(sweep.result.objective)
    limits = limits_of(result)
    space = result.space
    drawn = len(space) < space.size
    if result.best is None:
        yield Fact("Best", "–", note="no design was mapped")
    else:
        point = sweep.point(result.best)
        gap = f", may be less by {numbers.percent(point.gap)}" if point.gap else ""
        proven = "proven best" if result.best_proven else "best found"
        among = " of those drawn" if drawn else ""
        within = " within the limits" if limits and result.best_proven else ""
        tone = Tone.GOOD if result.best_proven else Tone.FAIR
        badge = Badge(f"{proven}{among}{within}", tone, proof_text(sweep))
        text = sweep.unit.text(point.value or 0.0)
        yield Fact(f"Best {name}", text, note=f"{sweep.unit.name}{gap}", badge=badge)
        area = point.design.area_mm2
        note = "" if area is None else f"{area:.4g} mm²"
        label = ", ".join(f"{p} {short(point.design.parameters[p])}" for p in sweep.swept)
        yield Fact("Best design", label or "the base", note=note)
    if result.pareto:
        proof = ("proven complete", Tone.GOOD) if result.front_proven else ("as found", Tone.FAIR)
        count = numbers.counted(len(result.front), "design")
        yield Fact("Front", count, note=f"{name}, area", badge=Badge(*proof))
    yield Fact("Designs", f"{len(result.points):,}", note=_outcomes(sweep))
    if result.invalid:
        causes = Counter(point.cause for point in result.invalid).most_common()
        note = ", ".join(f"{cause} {count:,}" for cause, count in causes)
        yield Fact("Left out", f"{len(result.invalid):,}", note=note)
    if drawn:
        yield Fact("Drawn", f"{len(space):,} points", note=f"of {space.size:,}, at random")
    if limits:
        yield Fact("Limits", numbers.counted(len(limits), "limit"), note=", ".join(limits))
    models = (m if w == 1 else f"{numbers.exact(w)} × {m}" for m, w in sweep.weights.items())
    yield Fact("Networks", str(len(sweep.weights)), note=", ".join(models))
    asked = f"{result.searches:,} searches, {result.looked_up:,} looked up"
    yield Fact("Time", numbers.duration(result.elapsed_s), note=asked)


def _outcomes(sweep: Sweep) -> str:
    counts = Counter(point.status for point in sweep.result.points)
    proven = counts[PointStatus.OPTIMAL]
    mapped = proven + counts[PointStatus.FEASIBLE]
    text = f"{mapped:,} mapped" + (f" ({proven:,} proven)" if proven < mapped else "")
    others = (f"{counts[s]:,} {name}" for s, name in _OUTCOMES.items() if counts[s])
    return ", ".join((text, *others))


def _designs(sweep: Sweep) -> Table:
    result, points = sweep.result, range(len(sweep.result.points))
    name = objective_name(result.objective)
    has_area = any(p.design.area_mm2 is not None for p in result.points)
    has_power = any(sweep.power_mw(p) is not None for p in points)
    in_cycles = sweep.unit.hertz is not None
    heads = (
        *map(Column, ("#", *sweep.swept)),
        Column(name, note=f"{sweep.unit.name}; *: may be less"),
        Column("× best", note="*: may be less, ≥: a bound"),
        Column("Bound", note="proven: it cannot be below"),
        Column("Gap"),
        *(Column("mm²", note="area"),) * has_area,
        *(Column("mW", note="power"),) * has_power,
        Column("Energy"),
        Column("Cycles" if in_cycles else "Time"),
        Column("Status", is_text=True),
    )
    by_value = [*sweep.ranking, *(p for p in points if p not in set(sweep.ranking))]
    rows = [_design_row(sweep, p, has_area, has_power) for p in by_value]
    keys = tuple(key_of(sweep, p) for p in by_value)
    return Table(heads, rows, keys, "point", "Designs", searched=True)


def _design_row(
    sweep: Sweep, position: int, has_area: bool, has_power: bool
) -> tuple[str | Cell, ...]:
    point, figures = sweep.point(position), sweep.figures(position)
    area, power = point.design.area_mm2, sweep.power_mw(position)
    index = point.design.index
    star = "*" * bool(figures and point.gap)
    none = Cell("–")
    value, cycles, energy = none, none, none
    if figures is not None and point.value is not None:
        value = Cell(sweep.unit.text(point.value) + star, point.value)
        energy = Cell(numbers.energy(figures.energy_pj), figures.energy_pj)
        cycles = Cell(numbers.count(figures.latency_cycles), figures.latency_cycles)
        if sweep.unit.hertz is None:
            cycles = Cell(numbers.seconds(figures.latency_s), figures.latency_s)
    parameters = (point.design.parameters[name] for name in sweep.swept)
    gap = point.gap if figures else None
    marks = (
        ("best",) * (position == sweep.result.best),
        ("front",) * (position in sweep.result.front),
    )
    status = ", ".join((str(point.status), *marks[0], *marks[1]))
    return (
        Cell(str(index), index),
        *(Cell(short(v), v) for v in parameters),
        value,
        _times_best(sweep, point),
        bound_cell(sweep, point),
        none if gap is None else Cell(numbers.percent(gap), gap),
        *(((none if area is None else Cell(f"{area:.3f}", area)),) * has_area),
        *(((none if power is None else Cell(f"{power:.4g}", power)),) * has_power),
        energy,
        cycles,
        Cell(status, tone=TONES.get(point.status, Tone.BAD)),
    )


def _times_best(sweep: Sweep, point: SweepPoint) -> Cell:
    """A design's value, or its bound, in multiples of the best."""
    least = lower_bound(point)
    ratio = sweep.ratio(point.value) if point.is_mapped and point.value is not None else None
    if ratio is not None:
        return Cell(numbers.digits(ratio, round, 3) + "*" * bool(point.gap), ratio)
    bound = None if least is None else sweep.ratio(least)
    return Cell("–" if bound is None else f"≥{numbers.digits(bound, floor, 3)}")


def _left_out(sweep: Sweep) -> Iterator[Block]:
    """Points that are no design, and why."""
    invalid = sweep.result.invalid[:MOST_INVALID]
    if not invalid:
        return
    heads = (
        *map(Column, ("#", *sweep.swept)),
        Column("Cause", is_text=True),
        Column("Reason", is_text=True, folds=True),
    )
    rows: list[tuple[str | Cell, ...]] = [
        (
            Cell(str(p.index), p.index),
            *(Cell(short(p.parameters[n]), p.parameters[n]) for n in sweep.swept),
            p.cause,
            p.reason,
        )
        for p in invalid
    ]
    count = len(sweep.result.invalid)
    some = f", the first {len(invalid):,}" if len(invalid) < count else ""
    title = f"Left out: {numbers.counted(count, 'point')} without a design{some}"
    yield Fold(title, (Table(heads, rows, caption="points that are no design", searched=True),))
