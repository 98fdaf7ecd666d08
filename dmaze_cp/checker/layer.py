"""Whether the record of a layer holds: mapping, fit, pins, costs, value, bound and status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal, NotRequired, TypedDict

from dmaze_cp.checker.clash import ClashRecord, clash_problems
from dmaze_cp.checker.machine import misfits
from dmaze_cp.checker.mapped import (
    Amount,
    LayerFields,
    Natural,
    Positive,
    Share,
    alike,
    breakdown_problems,
    cost_problems,
    mapping_problems,
    shape_problems,
    stationary_problems,
    told,
    value_problems,
)
from dmaze_cp.checker.model import Cost, Record, cost
from dmaze_cp.checker.padding import PaddedRecord, nest_of, padding_problems
from dmaze_cp.checker.pins import broken_pins
from dmaze_cp.checker.proof import (
    MAPPED,
    Ending,
    Status,
    TieBreakRecord,
    claim_problems,
    ending_problems,
    gap_problems,
    tie_problems,
)
from dmaze_cp.checker.ranking import AlternativeRecord, no_ranking_problems, ranking_problems
from dmaze_cp.checker.slices import DataflowRecord, UnrollingRecord, table_problems
from dmaze_cp.errors import Problem
from dmaze_cp.levels import Stationary
from dmaze_cp.spec.documents import Most, closed


@closed
class UnpaddedRecord(TypedDict):
    """The layer with its own bounds."""

    status: Status
    value: Natural | None
    bound: Amount | None


@closed
class StatsRecord(TypedDict):
    """Where the time of a search went."""

    bound_s: NotRequired[Amount]
    build_s: NotRequired[Amount]
    solve_s: NotRequired[Amount]
    rescore_s: NotRequired[Amount]
    map_space: NotRequired[Natural]
    cases: NotRequired[Natural]
    cases_scored: NotRequired[Natural]
    cp_calls: NotRequired[Natural]


@closed
class LayerRecord(LayerFields):
    """A layer's record. What is not known here may mean something, and is not passed over."""

    padded: NotRequired[PaddedRecord | None]
    useful_macs_share: NotRequired[Share | None]
    objective: Literal["edp", "energy", "latency"]
    constraints: NotRequired[list[str]]
    status: Status
    unpadded: NotRequired[UnpaddedRecord | None]
    padding_gain: NotRequired[Annotated[float, Most(1)] | None]
    tiling: dict[str, dict[str, Positive]] | None
    loop_order: dict[str, list[str]] | None
    stationary: NotRequired[dict[str, Stationary] | None]
    energy_pj: Natural | None
    energy_breakdown_pj: NotRequired[dict[str, Amount] | None]
    latency_cycles: Natural | None
    edp: Natural | None
    value: Natural | None
    bound: Amount | None
    gap: NotRequired[Share | None]
    tie_break: NotRequired[TieBreakRecord | None]
    alternatives: NotRequired[list[AlternativeRecord]]
    alternatives_proven: NotRequired[Natural]
    diverse: NotRequired[Literal["unrolling", "dataflow"]]
    optima: NotRequired[Natural | str]
    share: NotRequired[Share | None]
    ended: NotRequired[Ending]
    failed: NotRequired[bool]
    clash: NotRequired[ClashRecord | None]
    dataflows: NotRequired[list[DataflowRecord]]
    unrollings: NotRequired[list[UnrollingRecord]]
    # Of the search; only the digest says whether they were changed.
    reason: NotRequired[str | None]
    engine: NotRequired[Literal["auto", "cp-sat", "bounds"] | None]
    closed_by: NotRequired[dict[str, Natural]]
    stats: NotRequired[StatsRecord]
    candidates_rescored: NotRequired[Natural]
    solve_time_s: NotRequired[Amount]
    from_store: NotRequired[bool]


_ANSWER: Final = (
    *("tiling", "loop_order", "stationary", "energy_pj", "energy_breakdown_pj"),
    *("latency_cycles", "edp", "value"),
)
"""Fields that a record with a mapping has a value of, and no other."""


def layer_problems(record: Record, machine: Record) -> list[Problem]:
    """Everything in a record, whose fields are of their types, that does not hold."""
    problems = list(shape_problems(record))
    if problems:
        return problems
    if record["status"] not in MAPPED:
        because = f"the status is {record['status']}"
        return [
            *_unmapped_problems(record),
            *ending_problems(record),
            *no_ranking_problems(record, because),
            *table_problems(record, machine),
            *clash_problems(record),
            *_unpadded_problems(record),
        ]
    problems = [
        Problem(name, "nothing", f"a value, as the status is {record['status']}")
        for name in _ANSWER
        if record.get(name, record) is None
    ]
    problems = problems or list(padding_problems(record))
    nest = nest_of(record)
    problems = problems or list(mapping_problems(nest))
    if problems:
        return problems
    tiling = record["tiling"]
    own = cost(nest, machine, tiling, record["loop_order"])
    return [
        *misfits(nest, machine, tiling),
        *broken_pins(nest, machine, record.get("constraints", []), tiling, own),
        *cost_problems(record, own),
        *value_problems(record, own),
        *breakdown_problems(record.get("energy_breakdown_pj", own.breakdown_pj), own.breakdown_pj),
        *stationary_problems(record, own),
        *(list(claim_problems(record)) or gap_problems(record)),
        *ending_problems(record),
        *tie_problems(record, own),
        *ranking_problems(record, machine, own),
        *table_problems(record, machine),
        *clash_problems(record),
        *_unpadded_problems(record),
    ]


def cost_of(record: Record, machine: Record) -> Cost:
    """The cost of the mapping of a record that holds."""
    return cost(nest_of(record), machine, record["tiling"], record["loop_order"])


def _unmapped_problems(record: Record) -> Iterator[Problem]:
    """Fields of a mapping in a record that has none."""
    status = record["status"]
    bounds = ("bound",) if status == "infeasible" else ()
    for name in (*_ANSWER, *bounds, "gap", "tie_break", "padded", "useful_macs_share"):
        if record.get(name) is not None:
            yield Problem(name, "a value", f"null, as the status is {status}")


def _unpadded_problems(record: Record) -> Iterator[Problem]:
    """What is said of the layer without padding, whose mappings are among those with it."""
    unpadded, gain = record.get("unpadded"), None
    if unpadded is not None:
        yield from (problem.under("unpadded") for problem in claim_problems(unpadded))
        least, value = record["bound"], unpadded["value"]
        if value is not None and record["status"] == "infeasible":
            yield Problem("unpadded.value", str(value), "null, as there is none with padding")
        if value is not None and least is not None and value < least:
            yield Problem("unpadded.value", str(value), f"at least {least}, the bound with padding")
        if value and record["value"] is not None:
            gain = (value - record["value"]) / value
    if not alike(record.get("padding_gain"), gain):
        yield Problem("padding_gain", told(record.get("padding_gain")), told(gain))
