"""A sweep as a JSON-ready dictionary: the format other tools rely on."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Final

from dmaze_cp.dse.result import NetworkCost, PointStatus, SweepPoint, SweepResult
from dmaze_cp.report.sweep_figures import CAUSES, Sweep
from dmaze_cp.report.sweep_limits import constraints_of
from dmaze_cp.result import layer_result_record, layer_share, total_value
from dmaze_cp.result.layer_files import finite
from dmaze_cp.spec import architecture_to_dict
from dmaze_cp.spec.constraint_files import constraints_to_dict
from dmaze_cp.spec.documents import Record

SWEEP_SCHEMA: Final = "dmaze-cp/sweep/1"

COSTS: Final = ("energy_pj", "latency_cycles", "latency_s", "edp")
"""Figures of a point that are null where some layer has no mapping."""


def sweep_record(result: SweepResult, *, details: bool = False) -> Record:
    """The result of a sweep (schema ``dmaze-cp/sweep/1``).

    Designs are named by their index in the space. Values and bounds are in ``unit``.

    Parameters
    ----------
    details
        Give the layers of every design with their mappings, not only of the best ones: the
        best, the front, and the best for each network.
    """
    sweep = Sweep(result)
    constraints = constraints_of(result)
    detailed = set(range(len(result.points))) if details else _winners(result)
    return {
        "schema": SWEEP_SCHEMA,
        "name": result.space.name,
        "objective": str(result.objective),
        "unit": sweep.unit.name,
        "models": [
            {"model": n.workload.name, "weight": n.weight, "layers": len(n.workload)}
            for n in result.networks
        ],
        "base": architecture_to_dict(result.space.base),
        "parameters": list(sweep.swept),
        "values": {p.name: list(p.values) for p in result.space.parameters},
        "size": result.space.size,
        "drawn": len(result.space) if len(result.space) < result.space.size else None,
        "rules": [{"name": rule.name, "rule": rule.text} for rule in result.space.rules],
        "constraints": None if constraints is None else constraints_to_dict(constraints),
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
        "invalid": [asdict(point) for point in result.invalid],
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


def point_record(sweep: Sweep, position: int, *, detailed: bool) -> Record:
    """A design with what is known of it."""
    point, figures = sweep.point(position), sweep.figures(position)
    costs = {name: None if figures is None else getattr(figures, name) for name in COSTS}
    return {
        "index": point.design.index,
        "parameters": dict(point.design.parameters),
        "architecture": architecture_to_dict(point.design.architecture),
        "area_mm2": point.design.area_mm2,
        "interpolated": list(point.design.interpolated),
        "power_mw": sweep.power_mw(position),
        "status": str(point.status),
        "reason": point.reason,
        "value": None if figures is None else figures.value,
        "bound": finite(sweep.bound(position)),
        "gap": None if figures is None else point.gap,
        **costs,
        "energy_breakdown_pj": None if figures is None else figures.energy_breakdown_pj,
        "latency_breakdown_cycles": None
        if figures is None
        else dict(zip(("compute", "noc", "dma"), (figures.cycles[c] for c in CAUSES), strict=True)),
        "networks": [_network_record(sweep, point, n, detailed) for n in point.networks],
    }


def _network_record(
    sweep: Sweep, point: SweepPoint, network: NetworkCost, detailed: bool
) -> Record:
    # Of a design that was skipped, values are of mappings that nothing is known of.
    value = network.value if point.is_mapped else None
    mapped = value is not None
    total = total_value(network.layers)
    mhz = point.design.architecture.accelerator_mhz
    return {
        "model": network.model,
        "value": None if value is None else sweep.unit.amount(value),
        "bound": finite(sweep.unit.amount(network.bound)),
        "energy_pj": network.energy_pj if mapped else None,
        "latency_cycles": network.latency_cycles if mapped else None,
        "latency_s": network.latency_cycles / (mhz * 1e6) if mapped else None,
        "edp": network.edp if mapped else None,
        "energy_breakdown_pj": network.energy_breakdown_pj if mapped else None,
        "layers": [layer_result_record(r, layer_share(r, total)) for r in network.layers]
        if detailed
        else [],
    }


def _winners(result: SweepResult) -> set[int]:
    best_of = (result.best_of(n.workload.name) for n in result.networks)
    return {p for p in (result.best, *result.front, *best_of) if p is not None}
