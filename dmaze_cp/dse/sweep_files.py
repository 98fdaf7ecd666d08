"""Sweeps <-> their files (schema ``dmaze-cp/sweep/1``).

`sweep_record` and `sweep_from_dict` are each other's inverse, but for the layers of designs whose
details are left out: of these the sums are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from math import inf
from os import PathLike
from pathlib import Path
from typing import Any, Final, NamedTuple

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.energy import components
from dmaze_cp.cost.latency import Cycles
from dmaze_cp.dse.design import Budgets, Cause, Design, InvalidDesign
from dmaze_cp.dse.figures import SweepFigures
from dmaze_cp.dse.result import (
    NetworkCost,
    NetworkSums,
    PointCause,
    PointStatus,
    SweepPoint,
    SweepResult,
    WeightedWorkload,
)
from dmaze_cp.dse.space_files import space_from_dict, space_to_dict
from dmaze_cp.dse.sweep_records import SweepRecord
from dmaze_cp.errors import SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.result import layer_result_from_dict, layer_result_record, layer_share, total_value
from dmaze_cp.result.layer_files import finite
from dmaze_cp.spec import architecture_from_dict, architecture_to_dict
from dmaze_cp.spec.constraint_files import rules_from_object, rules_to_dict
from dmaze_cp.spec.documents import Reading, Record
from dmaze_cp.spec.files import load_document, write_json
from dmaze_cp.spec.mapping_files import SWEEP_SCHEMA
from dmaze_cp.spec.workload_files import workload_from_dict, workload_to_dict

COSTS: Final = ("energy_pj", "latency_cycles", "latency_s", "edp")
"""Figures of a point that are null where some layer has no mapping."""


def save_sweep(result: SweepResult, path: str | PathLike[str], *, details: bool = False) -> None:
    """Write a sweep as JSON; `load_sweep` reads it.

    Parameters
    ----------
    details
        As of `sweep_record`.

    Raises
    ------
    SpecError
        When the file cannot be written.
    """
    write_json(Path(path), sweep_record(result, details=details))


def load_sweep(path: str | PathLike[str]) -> SweepResult:
    """The sweep of a file of `save_sweep` or ``dmaze-cp dse -o``.

    Raises
    ------
    SpecError
        With every problem found.
    """
    return load_document(path, sweep_from_dict)


def sweep_record(result: SweepResult, *, details: bool = False) -> Record:
    """The result of a sweep (schema ``dmaze-cp/sweep/1``).

    Designs are named by their index in the space. Values and bounds are in ``unit``. A space whose
    energy or area is Python code is null, and such a sweep cannot be read back.

    Parameters
    ----------
    details
        Give the layers of every design with their mappings, not only of the best ones: the
        best, the front, and the best for each network.
    """
    sweep = SweepFigures(result)
    detailed = set(range(len(result.points))) if details else _winners(result)
    try:
        space: Record | None = space_to_dict(result.space)
    except SpecError:
        space = None
    return {
        "schema": SWEEP_SCHEMA,
        "name": result.space.name,
        "objective": str(result.objective),
        "unit": sweep.unit.name,
        "models": [
            {
                "model": n.workload.name,
                "weight": n.weight,
                "layers": len(n.workload),
                "network": workload_to_dict(n.workload),
            }
            for n in result.networks
        ],
        "base": architecture_to_dict(result.space.base),
        "parameters": list(sweep.swept),
        "values": {p.name: list(p.values) for p in result.space.parameters},
        "size": result.space.size,
        "drawn": len(result.space) if len(result.space) < result.space.size else None,
        "rules": [{"name": rule.name, "rule": rule.text} for rule in result.space.rules],
        "space": space,
        "constraints": rules_to_dict(result.constraints),
        "pareto": ["area_mm2"] if result.pareto else None,
        "budgets": {k: v for k, v in asdict(result.budgets).items() if v is not None},
        "base_design": index_of(result, sweep.base),
        "best": index_of(result, result.best),
        "best_proven": result.best_proven,
        "best_ties": [index_of(result, position) for position in result.ties],
        "best_may_tie": [index_of(result, position) for position in result.may_tie],
        "bound": finite(sweep.least_amount),
        "front": [index_of(result, position) for position in result.front],
        "front_proven": result.front_proven,
        "best_by_model": {
            n.workload.name: index_of(result, result.best_of(n.workload.name))
            for n in result.networks
        },
        "best_by_model_proven": {
            n.workload.name: sweep.network_is_proven(n.workload.name) for n in result.networks
        },
        "counts": counts_record(result),
        "elapsed_s": result.elapsed_s,
        "interrupted": result.interrupted,
        "points": [
            point_record(sweep, position, detailed=position in detailed)
            for position in range(len(result.points))
        ],
        "invalid": [{**asdict(point), "kind": str(point.kind)} for point in result.invalid],
    }


def index_of(result: SweepResult, position: int | None) -> int | None:
    """The index in the space of the point at a position."""
    return None if position is None else result.points[position].design.index


def counts_record(result: SweepResult) -> Record:
    """How many designs there are of each sort, and what it took."""
    solved = result.count(PointStatus.OPTIMAL) + result.count(PointStatus.FEASIBLE)
    return {
        "points": len(result.points),
        "solved": solved,
        **{str(status): result.count(status) for status in PointStatus},
        "invalid": len(result.invalid),
        "invalid_by_cause": dict(Counter(point.cause for point in result.invalid).most_common()),
        "searches": result.searches,
        "looked_up": result.looked_up,
    }


def point_record(sweep: SweepFigures, position: int, *, detailed: bool) -> Record:
    """A design with what is known of it."""
    point, figures = sweep.point(position), sweep.figures(position)
    costs = {name: None if figures is None else getattr(figures, name) for name in COSTS}
    cycles = None if figures is None else figures.cycles.values()
    return {
        "index": point.design.index,
        "parameters": dict(point.design.parameters),
        "architecture": architecture_to_dict(point.design.architecture),
        "area_mm2": point.design.area_mm2,
        "interpolated": list(point.design.interpolated),
        "power_mw": sweep.power_mw(position),
        "status": str(point.status),
        "reason": point.reason,
        "cause": None if point.cause is None else str(point.cause),
        "value": None if figures is None else figures.value,
        "bound": finite(sweep.bound(position)),
        "gap": None if figures is None else point.gap,
        **costs,
        "energy_breakdown_pj": None if figures is None else figures.energy_breakdown_pj,
        "latency_breakdown_cycles": None
        if cycles is None
        else dict(zip(("compute", "noc", "dma"), cycles, strict=True)),
        "networks": [_network_record(sweep, point, n, detailed) for n in point.networks],
        "compared": {"value": point.value, "bound": finite(point.bound)},
        "average_power_mw": point.power_mw,
    }


def _network_record(
    sweep: SweepFigures, point: SweepPoint, network: NetworkCost, detailed: bool
) -> Record:
    # Of a design that was skipped, values are of mappings that nothing is known of.
    value = network.value if point.is_mapped else None
    mapped = value is not None
    total = total_value(network.layers)
    mhz = point.design.architecture.accelerator_mhz
    sums = network.sums
    return {
        "model": network.model,
        "value": None if value is None else sweep.unit.amount(value),
        "bound": finite(sweep.unit.amount(network.bound)),
        "energy_pj": sums.energy_pj if mapped else None,
        "latency_cycles": sums.latency_cycles if mapped else None,
        "latency_s": sums.latency_cycles / (mhz * 1e6) if mapped else None,
        "edp": sums.edp if mapped else None,
        "energy_breakdown_pj": sums.energy_breakdown_pj if mapped else None,
        "layers": [layer_result_record(r, layer_share(r, total)) for r in network.layers]
        if detailed
        else [],
        "sums": {
            "energy_pj": sums.energy_pj,
            "latency_cycles": sums.latency_cycles,
            "edp": sums.edp,
            "energy_breakdown_pj": sums.energy_breakdown_pj,
            "latency_breakdown_cycles": asdict(sums.cycles),
            "proven": sums.proven,
        },
        "compared": {"value": network.value, "bound": finite(network.bound)},
    }


def _winners(result: SweepResult) -> set[int]:
    best_of = (result.best_of(n.workload.name) for n in result.networks)
    return {p for p in (result.best, *result.front, *best_of) if p is not None}


def sweep_from_dict(obj: object) -> SweepResult:
    """The sweep that an object holds, as `sweep_record` writes it.

    Raises
    ------
    SpecError
        With every problem found.
    """
    reading = Reading()
    reading.check(obj, SweepRecord)
    # Parts are read of what has the right form: theirs are further problems.
    reading.end()
    assert isinstance(obj, Mapping)  # noqa: S101 - else there were problems
    data: Mapping[str, Any] = obj
    space = reading.part("space", lambda: space_from_dict(data["space"], single=True))
    rules = reading.part("constraints", lambda: rules_from_object(data["constraints"]))
    budgets = reading.part("budgets", lambda: Budgets(**data["budgets"]))
    networks = reading.parts("models", data["models"], _weighted)
    varied = () if space is None else space.parameters
    names = _Names(
        tuple(n.workload.name for n in networks),
        {p.name: p.values for p in varied if len(p.values) > 1},
    )
    points = reading.parts("points", data["points"], lambda record: _point(record, names))
    invalid = reading.parts("invalid", data["invalid"], lambda record: _invalid(record, names))
    positions = {point.design.index: position for position, point in enumerate(points)}
    known = reading.part("", lambda: _positions(data, positions))
    reading.end()
    assert space and known is not None and budgets and rules is not None  # noqa: PT018, S101
    return SweepResult(
        space=space,
        networks=tuple(networks),
        objective=Objective(data["objective"]),
        budgets=budgets,
        pareto=data["pareto"] is not None,
        points=tuple(points),
        invalid=tuple(invalid),
        best_proven=data["best_proven"],
        front_proven=data["front_proven"],
        searches=data["counts"]["searches"],
        looked_up=data["counts"]["looked_up"],
        elapsed_s=data["elapsed_s"],
        interrupted=data["interrupted"],
        constraints=rules,
        **known,
    )


def _positions(data: Mapping[str, Any], positions: Mapping[int, int]) -> dict[str, Any]:
    """The winners, by position in the list of points."""
    reading = Reading()

    def position(where: str, index: int) -> int:
        if index not in positions:
            reading.note(where, str(index), "the index of a point")
        return positions.get(index, 0)

    best = data["best"]
    found: dict[str, Any] = {"best": None if best is None else position("best", best)}
    for name, key in (("ties", "best_ties"), ("may_tie", "best_may_tie"), ("front", "front")):
        found[name] = tuple(position(f"{key}[{k}]", i) for k, i in enumerate(data[key]))
    reading.end()
    return found


def _weighted(record: Mapping[str, Any]) -> WeightedWorkload:
    reading = Reading()
    workload = reading.part("network", lambda: workload_from_dict(record["network"]))
    reading.end()
    assert workload is not None  # noqa: S101 - else there were problems
    return WeightedWorkload(workload, record["weight"])


def _invalid(record: Mapping[str, Any], names: _Names) -> InvalidDesign:
    reading = Reading()
    _check_parameters(reading, record, names)
    reading.end()
    return InvalidDesign(
        record["index"],
        record["parameters"],
        record["cause"],
        record["reason"],
        Cause(record["kind"]),
    )


class _Names(NamedTuple):
    """What points of a sweep name."""

    models: tuple[str, ...]
    swept: Mapping[str, tuple[float, ...]]


def _check_parameters(reading: Reading, record: Mapping[str, Any], names: _Names) -> None:
    for name, values in names.swept.items():
        value = record["parameters"].get(name)
        if value not in values:
            found = "nothing" if value is None else repr(value)
            reading.note(f"parameters.{name}", found, "one of its values in the space")


def _point(record: Mapping[str, Any], names: _Names) -> SweepPoint:
    reading = Reading()
    _check_parameters(reading, record, names)
    for index, each in enumerate(record["networks"]):
        if each["model"] not in names.models:
            where = f"networks[{index}].model"
            reading.note(where, repr(each["model"]), "a network of the sweep")
    arch = reading.part("architecture", lambda: architecture_from_dict(record["architecture"]))
    networks = reading.parts(
        "networks",
        record["networks"] if arch is not None else [],
        lambda each: _network(each, arch or Architecture()),
    )
    reading.end()
    assert arch is not None  # noqa: S101 - else there were problems
    return SweepPoint(
        Design(
            record["index"],
            record["parameters"],
            arch,
            record["area_mm2"],
            tuple(record["interpolated"]),
        ),
        PointStatus(record["status"]),
        record["reason"],
        record["compared"]["value"],
        _bound(record["compared"]),
        tuple(networks),
        record["average_power_mw"],
        None if record["cause"] is None else PointCause(record["cause"]),
    )


def _network(record: Mapping[str, Any], arch: Architecture) -> NetworkCost:
    reading = Reading()
    layers = reading.parts(
        "layers", record["layers"], lambda each: layer_result_from_dict(each, arch)
    )
    sums = record["sums"]
    for name in sums["energy_breakdown_pj"].keys() - components(arch):
        where = f"sums.energy_breakdown_pj.{name}"
        reading.note(where, "energy", "none: the architecture has no such component")
    reading.end()
    return NetworkCost(
        record["model"],
        tuple(layers),
        record["compared"]["value"],
        _bound(record["compared"]),
        NetworkSums(
            sums["energy_pj"],
            sums["latency_cycles"],
            sums["edp"],
            sums["energy_breakdown_pj"],
            Cycles(**sums["latency_breakdown_cycles"]),
            sums["proven"],
        ),
    )


def _bound(record: Mapping[str, Any]) -> float:
    return inf if record["bound"] is None else record["bound"]
