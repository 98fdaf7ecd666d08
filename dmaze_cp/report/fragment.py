"""Blocks as a fragment of HTML that needs no script: for notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape as html_escape

from dmaze_cp.errors import printable
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Bar,
    Bars,
    Blocks,
    Cell,
    Code,
    Facts,
    Heading,
    Note,
    Table,
    Tone,
    cell,
)
from dmaze_cp.report.paper import on_paper

_COLOURS = {
    Tone.GOOD: "color:#0a7d5a",
    Tone.BEST: "color:#0a7d5a;font-weight:bold",
    Tone.FAIR: "color:#9a6700",
    Tone.BAD: "color:#c0440c",
    Tone.FAINT: "opacity:.7",
}
_COLUMNS = 100


def html_fragment(blocks: Blocks) -> str:
    """Tables and texts in one element; all that the blocks name is shown as text."""
    return f"<div>{''.join(_parts(blocks))}</div>"


def _parts(blocks: Blocks) -> Iterator[str]:
    for block in on_paper(blocks):
        match block:
            case Heading(text, main):
                yield f"<h{4 - main}>{escape(text)}</h{4 - main}>"
            case Note(text, tone):
                yield f"<p{_style(tone)}>{escape(text)}</p>"
            case Code(lines):
                yield f"<pre>{chr(10).join(map(escape, lines(_COLUMNS)))}</pre>"
            case Facts(rows):
                yield _table(
                    (), [(row.name, Cell(row.text, tone=row.tone)) for row in rows], (True, True)
                )
            case Bars(rows):
                yield f"<table>{''.join(map(_bar, rows))}</table>"
            case Table(columns, rows):
                heads = [column.title for column in columns]
                yield _table(heads, rows, [column.is_text for column in columns])


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str | Cell]], is_text: Sequence[bool]
) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr>{''.join(_cell(cell(c), left) for c, left in zip(row, is_text, strict=True))}</tr>"
        for row in rows
    )
    return (
        f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
    )


def _cell(item: Cell, left: bool) -> str:
    lines = "<br>".join(map(escape, (item.text, *item.more)))
    return f"<td{_style(item.tone, 'text-align:left' if left else 'text-align:right')}>{lines}</td>"


def _style(tone: Tone, *more: str) -> str:
    styles = ";".join((*more, *((_COLOURS[tone],) if tone in _COLOURS else ())))
    return f' style="{styles}"' if styles else ""


def _bar(row: Bar) -> str:
    width = round(160 * min(max(row.fraction, 0.0), 1.0), 1)
    texts = (row.name, row.amount, numbers.percent(row.fraction))
    cells = "".join(_cell(Cell(text), k == 0) for k, text in enumerate(texts))
    drawn = f'<rect width="{width}" height="10" fill="#5d9fce"/>'
    return f'<tr>{cells}<td><svg width="160" height="10">{drawn}</svg></td></tr>'


def escape(text: str) -> str:
    """Text that is shown as it is, whatever it holds."""
    return html_escape(printable(text))
