"""What a report of a sweep says, as headings, facts, tables and notes of plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from dmaze_cp.cost.energy import components
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.rivals import nearer_than, rivals_of
from dmaze_cp.errors import printable
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Heading,
    Note,
    Table,
    Tone,
    columns,
    facts,
)
from dmaze_cp.report.design_words import key_of
from dmaze_cp.report.heat_figures import heat_maps
from dmaze_cp.report.machine import architecture_in_short
from dmaze_cp.report.sweep_figures import CAUSES, Figures, Sweep, short
from dmaze_cp.report.sweep_limits import limits_of, proof_text, sample_facts, tie_facts
from dmaze_cp.report.sweep_why import explanation, ratio_text
from dmaze_cp.report.words import in_sentence, objective_name

MOST_NAMED: Final = 5
"""So many networks, or designs without a mapping, are named."""


Shown = Callable[[float], str]


def sweep_blocks(sweep: Sweep) -> Iterator[Block]:
    """All that a report says, in order."""
    yield Heading(title(sweep), main=True)
    if sweep.result.interrupted:
        yield Note("interrupted: designs that were not finished are not compared", Tone.FAIR)
    yield from _best(sweep)
    yield from why_blocks(sweep)
    if sweep.result.best is not None and len(sweep.result.points) > 1:
        heats = heat_maps(sweep)
        if heats is not None:
            yield heats
    yield from _front(sweep)
    yield from networks_blocks(sweep)
    yield from _counts(sweep)


def title(sweep: Sweep) -> str:
    """What was swept, for what."""
    named = [
        name if weight == 1 else f"{numbers.exact(weight)} x {name}"
        for name, weight in sweep.weights.items()
    ]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    names = f"{', '.join(named[:MOST_NAMED])}{more}"
    objective = in_sentence(sweep.result.objective)
    return printable(f"Sweep: {sweep.result.space.name}, least {objective} of {names}")


def _best(sweep: Sweep) -> Iterator[Block]:
    result = sweep.result
    if result.best is None:
        yield Note("no design maps the networks", Tone.FAIR)
        yield from _reasons(sweep)
        return
    point, figures = sweep.point(result.best), sweep.figures(result.best)
    if point.value is None or figures is None:
        return
    name, unit = objective_name(result.objective), sweep.unit
    value = unit.text(point.value)
    rows = [("best design", sweep.label(result.best))]
    if sweep.fixed:
        rows.append(("fixed", sweep.fixed))
    rows.append(("accelerator", architecture_in_short(point.design.architecture)))
    if result.objective == "edp":
        rows.append((name, f"{value} {unit.name}"))
    mhz = point.design.architecture.accelerator_mhz
    time = f"{numbers.count(figures.latency_cycles)} cycles ({numbers.seconds(figures.latency_s)}"
    rows += [
        ("energy", numbers.energy(figures.energy_pj)),
        ("latency", f"{time} at {mhz:g} MHz)"),
    ]
    if point.design.area_mm2 is not None:
        rows.append(("area", f"{point.design.area_mm2:.4g} mm2"))
    if point.power_mw is not None:
        rows.append(("power", f"{point.power_mw:.4g} mW"))
    if point.design.interpolated:
        names = ", ".join(point.design.interpolated)
        rows.append(("interpolated", f"{names}: by the power law between entries of its table"))
    limits = limits_of(result)
    if limits:
        rows.append(("limits", ", ".join(limits)))
    rows += tie_facts(sweep)
    proof = Fact("proof", proof_text(sweep), Tone.GOOD if result.best_proven else Tone.FAIR)
    yield Facts((*(Fact(*row) for row in rows), proof))


def why_blocks(sweep: Sweep) -> Iterator[Block]:
    """The best design beside the runner-up and the base, and what makes it better."""
    rivals, best = rivals_of(sweep), sweep.result.best
    if best is None or not rivals:
        return
    yield Heading("Why it wins")
    shown = [best, *(rival.position for rival in rivals)]
    yield from versus(sweep, shown, ["best", *(rival.role for rival in rivals)])
    for rival in rivals:
        yield Note(explanation(sweep, rival))
    nearer = nearer_than(sweep, rivals[0])
    if nearer:
        those = "design that was" if nearer == 1 else "designs that were"
        rest = "skipped or not finished may come nearer to the best than the runner-up"
        yield Note(f"{nearer:,} {those} {rest}")


def versus(sweep: Sweep, shown: Sequence[int], roles: Sequence[str]) -> Iterator[Block]:
    """The best design, which is the first of those shown, beside others."""
    points = [sweep.point(position) for position in shown]
    starred = [
        f"{role}*" if point.gap or not point.is_mapped else role
        for role, point in zip(roles, points, strict=True)
    ]
    headers = ["", starred[0]]
    for role in starred[1:]:
        headers += [role, "x best"]
    rows: list[tuple[str, ...]] = []
    for name in sweep.swept:
        values = [sweep.point(position).design.parameters[name] for position in shown]
        cells = [short(values[0])]
        for value in values[1:]:
            cells += [short(value), "" if value == values[0] else "differs"]
        rows.append((name, *cells))
    for name, amounts, show in _amounts(sweep, shown):
        cells = ["-" if amounts[0] is None else show(amounts[0])]
        for amount in amounts[1:]:
            cells += ["-" if amount is None else show(amount), _quotient(amount, amounts[0])]
        rows.append((name, *cells))
    yield Table(columns(*headers, folds=(0,)), rows)
    if starred != list(roles):
        yield Note("* not proven to the end: better mappings of this design may exist")


def _amounts(
    sweep: Sweep, positions: Sequence[int]
) -> Iterator[tuple[str, list[float | None], Shown]]:
    """Name, amount in each design, and how to show it, for each row of the comparison."""
    points = [sweep.point(p) for p in positions]
    figures = [sweep.figures_so_far(p) for p in positions]

    def each(get: Callable[[Figures], float]) -> list[float | None]:
        return [None if f is None else get(f) for f in figures]

    if sweep.result.objective == "edp":
        amounts = [p.value if f else None for p, f in zip(points, figures, strict=True)]
        yield objective_name(sweep.result.objective), amounts, sweep.unit.text
    yield "energy", each(lambda f: f.energy_pj), numbers.energy
    for part in components(*(point.design.architecture for point in points)):
        parts = [None if f is None else f.energy_breakdown_pj.get(part, 0.0) for f in figures]
        yield f"  {part}", parts, numbers.energy
    if sweep.unit.hertz is None:
        yield "time", each(lambda f: f.latency_s), numbers.seconds
    yield "cycles", each(lambda f: f.latency_cycles), numbers.count
    for cause in CAUSES:
        spent = [None if f is None else f.cycles[cause] for f in figures]
        yield f"  {cause}", spent, numbers.count
    areas = [p.design.area_mm2 for p in points]
    if any(area is not None for area in areas):
        yield "area (mm2)", areas, lambda area: f"{area:.4g}"
    powers = [None if f is None else p.power_mw for p, f in zip(points, figures, strict=True)]
    if any(power is not None for power in powers):
        yield "power (mW)", powers, lambda power: f"{power:.4g}"


def _quotient(amount: float | None, best: float | None) -> str:
    if amount is None or best is None:
        return ""
    return f"{amount / best:.3f}" if best else ("1.000" if amount == best else "-")


def _front(sweep: Sweep) -> Iterator[Block]:
    result = sweep.result
    if not result.front:
        return
    name = objective_name(result.objective)
    proof = "proven complete" if result.front_proven else "not proven: designs may be missing"
    yield Heading(f"Front of area and {in_sentence(result.objective)}: {proof}")
    rows = []
    for position in result.front:
        point = sweep.point(position)
        area, value = point.design.area_mm2, point.value
        if area is None or value is None:
            continue
        ratio = sweep.ratio(value)
        rows.append(
            (
                sweep.label(position),
                f"{area:.4g}",
                sweep.unit.text(value),
                "-" if ratio is None else f"{ratio:.3f}",
                numbers.percent(point.gap),
            )
        )
    headers = ("design", "area (mm2)", name, "x best", "gap")
    yield Table(columns(*headers, folds=(0,)), rows)


def networks_blocks(sweep: Sweep, *, main: bool = False) -> Iterator[Block]:
    """The best design of each network, and how the best of all does; nothing of one alone."""
    result, name = sweep.result, objective_name(sweep.result.objective)
    if len(sweep.weights) < 2 or result.best is None:
        return
    yield Heading("Best design of each network", main=main)
    rows, keys, proofs = [], [], []
    for model, weight in sweep.weights.items():
        position = result.best_of(model)
        own = None if position is None else sweep.network_value(position, model)
        best = sweep.network_value(result.best, model)
        proofs.append(position is not None and sweep.network_is_proven(model))
        rows.append(
            (
                printable(model),
                Cell(numbers.exact(weight), weight),
                "-" if position is None else sweep.label(position),
                Cell("-" if own is None else sweep.unit.text(own), own),
                Cell("-" if best is None else sweep.unit.text(best), best),
                Cell(ratio_text(best / own)) if own and best else "-",
                Cell("yes" if proofs[-1] else "no", tone=Tone.GOOD if proofs[-1] else Tone.FAIR),
            )
        )
        keys.append("" if position is None else key_of(sweep, position))
    heads = (
        Column("network", is_text=True, folds=True),
        Column("weight"),
        Column("design", is_text=True, folds=True),
        Column(name),
        Column("on the best", detail=True, note=f"{name} on the design that is best for all"),
        Column("best design", note="the design that is best for all, over the network's own"),
        Column("proven", is_text=True, folds=True),
    )
    yield Table(heads, rows, tuple(keys), "point", "best design of each network")
    if not all(proofs):
        yield Note(
            "not proven: designs that were skipped for their total may be better for one network "
            "(`--all` maps every design)"
        )


def _counts(sweep: Sweep) -> Iterator[Block]:
    result = sweep.result
    yield Heading("Designs")
    proven, found = result.count(PointStatus.OPTIMAL), result.count(PointStatus.FEASIBLE)
    rows = [*sample_facts(result), ("designs", f"{len(result.points):,}")]
    rows.append(("mapped, proven", f"{proven:,}"))
    for name, count in (
        ("mapped, with a gap", found),
        ("skipped, by their bounds", result.count(PointStatus.SKIPPED)),
        ("infeasible", result.count(PointStatus.INFEASIBLE)),
        ("not known", result.count(PointStatus.UNKNOWN)),
        ("failed", result.count(PointStatus.FAILED)),
    ):
        if count:
            rows.append((name, f"{count:,}"))
    for cause, count in Counter(point.cause for point in result.invalid).most_common():
        rows.append((printable(f"invalid: {cause}"), f"{count:,}"))
    between = sum(bool(point.design.interpolated) for point in result.points)
    if between:
        rows.append(("with interpolated figures", f"{between:,}"))
    rows.append(("searches run", f"{result.searches:,}"))
    rows.append(("answers looked up", f"{result.looked_up:,}"))
    rows.append(("time", numbers.duration(result.elapsed_s)))
    yield facts(*rows)
    if result.best is not None:
        yield from _reasons(sweep)


def _reasons(sweep: Sweep) -> Iterator[Block]:
    """Why designs have no mapping, the first few of each sort."""
    for status in (PointStatus.INFEASIBLE, PointStatus.UNKNOWN, PointStatus.FAILED):
        those = [i for i, p in enumerate(sweep.result.points) if p.status is status]
        for position in those[:MOST_NAMED]:
            reason = sweep.point(position).reason or "no reason given"
            yield Note(printable(f"{sweep.label(position)}: {status}: {reason}"), Tone.FAIR)
        if len(those) > MOST_NAMED:
            yield Note(f"{len(those) - MOST_NAMED:,} more are {status}")
