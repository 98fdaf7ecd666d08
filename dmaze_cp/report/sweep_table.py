"""The report of a sweep on a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from dmaze_cp.dse.result import SweepResult
from dmaze_cp.report.console import printable
from dmaze_cp.report.markdown import escape
from dmaze_cp.report.sweep_block_kinds import Block, Facts, Grille, Heading, Note
from dmaze_cp.report.sweep_blocks import sweep_blocks
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.tables import (
    BETWEEN,
    Folded,
    fitting_tables,
    print_fact,
    print_tables,
    print_title,
)


def print_sweep(console: Console, result: SweepResult) -> None:
    """Write the best design, why it wins, heat map, front, and what was looked at."""
    for block in sweep_blocks(Sweep(result)):
        _print(console, block)
    console.print()


def _print(console: Console, block: Block) -> None:
    match block:
        case Heading(text, main=True):
            print_title(console, text)
        case Heading(text):
            console.print()
            console.print(Folded(Text(text, style="bold")))
        case Facts(rows):
            width = max(len(name) for name, _ in rows) + BETWEEN
            for name, text in rows:
                style = ""
                if name == "proof":
                    style = "green" if text.startswith("proven") else "yellow"
                print_fact(console, name, Text(printable(console, text), style=style), width)
        case Note(text, matters):
            style = "yellow" if matters else "dim"
            console.print(Folded(Text(printable(console, text), style=style)))
        case Grille(headers, rows, left):
            cells = [[_styled(printable(console, cell)) for cell in row] for row in rows]
            print_tables(console, fitting_tables(console, headers, cells, folds=left))


def _styled(cell: str) -> Text:
    if cell.startswith("["):
        return Text(cell, style="bold green")
    if cell.startswith(("≥", ">=")) or cell in {"x", "n", "?"}:
        return Text(cell, style="dim")
    return Text(cell, style="yellow" if cell.endswith("*") else "")


def sweep_markdown(result: SweepResult) -> str:
    """The same report as Markdown."""
    parts: list[str] = []
    for block in sweep_blocks(Sweep(result)):
        match block:
            case Heading(text, main):
                parts.append(f"{'##' if main else '###'} {escape(text)}")
            case Note(text):
                parts.append(escape(text))
            case Facts(rows):
                parts.append(_markdown_table(("", ""), rows, left=(0, 1)))
            case Grille(headers, rows, left):
                parts.append(_markdown_table(headers, rows, left))
    return "\n\n".join(parts) + "\n"


def _markdown_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int]
) -> str:
    rule = ["---" if column in left else "--:" for column in range(len(headers))]
    lines = [[escape(h) for h in headers], rule, *([escape(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
