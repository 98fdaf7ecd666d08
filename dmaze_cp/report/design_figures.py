"""All figures of a sweep; of them the front, energies, networks, the best design's roofline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.rivals import rivals_of
from dmaze_cp.report import numbers
from dmaze_cp.report.design_words import (
    design_label,
    design_tip,
    key_of,
    lower_bound,
    quantities,
    title_of,
)
from dmaze_cp.report.figures import (
    Axis,
    Figure,
    Kind,
    Line,
    Scatter,
    Series,
    Stack,
    StackRow,
    Tip,
)
from dmaze_cp.report.heat_figures import heat_maps, layer_maps
from dmaze_cp.report.layer_figures import energy_series, roofline
from dmaze_cp.report.short_names import short_names
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.words import objective_name

_LINK: Final = "point"
_XS: Final = ("area_mm2", "power_mw", "latency_cycles", "latency_s", "energy_pj")
_MOST_BARS: Final = 24
_MOST_WINNERS: Final = 6
_MOST_LABELS: Final = 8
_STAR: Final = "*: better mappings of this design may exist"


def design_figures(sweep: Sweep) -> Iterator[Figure]:
    """The figures of a page, also those of `--plots`; those without data are missing."""
    tips = {key_of(sweep, p): design_tip(sweep, p) for p in range(len(sweep.result.points))}
    for figure in (heat_maps(sweep, tips), front_figure(sweep, tips), energy_figure(sweep, tips)):
        if figure is not None:
            yield figure


def print_figures(sweep: Sweep) -> Iterator[Figure]:
    """All figures of `--plots`: those of `design_figures`, and more that stand for themselves."""
    yield from design_figures(sweep)
    for figure in (layer_maps(sweep), networks_figure(sweep), best_roofline(sweep)):
        if figure is not None:
            yield figure


def front_figure(sweep: Sweep, tips: dict[str, Tip]) -> Scatter | None:
    """Designs by area (or power, or what there is) and objective, with the front.

    What is a bound is hollow: designs without a value are at what they cannot cost less than,
    those with a gap at what they cannot cost more than.
    """
    result, measures = sweep.result, quantities(sweep)
    positions = range(len(result.points))
    values = tuple(_amount(sweep, position) for position in positions)
    mapped = [p for p in positions if result.points[p].is_mapped and values[p]]
    xs = tuple(k for k in _XS if k in measures)
    if not mapped or not xs:
        return None
    name = objective_name(result.objective)
    data = {k: tuple(q.of(p) for p in positions) for k, q in measures.items()}
    axes = {k: q.axis for k, q in measures.items()}
    unit = {"pJ": "pJ", "s": "s"}.get(sweep.unit.name, "e" if "x" in sweep.unit.name else "")
    axes["value"] = Axis(f"{name} ({sweep.unit.name.replace(' x ', ' × ')})", unit, log=True)
    data["value"] = values
    areas = data.get("area_mm2", ())
    front = (
        [p for p in (result.front or _front_of(mapped, areas, values)) if p in mapped]
        if areas
        else []
    )
    kinds, legend = _kinds(sweep, front)
    steps = [
        (areas[p] or 0.0, values[p] or 0.0) for p in sorted(front, key=lambda p: areas[p] or 0.0)
    ]
    line = Line("front", _stairs(steps), ("area_mm2", "value"))
    named = dict.fromkeys((*front[:: max(1, -(-len(front) // _MOST_LABELS))], *front[-1:]))
    return Scatter(
        "pareto",
        title_of(sweep, f"{axes[xs[0]].label.split(' (')[0]} and {name}"),
        _LINK,
        tuple(key_of(sweep, p) for p in positions),
        kinds,
        legend,
        data,
        axes,
        xs[0],
        "value",
        xs,
        ("value", *(k for k in ("energy_pj", "latency_cycles", "latency_s", "edp") if k in axes)),
        (line,) if len(front) > 1 or (front and result.front) else (),
        tips,
        {key_of(sweep, p): design_label(sweep, p) for p in named} if sweep.swept else {},
        f"labels: {' / '.join(sweep.swept)}",
    )


def _amount(sweep: Sweep, position: int) -> float | None:
    """The value of a design, or its bound, in the unit of the sweep."""
    point = sweep.point(position)
    value = point.value if point.is_mapped else lower_bound(point)
    return sweep.unit.amount(value) if value else None


def _stairs(places: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    steps = list(places[:1])
    for (_, before), (x, y) in pairwise(places):
        steps += [(x, before), (x, y)]
    return tuple(steps)


def _front_of(
    mapped: Sequence[int], areas: Sequence[float | None], values: Sequence[float | None]
) -> tuple[int, ...]:
    """Positions that none beats in both area and value, by area."""
    front: list[int] = []
    known = [p for p in mapped if areas and areas[p] is not None]
    for position in sorted(known, key=lambda p: (areas[p] or 0.0, values[p] or 0.0, p)):
        if not front or (values[position] or 0.0) < (values[front[-1]] or 0.0):
            front.append(position)
    return tuple(front)


def _kinds(sweep: Sweep, front: Sequence[int]) -> tuple[tuple[int, ...], tuple[Kind, ...]]:
    """The sort of each design, and the sorts that there are."""
    result = sweep.result
    name = "front of those mapped" if not result.front else "front so far"
    if result.front and result.front_proven:
        name = "front, proven complete"
    on_front = set(front) if len(front) > 1 or result.front else set()

    def kind(position: int) -> Kind:
        point = result.points[position]
        if position == result.best:
            return Kind("best", "best", "star", bool(point.gap), large=True)
        if position in on_front:
            text = f"{name}, may cost less" if point.gap else name
            return Kind(text, "front", hollow=bool(point.gap), large=True)
        if point.is_mapped:
            text = "mapped, may cost less" if point.gap else "mapped"
            return Kind(text, "plain", hollow=bool(point.gap))
        skipped = point.status is PointStatus.SKIPPED
        return Kind(
            f"{'skipped' if skipped else 'not finished'}, at its bound", "bound", "bound", True
        )

    kinds = [kind(position) for position in range(len(result.points))]
    legend = list(dict.fromkeys(kinds))
    return tuple(legend.index(each) for each in kinds), tuple(legend)


def energy_figure(sweep: Sweep, tips: dict[str, Tip]) -> Stack | None:
    """Energy of the best designs by component; those of the front, and their rivals."""
    result = sweep.result
    if result.best is None:
        return None
    first = dict.fromkeys(
        (*(p for p in result.front if result.points[p].is_mapped), *sweep.ranking)
    )
    chosen = sorted(list(first)[:_MOST_BARS], key=sweep.ranking.index)
    rivals = [r.position for r in rivals_of(sweep)]
    chosen += [p for p in rivals if p not in chosen and sweep.figures_so_far(p)]
    rows = []
    for position in chosen:
        figures, point = sweep.figures_so_far(position), sweep.point(position)
        if figures is None:
            continue
        parts = tuple(figures.energy_breakdown_pj.get(c, 0.0) for c in sweep.components)
        name = design_label(sweep, position) if sweep.swept else "base"
        note = "" if point.value is None else sweep.unit.text(point.value) + "*" * bool(point.gap)
        title, about = tips[key_of(sweep, position)]
        spent = tuple((c, numbers.energy(p)) for c, p in zip(sweep.components, parts, strict=True))
        tip = (title, (*about[: len(sweep.swept)], *spent))
        label = f"{name} (base)" if position == sweep.base and sweep.swept else name
        rows.append(
            StackRow(
                key_of(sweep, position),
                label,
                parts,
                tip,
                f"{objective_name(result.objective)} {note}",
            )
        )
    return Stack(
        "energy",
        title_of(sweep, "energy of the best designs"),
        _LINK,
        " / ".join(sweep.swept) or "design",
        Axis("energy", "pJ"),
        energy_series(sweep.components),
        tuple(rows),
        note=_STAR if any(sweep.point(p).gap for p in chosen) else "",
    )


def networks_figure(sweep: Sweep) -> Stack | None:
    """What each network costs on the best design of each; None for a single network.

    Bars are over what the network costs on its own best design: 1 is that.
    """
    own = {model: p for model in sweep.weights if (p := sweep.result.best_of(model)) is not None}
    if len(sweep.weights) < 2 or sweep.result.best is None or not own:
        return None
    winners = list(dict.fromkeys((sweep.result.best, *own.values())))[:_MOST_WINNERS]
    names = short_names(own)
    rows, starred = [], False
    for model, position in own.items():
        least = sweep.network_value(position, model)
        ratios = tuple(
            value / least if least and (value := sweep.network_value(w, model)) else 0.0
            for w in winners
        )
        stars = ["*" if sweep.network_gap(w, model) else "" for w in winners]
        starred |= any(stars)
        note = "\n".join(f"{r:.3f}{s}" if r else "" for r, s in zip(ratios, stars, strict=True))
        name = names[model] + ("" if sweep.network_is_proven(model) else " (not proven)")
        rows.append(StackRow(model, name, ratios, (model, ()), note))
    series = tuple(
        Series(design_label(sweep, w) + " (best for all)" * (w == sweep.result.best), f"group-{k}")
        for k, w in enumerate(winners)
    )
    return Stack(
        "networks",
        title_of(sweep, "the best design of each network"),
        "",
        " / ".join(sweep.swept),
        Axis(f"{objective_name(sweep.result.objective)} over that on its own best design"),
        series,
        tuple(rows),
        beside=True,
        note=_STAR if starred else "",
    )


def best_roofline(sweep: Sweep) -> Scatter | None:
    """Speed over intensity of every layer of the best design."""
    best = sweep.result.best
    if best is None:
        return None
    point = sweep.point(best)
    networks = short_names(network.model for network in point.networks)
    layers = [(networks[n.model], r) for n in point.networks for r in n.layers if r.cost]
    if not layers:
        return None
    design = f" ({' / '.join(sweep.swept)} {design_label(sweep, best)})" if sweep.swept else ""
    labels = short_names((r.layer.name for _, r in layers))
    title = title_of(sweep, f"roofline of the best design{design}")
    return roofline(title, point.design.architecture, layers, labels)
