"""Tables of a model's layers and of the operators that are not mapped."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from dmaze_cp.errors import printable
from dmaze_cp.report import numbers
from dmaze_cp.report.layer import plain_table
from dmaze_cp.report.records import mapped_share
from dmaze_cp.workload import Kind, Layer, Workload

_SHOWN_NAMES = 3

MAX_TABLE_ROWS: Final = 2000
"""Layers of a table; more are lines of columns with tabs between them, which no one waits for."""

_COLUMNS: Final = ("#", "layer", "kind", "bounds", "stride", "count", "MACs each")


def print_workload(console: Console, workload: Workload) -> None:
    """Write a model's layers, what is not mapped, and what share of the work is."""
    console.rule(Text(workload.name, style="bold"), align="left", style="dim")
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
    table = plain_table()
    for title in _COLUMNS:
        number, folded = title in ("#", "count", "MACs each"), title in ("layer", "bounds")
        table.add_column(
            title,
            justify="right" if number else "left",
            no_wrap=not folded,
            overflow="fold" if folded else "ellipsis",
            min_width=8 if title == "layer" else None,
        )
    for index, layer in enumerate(workload):
        table.add_row(str(index), _names(layer), *_figures(layer))
    console.print(table)


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
    table = plain_table()
    table.add_column("operator", overflow="fold")
    table.add_column("count", justify="right", no_wrap=True)
    table.add_column("MACs", justify="right", no_wrap=True)
    table.add_column("reason", overflow="fold")
    for (operator, reason), (count, macs) in grouped.items():
        table.add_row(operator, str(count), numbers.count(macs) if macs else "-", reason)
    console.print(table)
    console.print()
