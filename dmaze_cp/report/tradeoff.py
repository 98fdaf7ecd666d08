"""Fronts of energy and latency: of a network, and of its layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dmaze_cp.levels import DRAM, PE, SPM
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Block, Cell, Heading, Note, Table, Tone, columns
from dmaze_cp.report.figures import Axis, Kind, Line, Scatter
from dmaze_cp.report.layer import layer_shape
from dmaze_cp.report.rows import Rows, bounds_text, compact_json
from dmaze_cp.tradeoff import FrontStatus, LayerFront, Region, WorkloadFront, front_record

_SHOWN: Final = 25
"""Points of a network's front that a table shows; files have all."""

_ROW: Final = (
    *("model", "architecture", "layer", "instances", "point", "proven", "energy_pj"),
    *("latency_cycles", "edp", "padded", "tiling", "loop_order"),
    *("stationary_dram", "stationary_spm", "choice"),
)
_ENERGY: Final = Axis("energy (pJ)", "pJ")
_LATENCY: Final = Axis("latency (cycles)")


def tradeoff_blocks(found: WorkloadFront) -> Iterator[Block]:
    """The front of each layer, then that of the network."""
    for front in found.layers:
        yield from _layer(found, front)
    if len(found.layers) > 1:
        yield from _network(found)
    if found.interrupted:
        asked = numbers.counted(len(found.workload), "layer")
        text = f"interrupted: the fronts of {len(found.layers)} of {asked} are shown"
        whole = sum(front.status is FrontStatus.COMPLETE for front in found.layers)
        yield Note(f"{text}, {whole} of them complete", Tone.FAIR, apart=True)


def _layer(found: WorkloadFront, front: LayerFront) -> Iterator[Block]:
    yield Heading(f"{front.layer.name} on {found.architecture.name}", main=True)
    yield Note(layer_shape(front.layer), Tone.PLAIN)
    standing, *others = front_notes(front)
    yield standing
    if front.points:
        yield points_table(front)
    yield from others


def front_notes(front: LayerFront) -> Iterator[Note]:
    """How far a front is proven, and what is open."""
    if not front.points and front.status is FrontStatus.COMPLETE:
        yield Note(f"infeasible: {front.reason}", Tone.BAD)
        return
    yield Note(_standing(front), _tone(front.status))
    if front.open is not None:
        yield Note(_may_be(front.open), Tone.FAIR)


def points_table(front: LayerFront, link: str = "") -> Table:
    """The points of a layer's front; a page selects one in the `Details` of a key."""
    heads = columns("#", "cycles", "energy", "EDP", "stationary", "PEs", "", texts=(4,), folds=(5,))
    rows: list[Sequence[str | Cell]] = []
    for place, point in enumerate(front.points):
        unrolled = [f"{d}={n}" for d, n in point.mapping.level(PE).items() if n > 1]
        cost = point.cost
        rows.append(
            (
                Cell(f"{place}", place),
                Cell(numbers.count(cost.latency_cycles), cost.latency_cycles),
                Cell(numbers.energy(cost.energy_pj), cost.energy_pj),
                Cell(numbers.scientific(cost.edp), cost.edp),
                f"{point.dataflow.dram} {point.dataflow.spm}",
                " ".join(unrolled) or "-",
                "" if place < front.proven else "not proven",
            )
        )
    keys = tuple(str(place) for place in range(len(rows))) if link else ()
    return Table(heads, rows, keys, link, "Points of the front, by rising latency")


def _standing(front: LayerFront) -> str:
    count = numbers.counted(len(front.points), "point")
    if front.status is FrontStatus.COMPLETE:
        within = f" within {numbers.percent(front.epsilon)}" if front.epsilon else ""
        return f"front: complete, {count}, proven{within}: no mapping beats them in both"
    proven = "all" if front.proven == len(front.points) else str(front.proven or "none")
    known = f", {proven} proven" if front.points else ""
    return f"front: partial ({front.reason}), {count}{known}"


def _may_be(region: Region) -> str:
    """Where there may be more points."""
    least = f"at least {numbers.exact(region.latency_cycles)} cycles"
    if region.energy_pj is None:
        return f"there may be others, with {least}"
    return f"there may be others, with {least} and at most {numbers.exact(region.energy_pj)} pJ"


def _tone(status: FrontStatus) -> Tone:
    return Tone.GOOD if status is FrontStatus.COMPLETE else Tone.FAIR


def _network(found: WorkloadFront) -> Iterator[Block]:
    network = found.network
    yield Heading(f"{found.workload.name} on {found.architecture.name}: totals", main=True)
    yield from network_notes(found)
    if not network.points:
        return
    shown = spread(len(network.points))
    first, last = network.points[0], network.points[-1]
    rows = [
        (
            f"{place}",
            numbers.count(point.latency_cycles),
            numbers.energy(point.energy_pj),
            numbers.percent(point.latency_cycles / max(first.latency_cycles, 1) - 1),
            numbers.percent(point.energy_pj / max(last.energy_pj, 1) - 1),
        )
        for place, point in ((place, network.points[place]) for place in shown)
    ]
    heads = columns("#", "cycles", "energy", "above least cycles", "above least energy", texts=())
    yield Table(heads, rows, caption="Points of the network's front, by rising latency")
    if len(shown) < len(network.points):
        yield Note(f"{len(shown)} of {len(network.points):,} points; -o FILE has all")


def network_notes(found: WorkloadFront) -> Iterator[Note]:
    """How far the front of the totals is proven."""
    network = found.network
    count = numbers.counted(len(network.points), "point")
    within = f", within {numbers.percent(network.epsilon)}" if network.epsilon else ", exact"
    if network.status is FrontStatus.COMPLETE:
        yield Note(f"front: complete, {count}{within}", Tone.GOOD)
    else:
        without = sum(not front.points for front in found.layers)
        missing = len(found.workload) - len(found.layers)
        left_out = [
            f"{number} {why}"
            for number, why in ((without, "without a point"), (missing, "not reached"))
            if number
        ]
        but = f"; layers left out: {', '.join(left_out)}" if left_out else ""
        yield Note(f"front: partial, {count} of what is known of the layers{but}", Tone.FAIR)


def spread(count: int, most: int = _SHOWN) -> list[int]:
    """Places of some of many points, with both ends."""
    if count <= most:
        return list(range(count))
    return sorted({round(k * (count - 1) / (most - 1)) for k in range(most)})


def tradeoff_rows(found: WorkloadFront) -> Rows:
    """A row for each point of each layer, then for each of the network."""
    record = front_record(found)
    head = {"model": found.workload.name, "architecture": found.architecture.name}
    rows = [
        {
            **head,
            "layer": layer["name"],
            "instances": layer["instances"],
            "point": place,
            **{name: point[name] for name in ("proven", "energy_pj", "latency_cycles", "edp")},
            "padded": bounds_text(point["padded"]["bounds"]) if "padded" in point else None,
            "tiling": compact_json(point["tiling"]),
            "loop_order": compact_json(point["loop_order"]),
            "stationary_dram": point["stationary"][DRAM],
            "stationary_spm": point["stationary"][SPM],
        }
        for layer in record["layers"]
        for place, point in enumerate(layer["points"])
    ]
    rows += [
        {
            **head,
            "point": place,
            "proven": record["network"]["status"] == "complete",
            "energy_pj": point["energy_pj"],
            "latency_cycles": point["latency_cycles"],
            "choice": " ".join(f"{name}={own}" for name, own in point["choice"].items()),
        }
        for place, point in enumerate(record["network"]["points"])
    ]
    return Rows("fronts", _ROW, rows)


def tradeoff_figures(found: WorkloadFront) -> dict[str, Scatter]:
    """A figure of each layer's front and one of the network's, by the name of its file."""
    figures = {
        f"front-{number}": layer_figure(found, front)
        for number, front in enumerate(found.layers)
        if front.points
    }
    points = found.network.points
    if len(found.layers) > 1 and points:
        whole = found.network.status is FrontStatus.COMPLETE
        title = f"{found.workload.name} on {found.architecture.name}: energy and latency"
        costs = [(place, p.latency_cycles, p.energy_pj) for place, p in enumerate(points)]
        figures["front"] = front_figure(title, costs, len(points) if whole else 0)
    return figures


def layer_figure(found: WorkloadFront, front: LayerFront, link: str = "") -> Scatter:
    """The front of a layer; on a page, a click selects in the `Details` of a key."""
    title = f"{front.layer.name} on {found.architecture.name}: energy and latency"
    costs = [
        (place, p.cost.latency_cycles, p.cost.energy_pj) for place, p in enumerate(front.points)
    ]
    return front_figure(title, costs, front.proven, link=link)


def front_figure(
    title: str, points: Sequence[tuple[int, int, int]], proven: int, link: str = ""
) -> Scatter:
    """Points and the steps between them: what a mapping with so many cycles has at least.

    Parameters
    ----------
    points
        Place, cycles and energy of each.
    proven
        Those of lower places are proven.
    link
        The `Details` that a click selects something in.
    """
    keys = tuple(str(place) for place, _, _ in points)
    steps: list[tuple[float, float]] = []
    for index, (_, cycles, energy) in enumerate(points):
        if index:
            steps.append((cycles, points[index - 1][2]))
        steps.append((cycles, energy))
    tips = {
        key: (f"point {key}", (("cycles", f"{t:,}"), ("energy", numbers.energy(e))))
        for key, (_, t, e) in zip(keys, points, strict=True)
    }
    return Scatter(
        "tradeoff",
        title,
        link,
        keys,
        tuple(0 if place < proven else 1 for place, _, _ in points),
        (
            Kind("on the front, proven", "front", large=True),
            Kind("not proven", "front", hollow=True),
        ),
        {
            "cycles": tuple(float(t) for _, t, _ in points),
            "energy_pj": tuple(float(e) for _, _, e in points),
        },
        {"cycles": _LATENCY, "energy_pj": _ENERGY},
        "cycles",
        "energy_pj",
        ("cycles",),
        ("energy_pj",),
        (Line("front", tuple(steps), ("cycles", "energy_pj")),) if len(steps) > 1 else (),
        tips,
        {},
    )
