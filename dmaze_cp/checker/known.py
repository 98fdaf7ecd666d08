"""Whether a mapping is known that contradicts what a document says of all mappings.

A bound says that no mapping costs less, ``infeasible`` that there is none, a rank that none but
those before it is better. That this is so takes a proof; that it is not so takes a mapping. Known
of a layer are the mappings that the document has of it, for whatever objective and within whatever
pins; those that have their tilings and keep other operands stationary; and all loops at DRAM.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from dmaze_cp.checker.machine import misfits
from dmaze_cp.checker.mapped import (
    identity,
    kept_by,
    ordered,
    told,
    value_of,
)
from dmaze_cp.checker.model import DEPENDS, DIMENSIONS, Cost, Record, cost
from dmaze_cp.checker.padding import nest_of, padding_problems
from dmaze_cp.checker.pins import broken_pins
from dmaze_cp.checker.slices import TABLES, key_of, unrolled
from dmaze_cp.errors import Problem
from dmaze_cp.levels import AXES_OF_ARRAY, DRAM, LEVELS, NONE, OPERANDS, ORDERED_LEVELS

_SHAPE = ("kind", "bounds", "stride", "dilation", "padded_input")
_REPORTED = ("name", "notes", "pe_pipeline_stages")
"""What of a machine enters no cost."""


@dataclass(frozen=True)
class Placed:
    """A record that holds by itself, its path in the document, and its machine."""

    where: str
    record: Record
    machine: Record


@dataclass(frozen=True)
class _Known:
    """A mapping of a layer that fits.

    Attributes
    ----------
    where
        What it is, or where it is from, for people.
    record
        Its layer with its own fields, `stationary` too.
    cost
        What it costs.
    """

    where: str
    record: Record
    cost: Cost

    @property
    def flow(self) -> tuple[str, ...]:
        """What is stationary."""
        return tuple(self.record["stationary"][level] for level in ORDERED_LEVELS)


def contradictions(placed: Sequence[Placed]) -> list[list[Problem]]:
    """What in each record a known mapping shows to be false."""
    groups: dict[str, list[int]] = {}
    for index, each in enumerate(placed):
        figures = {k: v for k, v in each.machine.items() if k not in _REPORTED}
        about = [{k: each.record[k] for k in _SHAPE}, figures]
        groups.setdefault(json.dumps(about, sort_keys=True), []).append(index)
    found: list[list[Problem]] = [[] for _ in placed]
    for group in groups.values():
        known = list(_known([placed[index] for index in group]))
        within: dict[tuple[str, ...], list[_Known]] = {}
        for index in group:
            record, machine = placed[index].record, placed[index].machine
            pins = tuple(record.get("constraints", ()))
            if pins not in within:
                within[pins] = [each for each in known if _keeps(each, machine, pins)]
            found[index] = list(_contradictions(record, within[pins]))
    return found


def _known(group: Sequence[Placed]) -> Iterator[_Known]:
    """The mappings that are known of one layer on one machine, each once."""
    seen = set()
    for each in _mappings(group):
        key = identity(each.record)
        if key not in seen:
            seen.add(key)
            yield each


def _mappings(group: Sequence[Placed]) -> Iterator[_Known]:
    for each in group:
        for where, given in _given(each.record):
            own = {**each.record, "padded": None, **given}
            yield _priced(f"{each.where}{where}", own, each.machine)
    for each in group:
        for where, given in _given(each.record):
            # Alternatives may be many, and have a better one before them.
            if not where.startswith(".alternatives"):
                own = {**each.record, "padded": None, **given}
                yield from _reordered(f"{each.where}{where} in another order", own, each.machine)
    first = group[0]
    idle: dict[str, dict[str, int]] = {level: {} for level in (*LEVELS, *AXES_OF_ARRAY)}
    own = {**first.record, "padded": None, "tiling": {**idle, DRAM: first.record["bounds"]}}
    if not list(misfits(own, first.machine, own["tiling"])):
        yield from _reordered("a mapping with all loops at DRAM", own, first.machine)


def _given(record: Record) -> Iterator[tuple[str, Record]]:
    """The mappings of a record, by their places in it."""
    names = ("padded", "tiling", "loop_order")
    if record["tiling"] is not None:
        yield "", {name: record.get(name) for name in names}
    for table in ("alternatives", *TABLES):
        for place, row in enumerate(record.get(table, ())):
            if row["tiling"] is not None:
                yield f".{table}[{place}]", {name: row[name] for name in names if name in row}


def _reordered(where: str, own: Record, machine: Record) -> Iterator[_Known]:
    """The mappings of a tiling: at each level, one that keeps each operand stationary."""
    kind = own["kind"]
    dims, depends = DIMENSIONS[kind], DEPENDS[kind]
    # The loops that an operand depends on are outermost; without one, those that not all do.
    inner = {x: [d for d in dims if d not in depends[x]] for x in OPERANDS}
    inner[NONE] = [d for d in dims if all(d in depends[x] for x in OPERANDS)]
    orders = [[d for d in dims if d not in last] + last for last in inner.values()]
    for both in product(orders, repeat=len(ORDERED_LEVELS)):
        order = dict(zip(ORDERED_LEVELS, both, strict=True))
        yield _priced(where, {**own, "loop_order": order}, machine)


def _priced(where: str, own: Record, machine: Record) -> _Known:
    found = cost(nest_of(own), machine, own["tiling"], own["loop_order"])
    kept = {level: kept_by(found, level) for level in ORDERED_LEVELS}
    return _Known(where, {**own, "stationary": kept}, found)


def _keeps(known: _Known, machine: Record, pins: Sequence[str]) -> bool:
    """Whether a mapping is one of those within some pins."""
    own = {**known.record, "constraints": pins, "useful_macs_share": None}
    if list(padding_problems(own)):
        return False
    return not list(broken_pins(nest_of(own), machine, pins, own["tiling"], known.cost))


def _contradictions(record: Record, known: Sequence[_Known]) -> Iterator[Problem]:
    """What in a record the mappings within its pins show to be false."""
    objective = record["objective"]
    yield from _claim_problems(record, objective, known)
    if record["status"] == "optimal":
        yield from _tie_problems(record, known)
        if "alternatives" in record:
            yield from _rank_problems(record, known)
    for table in TABLES:
        for place, row in enumerate(record.get(table, ())):
            part = [each for each in known if _is_in(each, row)]
            for problem in _claim_problems(row, objective, part):
                yield problem.under(f"{table}[{place}]")
    if record.get("unpadded") is not None:
        own = [each for each in known if nest_of(each.record)["bounds"] == record["bounds"]]
        for problem in _claim_problems(record["unpadded"], objective, own):
            yield problem.under("unpadded")


def _is_in(known: _Known, row: Record) -> bool:
    """Whether a mapping is in the part that a row is of."""
    if "spatial" in row:
        return unrolled(known.record["tiling"]) <= set(key_of(row))
    return known.flow == key_of(row)


def _claim_problems(claim: Record, objective: str, known: Sequence[_Known]) -> Iterator[Problem]:
    """A bound that a mapping costs less than, or none where there is a mapping."""
    if not known:
        return
    best = min(known, key=lambda each: value_of(objective, each.cost))
    least = value_of(objective, best.cost)
    if claim["status"] == "infeasible":
        yield Problem("status", "infeasible", f"another: {best.where} fits")
    elif claim["bound"] is not None and claim["bound"] > least:
        yield Problem("bound", told(claim["bound"]), f"at most {least}, what {best.where} costs")


def _tie_problems(record: Record, known: Sequence[_Known]) -> Iterator[Problem]:
    """A bound of what decides between mappings of least cost that one of them has less of."""
    ties = record.get("tie_break")
    costs = [(ordered(record["objective"], each.cost), each) for each in known]
    equal = [(cost[1], each.where) for cost, each in costs if cost[0] == record["value"]]
    if ties is not None and equal and ties["bound"] > min(equal)[0]:
        least, where = min(equal)
        yield Problem("tie_break.bound", told(ties["bound"]), f"at most {least}, what {where} has")


def _rank_problems(record: Record, known: Sequence[_Known]) -> Iterator[Problem]:
    """Ranks that are not those of the best, and more optima than are counted."""
    objective, diverse = record["objective"], record.get("diverse")
    proven = record.get("alternatives_proven", 0)
    ranked = [record, *({**record, **each} for each in record["alternatives"])][:proven]
    last = {identity(each, diverse): _order(objective, each) for each in ranked}
    for each in known if ranked else ():
        own = ordered(objective, each.cost)
        # Of a kind that is ranked, the best is; all others come after the last that is proven.
        if own < last.get(identity(each.record, diverse), _order(objective, ranked[-1])):
            expected = f"less: {each.where} is better, and not ranked before it"
            yield Problem("alternatives_proven", str(proven), expected)
            break
    optima = record.get("optima")
    equal = [each for each in known if value_of(objective, each.cost) == record["value"]]
    if isinstance(optima, int) and optima < len(equal):
        yield Problem("optima", str(optima), f"at least {len(equal)}, those that are known")


def _order(objective: str, mapping: Record) -> tuple[int, int]:
    """What a mapping of a document is ranked by first."""
    energy, cycles = mapping["energy_pj"], mapping["latency_cycles"]
    costs = {"energy": (energy, cycles), "latency": (cycles, energy)}
    order: tuple[int, int] = costs.get(objective, (energy * cycles, energy))
    return order
