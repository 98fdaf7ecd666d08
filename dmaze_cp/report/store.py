"""The result store: what is in it, as tables for people and as records for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Final

from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Block, Cell, Heading, Note, Table, Tone, columns, facts
from dmaze_cp.report.formats import Report
from dmaze_cp.report.layer import STATUS_TONES, layer_shape
from dmaze_cp.report.machine import architecture_in_short, figure_text
from dmaze_cp.report.rows import record_rows
from dmaze_cp.result import Status
from dmaze_cp.spec.sizes import size_text
from dmaze_cp.store import Entry, UnreadableRow
from dmaze_cp.store.records import entry_record

KEY_LENGTH: Final = 8
"""Digits of a key that are shown: enough to tell millions of results apart."""

_ENTRY_FIGURES: Final = ("value", "gap", "time", "age")
_FACTS_WIDTH: Final = 14
_SHOWN_ARCHITECTURES: Final = 10
_LONG: Final = 10**7
_AGES: Final = (
    (60, 1, "s"),
    (3600, 60, "min"),
    (2 * 86400, 3600, "h"),
    (inf, 86400, "days"),
)


def overview_blocks(
    path: str, size_bytes: int, entries: Sequence[Entry | UnreadableRow], now: int
) -> Iterator[Block]:
    """How many results of which kinds a store holds, and how old they are.

    Parameters
    ----------
    path, size_bytes
        The file.
    entries
        Its rows, the newest first.
    now
        Unix time, seconds.
    """
    readable = [e for e in entries if isinstance(e, Entry)]
    rows = [
        ("store", path),
        ("size", size_text(size_bytes)),
        ("results", _counts(len(entries), (str(e.answer.status) for e in readable))),
    ]
    if readable:
        objectives = Counter(str(e.question.objective) for e in readable)
        rows += [
            ("objectives", ", ".join(f"{n} {count:,}" for n, count in sorted(objectives.items()))),
            ("searches", f"{sum(e.solves for e in readable):,}"),
            ("newest", f"{_age(max(e.updated for e in readable), now)} ago"),
            ("oldest", f"{_age(min(e.updated for e in readable), now)} ago"),
        ]
    stale = sum(e.is_stale for e in entries)
    if stale:
        rows.append(("stale", f"{stale:,}, of another cost model: `store prune --stale`"))
    bad = len(entries) - len(readable)
    if bad:
        rows.append(("unreadable", f"{bad:,}: see `store verify`"))
    yield facts(*rows, width=_FACTS_WIDTH)
    chips = Counter(e.question.architecture for e in readable)
    if chips:
        cells = []
        for chip, count in chips.most_common(_SHOWN_ARCHITECTURES):
            e = chip.energy
            by_level = (e.rf_pj, e.noc_pj, e.spm_pj, e.dram_pj, e.mac_pj)
            prices = " ".join(figure_text(price, "{:g}".format) for price in by_level)
            cells.append((f"{count:,}", f"{architecture_in_short(chip)}, {prices} pJ"))
        heads = ("results", "architecture, energy of RF NoC SPM DRAM MAC")
        yield Heading("Accelerators")
        yield Table(columns(*heads, texts=(1,), folds=(1,)), cells)
    if len(chips) > _SHOWN_ARCHITECTURES:
        yield Note(f"and {len(chips) - _SHOWN_ARCHITECTURES} more")


def entries_blocks(entries: Sequence[Entry | UnreadableRow], now: int) -> Iterator[Block]:
    """A table of results; `now` is Unix time, seconds."""
    heads = ("key", "layer, architecture, constraints", "least", "status", *_ENTRY_FIGURES)
    rows = [_row(entry, now) for entry in entries]
    yield Table(columns(*heads, texts=(0, 2, 3), folds=(1,)), rows)


def _row(entry: Entry | UnreadableRow, now: int) -> tuple[str | Cell, ...]:
    key = entry.key[:KEY_LENGTH]
    if isinstance(entry, UnreadableRow):
        return (key, Cell(f"unreadable: {entry.error}", tone=Tone.BAD), *["-"] * 6)
    answer = entry.answer
    return (
        key,
        _question(entry),
        str(entry.question.objective),
        Cell(str(answer.status), tone=STATUS_TONES[answer.status]),
        "-" if answer.best is None else _value(answer.best.value),
        numbers.percent(entry.gap),
        numbers.duration(answer.solve_time_s),
        _age(entry.updated, now),
    )


def records_report(entries: Sequence[Entry]) -> Report:
    """The results as records for programs."""
    records = [entry_record(entry) for entry in entries]
    return Report(tuple, record=lambda: records, rows=lambda: record_rows(records))


def _question(entry: Entry) -> Cell:
    question = entry.question
    more = [architecture_in_short(question.architecture)]
    if question.constraints:
        more.append(str(question.constraints))
    if entry.is_stale:
        more.append(f"cost model {entry.cost_model}")
    return Cell(layer_shape(question.layer).replace(", stride 1 x 1", ""), more=tuple(more))


def _value(value: float) -> str:
    """All digits of what is short enough."""
    return numbers.exact(value) if abs(value) < _LONG else numbers.scientific(value)


def _counts(total: int, statuses: Iterable[str]) -> str:
    counts = Counter(statuses)
    parts = [f"{counts[status]:,} {status}" for status in Status if counts[status]]
    return f"{total:,}" + (f" ({', '.join(parts)})" if parts else "")


def _age(then: int, now: int) -> str:
    seconds = max(now - then, 0)
    unit, name = next((unit, name) for limit, unit, name in _AGES if seconds < limit)
    return f"{seconds // unit:,} {name}"
