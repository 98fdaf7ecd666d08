"""Answers to mapping records, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dmaze_cp.cost.report import COMPONENTS
from dmaze_cp.report import numbers
from dmaze_cp.report.console import printable
from dmaze_cp.report.records import Record
from dmaze_cp.report.tables import plain_table


def print_answers(console: Console, answers: Sequence[Record]) -> None:
    """Write the costs of given mappings as tables, and why any does not fit."""
    good = [answer for answer in answers if "error" not in answer]
    if good:
        console.print(_cost_table(good))
        console.print()
        console.print(_energy_table(console, good))
    for answer in good:
        for reason in answer["reasons"]:
            text = f"record {answer['index']} does not fit: {reason}"
            console.print(Text(text, style="yellow"))


def _label(answer: Record) -> Text:
    return Text(str(answer.get("name", "")))


def _cost_table(answers: Sequence[Record]) -> Table:
    table = plain_table()
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("layer", overflow="fold")
    table.add_column("fits", no_wrap=True)
    for name in ("energy (pJ)", "latency (cycles)", "EDP"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("held", no_wrap=True)
    for answer in answers:
        table.add_row(
            str(answer["index"]),
            _label(answer),
            "yes" if answer["valid"] else "no",
            numbers.compact(answer["energy_pj"]),
            numbers.compact(answer["latency_cycles"]),
            numbers.scientific(answer["edp"]),
            answer["held"] or "-",
        )
    return table


def _energy_table(console: Console, answers: Sequence[Record]) -> Table:
    table = plain_table()
    table.add_column("#", justify="right", no_wrap=True)
    for component in COMPONENTS:
        table.add_column(component, justify="right", no_wrap=True)
    table.add_column("cycles of an SPM pass", justify="right", no_wrap=True)
    for answer in answers:
        parts = answer["energy_breakdown_pj"]
        cells = [printable(console, numbers.energy(parts[component])) for component in COMPONENTS]
        table.add_row(str(answer["index"]), *cells, numbers.compact(answer["spm_pass_cycles"]))
    return table
