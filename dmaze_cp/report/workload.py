"""A model's layers, and the operators that are not mapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Block, Cell, Code, Heading, Note, Table, Tone, columns
from dmaze_cp.spec.workload_files import mapped_share
from dmaze_cp.workload import Kind, Layer, Workload

_SHOWN_NAMES: Final = 3
_NARROWEST: Final = 8
MAX_TABLE_ROWS: Final = 2000
"""Layers of a table; more are lines of columns with tabs between them, which no one waits for."""
_COLUMNS: Final = ("#", "layer", "kind", "bounds", "stride", "count", "MACs each")


def workload_blocks(workload: Workload) -> Iterator[Block]:
    """A model's layers, what is not mapped, and what share of the work is."""
    yield Heading(workload.name, main=True)
    rows = [(str(index), _names(layer), *_figures(layer)) for index, layer in enumerate(workload)]
    if len(workload) > MAX_TABLE_ROWS:
        heads = "\t".join(_COLUMNS)
        yield Code(lambda _: [heads, *("\t".join(map(_line, row)) for row in rows)], raw=True)
    else:
        shown = columns(*_COLUMNS, texts=(1, 2, 3, 4), folds=(1, 3))
        yield Table(shown, rows, caption="layers", least=_NARROWEST)
    instances = sum(layer.instances for layer in workload)
    distinct = f"{numbers.counted(len(workload), 'distinct layer')}, {instances} in all"
    text = f"{distinct}: {numbers.exact(workload.mapped_macs)} MACs"
    yield Note(text, Tone.PLAIN, apart=True)
    yield from _unmapped(workload)
    share = mapped_share(workload)
    if share is not None:
        text = f"The layers cover {numbers.percent(share)} of the model's known MACs."
        yield Note(text, Tone.PLAIN, apart=bool(workload.unmapped))


def _line(item: str | Cell) -> str:
    return item if isinstance(item, str) else " ".join((item.text, *item.more))


def _figures(layer: Layer) -> tuple[str | Cell, ...]:
    bounds = " ".join(f"{d}={bound}" for d, bound in layer.bounds.items())
    return str(layer.kind), bounds, _stride(layer), str(layer.instances), numbers.count(layer.macs)


def _names(layer: Layer) -> Cell:
    if not layer.also:
        return Cell(layer.name)
    more = len(layer.also) - _SHOWN_NAMES
    others = f"= {', '.join(layer.also[:_SHOWN_NAMES])}" + (f" and {more} more" if more > 0 else "")
    return Cell(layer.name, more=(others,))


def _stride(layer: Layer) -> Cell:
    if layer.kind is Kind.GEMM:
        return Cell("-")
    more = () if layer.dilation == (1, 1) else (f"dil. {numbers.pair(layer.dilation)}",)
    return Cell(numbers.pair(layer.stride), more=more)


def _unmapped(workload: Workload) -> Iterator[Block]:
    if not workload.unmapped:
        yield Note("Every operator is mapped.", Tone.PLAIN)
        return
    grouped: dict[tuple[str, str], tuple[int, int]] = {}
    for op in workload.unmapped:
        count, macs = grouped.get((op.operator, op.reason), (0, 0))
        grouped[op.operator, op.reason] = (count + op.count, macs + op.macs * op.count)
    total = sum(count for count, _ in grouped.values())
    yield Heading(f"Not mapped: {numbers.counted(total, 'operator')}")
    rows = [
        (operator, str(count), numbers.count(macs) if macs else "-", reason)
        for (operator, reason), (count, macs) in grouped.items()
    ]
    heads = columns("operator", "count", "MACs", "reason", folds=(0, 3))
    yield Table(heads, rows, least=_NARROWEST)
