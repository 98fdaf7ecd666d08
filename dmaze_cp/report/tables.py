"""Tables that fit their console: names fold after dots and slashes, columns come in blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.table import Table
from rich.text import Text

BETWEEN: Final = 2
"""Columns between those of a table."""

_NAMES_SHARE: Final = 0.4
"""What names get of the width where there is no room for all columns."""

_HEAD: Final = 16
"""Columns that a head gets at least, if it needs them; a longer one is folded."""

_BREAKS: Final = (re.compile(r"[./]"), re.compile(r"[_:-]"))
"""After what a long word may be broken, the first choice first."""


class Folded:
    """Text that is wrapped between words, and in long ones after a dot or a slash."""

    def __init__(self, text: str | Text) -> None:
        self.text = Text(text) if isinstance(text, str) else text

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """A line after the other."""
        yield from folded(self.text, options.max_width)


def folded(text: Text, width: int) -> list[Text]:
    """The lines of a text in some columns; nothing is lost but blanks where a line ends."""
    lines = []
    for line in text.split("\n", allow_blank=True):
        for part in line.divide(_cuts(line.plain, width)):
            part.rstrip()
            lines.append(part)
    return lines


def _cuts(text: str, width: int) -> list[int]:
    """Where to cut a line."""
    cuts: list[int] = []
    start = 0
    while cell_len(text[start:].rstrip()) > width:
        room = max(len(_fitting(text[start:], width)), 1)
        start += _cut(text[start:], room, width)
        cuts.append(start)
    return cuts


def _fitting(text: str, width: int) -> str:
    """As much of the beginning as fits."""
    end = min(len(text), width)
    while end and cell_len(text[:end]) > width:
        end -= 1
    return text[:end]


def _cut(text: str, room: int, width: int) -> int:
    """How much of a text that is too long goes on one line."""
    blank = text.rfind(" ", len(text) - len(text.lstrip()), room + 1) + 1
    following = text[blank:].split(" ", 1)[0]
    if blank and cell_len(following) <= width:
        return blank
    # A word that needs several lines begins here.
    for pattern in _BREAKS:
        ends = [match.end() for match in pattern.finditer(text, blank, room)]
        if ends:
            return ends[-1]
    return blank or room


def _width(text: str) -> int:
    return max(map(cell_len, text.split("\n")))


def fitting_tables(
    console: Console,
    headers: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    folds: Sequence[int] = (0,),
    left: Sequence[int] = (),
    least: int = 16,
    last_apart: bool = False,
    leading: bool = False,
) -> Iterator[Table]:
    """A table, in blocks of columns that fit; the first column leads each.

    Parameters
    ----------
    folds
        Columns of text, which are folded as far as that helps.
    left
        Other columns that are not aligned to the right.
    least
        What columns are folded to at most, so that all fit.
    last_apart
        Whether there is a line before the last row.
    leading
        Whether there is a blank line between rows of several lines.
    """
    texts = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    columns = list(zip(*texts, strict=True)) if texts else [()] * len(headers)
    cells = [max((_width(text.plain) for text in column), default=0) for column in columns]
    natural = [max(cells[k], _width(head)) for k, head in enumerate(headers)]
    if sum(natural) + BETWEEN * (len(natural) - 1) > console.width:
        natural = [
            max(cells[k], _width(head if k in folds else head[:_HEAD]))
            for k, head in enumerate(headers)
        ]
    leading = leading and any("\n" in text.plain for row in texts for text in row)
    widths, blocks = _layout(natural, folds, least, console.width)
    for block in blocks:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
        for column in block:
            justify: JustifyMethod = "left" if column in folds or column in left else "right"
            head = Folded(headers[column])
            # Widths are known: rich need not measure every cell.
            table.add_column(head, justify=justify, no_wrap=True, width=widths[column])
        shown = [[folded(row[c], widths[c]) for c in block] for row in texts]
        end = len(shown) - 1 if last_apart else len(shown)
        for section in filter(None, (shown[:end], shown[end:])):
            table.add_row(*stacked(section, int(leading)), end_section=True)
        yield table


def stacked(rows: Sequence[Sequence[list[Text]]], between: int = 0) -> list[Text]:
    """Rows of cells of lines as one row, a text a column: rich takes long for each cell."""
    columns: list[list[Text]] = [[] for _ in rows[0]]
    for row in rows:
        height = max(map(len, row)) + between
        for lines, cell in zip(columns, row, strict=True):
            lines += [*cell, *(Text() for _ in range(height - len(cell)))]
    return [Text("\n").join(lines[: len(lines) - between]) for lines in columns]


def _layout(
    natural: Sequence[int], folds: Sequence[int], least: int, room: int
) -> tuple[list[int], list[list[int]]]:
    """Widths of the columns, and which go into each block."""
    widths = list(natural)
    while (excess := sum(widths) + BETWEEN * (len(widths) - 1) - room) > 0:
        widest = max(folds, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= least:
            break
        widths[widest] -= min(excess, 1)
    if excess <= 0:
        return widths, [list(range(len(widths)))]
    for column in folds:
        share = round(room * _NAMES_SHARE) if column == 0 else room - widths[0] - BETWEEN
        widths[column] = min(natural[column], max(share, 1))
    return widths, [[0, *block] for block in _blocks(widths, room - widths[0])]


def _blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    blocks: list[list[int]] = [[]]
    left = room
    for column in range(1, len(widths)):
        needed = widths[column] + BETWEEN
        if needed > left and blocks[-1]:
            blocks.append([])
            left = room
        blocks[-1].append(column)
        left -= needed
    return blocks


def print_tables(console: Console, tables: Iterator[Table]) -> None:
    """Write the blocks of a table, with a blank line between them."""
    for k, table in enumerate(tables):
        if k:
            console.print()
        console.print(table)


def print_fact(console: Console, name: str, text: Text, width: int) -> None:
    """Write a name in some columns and a text beside it, whose lines begin below each other.

    Where the text needs the room, the name gets less.
    """
    width = min(width, names_room(console, cell_len(text.plain)))
    # Names that fill their columns still stand apart from the text.
    names = folded(Text(name), max(width - 1, 1)) if width else []
    lines = folded(text, max(console.width - width, 1))
    beside = (
        Text(before.plain + " " * (width - cell_len(before.plain))) + line
        for before, line in zip_longest(names, lines, fillvalue=Text())
    )
    console.print(Text("\n").join(beside), soft_wrap=True)


def names_room(console: Console, longest: int) -> int:
    """Columns for names beside texts of up to so many."""
    return max(console.width - longest, round(console.width * _NAMES_SHARE))


def print_title(console: Console, text: str) -> None:
    """Write the title of a report, with a rule after it where there is room."""
    title = Text(text, style="bold")
    if cell_len(text) < console.width - BETWEEN:
        console.rule(title, align="left", style="dim")
    else:
        console.print(Folded(title))
