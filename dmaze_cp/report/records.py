"""Results as JSON-ready dictionaries: the formats other tools rely on."""

from __future__ import annotations

import math
from typing import Any, Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.cost.report import Cost
from dmaze_cp.levels import DRAM, SPM
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.report.breakdown import network_cycles
from dmaze_cp.report.shares import layer_share, total_value
from dmaze_cp.result import LayerResult, Totals, WorkloadResult
from dmaze_cp.spec import RESULT_SCHEMA, architecture_to_dict
from dmaze_cp.workload import Layer, UnmappedOperator, Workload

LAYERS_SCHEMA: Final = "dmaze-cp/layers/1"

Record = dict[str, Any]
"""A JSON object."""


def result_record(result: WorkloadResult) -> Record:
    """The result of mapping a network (schema ``dmaze-cp/result/1``).

    Integers stay integers of full precision. A bound that is not known is None. Layers are
    in the model's order, in whichever order they were solved.
    """
    values = {o: total_value(result.of(o)) for o in result.objectives}
    constraints = [r.constraints for r in result.layers[:1]]
    return {
        "schema": RESULT_SCHEMA,
        "model": result.workload.name,
        "architecture": architecture_record(result.architecture),
        "objectives": [str(objective) for objective in result.objectives],
        "constraints": constraints_record(constraints[0] if constraints else Constraints()),
        "interrupted": result.interrupted,
        "layers": [
            layer_result_record(r, layer_share(r, values.get(r.objective, 0)))
            for r in _in_order(result)
        ],
        "totals": {str(o): totals_record(result, o) for o in result.objectives},
        "unmapped_operators": [operator_record(op) for op in result.workload.unmapped],
    }


def _in_order(result: WorkloadResult) -> list[LayerResult]:
    layers = {layer.name: index for index, layer in enumerate(result.workload)}
    objectives = {objective: index for index, objective in enumerate(result.objectives)}

    def place(one: LayerResult) -> tuple[int, int]:
        return layers.get(one.layer.name, len(layers)), objectives.get(one.objective, 0)

    return sorted(result.layers, key=place)


def architecture_record(architecture: Architecture) -> Record:
    """An architecture in the package's own spec form."""
    return dict(architecture_to_dict(architecture))


def constraints_record(constraints: Constraints) -> Record:
    """The user's limits on the map-space."""
    return {
        "min_pe_utilization": constraints.min_pe_utilization,
        "min_rf_utilization": constraints.min_rf_utilization,
        "min_spm_utilization": constraints.min_spm_utilization,
        "no_feature_dram": constraints.no_feature_dram,
        "no_spatial_reduction": constraints.no_spatial_reduction,
    }


def layer_record(layer: Layer) -> Record:
    """A layer: what it is and how often it occurs."""
    return {
        "name": layer.name,
        "also": list(layer.also),
        "kind": str(layer.kind),
        "instances": layer.instances,
        "bounds": layer.bounds,
        "stride": list(layer.stride),
        "dilation": list(layer.dilation),
        "padded_input": None if layer.padded_input is None else list(layer.padded_input),
    }


def layer_result_record(result: LayerResult, share: float | None = None) -> Record:
    """The result of one layer for one objective; what there is not is None.

    Parameters
    ----------
    share
        The layer's part of its network's total, all instances counted.
    """
    mapping, flow, cost = result.mapping, result.dataflow, result.cost
    return {
        **layer_record(result.layer),
        "objective": str(result.objective),
        "status": str(result.status),
        "reason": result.reason,
        "tiling": None if mapping is None else mapping.tiling,
        "loop_order": None if mapping is None else mapping.loop_order,
        "stationary": None if flow is None else {DRAM: flow.dram, SPM: flow.spm},
        "energy_pj": None if cost is None else cost.energy_pj,
        "energy_breakdown_pj": None if cost is None else cost.energy_breakdown_pj,
        "latency_cycles": None if cost is None else cost.latency_cycles,
        "edp": None if cost is None else cost.edp,
        "value": result.value,
        "bound": finite(result.bound),
        "gap": finite(result.gap),
        "share": share,
        "from_store": result.from_store,
        "failed": result.failed,
        "solve_time_s": result.solve_time_s,
        "candidates_rescored": result.stats.candidates,
        "engine": result.engine or None,
        "closed_by": result.closed_by,
        "stats": _stats_record(result),
    }


def _stats_record(result: LayerResult) -> Record:
    stats = result.stats
    return {
        "bound_s": stats.bound_s,
        "build_s": stats.build_s,
        "solve_s": stats.solve_s,
        "rescore_s": stats.rescore_s,
        "map_space": stats.map_space,
        "cases": stats.cases,
        "cases_scored": stats.cases_scored,
        "cp_calls": stats.cp_calls,
    }


def totals_record(result: WorkloadResult, objective: Objective) -> Record:
    """Sums over the layers; bound and gap are None where no layer has a mapping."""
    totals = result.totals(objective)
    mapped = totals.mapped_layers > 0
    split = network_cycles(result.of(objective))
    return {
        "energy_pj": totals.energy_pj,
        "energy_breakdown_pj": totals.energy_breakdown_pj,
        "energy_share": energy_shares(totals),
        "latency_cycles": totals.latency_cycles,
        "latency_breakdown_cycles": {
            "compute": split.compute,
            "noc": split.noc,
            "dma": split.dma,
        },
        "edp": totals.edp,
        "network_edp": totals.network_edp,
        "value": totals.value,
        "bound": totals.bound if mapped else None,
        "gap": totals.gap if mapped else None,
        "mapped_layers": totals.mapped_layers,
        "unproven_layers": totals.unproven_layers,
        "unmapped_layers": totals.unmapped_layers,
        "missing_layers": totals.missing_layers,
    }


def energy_shares(totals: Totals) -> dict[str, float | None]:
    """Each component's part of the energy; None where there is no energy."""
    whole = sum(totals.energy_breakdown_pj.values())
    return {c: part / whole if whole else None for c, part in totals.energy_breakdown_pj.items()}


def workload_record(workload: Workload) -> Record:
    """Layers of a model and the operators that are not mapped."""
    return {
        "schema": LAYERS_SCHEMA,
        "model": workload.name,
        "layers": [
            {"index": index, **layer_record(layer), "macs": layer.macs}
            for index, layer in enumerate(workload)
        ],
        "unmapped_operators": [operator_record(op) for op in workload.unmapped],
        "mapped_macs": workload.mapped_macs,
        "unmapped_macs": workload.unmapped_macs,
        "mapped_share": mapped_share(workload),
    }


def operator_record(operator: UnmappedOperator) -> Record:
    """An operator that is listed and not mapped."""
    return {
        "name": operator.name,
        "operator": operator.operator,
        "reason": operator.reason,
        "macs": operator.macs,
        "count": operator.count,
    }


def mapped_share(workload: Workload) -> float | None:
    """Fraction of the known multiply-accumulates that the layers do; None without any."""
    total = workload.mapped_macs + workload.unmapped_macs
    return workload.mapped_macs / total if total else None


def answer_record(index: int, mapping: Mapping, cost: Cost, reasons: tuple[str, ...]) -> Record:
    """The answer to a mapping record: does it fit, and every quantity of its cost."""
    answer: Record = {"index": index}
    if mapping.layer.name:
        answer["name"] = mapping.layer.name
    if mapping.row_factors is not None:
        answer["tiling"] = mapping.tiling
    return {
        **answer,
        "valid": not reasons,
        "reasons": list(reasons),
        "energy_pj": cost.energy_pj,
        "energy_breakdown_pj": cost.energy_breakdown_pj,
        "energy_by_operand_pj": cost.energy_by_operand_pj,
        "latency_cycles": cost.latency_cycles,
        "edp": cost.edp,
        "reuse": {DRAM: cost.reuse_dram, SPM: cost.reuse_spm},
        "held": cost.held,
        "noc_cycles": cost.noc_cycles,
        "reduction_cycles": cost.reduction_cycles,
        "dma_invocations": cost.dma_invocations,
        "dma_burst_elements": cost.dma_burst_elements,
        "dma_cycles": cost.dma_cycles,
        "rf_pass_cycles": cost.rf_pass_cycles,
        "spm_pass_cycles": cost.spm_pass_cycles,
        "rf_elements": cost.rf_elements,
        "array_elements": cost.array_elements,
        "spm_elements": cost.spm_elements,
    }


def finite(value: float | None) -> int | float | None:
    """`value`, or None where it is no JSON number (infinite, not a number)."""
    return value if value is not None and math.isfinite(value) else None
