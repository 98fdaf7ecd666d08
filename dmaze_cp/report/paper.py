"""Blocks where all is shown at once, as text: heat maps are tables, other figures left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dmaze_cp.report.blocks import (
    Bars,
    Blocks,
    Cell,
    Choice,
    Code,
    Facts,
    Heading,
    Note,
    Table,
    Tone,
    columns,
)
from dmaze_cp.report.figures import Heat, HeatCell, Heats

OnPaper = Heading | Facts | Table | Bars | Code | Note


def on_paper(blocks: Blocks) -> Iterator[OnPaper]:
    """The blocks that terminals, documents and notebooks show; of what can be chosen the first."""
    for block in blocks:
        if isinstance(block, Choice):
            yield from on_paper(block.options[0][2])
        elif isinstance(block, Heats):
            for heat in block.heats if block.beside else block.heats[:1]:
                yield Heading(heat.title or block.title)
                yield from _heat(heat)
        elif isinstance(block, OnPaper):
            yield block


def _heat(heat: Heat) -> Iterator[Table | Note]:
    """A heat map as a table, its first row at the top, with what its signs mean."""
    shade = heat.shades[0]
    cells = {
        (cell.row, cell.column): _cell(cell, value, texts)
        for cell, value, texts in zip(heat.cells, shade.values, shade.texts, strict=True)
    }
    rows = [
        (name, *(cells.get((row, column), "") for column in range(len(heat.columns))))
        for row, name in enumerate(heat.rows)
    ]
    yield Table(columns(heat.y, *heat.columns, folds=(0,)), rows)
    if any(cell.text.startswith("[") for cell in cells.values()):
        yield Note("[ ]  the best")
    for sign, text in heat.legend:
        yield Note(f"{sign:3}  {text.removeprefix('hatched: ')}" if sign else text)


def _cell(cell: HeatCell, value: float | None, texts: tuple[str, ...]) -> Cell:
    text = texts[-1] if value is None else texts[0]
    if cell.is_best:
        # What is not proven of it stays beside the bracket.
        marked = text if text.startswith("best") else re.sub(r"^(.*?)(\*?)$", r"[\1]\2", text)
        return Cell(marked, tone=Tone.BEST)
    tone = Tone.FAIR if text.endswith("*") else Tone.PLAIN if cell.state == "value" else Tone.FAINT
    return Cell(text, tone=tone)
