"""Tables of a model's layers and of the operators that are not mapped."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from dmaze_cp.errors import printable
from dmaze_cp.report import numbers
from dmaze_cp.report.tables import fitting_tables, print_tables, print_title
from dmaze_cp.spec.workload_files import mapped_share
from dmaze_cp.workload import Kind, Layer, Workload

_SHOWN_NAMES = 3
_NARROWEST = 8

MAX_TABLE_ROWS: Final = 2000
"""Layers of a table; more are lines of columns with tabs between them, which no one waits for."""

_COLUMNS: Final = ("#", "layer", "kind", "bounds", "stride", "count", "MACs each")


def print_workload(console: Console, workload: Workload) -> None:
    """Write a model's layers, what is not mapped, and what share of the work is."""
    print_title(console, printable(workload.name))
    if len(workload) > MAX_TABLE_ROWS:
        _print_lines(console, workload)
    else:
        _print_table(console, workload)
    console.print()
    instances = sum(layer.instances for layer in workload)
    distinct = f"{numbers.counted(len(workload), 'distinct layer')}, {instances} in all"
    console.print(Text(f"{distinct}: {numbers.exact(workload.mapped_macs)} MACs"))
    _print_unmapped(console, workload)
    share = mapped_share(workload)
    if share is not None:
        text = f"The layers cover {numbers.percent(share)} of the model's known MACs."
        console.print(Text(text))


def _print_table(console: Console, workload: Workload) -> None:
    rows: list[tuple[str | Text, ...]] = [
        (str(index), _names(layer), *_figures(layer)) for index, layer in enumerate(workload)
    ]
    tables = fitting_tables(console, _COLUMNS, rows, folds=(1, 3), left=(2, 4), least=_NARROWEST)
    print_tables(console, tables)


def _print_lines(console: Console, workload: Workload) -> None:
    rows = (
        (str(index), _names(layer).plain.replace("\n", " "), *_figures(layer))
        for index, layer in enumerate(workload)
    )
    lines = ("\t".join(row).replace("\n", " ") for row in (_COLUMNS, *rows))
    console.file.write("\n".join(lines) + "\n")


def _figures(layer: Layer) -> tuple[str, ...]:
    bounds = " ".join(f"{d}={bound}" for d, bound in layer.bounds.items())
    figures = str(layer.instances), numbers.count(layer.macs)
    return str(layer.kind), bounds, _stride(layer), *figures


def _names(layer: Layer) -> Text:
    text = Text(printable(layer.name))
    if layer.also:
        shown = printable(", ".join(layer.also[:_SHOWN_NAMES]))
        more = len(layer.also) - _SHOWN_NAMES
        text.append(f"\n= {shown}" + (f" and {more} more" if more > 0 else ""), style="dim")
    return text


def _stride(layer: Layer) -> str:
    if layer.kind is Kind.GEMM:
        return "-"
    text = numbers.pair(layer.stride)
    return text if layer.dilation == (1, 1) else f"{text}\ndil. {numbers.pair(layer.dilation)}"


def _print_unmapped(console: Console, workload: Workload) -> None:
    if not workload.unmapped:
        console.print(Text("Every operator is mapped."))
        return
    grouped: dict[tuple[str, str], tuple[int, int]] = {}
    for op in workload.unmapped:
        count, macs = grouped.get((op.operator, op.reason), (0, 0))
        grouped[op.operator, op.reason] = (count + op.count, macs + op.macs * op.count)
    console.print()
    total = sum(count for count, _ in grouped.values())
    console.print(Text(f"Not mapped: {numbers.counted(total, 'operator')}", style="bold"))
    rows = [
        (operator, str(count), numbers.count(macs) if macs else "-", reason)
        for (operator, reason), (count, macs) in grouped.items()
    ]
    headers = ("operator", "count", "MACs", "reason")
    print_tables(console, fitting_tables(console, headers, rows, folds=(0, 3), least=_NARROWEST))
    console.print()
