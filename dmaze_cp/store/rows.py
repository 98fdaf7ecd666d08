"""Rows of the table <-> questions and answers.

Numbers are text: an EDP exceeds 64 bits, and a double must come back as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from math import isfinite, prod
from typing import Any, Final

from dmaze_cp.digest import COST_MODEL_VERSION
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import DRAM, LEVELS, NONE, OPERANDS, PE_ROWS, SPM
from dmaze_cp.mapping import Dataflow, Mapping
from dmaze_cp.question import Question
from dmaze_cp.result import SearchStats, Status, relative_gap
from dmaze_cp.spec.fields import describe
from dmaze_cp.store.answer import Answer, Best
from dmaze_cp.store.question import question_from_text, question_key
from dmaze_cp.workload import Layer

Columns = dict[str, Any]
"""One row by column, as SQLite gives it: anything may be there in a file that was tampered with."""

ANSWER_COLUMNS: Final = (
    "status",
    "mapping",
    "energy_pj",
    "latency_cycles",
    "value",
    "bound",
    "reason",
    "solve_time_s",
    "stats",
)
COLUMNS: Final = (
    "key",
    "question",
    "cost_model",
    "objective",
    *ANSWER_COLUMNS,
    "solves",
    "created",
    "updated",
)

CREATE_TABLE: Final = """
CREATE TABLE results (
    key TEXT NOT NULL PRIMARY KEY,   -- SHA-256 of question
    question TEXT NOT NULL,          -- canonical JSON
    cost_model INTEGER NOT NULL,     -- as in question
    objective TEXT NOT NULL,         -- as in question
    status TEXT NOT NULL,
    mapping TEXT,                    -- JSON: tiling, loop_order, stationary, tie_bound
    energy_pj TEXT,
    latency_cycles TEXT,
    value TEXT,
    bound TEXT,
    reason TEXT,
    solve_time_s TEXT NOT NULL,
    stats TEXT NOT NULL,             -- JSON
    solves INTEGER NOT NULL,         -- searches whose result was put here
    created INTEGER NOT NULL,        -- Unix time
    updated INTEGER NOT NULL         -- Unix time of the last of these searches
)
"""


@dataclass(frozen=True)
class Entry:
    """One stored result.

    Attributes
    ----------
    key
        Of the question, 64 hexadecimal digits.
    question, answer
        What was asked, and what is known.
    cost_model
        Version of cost model and map-space.
    solves
        Searches that contributed.
    created, updated
        Unix time of the first and of the last of them, seconds.
    """

    key: str
    question: Question
    cost_model: int
    answer: Answer
    solves: int
    created: int
    updated: int

    @property
    def is_stale(self) -> bool:
        """Whether it is of another version of the cost model."""
        return self.cost_model != COST_MODEL_VERSION

    @property
    def gap(self) -> float | None:
        """How much better a mapping may be, relative to the best one; None without one."""
        best, bound = self.answer.best, self.answer.bound
        return None if best is None or bound is None else relative_gap(best.value, bound)


@dataclass(frozen=True)
class UnreadableRow:
    """A row that is not what this program writes.

    Attributes
    ----------
    key
        As it is in the file.
    error
        What is wrong.
    is_stale
        It is of another version of the cost model, which may have asked otherwise.
    """

    key: str
    error: SpecError
    is_stale: bool


def answer_columns(answer: Answer) -> Columns:
    """The columns of an answer."""
    best = answer.best
    return {
        "status": str(answer.status),
        "mapping": None if best is None else _mapping_text(best),
        "energy_pj": None if best is None else str(best.energy_pj),
        "latency_cycles": None if best is None else str(best.latency_cycles),
        "value": None if best is None else str(best.value),
        "bound": None if answer.bound is None else json.dumps(answer.bound, allow_nan=False),
        "reason": answer.reason,
        "solve_time_s": json.dumps(answer.solve_time_s, allow_nan=False),
        "stats": json.dumps(asdict(answer.stats), allow_nan=False),
    }


def answer_from_columns(columns: Columns, question: Question) -> Answer:
    """The answer of a row, its mapping one of the question's layer.

    Raises
    ------
    SpecError
        When a column does not hold what `answer_columns` writes.
    """
    status, reason = columns["status"], columns["reason"]
    if status not in list(Status):
        raise SpecError(Problem("status", describe(status), ", ".join(Status)))
    if not isinstance(reason, str | None):
        raise SpecError(Problem("reason", describe(reason), "text"))
    bound = None if columns["bound"] is None else _number(columns, "bound")
    return Answer(
        Status(status),
        None if columns["mapping"] is None else _best(columns, question),
        bound,
        reason,
        float(_number(columns, "solve_time_s")),
        _stats(columns),
    )


def entry_of(columns: Columns) -> Entry | UnreadableRow:
    """The row as an entry; the layer of its question has no name."""
    try:
        return _entry(columns)
    except SpecError as error:
        cost_model = columns["cost_model"]
        is_stale = isinstance(cost_model, int) and cost_model != COST_MODEL_VERSION
        return UnreadableRow(str(columns["key"]), error, is_stale)


def _entry(columns: Columns) -> Entry:
    question, cost_model = question_from_text(_text(columns, "question"))
    copies = {
        "key": question_key(columns["question"]),
        "objective": str(question.objective),
        "cost_model": cost_model,
    }
    for name, expected in copies.items():
        if columns[name] != expected:
            found = describe(columns[name])
            raise SpecError(Problem(name, found, f"{expected!r}, as in the question"))
    answer = answer_from_columns(columns, question)
    counts = [_count(columns, name) for name in ("solves", "created", "updated")]
    return Entry(columns["key"], question, cost_model, answer, *counts)


def _mapping_text(best: Best) -> str:
    record = {
        "tiling": best.mapping.tiling,
        "loop_order": best.mapping.loop_order,
        "stationary": {DRAM: best.dataflow.dram, SPM: best.dataflow.spm},
    }
    if best.tie_bound is not None:
        record["tie_bound"] = best.tie_bound
    return json.dumps(record, separators=(",", ":"))


def _best(columns: Columns, question: Question) -> Best:
    record, layer = _json(columns, "mapping"), question.layer
    try:
        tiling, order = record["tiling"], record["loop_order"]
        factors = tuple(tuple(tiling[level][d] for d in layer.dimensions) for level in LEVELS)
        on_rows = tiling.get(PE_ROWS)
        rows = None if on_rows is None else tuple(on_rows[d] for d in layer.dimensions)
        larger = _larger(question, [prod(each) for each in zip(*factors, strict=True)])
        mapping = Mapping(larger, factors, tuple(order[DRAM]), tuple(order[SPM]), rows)
        mapping = mapping.for_layer(layer)
        flow = Dataflow(record["stationary"][DRAM], record["stationary"][SPM])
    except SpecError as error:
        raise error.under("mapping") from None
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        found = f"a value that cannot be read ({error})"
        expected = "tiling, loop_order and stationary"
        raise SpecError(Problem("mapping", found, expected)) from None
    for operand in (flow.dram, flow.spm):
        if operand not in (*OPERANDS, NONE):
            found = describe(operand)
            raise SpecError(Problem("mapping.stationary", found, "O, I, W or none"))
    energy, latency, value = (
        _integer(columns, name) for name in ("energy_pj", "latency_cycles", "value")
    )
    tie_bound = record.get("tie_bound")
    if tie_bound is not None and type(tie_bound) is not int:
        raise SpecError(Problem("mapping.tie_bound", describe(tie_bound), "an integer"))
    return Best(mapping, flow, energy, latency, value, tie_bound)


def _larger(question: Question, extents: Sequence[int]) -> Layer:
    """The layer with these bounds where it may be padded to them, else as it is."""
    layer, padding = question.layer, question.constraints.padding
    bounds = dict(zip(layer.dimensions, extents, strict=True))
    allowed = all(n in padding.extents(layer, d) for d, n in bounds.items())
    return layer.raised(bounds) if allowed else layer


def _stats(columns: Columns) -> SearchStats:
    """Counts and seconds; those of another release may be others, and decide nothing."""
    record = _json(columns, "stats")
    if not isinstance(record, MappingABC):
        raise SpecError(Problem("stats", describe(record), "counts and seconds"))
    known = {item.name: item.default for item in fields(SearchStats)}
    for name in known:
        value = record.get(name, known[name])
        text = isinstance(known[name], str)
        if isinstance(value, bool) or not isinstance(value, str if text else int | float):
            expected = "text" if text else "a number"
            raise SpecError(Problem(f"stats.{name}", describe(value), expected))
    return SearchStats(**{name: record.get(name, known[name]) for name in known})


def _text(columns: Columns, name: str) -> str:
    value = columns[name]
    if not isinstance(value, str):
        raise SpecError(Problem(name, describe(value), "text"))
    return value


def _json(columns: Columns, name: str) -> Any:
    # Not `parse_json`: looking up a network reads thousands of these.
    try:
        return json.loads(_text(columns, name))
    except (ValueError, RecursionError):
        raise SpecError(Problem(name, describe(columns[name]), "valid JSON")) from None


def _number(columns: Columns, name: str) -> int | float:
    value = _json(columns, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise SpecError(Problem(name, describe(columns[name]), "a finite number"))
    return value


def _integer(columns: Columns, name: str) -> int:
    value = _number(columns, name)
    if not isinstance(value, int):
        raise SpecError(Problem(name, describe(columns[name]), "an integer"))
    return value


def _count(columns: Columns, name: str) -> int:
    value = columns[name]
    if not isinstance(value, int) or value < 0:
        raise SpecError(Problem(name, describe(value), "an integer of at least 0"))
    return value
