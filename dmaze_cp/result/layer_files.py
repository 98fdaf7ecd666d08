"""Results of layers <-> the records of result files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.cost import Cost, evaluate, fits
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import DRAM, NONE, SPM, Stationary
from dmaze_cp.mapping import Dataflow
from dmaze_cp.mapping import Mapping as ExecutionMethod
from dmaze_cp.objective import Objective
from dmaze_cp.result.clash import ClashRecord, clash_from_dict, clash_record
from dmaze_cp.result.layer import LayerResult, Unpadded
from dmaze_cp.result.ranking_files import (
    RankingFields,
    ranking_fields,
    ranking_from,
    ranking_problems,
)
from dmaze_cp.result.slices import (
    DataflowRecord,
    Slice,
    UnrollingRecord,
    dataflow_record,
    slice_from_dict,
    unrolling_record,
)
from dmaze_cp.result.status import Ending, SearchStats, Status
from dmaze_cp.spec import mapping_record_from_dict
from dmaze_cp.spec.constraint_files import constraints_from_list
from dmaze_cp.spec.documents import Least, Meaning, Reading, Record, closed
from dmaze_cp.spec.fields import Fields
from dmaze_cp.spec.layers import LayerRecord, layer_from_fields, layer_record
from dmaze_cp.spec.mapping_files import TilingRecord
from dmaze_cp.spec.padded_layers import PaddedRecord, padded_record

Natural = Annotated[int, Least(0)]
Positive = Annotated[float, Least(0)]


class StatsRecord(TypedDict, total=False):
    """Where the time of a search went, and what its proof consists of."""

    bound_s: NotRequired[Annotated[Positive, Meaning("seconds in bounds")]]
    build_s: NotRequired[Annotated[Positive, Meaning("seconds in building models for CP-SAT")]]
    solve_s: NotRequired[Annotated[Positive, Meaning("seconds in CP-SAT")]]
    rescore_s: NotRequired[Annotated[Positive, Meaning("seconds in exact scoring")]]
    map_space: NotRequired[Annotated[Natural, Meaning("tilings, valid or not")]]
    cases: NotRequired[Annotated[Natural, Meaning("dataflow cases")]]
    cases_scored: NotRequired[Annotated[Natural, Meaning("scored before any bound")]]
    cp_calls: NotRequired[Annotated[Natural, Meaning("calls of CP-SAT")]]


@closed
class TieBreakRecord(TypedDict):
    """What decides between mappings of least cost, and how little of it they have."""

    objective: Objective
    value: Annotated[Natural, Meaning("what the mapping has of it")]
    bound: Annotated[Natural, Meaning("proven: no mapping of least cost has less")]
    status: Annotated[Literal["optimal", "feasible"], Meaning("whether the bound is the value")]


class UnpaddedRecord(TypedDict):
    """The layer with its own bounds, beside one whose bounds may be raised."""

    status: Status
    value: Natural | None
    bound: Positive | None


class LayerResultRecord(LayerRecord, RankingFields):
    """The result of one layer for one objective; costs are of one instance."""

    objective: Objective
    constraints: NotRequired[Annotated[list[str], Meaning("pins that held")]]
    status: Status
    reason: NotRequired[Annotated[str | None, Meaning("why there is no mapping or no proof")]]
    ended: NotRequired[Annotated[Ending, Meaning("why the search ended")]]
    dataflows: NotRequired[Annotated[list[DataflowRecord], Meaning("the best of each")]]
    unrollings: NotRequired[Annotated[list[UnrollingRecord], Meaning("the best of each pair")]]
    clash: NotRequired[Annotated[ClashRecord | None, Meaning("what makes it infeasible")]]
    padded: NotRequired[PaddedRecord | None]
    useful_macs_share: NotRequired[
        Annotated[Positive | None, Meaning("of the MACs of the padded layer")]
    ]
    unpadded: NotRequired[UnpaddedRecord | None]
    padding_gain: NotRequired[
        Annotated[float | None, Meaning("what padding saves, of the cost without")]
    ]
    tiling: TilingRecord | None
    loop_order: dict[str, list[str]] | None
    stationary: NotRequired[dict[str, Stationary] | None]
    energy_pj: Annotated[Natural | None, Meaning("pJ, exact")]
    energy_breakdown_pj: NotRequired[dict[str, Positive] | None]
    latency_cycles: Annotated[Natural | None, Meaning("cycles of the accelerator's clock")]
    edp: Annotated[Natural | None, Meaning("pJ x cycles")]
    value: Annotated[Natural | None, Meaning("the objective's exact cost")]
    bound: Annotated[Positive | None, Meaning("proven: no mapping costs less")]
    gap: NotRequired[Annotated[Positive | None, Meaning("(value - bound) / value")]]
    tie_break: NotRequired[
        Annotated[TieBreakRecord | None, Meaning("among mappings of least cost; null: not asked")]
    ]
    share: NotRequired[Annotated[Positive | None, Meaning("of the network's total")]]
    from_store: NotRequired[bool]
    failed: NotRequired[bool]
    solve_time_s: NotRequired[Annotated[Positive, Meaning("wall seconds")]]
    candidates_rescored: NotRequired[Annotated[Natural, Meaning("mappings scored exactly")]]
    engine: NotRequired[str | None]
    closed_by: NotRequired[Annotated[dict[str, Natural], Meaning("parts of the map-space")]]
    stats: NotRequired[StatsRecord]


def layer_result_record(result: LayerResult, share: float | None = None) -> Record:
    """The result of one layer for one objective; what there is not is None.

    Parameters
    ----------
    share
        The layer's part of its network's total, all instances counted.
    """
    mapping, flow, cost, stats = result.mapping, result.dataflow, result.cost, result.stats
    compared = {}
    if result.unpadded is not None:
        own = result.unpadded
        told = {"status": str(own.status), "value": own.value, "bound": finite(own.bound)}
        compared = {"unpadded": told, "padding_gain": finite(result.padding_gain)}
    return {
        **layer_record(result.layer),
        "objective": str(result.objective),
        "constraints": list(result.constraints.texts),
        "status": str(result.status),
        "reason": result.reason,
        "ended": str(result.ended),
        **_slices_record(result),
        "clash": None if result.clash is None else clash_record(result.clash),
        "padded": None if mapping is None else padded_record(mapping),
        "useful_macs_share": None if mapping is None else mapping.useful_macs_share,
        **compared,
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
        "tie_break": _tie_break_record(result),
        **ranking_fields(result.ranking, result.objective),
        "share": share,
        "from_store": result.from_store,
        "failed": result.failed,
        "solve_time_s": result.solve_time_s,
        "candidates_rescored": stats.candidates,
        "engine": stats.engine or None,
        "closed_by": result.closed_by,
        "stats": {name: getattr(stats, name) for name in StatsRecord.__annotations__},
    }


def _slices_record(result: LayerResult) -> Record:
    """What was asked of parts of the map-space."""
    record: Record = {}
    if result.dataflows:
        record["dataflows"] = [dataflow_record(each, result.value) for each in result.dataflows]
    if result.unrollings:
        record["unrollings"] = [unrolling_record(each, result.value) for each in result.unrollings]
    return record


def _tie_break_record(result: LayerResult) -> Record | None:
    if result.tie_bound is None:
        return None
    return {
        "objective": str(result.objective.tie_break),
        "value": result.tie_value,
        "bound": result.tie_bound,
        "status": str(Status.OPTIMAL if result.breaks_ties else Status.FEASIBLE),
    }


def layer_result_from_dict(obj: object, architecture: Architecture) -> LayerResult:
    """The result that a record holds; its cost is computed anew from the mapping.

    Parameters
    ----------
    obj
        The record, of a file that may have been edited.
    architecture
        What it was mapped onto.

    Raises
    ------
    SpecError
        With every problem found: also when the mapping does not fit or costs something else, or
        when status, value and bound do not go together.
    """
    reading = Reading()
    good = reading.check(obj, LayerResultRecord)
    data: Mapping[str, Any] = obj if isinstance(obj, Mapping) else {}
    layer = reading.part("", lambda: layer_from_fields(Fields(data, "a layer record")))
    mapping = None
    if layer is not None and data.get("tiling") is not None:
        own = {**data, "architecture": architecture}
        mapping = reading.part("", lambda: mapping_record_from_dict(own)[0])
    ranking = None
    if layer is not None and good:
        ranking = reading.part("alternatives", lambda: ranking_from(data, layer, architecture))
    pins = data.get("constraints", [])
    limits = reading.part("constraints", lambda: constraints_from_list(pins))
    slices: dict[str, list[Slice]] = {"dataflows": [], "unrollings": []}
    if good and layer is not None:
        about = (layer, architecture, Objective(data["objective"]))
        for name in slices:
            read = data.get(name, [])
            slices[name] = reading.parts(name, read, lambda each: slice_from_dict(each, *about))
    reading.end()
    assert layer is not None and limits is not None and good  # noqa: PT018, S101 - no problems
    flow = data.get("stationary") or {}
    result = LayerResult(
        layer,
        architecture,
        Objective(data["objective"]),
        Status(data["status"]),
        mapping,
        Dataflow(flow.get(DRAM, NONE), flow.get(SPM, NONE)) if flow else None,
        None if mapping is None else evaluate(mapping, architecture),
        data["bound"],
        data.get("reason"),
        float(data.get("solve_time_s", 0.0)),
        limits,
        _stats(data),
        data.get("from_store", False),
        Ending.FAILED if data.get("failed") else Ending(data.get("ended", Ending.UNSTATED)),
        (data.get("tie_break") or {}).get("bound"),
        ranking,
        None if data.get("clash") is None else clash_from_dict(data["clash"]),
        tuple(slices["dataflows"]),
        tuple(slices["unrollings"]),
        _unpadded(data.get("unpadded")),
    )
    problems = list(_contradictions(data, result))
    if problems:
        raise SpecError(problems)
    return result


def _unpadded(record: Mapping[str, Any] | None) -> Unpadded | None:
    if record is None:
        return None
    return Unpadded(Status(record["status"]), record["value"], record["bound"])


def _stats(data: Mapping[str, Any]) -> SearchStats:
    by, stats = data.get("closed_by", {}), data.get("stats", {})
    return SearchStats(
        **{name: stats[name] for name in StatsRecord.__annotations__ if name in stats},
        nodes_bounded=by.get("bounds", 0),
        nodes_scored=by.get("scoring", 0),
        nodes_solved=by.get("cp-sat", 0),
        candidates=data.get("candidates_rescored", 0),
        engine=data.get("engine") or "",
    )


def _contradictions(data: Mapping[str, Any], result: LayerResult) -> Iterator[Problem]:
    """What a file says against itself, or against the cost model."""
    if result.mapping is not None and result.cost is not None:
        yield from (
            problem.under("tiling") for problem in fits(result.mapping, result.architecture)
        )
        yield from _cost_problems(data, result.cost, result.value)
        yield from _padding_problems(data, result.mapping, result.constraints)
    yield from proof_problems(result.status, result.value, result.bound)
    own = _tie_break_record(result)
    if data.get("tie_break") not in (None, own):
        yield Problem("tie_break", f"{data['tie_break']!r}", f"{own}, as the mapping is")
    yield from tie_problems(result.tie_value, result.tie_bound)
    asked = result.ranking, result.objective, result.architecture, result.value
    yield from ranking_problems(data, *asked)
    if result.unpadded is not None:
        plain = result.unpadded
        found = proof_problems(plain.status, plain.value, plain.bound)
        yield from (problem.under("unpadded") for problem in found)


def tie_problems(value: int | None, bound: int | None) -> Iterator[Problem]:
    """A bound of what decides between equals that is above what a mapping has of it."""
    if value is not None and bound is not None and bound > value:
        yield Problem("tie_break.bound", f"{bound}", f"at most {value}, what the mapping has")


def _padding_problems(
    data: Mapping[str, Any], mapping: ExecutionMethod, constraints: Constraints
) -> Iterator[Problem]:
    layer = mapping.of_layer
    for d, bound in mapping.layer.bounds.items():
        if bound not in (allowed := constraints.padding.extents(layer, d)):
            expected = f"one of {' '.join(map(str, allowed))}, as its pins permit"
            yield Problem(f"padded.bounds.{d}", str(bound), expected)
    share, own = data.get("useful_macs_share"), mapping.useful_macs_share
    if share is not None and not math.isclose(share, own, rel_tol=1e-9):
        yield Problem("useful_macs_share", repr(share), f"{own}")


def _cost_problems(data: Mapping[str, Any], cost: Cost, value: int | None) -> Iterator[Problem]:
    own = {"energy_pj": cost.energy_pj, "latency_cycles": cost.latency_cycles, "edp": cost.edp}
    for key, computed in {**own, "value": value}.items():
        if data[key] != computed:
            yield Problem(key, repr(data[key]), f"{computed}, what the mapping costs")


def proof_problems(status: Status, value: int | None, bound: float | None) -> Iterator[Problem]:
    """Status, value and bound that do not go together."""
    if status in {Status.INFEASIBLE, Status.UNKNOWN}:
        if value is not None:
            yield Problem("mapping", f"one of a layer that is {status}", "none")
    elif value is None:
        yield Problem("mapping", "none", f"one, as the status is {status}")
    elif bound is not None and bound > value:
        yield Problem("bound", f"{bound!r}", f"at most {value}, what the mapping costs")
    elif (status is Status.OPTIMAL) != (bound == value):
        expected = f"{'' if status is Status.OPTIMAL else 'below '}{value}"
        yield Problem("bound", f"{bound!r}", f"{expected}, as the status is {status}")


def finite(value: float | None) -> int | float | None:
    """`value`, or None where it is no JSON number (infinite, not a number)."""
    return value if value is not None and math.isfinite(value) else None
