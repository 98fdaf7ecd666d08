"""The result store: what is in it, as tables for people and as records for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import inf
from typing import Final

from rich.console import Console
from rich.text import Text

from dmaze_cp.levels import DRAM, SPM
from dmaze_cp.report import numbers
from dmaze_cp.report.flat import records_csv
from dmaze_cp.report.layer import STATUS_STYLE, layer_shape
from dmaze_cp.report.machine import architecture_in_short
from dmaze_cp.report.tables import fitting_tables, print_fact, print_tables
from dmaze_cp.result import Status, relative_gap
from dmaze_cp.spec.documents import Record
from dmaze_cp.spec.sizes import size_text
from dmaze_cp.store import Entry, UnreadableRow
from dmaze_cp.store.question import figures_record, limits_record, shape_record

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


def print_overview(
    console: Console, path: str, size_bytes: int, entries: Sequence[Entry | UnreadableRow], now: int
) -> None:
    """Write how many results of which kinds a store holds, and how old they are.

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
    for name, text in rows:
        print_fact(console, name, Text(text), _FACTS_WIDTH)
    chips = Counter(e.question.architecture for e in readable)
    if chips:
        console.print()
        rows = []
        for chip, count in chips.most_common(_SHOWN_ARCHITECTURES):
            prices = " ".join(f"{price:g}" for price in figures_record(chip)["energy"].values())
            rows.append((f"{count:,}", f"{architecture_in_short(chip)}, {prices} pJ"))
        headers = ("results", "architecture, energy of RF NoC SPM DRAM MAC")
        print_tables(console, fitting_tables(console, headers, rows, folds=(1,)))
    if len(chips) > _SHOWN_ARCHITECTURES:
        console.print(Text(f"and {len(chips) - _SHOWN_ARCHITECTURES} more", style="dim"))


def print_entries(console: Console, entries: Sequence[Entry | UnreadableRow], now: int) -> None:
    """Write a table of results; `now` is Unix time, seconds."""
    rows: list[Sequence[str | Text]] = []
    for entry in entries:
        if isinstance(entry, UnreadableRow):
            text = Text(f"unreadable: {entry.error}", style="red")
            rows.append((entry.key[:KEY_LENGTH], text, *["-"] * 6))
            continue
        answer = entry.answer
        rows.append(
            (
                entry.key[:KEY_LENGTH],
                _question(entry),
                str(entry.question.objective),
                Text(str(answer.status), style=STATUS_STYLE[answer.status]),
                "-" if answer.best is None else _value(answer.best.value),
                numbers.percent(_gap(entry)),
                numbers.duration(answer.solve_time_s),
                _age(entry.updated, now),
            )
        )
    headers = ("key", "layer, architecture, constraints", "least", "status", *_ENTRY_FIGURES)
    print_tables(console, fitting_tables(console, headers, rows, folds=(1,), left=(0, 2, 3)))


def entry_record(entry: Entry) -> Record:
    """A result as a mapping record (what `dmaze-cp evaluate` reads), with all that is known.

    Without a mapping its ``tiling`` and ``loop_order`` are None.
    """
    question, answer, best = entry.question, entry.answer, entry.answer.best
    return {
        "key": entry.key,
        **shape_record(question.layer),
        "architecture": figures_record(question.architecture),
        "objective": str(question.objective),
        "constraints": limits_record(question.constraints),
        "cost_model": entry.cost_model,
        "status": str(answer.status),
        "reason": answer.reason,
        "tiling": None if best is None else best.mapping.tiling,
        "loop_order": None if best is None else best.mapping.loop_order,
        "stationary": None if best is None else {DRAM: best.dataflow.dram, SPM: best.dataflow.spm},
        "energy_pj": None if best is None else best.energy_pj,
        "latency_cycles": None if best is None else best.latency_cycles,
        "edp": None if best is None else best.energy_pj * best.latency_cycles,
        "value": None if best is None else best.value,
        "bound": answer.bound,
        "gap": _gap(entry),
        "solve_time_s": answer.solve_time_s,
        "solves": entry.solves,
        "created": _when(entry.created),
        "updated": _when(entry.updated),
    }


def records_as_text(records: Sequence[Record], form: str) -> str:
    """Records as ``json`` (a list), ``jsonl`` (one a line) or ``csv`` (nested fields flattened)."""
    if form == "jsonl":
        return "".join(json.dumps(record, allow_nan=False) + "\n" for record in records)
    if form == "json":
        return json.dumps(list(records), indent=1, allow_nan=False) + "\n"
    return records_csv(records)


def _question(entry: Entry) -> Text:
    question = entry.question
    text = Text(layer_shape(question.layer).replace(", stride 1 x 1", ""))
    text.append(f"\n{architecture_in_short(question.architecture)}", style="dim")
    limits = [
        name if value is True else f"{name} {value:g}"
        for name, value in limits_record(question.constraints).items()
        if isinstance(value, int | float) and value
    ]
    if limits:
        text.append(f"\n{', '.join(limits)}", style="dim")
    if entry.is_stale:
        text.append(f"\ncost model {entry.cost_model}", style="yellow")
    return text


def _gap(entry: Entry) -> float | None:
    best, bound = entry.answer.best, entry.answer.bound
    return None if best is None or bound is None else relative_gap(best.value, bound)


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


def _when(unix_time: int) -> str:
    return datetime.fromtimestamp(unix_time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
