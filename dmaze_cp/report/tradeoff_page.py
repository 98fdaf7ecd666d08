"""Fronts on a page: of the network's totals and of each layer, with the point one selects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Badge,
    Block,
    Cell,
    Choice,
    Column,
    Details,
    Fact,
    Facts,
    Heading,
    Note,
    Table,
    Tone,
)
from dmaze_cp.report.layer import shape_notes
from dmaze_cp.report.mapping import mapping_blocks
from dmaze_cp.report.network_page import machine_folds
from dmaze_cp.report.tradeoff import (
    front_figure,
    front_notes,
    layer_figure,
    network_notes,
    points_table,
    spread,
)
from dmaze_cp.tradeoff import FrontStatus, LayerFront, NetworkPoint, WorkloadFront

_TOTALS: Final = 100
"""Totals that a page has of a network, with the choice for each layer."""


def tradeoff_page(found: WorkloadFront) -> Iterator[Block]:
    """The front of the totals, and that of the layer that is chosen."""
    if found.interrupted:
        yield Note("The run was interrupted: something is missing.", Tone.FAIR)
    yield Facts(tuple(_tiles(found)), tiles=True)
    if len(found.layers) > 1 and found.network.points:
        yield from _network(found)
    options = tuple(
        (front.layer.name, front.layer.name, tuple(_layer(found, front))) for front in found.layers
    )
    if len(options) == 1:
        yield from options[0][2]
    elif options:
        yield Choice("layer", "Layer", options, clears=("point",))
    yield from machine_folds(found.architecture, found.workload.unmapped)


def _tiles(found: WorkloadFront) -> Iterator[Fact]:
    fronts, network = found.layers, found.network
    is_whole = network.status is FrontStatus.COMPLETE
    badge = Badge("proven complete", Tone.GOOD) if is_whole else Badge("partial", Tone.FAIR)
    within = f"within {numbers.percent(network.epsilon)}" if network.epsilon else "exact"
    name = "Front" if len(fronts) == 1 else "Front of the totals"
    yield Fact(name, numbers.counted(len(network.points), "point"), note=within, badge=badge)
    if network.points:
        for title, point in (
            ("Least latency", network.points[0]),
            ("Least energy", network.points[-1]),
        ):
            cycles = f"{numbers.count(point.latency_cycles)} cycles"
            energy = numbers.energy(point.energy_pj)
            is_first = title == "Least latency"
            yield Fact(title, cycles if is_first else energy, note=energy if is_first else cycles)
    proven = sum(front.status is FrontStatus.COMPLETE for front in fronts)
    missing = len(found.workload) - len(fronts)
    reached = f", {missing} not reached" if missing else ""
    yield Fact("Layers", str(len(fronts)), note=f"{proven} with a complete front{reached}")
    took = numbers.duration(sum(front.solve_time_s for front in fronts))
    yield Fact("Search", took, note=numbers.counted(sum(f.searches for f in fronts), "search"))
    pins = [str(rule.pin) for rule in found.constraints.rules]
    if pins:
        yield Fact("Limits", numbers.counted(len(pins), "limit"), note=", ".join(pins))


def _network(found: WorkloadFront) -> Iterator[Block]:
    points = found.network.points
    yield Heading("Totals")
    yield from network_notes(found)
    shown = spread(len(points), _TOTALS)
    title = f"{found.workload.name} on {found.architecture.name}: energy and latency"
    costs = [(place, points[place].latency_cycles, points[place].energy_pj) for place in shown]
    whole = found.network.status is FrontStatus.COMPLETE
    yield front_figure(title, costs, len(points) if whole else 0, link="total")
    if len(shown) < len(points):
        yield Note(f"{len(shown)} of {len(points):,} points; CSV and JSON have all")
    heads = (Column("#"), Column("cycles"), Column("energy"))
    rows = [
        (
            Cell(str(place), place),
            Cell(numbers.exact(cycles), cycles),
            Cell(numbers.energy(energy), energy),
        )
        for place, cycles, energy in costs
    ]
    keys = tuple(map(str, shown))
    yield Table(heads, rows, keys, "total", "Totals", searched=True)
    items = {str(place): tuple(_choice(found, points[place])) for place in shown}
    hint = "Select a point of the totals to see the choice for each layer."
    yield Details("total", items, keys[0], hint=hint)


def _choice(found: WorkloadFront, total: NetworkPoint) -> Iterator[Block]:
    """What a point of the totals takes of each layer."""
    yield Heading(
        f"{numbers.exact(total.latency_cycles)} cycles, {numbers.energy(total.energy_pj)}"
    )
    heads = (
        Column("layer", is_text=True, folds=True),
        *map(Column, ("n", "point", "cycles", "energy")),
    )
    rows = []
    for front, place in zip(found.mapped, total.choice, strict=True):
        cost, count = front.points[place].cost, front.layer.instances
        link = (("layer", front.layer.name), ("point", str(place)))
        cycles, energy = count * cost.latency_cycles, count * cost.energy_pj
        rows.append(
            (
                Cell(front.layer.name, link=link),
                Cell(str(count), count),
                Cell(f"{place} of {len(front.points)}", place),
                Cell(numbers.count(cycles), cycles),
                Cell(numbers.energy(energy), energy),
            )
        )
    yield Table(heads, rows, caption="Choice", searched=True)


def _layer(found: WorkloadFront, front: LayerFront) -> Iterator[Block]:
    """The front of a layer, and the mapping of the point that is selected."""
    yield Heading(front.layer.name, main=True)
    yield from shape_notes(front.layer)
    yield from front_notes(front)
    if not front.points:
        return
    yield layer_figure(found, front, link="point")
    yield points_table(front, link="point")
    items = {
        str(place): (
            Heading(f"Point {place} of {front.layer.name}"),
            *mapping_blocks(point.mapping, point.cost, found.architecture),
        )
        for place, point in enumerate(front.points)
    }
    yield Details("point", items, "0", hint="Select a point to see its mapping.")
