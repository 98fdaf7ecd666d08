"""Whether the mappings after the best hold: fit, costs, order, ranks, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmaze_cp.checker.mapped import (
    MappedFields,
    Natural,
    Positive,
    identity,
    ordered,
    point_problems,
    value_problems,
)
from dmaze_cp.checker.model import Cost, Record
from dmaze_cp.errors import Problem
from dmaze_cp.spec.documents import closed

_MOST_COUNTED: Final = 1000
"""Mappings of least cost are counted up to here."""


@closed
class AlternativeRecord(MappedFields):
    """A mapping that is not the best."""

    rank: Positive
    value: Natural


_FIELDS: Final = ("alternatives", "alternatives_proven", "diverse", "optima")


def ranking_problems(record: Record, machine: Record, best: Cost) -> Iterator[Problem]:
    """Alternatives that do not fit, cost something else, are there twice or out of order."""
    if "alternatives" not in record:
        yield from no_ranking_problems(record, "there are no alternatives")
        return
    objective = record["objective"]
    last, pins = ordered(objective, best), record.get("constraints", [])
    diverse, proven = record.get("diverse"), record.get("alternatives_proven", 0)
    seen = [identity(record, diverse)]
    for place, given in enumerate(record["alternatives"]):
        where = f"alternatives[{place}]"
        own, found, problems = point_problems(record, given, machine, pins)
        if found is not None:
            problems += value_problems(own, found)
            own_order = ordered(objective, found)
            # What decides between equals may not have been compared where nothing is proven.
            count = len(last) if place + 2 <= proven else 1
            if own_order[:count] < last[:count]:
                problems.append(Problem("value", str(given["value"]), "no better than before it"))
            last = own_order
        if given["rank"] != place + 2:
            problems.append(Problem("rank", str(given["rank"]), str(place + 2)))
        if identity(own, diverse) in seen:
            expected = f"another {diverse or 'mapping'}"
            problems.append(Problem("tiling", "one that is there already", expected))
        seen.append(identity(own, diverse))
        yield from (problem.under(where) for problem in problems)
    yield from _count_problems(record, len(seen))


def no_ranking_problems(record: Record, because: str) -> Iterator[Problem]:
    """Fields of a ranking where there can be none."""
    for name in _FIELDS:
        if name in record:
            yield Problem(name, "a value", f"nothing, as {because}")


def _count_problems(record: Record, ranked: int) -> Iterator[Problem]:
    """Numbers of ranks and of optima that cannot be."""
    proven, optima = record.get("alternatives_proven", 0), record.get("optima", 1)
    if proven > ranked:
        expected = f"at most {ranked}, the mappings there are"
        yield Problem("alternatives_proven", str(proven), expected)
    if record["status"] != "optimal":
        # Where the best mapping is not proven to be that, nothing after it is.
        because = f"as the status is {record['status']}"
        if proven > 0:
            yield Problem("alternatives_proven", str(proven), f"0, {because}")
        if record.get("optima", ">=0") != ">=0":
            yield Problem("optima", str(optima), f">=0, {because}")
        return
    digits = str(optima).removeprefix(">=")
    values = [record["value"], *(each["value"] for each in record["alternatives"])]
    equal = values.count(record["value"])
    # Of those beyond what is proven not all need to have been counted.
    if not digits.isdecimal() or int(digits) < min(equal, proven):
        yield Problem("optima", str(optima), f"at least {equal}, those that are ranked")
    elif int(digits) > _MOST_COUNTED or optima == _MOST_COUNTED:
        expected = f"below {_MOST_COUNTED}, or >={_MOST_COUNTED}: no more are counted"
        yield Problem("optima", str(optima), expected)
