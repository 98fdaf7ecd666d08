"""Tables and heat maps of what dataflows and unrolled dimensions cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dmaze_cp.levels import DRAM, SPM
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Block, Cell, Heading, Note, Table, Tone, columns
from dmaze_cp.report.figures import Heat, HeatCell, Heats, Shade
from dmaze_cp.report.words import in_sentence, objective_name, value_text
from dmaze_cp.result import LayerResult, Slice, Status
from dmaze_cp.result.slices import relative


def slices_blocks(result: LayerResult) -> Iterator[Block]:
    """What each dataflow and each pair of unrolled dimensions costs, in per cent more."""
    name = in_sentence(result.objective)
    title = objective_name(result.objective)
    if result.dataflows:
        yield Heading(f"{title} of every dataflow, over the best")
        yield from _table(result, result.dataflows, f"{DRAM} / {SPM}")
    if result.unrollings:
        yield Heading(
            f"{objective_name(result.objective)} of two unrolled dimensions, over the best"
        )
        yield from _table(result, result.unrollings, "")
    every = (*result.dataflows, *result.unrollings)
    if any(each.status in (Status.FEASIBLE, Status.UNKNOWN) for each in every):
        yield Note(f"* not proven: less {name} may be possible", Tone.FAIR)


def _table(result: LayerResult, found: Sequence[Slice], corner: str) -> Iterator[Block]:
    rows, cols, at = _grid(found)
    body = [(row, *(_cell(at.get((row, col)), result) for col in cols)) for row in rows]
    yield Table(columns(corner, *cols), body)


def _grid(found: Sequence[Slice]) -> tuple[list[str], list[str], Mapping[tuple[str, str], Slice]]:
    """Rows, columns, and what is where; single dimensions are a row of one column."""
    at = {(each.key[0], each.key[-1]): each for each in found}
    rows, cols = (list(dict.fromkeys(key[k] for key in at)) for k in (0, 1))
    return rows, cols, at


def _cell(each: Slice | None, result: LayerResult) -> str | Cell:
    if each is None:
        return ""
    text = slice_text(each, result.value, result.objective)
    tone = Tone.GOOD if relative(each, result.value) == 0 else Tone.PLAIN
    return Cell(text, tone=tone)


def slice_text(each: Slice, value: int | None, objective: Objective) -> str:
    """What a part's best costs more than the best of all, or what is known of it."""
    if each.status is Status.INFEASIBLE:
        return "-"
    if each.value is None:
        return "?"
    more = relative(each, value)
    star = "" if each.status is Status.OPTIMAL else "*"
    if more is None:
        return value_text(each.value, objective) + star
    return ("best" if more == 0 else f"+{numbers.percent(more)}") + star


def slices_figure(result: LayerResult) -> Heats | None:
    """Heat maps of both, each cell its best over the best of all."""
    parts = ((result.dataflows, SPM, DRAM), (result.unrollings, "and", "unrolled"))
    heats = tuple(_heat(result, found, x, y) for found, x, y in parts if found and result.value)
    if not heats:
        return None
    title = f"{objective_name(result.objective)} of {result.layer.name} over the best"
    return Heats("slices", title, "slice", heats, {}, beside=True)


def _heat(result: LayerResult, found: Sequence[Slice], x: str, y: str) -> Heat:
    rows, cols, at = _grid(found)
    rows.reverse()  # the first is at the top
    ratios, texts, cells = [], [], []
    for (row, col), each in at.items():
        more = relative(each, result.value)
        ratios.append(None if more is None else 1 + more)
        ratio = slice_text(each, result.value, result.objective)
        ratio = ratio if more is None else f"{1 + more:.3g}"
        star = "*" if each.status is Status.FEASIBLE else ""
        texts.append((slice_text(each, result.value, result.objective), ratio + star))
        state = "none" if more is None else "value"
        place = (cols.index(col), rows.index(row))
        cells.append(HeatCell(*place, None, (), state, more == 0))
    legend = []
    if any(each.status is Status.INFEASIBLE for each in found):
        legend.append(("-", "no mapping has it"))
    if any(each.status is Status.FEASIBLE for each in found):
        legend.append(("*", "may cost less, not proven"))
    shade = Shade("times the best", "over the best", tuple(ratios), tuple(texts))
    what = "dataflows" if found is result.dataflows else "unrolled dimensions"
    return Heat(x, y, tuple(cols), tuple(rows), tuple(cells), (shade,), tuple(legend), what)
