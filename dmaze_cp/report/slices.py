"""Tables and heat maps of what dataflows and unrolled dimensions cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dmaze_cp.levels import DRAM, SPM
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.figures import Heat, HeatCell, Heats, Shade
from dmaze_cp.report.words import objective_name, value_text
from dmaze_cp.result import LayerResult, Slice, Status
from dmaze_cp.result.slices import relative


def _grid(found: Sequence[Slice]) -> tuple[list[str], list[str], Mapping[tuple[str, str], Slice]]:
    """Rows, columns, and what is where; single dimensions are a row of one column."""
    at = {(each.key[0], each.key[-1]): each for each in found}
    rows, cols = (list(dict.fromkeys(key[k] for key in at)) for k in (0, 1))
    return rows, cols, at


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
    """What each dataflow and each pair of unrolled dimensions costs, its best over the best."""
    parts = (
        (result.dataflows, f"every dataflow, {DRAM} by {SPM}", SPM, DRAM),
        (result.unrollings, "two unrolled dimensions", "the other", "one"),
    )
    name = objective_name(result.objective)
    heats = tuple(
        _heat(result, found, f"{name} of {what}, over the best", x, y)
        for found, what, x, y in parts
        if found
    )
    title = f"{name} of {result.layer.name} over the best"
    return Heats("slices", title, "", heats, {}, beside=True) if heats else None


def _heat(result: LayerResult, found: Sequence[Slice], title: str, x: str, y: str) -> Heat:
    rows, cols, at = _grid(found)
    ratios, texts, cells = [], [], []
    for (row, col), each in at.items():
        more = relative(each, result.value)
        ratios.append(None if more is None else 1 + more)
        text = slice_text(each, result.value, result.objective)
        star = "*" if each.status is Status.FEASIBLE else ""
        texts.append((text, text if more is None else f"{1 + more:.3g}{star}"))
        place = (cols.index(col), rows.index(row))
        state = "none" if more is None else "value"
        said = ((objective_name(result.objective), text),)
        unrolled = f"{' and '.join(each.key)} unrolled"
        name = f"{DRAM} {row}, {SPM} {col}" if found is result.dataflows else unrolled
        cells.append(HeatCell(*place, None, (), state, more == 0, said, name))
    legend = []
    if any(each.status is Status.INFEASIBLE for each in found):
        legend.append(("-", "no mapping has it"))
    if any(each.status in (Status.FEASIBLE, Status.UNKNOWN) for each in found):
        legend.append(("*", "may cost less, not proven"))
    shade = Shade("times the best", "over the best", tuple(ratios), tuple(texts))
    return Heat(x, y, tuple(cols), tuple(rows), tuple(cells), (shade,), tuple(legend), title)
