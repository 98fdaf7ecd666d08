"""Whether what a record says of its proof goes together: status, bound, gap and ending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypedDict

from dmaze_cp.checker.mapped import Natural, alike, told
from dmaze_cp.checker.model import Cost, Record
from dmaze_cp.errors import Problem
from dmaze_cp.spec.documents import closed

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
MAPPED: Final = ("optimal", "feasible")
"""Statuses of what has a mapping."""

Ending = Literal[
    "proven",
    "gap",
    "cutoff",
    "time limit",
    "total time limit",
    "interrupted",
    "failed",
    "unstated",
]
_PROVEN: Final = "proven"
_FAILED: Final = "failed"


@closed
class TieBreakRecord(TypedDict):
    """What decides between mappings of least cost."""

    objective: Literal["energy", "latency"]
    value: Natural
    bound: Natural
    status: Literal["optimal", "feasible"]


def claim_problems(claim: Record) -> Iterator[Problem]:
    """Value and bound that a status does not go with, of whatever has the three."""
    status, value, bound = claim["status"], claim["value"], claim["bound"]
    if (value is not None) != (status in MAPPED):
        expected = "a cost" if value is None else "null"
        yield Problem("value", told(value), f"{expected}, as the status is {status}")
    elif status == "optimal" and bound != value:
        yield Problem("bound", told(bound), f"{value}, the value, as the status is optimal")
    elif status == "feasible" and bound is not None and bound >= value:
        yield Problem("bound", told(bound), f"below {value}, the value, as the status is feasible")
    elif status == "infeasible" and bound is not None:
        yield Problem("bound", told(bound), "null, as the status is infeasible")


def gap_problems(record: Record) -> Iterator[Problem]:
    """A gap that is not that of value and bound, which go with the status."""
    if "gap" not in record:
        return
    value, bound = record["value"], record["bound"]
    gap = None
    if value is not None and bound is not None:
        gap = (value - bound) / value if value else 0.0
    found = record["gap"]
    if not alike(found, gap):
        yield Problem("gap", told(found), f"{told(gap)}, (value - bound) / value")


def ending_problems(record: Record) -> Iterator[Problem]:
    """An ending that the status does not go with: only a final one is proven."""
    status, ended = record["status"], record.get("ended")
    is_final = status in ("optimal", "infeasible")
    if ended is not None and (ended == _PROVEN) != is_final:
        expected = _PROVEN if is_final else "another ending"
        yield Problem("ended", ended, f"{expected}, as the status is {status}")
        return
    # A file that does not say how a search ended may still say that it failed.
    can_have = not is_final if ended is None else ended == _FAILED
    must_have = ended == _FAILED
    failed = record.get("failed", must_have)
    if (failed and not can_have) or (must_have and not failed):
        because = f"the status is {status}" if ended is None else f"it ended: {ended}"
        yield Problem("failed", told(failed), f"{told(must_have)}, as {because}")


def tie_problems(record: Record, own: Cost) -> Iterator[Problem]:
    """What decides between mappings of least cost: only an optimum has it."""
    found = record.get("tie_break")
    if found is None:
        return
    if record["status"] != "optimal":
        yield Problem("tie_break", "a value", f"null, as the status is {record['status']}")
    decides = tie_objective(record["objective"])
    value = own.latency_cycles if decides == "latency" else own.energy_pj
    if found["objective"] != decides:
        yield Problem("tie_break.objective", found["objective"], decides)
    elif found["value"] != value:
        yield Problem("tie_break.value", str(found["value"]), f"{value}, what the mapping has")
    elif found["bound"] > value:
        yield Problem("tie_break.bound", str(found["bound"]), f"at most {value}, the value")
    elif (found["status"] == "optimal") != (found["bound"] == value):
        expected = "optimal" if found["bound"] == value else "feasible"
        yield Problem("tie_break.status", found["status"], f"{expected}, as value and bound are")


def tie_objective(objective: str) -> str:
    """What decides between mappings of equal cost."""
    return "latency" if objective == "energy" else "energy"
