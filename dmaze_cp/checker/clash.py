"""Whether what makes a layer infeasible can be: its numbers go together.

That these demands clash, and that each relaxation is the least, takes a search.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from dmaze_cp.checker.mapped import Amount, Natural
from dmaze_cp.checker.model import Record
from dmaze_cp.checker.proof import Status, claim_problems
from dmaze_cp.errors import Problem
from dmaze_cp.spec.documents import closed


@closed
class RelaxationRecord(TypedDict):
    """The least that a member has to give way, and what the best mapping costs then."""

    text: str
    status: Status
    value: Natural | None
    bound: Amount | None
    energy_pj: Natural | None
    latency_cycles: Natural | None


@closed
class MemberRecord(TypedDict):
    """A capacity or a pin."""

    text: str
    relaxation: RelaxationRecord | None


@closed
class ClashRecord(TypedDict):
    """Demands that no mapping satisfies together."""

    text: str
    members: list[MemberRecord]
    irreducible: bool


def clash_problems(record: Record) -> Iterator[Problem]:
    """A clash of what has a mapping, and relaxations whose numbers do not go together."""
    clash = record.get("clash")
    if clash is None:
        return
    if record["status"] != "infeasible":
        yield Problem("clash", "a value", f"null, as the status is {record['status']}")
        return
    for place, member in enumerate(clash["members"]):
        relaxation = member["relaxation"]
        if relaxation is not None:
            for problem in _relaxation_problems(record["objective"], relaxation):
                yield problem.under(f"clash.members[{place}].relaxation")


def _relaxation_problems(objective: str, relaxation: Record) -> Iterator[Problem]:
    yield from claim_problems(relaxation)
    value, energy = relaxation["value"], relaxation["energy_pj"]
    cycles = relaxation["latency_cycles"]
    if (energy is None) != (value is None) or (cycles is None) != (value is None):
        yield Problem("value", str(value), "null where energy and latency are, and only there")
    elif value is not None:
        costs = {"energy": energy, "latency": cycles, "edp": energy * cycles}
        if value != costs[objective]:
            yield Problem("value", str(value), f"{costs[objective]}, as energy and latency are")
