"""Whether tables of parts of a map-space hold: of dataflows, and of dimensions that are unrolled.

That no mapping of a part costs less than its bound takes a proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final, NotRequired, TypedDict

from dmaze_cp.checker.mapped import (
    Amount,
    Natural,
    Positive,
    alike,
    point_problems,
    told,
    value_problems,
)
from dmaze_cp.checker.model import DIMENSIONS, Record
from dmaze_cp.checker.padding import PaddedRecord, may_loop
from dmaze_cp.checker.proof import MAPPED, Status, claim_problems
from dmaze_cp.errors import Problem
from dmaze_cp.levels import DRAM, NONE, OPERANDS, PE, SPM, Stationary
from dmaze_cp.spec.documents import closed


class SliceFields(TypedDict):
    """The best of a part."""

    status: Status
    padded: NotRequired[PaddedRecord]
    tiling: dict[str, dict[str, Positive]] | None
    loop_order: dict[str, list[str]] | None
    energy_pj: Natural | None
    latency_cycles: Natural | None
    edp: Natural | None
    value: Natural | None
    bound: Amount | None
    relative: NotRequired[float | None]


@closed
class DataflowRecord(SliceFields):
    """The best mapping of a dataflow."""

    DRAM: Stationary
    SPM: Stationary


@closed
class UnrollingRecord(SliceFields):
    """The best mapping that unrolls these dimensions and no others."""

    spatial: list[str]


_ANSWER: Final = ("tiling", "loop_order", "energy_pj", "latency_cycles", "edp")
TABLES: Final = ("dataflows", "unrollings")
"""The tables that a record may have."""


def table_problems(record: Record, machine: Record) -> Iterator[Problem]:
    """Parts that are not there, and what in their rows does not hold."""
    expected = {"dataflows": _dataflows(), "unrollings": _unrollings(record)}
    for name in TABLES:
        if name not in record:
            continue
        keys = [key_of(row) for row in record[name]]
        for key in dict.fromkeys((*expected[name], *keys)):
            wanted = int(key in expected[name])
            if keys.count(key) != wanted:
                found = f"{keys.count(key)} of {' | '.join(key)}"
                yield Problem(name, found, f"{wanted}: each part once")
        for place, row in enumerate(record[name]):
            for problem in _row_problems(record, row, machine):
                yield problem.under(f"{name}[{place}]")


def key_of(row: Record) -> tuple[str, ...]:
    """Which part a row is of: what is stationary, or the dimensions that alone are unrolled."""
    return tuple(row["spatial"]) if "spatial" in row else (row[DRAM], row[SPM])


def unrolled(tiling: Record) -> set[str]:
    """The dimensions that a mapping unrolls."""
    return {d for d, factor in tiling[PE].items() if factor > 1}


def _dataflows() -> list[tuple[str, ...]]:
    kept = (*OPERANDS, NONE)
    return [(dram, spm) for dram in kept for spm in kept]


def _unrollings(layer: Record) -> list[tuple[str, ...]]:
    """Pairs of the loops that may have iterations; where there is one such loop, that."""
    depthwise = layer["kind"] == "depthwise"
    # M of a depthwise convolution has one iteration, and is no loop.
    loops = [d for d in DIMENSIONS[layer["kind"]] if not (depthwise and d == "M")]
    dims = [d for d in loops if may_loop(layer, d)] or loops[:1]
    return list(combinations(dims, min(2, len(dims))))


def _row_problems(record: Record, row: Record, machine: Record) -> Iterator[Problem]:
    """What in the best of a part does not hold."""
    claimed = [*claim_problems(row), *_null_problems(row)]
    yield from claimed
    if claimed or row["value"] is None:
        return
    kept = None if "spatial" in row else {DRAM: row[DRAM], SPM: row[SPM]}
    given = {**row, "stationary": kept}
    own, found, problems = point_problems(record, given, machine, record.get("constraints", []))
    yield from problems
    if found is None:
        return
    yield from value_problems(own, found)
    others = unrolled(row["tiling"]) - set(row.get("spatial", unrolled(row["tiling"])))
    if others:
        expected = f"{' '.join(row['spatial'])} alone"
        yield Problem("tiling.PE", f"{' '.join(sorted(others))} unrolled", expected)
    relative = row["value"] / record["value"] - 1 if record["value"] else None
    if "relative" in row and not alike(row["relative"], relative):
        yield Problem("relative", told(row["relative"]), told(relative))


def _null_problems(row: Record) -> Iterator[Problem]:
    """Fields of a mapping that a status does not go with."""
    is_mapped = row["status"] in MAPPED
    names = _ANSWER if is_mapped else (*_ANSWER, "padded", "relative")
    for name in names:
        if (row.get(name) is not None) != is_mapped:
            found, expected = ("nothing", "a value") if is_mapped else ("a value", "null")
            yield Problem(name, found, f"{expected}, as the status is {row['status']}")
