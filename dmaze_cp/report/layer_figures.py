"""Figures of layers: their shares, energies, cycles, and the roofline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.energy import components
from dmaze_cp.cost.latency import cycles
from dmaze_cp.cost.usage import dram_bytes
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.figures import Axis, Figure, Kind, Line, Scatter, Series, Stack, StackRow, Tip
from dmaze_cp.report.words import in_sentence, objective_name, value_text
from dmaze_cp.result import LayerResult, WorkloadResult
from dmaze_cp.result.shares import ranked

CYCLE_SERIES: Final = (
    Series("compute", "compute"),
    Series("NoC/reduction", "noc-cycles"),
    Series("DMA", "dma"),
)
_MOST_LABELS: Final = 10
_LINK: Final = "layer"


def energy_series(names: Sequence[str]) -> tuple[Series, ...]:
    """A series for each component of energy."""
    return tuple(Series(name, name.lower()) for name in names)


def network_figures(result: WorkloadResult, objective: Objective) -> Iterator[Figure]:
    """Where a network's costs are: layer by layer, the largest share first."""
    places = [p for p in ranked(result.of(objective)) if p.result.cost is not None]
    if not places:
        return
    what = in_sentence(objective)
    rows = tuple(
        StackRow(r.layer.name, r.layer.name, (p.share or 0.0,), _share_tip(r, p.share))
        for p in places
        for r in (p.result,)
    )
    axis = Axis(f"share of the {what}", "%")
    title = f"Share of {what} by layer"
    yield Stack("share", title, _LINK, "", axis, (Series("share", "share"),), rows)
    layers = [r for r in result.of(objective) if r.mapping is not None and r.cost is not None]
    parts = energy_series(components(result.architecture))
    yield _stack("energy", "Energy by component", Axis("energy", "pJ"), parts, layers, _energies)
    yield _stack("cycles", "Cycles by cause", Axis("cycles"), CYCLE_SERIES, layers, _cycles)
    named = [(str(r.layer.kind), r) for r in layers]
    yield roofline(
        "Roofline", result.architecture, named, {r.layer.name: r.layer.name for r in layers}
    )


def _stack(
    name: str,
    title: str,
    axis: Axis,
    series: tuple[Series, ...],
    layers: Sequence[LayerResult],
    parts_of: Callable[[LayerResult], tuple[float, ...]],
) -> Stack:
    show = numbers.energy if axis.unit else numbers.count
    rows = []
    for result in layers:
        parts, layer = parts_of(result), result.layer
        total = sum(parts) or 1
        tip = tuple(
            (one.name, f"{show(part)}, {numbers.percent(part / total)}")
            for one, part in zip(series, parts, strict=True)
        )
        rows.append(StackRow(layer.name, layer.name, parts, (layer.name, tip)))
    return Stack(name, f"{title} (all instances)", _LINK, "", axis, series, tuple(rows))


def _energies(result: LayerResult) -> tuple[float, ...]:
    parts = {} if result.cost is None else result.cost.energy_breakdown_pj
    return tuple(result.layer.instances * part for part in parts.values())


def _cycles(result: LayerResult) -> tuple[float, ...]:
    if result.mapping is None or result.cost is None:
        return (0, 0, 0)
    split = cycles(result.mapping, result.cost)
    return tuple(result.layer.instances * max(c, 0) for c in (split.compute, split.noc, split.dma))


def _share_tip(result: LayerResult, share: float | None) -> Tip:
    cost, rows = result.cost, [("share", numbers.percent(share))]
    if cost is not None and result.value is not None:
        rows.append((objective_name(result.objective), value_text(result.value, result.objective)))
        rows.append(("energy", numbers.energy(cost.energy_pj)))
        rows.append(("latency", f"{numbers.count(cost.latency_cycles)} cycles"))
    if result.layer.instances > 1:
        rows.append(("instances", str(result.layer.instances)))
    return result.layer.name, tuple(rows)


def roofline(
    title: str,
    architecture: Architecture,
    layers: Sequence[tuple[str, LayerResult]],
    names: MappingOf[str, str],
) -> Scatter:
    """Speed over intensity of layers, below the roofs of the PEs and of the DMA.

    Parameters
    ----------
    layers
        Each with its group, which has a colour of its own.
    names
        What layers are called in print, by their names.
    """
    groups = list(dict.fromkeys(group for group, _ in layers))
    xs, ys, keys, tips = [], [], [], {}
    per_byte = architecture.dma_cycles_per_byte * architecture.clock_ratio
    for group, result in layers:
        if result.mapping is None or result.cost is None:
            continue
        moved = dram_bytes(result.mapping, result.cost, architecture)
        macs, key = result.layer.macs, result.layer.name
        x, y = macs / moved, macs / result.cost.latency_cycles
        roof = min(architecture.pe_count, x / per_byte if per_byte else architecture.pe_count)
        tips[key] = (
            key,
            (
                ("group", group),
                ("intensity", f"{x:.3g} MACs/B"),
                ("speed", f"{y:.3g} MACs/cycle"),
                ("of the roof", numbers.percent(y / roof)),
                ("DRAM traffic", f"{numbers.count(moved)}B"),
            ),
        )
        xs.append(x)
        ys.append(y)
        keys.append(key)
    costly = sorted(
        (r for _, r in layers if r.cost),
        key=lambda r: -r.layer.instances * (r.cost.latency_cycles if r.cost else 0),
    )
    return Scatter(
        "roofline",
        title,
        _LINK,
        tuple(keys),
        tuple(groups.index(group) for group, r in layers if r.mapping and r.cost),
        tuple(Kind(group, f"group-{k % 6}") for k, group in enumerate(groups)),
        {"intensity": tuple(xs), "speed": tuple(ys)},
        {
            "intensity": Axis("multiply-accumulates for each byte of DRAM traffic", log=True),
            "speed": Axis("multiply-accumulates a cycle", log=True),
        },
        "intensity",
        "speed",
        ("intensity",),
        ("speed",),
        _roofs(architecture, xs),
        tips,
        {r.layer.name: names[r.layer.name] for r in costly[:_MOST_LABELS]},
    )


def _roofs(architecture: Architecture, intensities: Sequence[float]) -> tuple[Line, ...]:
    axes, pes = ("intensity", "speed"), float(architecture.pe_count)
    per_byte = architecture.dma_cycles_per_byte * architecture.clock_ratio
    ridge = pes * per_byte
    low, high = min(*intensities, ridge or intensities[0]) / 3, max(*intensities, ridge) * 3
    lines = [
        Line(
            "compute", ((max(ridge, low), pes), (high, pes)), axes, f"{architecture.pe_count:,} PEs"
        )
    ]
    if per_byte:
        text = f"DMA, {1 / per_byte:.3g} bytes a cycle"
        lines.append(Line("dma", ((low, low / per_byte), (ridge, pes)), axes, text))
    return tuple(lines)
