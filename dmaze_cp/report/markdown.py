"""Blocks as Markdown with GitHub's tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dmaze_cp.errors import printable
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Bars,
    Blocks,
    Code,
    Facts,
    Heading,
    Note,
    Table,
    cell,
)
from dmaze_cp.report.paper import on_paper

_COLUMNS = 100


def markdown(blocks: Blocks) -> str:
    """A document; notes that follow each other are a list."""
    parts: list[str] = []
    after_note = False
    for block in on_paper(blocks):
        text = "\n".join(_lines(block))
        is_note = isinstance(block, Note)
        if is_note and after_note:
            parts[-1] = "\n".join((*(_item(line) for line in parts[-1].split("\n")), _item(text)))
        else:
            parts.append(text)
        after_note = is_note
    return "\n\n".join(parts) + "\n"


def _item(text: str) -> str:
    return text if text.startswith("- ") else f"- {text}"


def _lines(block: object) -> Iterator[str]:
    match block:
        case Heading(text, main):
            yield f"{'##' if main else '###'} {escape(text)}"
        case Note(text):
            yield escape(text)
        case Facts(rows, title=title):
            pairs = [(row.name, row.text) for row in rows]
            yield from _table((title, ""), pairs, (True, True))
        case Bars(rows, heads):
            cells = [(row.name, row.amount, numbers.percent(row.fraction)) for row in rows]
            yield from _table((*heads, "share"), cells, (True, False, False))
        case Code(lines):
            yield from ("```text", *lines(_COLUMNS), "```")
        case Table(columns, rows):
            shown = [k for k, column in enumerate(columns) if not column.detail]
            texts = [
                [", ".join((cell(row[k]).text, *cell(row[k]).more)) for k in shown] for row in rows
            ]
            titles = [columns[k].title for k in shown]
            yield from _table(titles, texts, [columns[k].is_text for k in shown])


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], is_text: Sequence[bool]
) -> Iterator[str]:
    rule = ["---" if left else "--:" for left in is_text]
    for line in (
        [escape(head) for head in heads],
        rule,
        *([escape(c) for c in row] for row in rows),
    ):
        yield f"| {' | '.join(line)} |"


def escape(text: str) -> str:
    """`text` so that Markdown, also inside a table, shows it as it is."""
    text = re.sub(r"([\\`*\[\]<>|~&#$])", r"\\\1", printable(text))
    # Inside a word an underscore is only an underscore.
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
