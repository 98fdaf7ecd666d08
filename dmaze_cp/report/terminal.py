"""Blocks as lines of text: on a terminal, or in a text file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from dmaze_cp.errors import printable as one_line
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Bar,
    Bars,
    Blocks,
    Cell,
    Code,
    Column,
    Facts,
    Heading,
    Note,
    Table,
    Tone,
    cell,
)
from dmaze_cp.report.console import bar, make_console, printable
from dmaze_cp.report.paper import on_paper
from dmaze_cp.report.tables import (
    BETWEEN,
    Folded,
    fitting_tables,
    folded,
    names_room,
    print_fact,
    print_tables,
    print_title,
    stacked,
)

TABLE_WIDTH: Final = 100
"""Columns of text that goes to a file."""
_BAR_WIDTH: Final = 24
_LEAST_BAR: Final = 6
_LEAST_NAME: Final = 10
_STYLES: Final = {
    Tone.GOOD: "green",
    Tone.FAIR: "yellow",
    Tone.BAD: "red",
    Tone.BEST: "bold green",
    Tone.FAINT: "dim",
}
_BARS: Final = {
    "use": "cyan",
    "over": "red",
    "compute": "green",
    "noc-cycles": "green",
    "dma": "green",
}
"""Colours of bars; those of energies are of one colour."""


def print_blocks(console: Console, blocks: Blocks) -> None:
    """Write blocks, with a blank line after the last."""
    empty = True
    for block in on_paper(blocks):
        is_report = isinstance(block, Heading) and block.main and empty
        if not is_report and getattr(block, "apart", isinstance(block, Heading)):
            console.print()
        empty = False
        _print(console, block)
    if not empty:
        console.print()


def _print(console: Console, block: object) -> None:
    match block:
        case Heading(text, main=True):
            print_title(console, _plain(console, text))
        case Heading(text):
            console.print(Folded(Text(_plain(console, text), style="bold")))
        case Facts():
            _print_facts(console, block)
        case Note(text, tone):
            print_fact(console, "", _text(console, text, tone), block.indent)
        case Table():
            print_table(console, block)
        case Bars(rows):
            console.print(_bars(console, rows))
        case Code(lines, raw=True):
            console.file.write("".join(f"{line}\n" for line in lines(console.width)))
        case Code(lines):
            shown = lines(min(console.width, TABLE_WIDTH))
            dim = (Text(x, style="dim" if x.lstrip().startswith("#") else "") for x in shown)
            console.print(Text("\n").join(dim), soft_wrap=True)


def text_of(blocks: Blocks, width: int = TABLE_WIDTH) -> str:
    """The same as plain text, without blanks at the ends of lines."""
    stream = io.StringIO()
    print_blocks(make_console(stream, width=width, plain=True), blocks)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().rstrip().split("\n"))


def _plain(console: Console, text: str) -> str:
    return printable(console, one_line(text))


def _text(console: Console, text: str, tone: Tone) -> Text:
    return Text(_plain(console, text), style=_STYLES.get(tone, ""))


def _print_facts(console: Console, block: Facts) -> None:
    width = block.width or max(len(row.name) for row in block.rows) + BETWEEN
    width = min(width, names_room(console, max(cell_len(row.text) for row in block.rows)))
    for row in block.rows:
        print_fact(console, row.name, _text(console, row.text, row.tone), width)


def print_table(console: Console, table: Table) -> None:
    """Write a table; where it is too wide, without what can be spared, turned, or in blocks."""
    shown = _fitting(console.width, table)
    heads = [table.columns[k] for k in shown]
    rows = [[_cell(console, cell(row[k])) for k in shown] for row in table.rows]
    tables = _tables(console, table, heads, rows)
    if table.turns and len(tables) > 1:
        names = [Text(_plain(console, head.title)) for head in heads[1:]]
        turned = [[name, *(row[k + 1] for row in rows)] for k, name in enumerate(names)]
        corner = Column(table.turns, is_text=True, folds=True)
        standing = [corner, *(Column(row[0].plain) for row in rows)]
        tables = min(tables, _tables(console, table, standing, turned), key=len)
    print_tables(console, iter(tables))


def _tables(
    console: Console, table: Table, heads: Sequence[Column], rows: Sequence[Sequence[Text]]
) -> list[RichTable]:
    return list(
        fitting_tables(
            console,
            [_plain(console, head.title) for head in heads],
            rows,
            folds=[k for k, head in enumerate(heads) if head.folds],
            left=[k for k, head in enumerate(heads) if head.is_text],
            least=table.least,
            last_apart=table.last_apart,
            leading=bool(table.turns),
        )
    )


def _fitting(width: int, table: Table) -> list[int]:
    """Columns to show: those that can be spared go first where names would be crowded out."""
    shown = [k for k, column in enumerate(table.columns) if not column.detail]
    lengths = {
        k: max(map(len, (table.columns[k].title, *(_longest(row[k]) for row in table.rows))))
        for k in shown
    }
    for k in sorted(shown, key=lambda k: -table.columns[k].spare):
        # Short names need no more than they are long.
        least = min(table.columns[k].spare, max(lengths[shown[0]], table.least))
        if least and width - sum(lengths[other] + BETWEEN for other in shown[1:]) < least:
            shown.remove(k)
    return shown


def _longest(item: str | Cell) -> str:
    return max((cell(item).text, *cell(item).more), key=len)


def _cell(console: Console, item: Cell) -> Text:
    text = _text(console, item.text, item.tone)
    below = _STYLES[Tone.GOOD if item.tone is Tone.BEST else Tone.FAINT]
    for line in item.more:
        text.append(f"\n{_plain(console, line)}", style=below)
    return text


def _bars(console: Console, rows: Sequence[Bar]) -> RichTable:
    """Rows of name, amount, percentage; bars take the room that is left."""
    percents = [numbers.percent(row.fraction) for row in rows]
    amounts = [_plain(console, row.amount) for row in rows]
    widths = [max(map(len, texts)) for texts in ([row.name for row in rows], amounts, percents)]
    room = console.width - sum(widths) - BETWEEN * len(widths)
    has_bars = room >= _LEAST_BAR
    # Without room for bars, amounts are broken before names are.
    if not has_bars:
        widths[0] += min(max(room + BETWEEN, _LEAST_NAME - widths[0]), 0)
        rest = console.width - widths[0] - widths[2] - BETWEEN * 2
        widths[1] = min(widths[1], max(rest, 1))
    length = min(_BAR_WIDTH, room)
    cells = []
    for row, amount, percent in zip(rows, amounts, percents, strict=True):
        texts = [Text(row.name), Text(amount), Text(percent)]
        cells.append([folded(text, width) for text, width in zip(texts, widths, strict=True)])
        if has_bars:
            style = _BARS.get(row.colour, "magenta")
            cells[-1].append([bar(console, row.fraction, length, style)])
    table = RichTable(box=None, show_header=False, pad_edge=False, padding=(0, BETWEEN, 0, 0))
    table.add_column(width=widths[0])
    table.add_column(justify="right", width=widths[1])
    table.add_column(justify="right", no_wrap=True, width=widths[2])
    if has_bars:
        table.add_column(no_wrap=True, width=length)
    table.add_row(*stacked(cells))
    return table
