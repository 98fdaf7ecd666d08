"""Fronts <-> their files (schema ``dmaze-cp/front/1``).

`front_record` and `front_from_dict` are each other's inverse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import ConstraintRules
from dmaze_cp.cost import Cost, fits
from dmaze_cp.digest import COST_MODEL_VERSION, with_digest
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import NONE, OPERANDS
from dmaze_cp.mapping import Dataflow
from dmaze_cp.result import Alternative, Ending
from dmaze_cp.result.network import missing_layer_from_dict
from dmaze_cp.result.ranking_files import alternative_from, alternative_record
from dmaze_cp.spec import architecture_to_dict
from dmaze_cp.spec.asked import begun
from dmaze_cp.spec.constraint_files import rules_to_dict
from dmaze_cp.spec.documents import Reading, Record
from dmaze_cp.spec.fields import Fields
from dmaze_cp.spec.files import load_document, write_json
from dmaze_cp.spec.layers import layer_from_fields, layer_record
from dmaze_cp.spec.mapping_files import FRONT_SCHEMA
from dmaze_cp.spec.workload_files import OperatorRecord
from dmaze_cp.tradeoff.front_checks import network_problems, order_problems, walk_problems
from dmaze_cp.tradeoff.front_records import FrontRecord
from dmaze_cp.tradeoff.result import (
    FrontStatus,
    LayerFront,
    NetworkFront,
    NetworkPoint,
    Region,
    WorkloadFront,
)
from dmaze_cp.workload import Layer, UnmappedOperator, Workload


def save_front(found: WorkloadFront, path: str | PathLike[str]) -> None:
    """Write fronts as JSON; `load_front` gives them back equal.

    Raises
    ------
    SpecError
        When the file cannot be written.
    """
    write_json(Path(path), front_record(found))


def load_front(path: str | PathLike[str]) -> WorkloadFront:
    """The fronts of a file of `save_front` or ``dmaze-cp pareto -o``.

    Raises
    ------
    SpecError
        With every problem found; see `front_from_dict`.
    """
    return load_document(path, front_from_dict)


def front_record(found: WorkloadFront) -> Record:
    """Fronts as JSON."""
    mapped = {front.layer.name for front in found.layers}
    return with_digest(
        {
            "schema": FRONT_SCHEMA,
            "cost_model": COST_MODEL_VERSION,
            "model": found.workload.name,
            "architecture": architecture_to_dict(found.architecture),
            "constraints": rules_to_dict(found.constraints),
            "interrupted": found.interrupted,
            "layers": [_layer_record(front) for front in found.layers],
            "missing": [
                {"index": index, **layer_record(layer)}
                for index, layer in enumerate(found.workload)
                if layer.name not in mapped
            ],
            "network": _network_record(found.network, [f.layer.name for f in found.mapped]),
            "unmapped_operators": [asdict(operator) for operator in found.workload.unmapped],
        }
    )


def _layer_record(front: LayerFront) -> Record:
    region = front.open
    return {
        **layer_record(front.layer),
        "status": str(front.status),
        "epsilon": front.epsilon,
        "points": [
            {**alternative_record(point), "proven": place < front.proven}
            for place, point in enumerate(front.points)
        ],
        "open": None if region is None else asdict(region),
        "reason": front.reason,
        "ended": str(front.ended),
        "engine": front.engine or None,
        "solve_time_s": front.solve_time_s,
        "searches": front.searches,
    }


def _network_record(network: NetworkFront, names: list[str]) -> Record:
    return {
        "status": str(network.status),
        "epsilon": network.epsilon,
        "points": [
            {
                "energy_pj": point.energy_pj,
                "latency_cycles": point.latency_cycles,
                "choice": dict(zip(names, point.choice, strict=True)),
            }
            for point in network.points
        ],
    }


def front_from_dict(obj: object) -> WorkloadFront:
    """The fronts that an object holds, as `front_record` writes them.

    Raises
    ------
    SpecError
        With every problem found: also where a mapping costs something else or does not fit, where
        a point is beaten by another or out of order, and where totals are not those of the choice.
    """
    reading = Reading()
    data, machine, limits = begun(reading, obj, FrontRecord)
    layers = tuple(reading.parts("layers", data["layers"], partial(_layer_front, machine, limits)))
    missing = reading.parts("missing", data.get("missing", ()), missing_layer_from_dict)
    reading.end()
    places = [front.layer for front in layers]
    for place, layer in missing:
        places.insert(place, layer)
    operators = tuple(
        UnmappedOperator(**{key: o[key] for key in OperatorRecord.__annotations__ if key in o})
        for o in data.get("unmapped_operators", ())
    )
    workload = reading.part("", lambda: Workload(data["model"], tuple(places), operators))
    reading.end()
    network = _network_front(reading, layers, data["network"], whole=not missing)
    if missing and not data["interrupted"]:
        reading.note("missing", f"{len(missing)} layers", "none of a complete run")
    reading.end()
    assert workload is not None  # noqa: S101 - else there were problems
    return WorkloadFront(workload, machine, limits, layers, network, data["interrupted"])


def _layer_front(
    machine: Architecture, rules: ConstraintRules, data: Mapping[str, Any]
) -> LayerFront:
    reading = Reading()
    layer = reading.part("", lambda: layer_from_fields(Fields(data, "a layer")))
    reading.end()
    assert layer is not None  # noqa: S101 - else there were problems
    read = partial(_point, data, machine, layer, rules)
    points = tuple(reading.parts("points", data["points"], read))
    reading.end()
    region = None if data["open"] is None else Region(**data["open"])
    proven = [point["proven"] for point in data["points"]]
    front = LayerFront(
        layer,
        FrontStatus(data["status"]),
        data["epsilon"],
        points,
        (*proven, False).index(False),
        region,
        data.get("reason"),
        float(data.get("solve_time_s", 0.0)),
        data.get("searches", 0),
        data.get("engine") or "",
        Ending(data.get("ended", Ending.UNSTATED)),
    )
    problems = [*order_problems([point.cost for point in points]), *walk_problems(front, proven)]
    if problems:
        raise SpecError(problems)
    return front


def _point(
    front: Mapping[str, Any],
    machine: Architecture,
    layer: Layer,
    rules: ConstraintRules,
    data: Mapping[str, Any],
) -> Alternative:
    read = alternative_from(front, data, machine)
    # Of one layer for all, equal ones of its points included.
    point = Alternative(read.mapping.for_layer(layer), read.dataflow, read.cost)
    problems = list(_point_problems(point, machine, layer, rules, data))
    if problems:
        raise SpecError(problems)
    return point


def _point_problems(
    point: Alternative,
    machine: Architecture,
    layer: Layer,
    rules: ConstraintRules,
    data: Mapping[str, Any],
) -> Iterator[Problem]:
    """What a point says that its mapping is not."""
    for name in ("energy_pj", "latency_cycles", "edp"):
        own = getattr(point.cost, name)
        if data[name] != own:
            yield Problem(name, repr(data[name]), f"{own}, what the mapping costs")
    dataflow = _dataflow(point.cost)
    if point.dataflow != dataflow:
        yield Problem("stationary", f"{point.dataflow}", f"{dataflow}, what its orders reuse")
    yield from (problem.under("tiling") for problem in fits(point.mapping, machine))
    padding = rules.of(layer).padding
    for d, bound in point.mapping.layer.bounds.items():
        if bound not in (allowed := padding.extents(layer, d)):
            expected = f"one of {' '.join(map(str, allowed))}, as its pins permit"
            yield Problem(f"padded.bounds.{d}", str(bound), expected)


def _dataflow(cost: Cost) -> Dataflow:
    """What a mapping keeps at each level: the operand that is reused there."""
    kept = [
        next((x for x in OPERANDS if reuse[x] > 1), NONE)
        for reuse in (cost.reuse_dram, cost.reuse_spm)
    ]
    return Dataflow(*kept)


def _network_front(
    reading: Reading, layers: Sequence[LayerFront], data: Mapping[str, Any], *, whole: bool
) -> NetworkFront:
    """The front of totals; its problems are noted."""
    names = [front.layer.name for front in layers if front.points]
    points = []
    for place, each in enumerate(data["points"]):
        choice = each["choice"]
        if sorted(choice) != sorted(names):
            found, expected = " ".join(choice) or "nothing", " ".join(names) or "nothing"
            where = f"network.points[{place}].choice"
            reading.note(where, found, f"a place for each layer that has points: {expected}")
            continue
        own = tuple(choice[name] for name in names)
        points.append(NetworkPoint(each["energy_pj"], each["latency_cycles"], own))
    network = NetworkFront(FrontStatus(data["status"]), data["epsilon"], tuple(points))
    if not reading.problems:
        for problem in network_problems(network, layers, whole=whole):
            reading.note(f"network.{problem.where}", problem.found, problem.expected)
    return network
