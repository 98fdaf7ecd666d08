"""The report of a sweep on a terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dmaze_cp.dse.result import SweepResult
from dmaze_cp.report.console import printable
from dmaze_cp.report.layer import plain_table
from dmaze_cp.report.markdown import escape
from dmaze_cp.report.sweep_block_kinds import Block, Facts, Grille, Heading, Note
from dmaze_cp.report.sweep_blocks import sweep_blocks
from dmaze_cp.report.sweep_figures import Sweep

_BETWEEN = 2
_NARROWEST = 16
"""Widths: between columns, and what columns of text are folded to at most."""


def print_sweep(console: Console, result: SweepResult) -> None:
    """Write the best design, why it wins, heat map, front, and what was looked at."""
    for block in sweep_blocks(Sweep(result)):
        _print(console, block)
    console.print()


def _print(console: Console, block: Block) -> None:
    match block:
        case Heading(text, main=True) if len(text) < console.width - _BETWEEN:
            # A rule would cut a longer one.
            console.rule(Text(text, style="bold"), align="left", style="dim")
        case Heading(text):
            console.print()
            console.print(Text(text, style="bold"))
        case Facts(rows):
            width = max(len(name) for name, _ in rows) + _BETWEEN
            for name, text in rows:
                console.print(_fact(console, name, text, width))
        case Note(text, matters):
            console.print(Text(printable(console, text), style="yellow" if matters else "dim"))
        case Grille():
            for table in _tables(console, block):
                console.print(table)


def _fact(console: Console, name: str, text: str, width: int) -> Table:
    """A name and a text, whose lines begin below each other."""
    row = Table(box=None, show_header=False, pad_edge=False, padding=0)
    row.add_column(width=width, no_wrap=True)
    row.add_column(overflow="fold")
    style = ""
    if name == "proof":
        style = "green" if text.startswith("proven") else "yellow"
    row.add_row(Text(name), Text(printable(console, text), style=style))
    return row


def _tables(console: Console, grille: Grille) -> Iterator[Table]:
    """The table, in blocks of columns that fit; the first column leads each."""
    cells = [[printable(console, cell) for cell in row] for row in grille.rows]
    widths = _widths(grille, cells, console.width)
    for block in _column_blocks(widths, console.width - widths[0]):
        table = plain_table()
        for column in (0, *block):
            if column in grille.left:
                table.add_column(grille.headers[column], width=widths[column], overflow="fold")
            else:
                table.add_column(grille.headers[column], justify="right", no_wrap=True)
        for row in cells:
            table.add_row(*(_styled(row[column]) for column in (0, *block)))
        yield table


def _widths(grille: Grille, cells: Sequence[Sequence[str]], room: int) -> list[int]:
    """Widths of the columns; those of text are folded as far as that helps."""
    columns = zip(grille.headers, *cells, strict=True)
    widths = [max(map(len, column), default=0) for column in columns]
    for column in sorted(grille.left, key=lambda column: -widths[column]):
        excess = sum(widths) + _BETWEEN * len(widths) - room
        if excess > 0:
            widths[column] = max(widths[column] - excess, min(widths[column], _NARROWEST))
    return widths


def _column_blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    blocks: list[list[int]] = [[]]
    left = room
    for column in range(1, len(widths)):
        needed = widths[column] + _BETWEEN
        if needed > left and blocks[-1]:
            blocks.append([])
            left = room
        blocks[-1].append(column)
        left -= needed
    return blocks


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
