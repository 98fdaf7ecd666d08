"""What the objects of a sweep's file have (schema ``dmaze-cp/sweep/1``)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from dmaze_cp.dse.design import Cause
from dmaze_cp.dse.result import (
    PointCause,
    PointStatus,
)
from dmaze_cp.dse.space_files import BudgetsRecord
from dmaze_cp.objective import Objective
from dmaze_cp.result.answer_files import EnergyRecord
from dmaze_cp.result.layer_files import LayerResultRecord, Natural, Positive
from dmaze_cp.spec.documents import Meaning, closed

_Parameters = dict[str, float]


@closed
class CyclesRecord(TypedDict):
    """Latency in cycles, by cause."""

    compute: Natural
    noc: Natural
    dma: Natural


class SumsRecord(TypedDict):
    """Sums over the layers that have a mapping, weighed by instances."""

    energy_pj: Natural
    latency_cycles: Natural
    edp: Natural
    energy_breakdown_pj: EnergyRecord
    latency_breakdown_cycles: CyclesRecord
    proven: Annotated[bool, Meaning("whether every layer has its proven best mapping")]


class ComparedRecord(TypedDict):
    """What designs are compared by, in pJ, s or pJ x s, whatever their clocks."""

    value: Positive | None
    bound: Annotated[Positive | None, Meaning("null: infinite")]


class NetworkCostRecord(TypedDict):
    """What one network costs on a design; not weighed."""

    model: str
    value: Positive | None
    bound: Positive | None
    energy_pj: Natural | None
    latency_cycles: Natural | None
    latency_s: Positive | None
    edp: Natural | None
    energy_breakdown_pj: dict[str, Positive] | None
    layers: list[LayerResultRecord]
    sums: SumsRecord
    compared: ComparedRecord


class PointRecord(TypedDict):
    """A design with what is known of it."""

    index: Annotated[Natural, Meaning("in the space, the last parameter fastest")]
    parameters: _Parameters
    architecture: dict[str, Any]
    area_mm2: Annotated[Positive | None, Meaning("mm2")]
    interpolated: list[str]
    power_mw: Annotated[Positive | None, Meaning("mW")]
    status: PointStatus
    reason: str | None
    cause: PointCause | None
    value: Positive | None
    bound: Positive | None
    gap: Positive | None
    energy_pj: Positive | None
    latency_cycles: Positive | None
    latency_s: Positive | None
    edp: Positive | None
    energy_breakdown_pj: dict[str, Positive] | None
    latency_breakdown_cycles: dict[str, Positive] | None
    networks: list[NetworkCostRecord]
    compared: ComparedRecord
    average_power_mw: Annotated[Positive | None, Meaning("mW, of the mappings so far")]


class InvalidRecord(TypedDict):
    """A point that is no design."""

    index: Natural
    parameters: _Parameters
    cause: Annotated[str, Meaning("what such points have in common")]
    kind: Cause
    reason: str


class ModelRecord(TypedDict):
    """A network that designs are judged by."""

    model: str
    weight: Positive
    layers: Natural
    network: Annotated[dict[str, Any], Meaning("as a network file has it")]


class CountsRecord(TypedDict):
    """What became of the points, and how much was searched for."""

    searches: Natural
    looked_up: Natural


class SweepRecord(TypedDict):
    """A sweep over a design space; designs are named by their index in the space."""

    schema: Literal["dmaze-cp/sweep/1"]
    name: str
    objective: Objective
    unit: Annotated[str, Meaning("of values and bounds")]
    models: list[ModelRecord]
    base: dict[str, Any]
    parameters: list[str]
    values: dict[str, list[float]]
    size: Natural
    drawn: Natural | None
    rules: list[dict[str, str]]
    space: Annotated[dict[str, Any], Meaning("as a file of a design space has it")]
    constraints: Annotated[dict[str, list[str]], Meaning("pins by glob of layers")]
    pareto: list[Literal["area_mm2"]] | None
    budgets: BudgetsRecord
    base_design: Natural | None
    best: Natural | None
    best_proven: bool
    best_ties: list[Natural]
    best_may_tie: list[Natural]
    bound: Positive | None
    front: list[Natural]
    front_proven: bool
    best_by_model: dict[str, Natural | None]
    best_by_model_proven: dict[str, bool]
    counts: CountsRecord
    elapsed_s: Positive
    interrupted: bool
    points: list[PointRecord]
    invalid: list[InvalidRecord]
