"""Networks x accelerators: whose totals are least, and whether that is proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.cells import in_sentence
from dmaze_cp.report.console import printable
from dmaze_cp.report.standings import Standing, clocks_differ, standings
from dmaze_cp.report.tables import BETWEEN, Folded, plain_table, print_fact, print_title
from dmaze_cp.result import WorkloadResult
from dmaze_cp.spec.documents import Record

_NAMES: Final = 24
_HEADER: Final = 16
_LEAST_HEADER: Final = 9
_MARK_WIDTH: Final = 7
"""Widths: of row names, of column names (folded beyond), and of marks that are explained."""

_LEGEND: Final = {
    "best": "proven: no other accelerator can cost the network less",
    "least": "the least that was found; not proven, another's bound is below it",
    "*": "a proof is not finished: the layers may cost less, by the gap at most",
    "!": "layers without a mapping are left out, so that nothing is compared with it",
}


def comparison_records(results: Sequence[WorkloadResult]) -> list[Record]:
    """One flat record for each network, accelerator and objective.

    Costs are None where no layer has a mapping. ``ratio_to_best`` is None where a layer is
    without one, because the totals are then not those of the network; where clocks differ
    it compares times, not cycles.
    """
    return [_record(entry) for entry in standings(results)]


def _record(entry: Standing) -> Record:
    totals, layers = entry.totals, entry.result.workload.layers
    record: Record = {
        "result": entry.index,
        "model": entry.model,
        "architecture": entry.architecture,
        "objective": str(entry.objective),
        "layers": len(layers),
        "instances": sum(layer.instances for layer in layers),
    }
    costs: Record = {
        "value": totals.value,
        "bound": totals.bound,
        "gap": totals.gap,
        "energy_pj": totals.energy_pj,
        "latency_cycles": totals.latency_cycles,
        "latency_s": entry.latency_s,
        "edp": totals.edp,
        "network_edp": totals.network_edp,
    }
    return {
        **record,
        **(costs if totals.mapped_layers else dict.fromkeys(costs)),
        "unmapped_layers": totals.unmapped_layers,
        "missing_layers": totals.missing_layers,
        "unproven_layers": totals.unproven_layers,
        "ratio_to_best": entry.ratio,
        "best": entry.is_best,
        "best_proven": entry.is_best and entry.is_proven,
    }


@dataclass(frozen=True)
class Comparison:
    """The comparison for one objective, as text.

    Attributes
    ----------
    title
        What is compared, in which unit.
    models, architectures
        Names along the two axes.
    cells
        Lines of each cell, by model and architecture; none where there is no result.
    legend
        Marks that are used, and what they mean.
    """

    title: str
    models: tuple[str, ...]
    architectures: tuple[str, ...]
    cells: dict[tuple[str, str], tuple[str, ...]]
    legend: dict[str, str]


def comparisons(results: Sequence[WorkloadResult]) -> list[Comparison]:
    """The comparison for each objective; none for a single result, which has no other."""
    if len(results) < 2:
        return []
    entries = standings(results)
    objectives = dict.fromkeys(entry.objective for entry in entries)
    return [_comparison([e for e in entries if e.objective is o], o) for o in objectives]


def _comparison(entries: Sequence[Standing], objective: Objective) -> Comparison:
    models = tuple(dict.fromkeys(entry.model for entry in entries))
    architectures = tuple(dict.fromkeys(entry.architecture for entry in entries))
    in_seconds = clocks_differ(entries)
    cells = {
        (e.model, e.architecture): _cell(e, in_seconds, ranks=len(architectures) > 1)
        for e in entries
    }
    used = {line for cell in cells.values() for line in cell}
    marks = {mark for cell in cells.values() for mark in _marks(cell)}
    legend = {mark: text for mark, text in _LEGEND.items() if mark in used | marks}
    unit = {
        Objective.ENERGY: "",
        Objective.LATENCY: "",
        Objective.EDP: f", sum of EDPs in {'J x s' if in_seconds else 'pJ x cycles'}",
    }[objective]
    title = f"Comparison: least {in_sentence(objective)}{unit}"
    return Comparison(title, models, architectures, cells, legend)


def _marks(cell: Sequence[str]) -> str:
    return cell[0][len(cell[0].rstrip("*!")) :]


def _cell(entry: Standing, in_seconds: bool, *, ranks: bool) -> tuple[str, ...]:
    totals = entry.totals
    if not totals.mapped_layers:
        return ("infeasible" if entry.infeasible else "no mapping",)
    first, *more = _amounts(entry, in_seconds)
    first += "*" * (totals.unproven_layers > 0) + "!" * (totals.unmapped_layers > 0)
    lines = [first, *more]
    if entry.is_best and ranks:
        lines.append("best" if entry.is_proven else "least")
    elif entry.ratio is not None and ranks:
        lines.append(_ratio(entry.ratio))
    if totals.gap > 0:
        lines.append(f"gap {numbers.percent(totals.gap)}")
    if totals.unmapped_layers:
        lines.append(f"{totals.unmapped_layers} left out")
    return tuple(lines)


def _amounts(entry: Standing, in_seconds: bool) -> list[str]:
    totals = entry.totals
    if entry.objective is Objective.ENERGY:
        return [numbers.energy(totals.energy_pj)]
    if entry.objective is Objective.LATENCY:
        cycles = f"{numbers.count(totals.latency_cycles)} cyc"
        time = numbers.seconds(entry.latency_s)
        return [time, cycles] if in_seconds else [cycles, time]
    if in_seconds:
        hertz = entry.result.architecture.accelerator_mhz * 1e6
        return [numbers.scientific(totals.edp / hertz * 1e-12)]
    return [numbers.scientific(totals.edp)]


def _ratio(ratio: float) -> str:
    """How many times the best; what is not 1 is never shown as if it were."""
    if 1 < ratio < 1.005:
        return "<1.01 x"
    return f"{ratio:.2f} x" if ratio < 99.995 else f"{ratio:.0f} x" if ratio < 1e6 else "> 1e6 x"


def print_comparison(console: Console, results: Sequence[WorkloadResult]) -> None:
    """Write, for each objective, a table of networks and accelerators with their totals.

    A table that is wider than the console is turned or comes in blocks. A single result
    has nothing to be compared with: nothing is written.
    """
    for comparison in comparisons(results):
        print_title(console, comparison.title)
        for table in _tables(console, comparison):
            console.print(table)
            console.print()
        for mark, text in comparison.legend.items():
            print_fact(console, mark, Text(text, style="dim"), _MARK_WIDTH)
        if comparison.legend:
            console.print()


def _tables(console: Console, comparison: Comparison) -> list[Table]:
    """The table in blocks of columns that fit, lying or standing: whichever takes fewer."""
    cells = {
        key: tuple(printable(console, line) for line in cell)
        for key, cell in comparison.cells.items()
    }
    turned = {(column, row): cell for (row, column), cell in cells.items()}
    lying = _blocks(console.width, comparison.models, comparison.architectures, cells)
    standing = _blocks(console.width, comparison.architectures, comparison.models, turned)
    if len(standing) < len(lying):
        rows, corner, blocks, cells = comparison.architectures, "accelerator", standing, turned
    else:
        rows, corner, blocks = comparison.models, "network", lying
    return [_table(console.width, corner, rows, block, cells) for block in blocks]


_Cells = dict[tuple[str, str], tuple[str, ...]]


def _blocks(
    width: int, rows: Sequence[str], columns: Sequence[str], cells: _Cells
) -> list[list[str]]:
    room = width - min(max(map(len, (*rows, "accelerator"))), _names_width(width))
    blocks: list[list[str]] = [[]]
    left = room
    for column in columns:
        needed = BETWEEN + _column_width(column, [cells.get((row, column), ()) for row in rows])
        if needed > left and blocks[-1]:
            blocks.append([])
            left = room
        blocks[-1].append(column)
        left -= needed
    return blocks


def _names_width(width: int) -> int:
    """What row names get at least, if they need it."""
    return min(_NAMES, width // 2 - BETWEEN)


def _column_width(name: str, column: Sequence[Sequence[str]]) -> int:
    cell = max((len(line) for lines in column for line in lines), default=0)
    return max(cell, _LEAST_HEADER, min(len(name), _HEADER))


def _table(
    room: int, corner: str, rows: Sequence[str], columns: Sequence[str], cells: _Cells
) -> Table:
    table = plain_table()
    table.leading = int(any(len(cell) > 1 for cell in cells.values()))
    widths = [_column_width(c, [cells.get((row, c), ()) for row in rows]) for c in columns]
    # Long names take what the columns leave.
    left = max(_names_width(room), room - sum(BETWEEN + width for width in widths))
    name_width = min(max(map(len, (*rows, corner))), left)
    table.add_column(corner, width=name_width)
    for column, width in zip(columns, widths, strict=True):
        table.add_column(Folded(column), justify="right", width=width)
    for row in rows:
        table.add_row(
            Folded(row), *(_styled(cells.get((row, column), ("-",))) for column in columns)
        )
    return table


def _styled(cell: Sequence[str]) -> Text:
    """A cell for a terminal; what is not proven, or not complete, stands out."""
    first, *more = cell
    is_doubtful = bool(_marks(cell)) or not first[:1].isdigit()
    text = Text(first, style="bold green" if "best" in more else "yellow" if is_doubtful else "")
    for line in more:
        text.append("\n")
        text.append(line, style="green" if line in {"best", "least"} else "dim")
    return text
