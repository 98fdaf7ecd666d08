"""Tables over a network: what was found for each layer, and the totals."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from dmaze_cp.errors import printable as one_line
from dmaze_cp.objective import Objective
from dmaze_cp.report.cells import (
    LAYER_HEADERS,
    in_sentence,
    layer_cells,
    notes,
    reasons,
    totals_rows,
    what_matters,
)
from dmaze_cp.report.console import printable
from dmaze_cp.report.layer import STATUS_STYLE, cycles_table, energy_table
from dmaze_cp.report.shares import Ranked, ranked
from dmaze_cp.report.tables import (
    BETWEEN,
    Folded,
    fitting_tables,
    print_fact,
    print_tables,
    print_title,
)
from dmaze_cp.result import WorkloadResult, network_cycles

_TOTALS_WIDTH = 22
_NAME_WIDTH = 8
"""Columns that names are folded to where there is no more room."""
_NAME_FOLD = 24
"""Names that are longer may be folded to make room for a column that can be spared."""


def print_summary(console: Console, result: WorkloadResult) -> None:
    """Write, for each objective, the layers by share, where the cost goes, and the totals."""
    for objective in result.objectives:
        print_title(console, summary_title(result, objective))
        _print_layers(console, result, objective)
        _print_components(console, result, objective)
        console.print()
        for name, text in totals_rows(result, objective):
            style = "yellow" if name == "not proven" else ""
            print_fact(console, name, Text(printable(console, text), style=style), _TOTALS_WIDTH)
        console.print()
    for note in notes(result):
        style = "bold yellow" if note.startswith("interrupted") else "dim"
        console.print(Folded(Text(note, style=style)))


def summary_title(result: WorkloadResult, objective: Objective) -> str:
    """What a summary is of."""
    names = f"{one_line(result.workload.name)} on {one_line(result.architecture.name)}"
    return f"Summary: {names}, least {in_sentence(objective)}"


def _print_layers(console: Console, result: WorkloadResult, objective: Objective) -> None:
    places = ranked(result.of(objective))
    rows = [tuple(printable(console, cell) for cell in layer_cells(place)) for place in places]
    shown = _fitting(console.width, rows)
    cells = [
        [_styled(place, LAYER_HEADERS[index], row[index]) for index in shown]
        for place, row in zip(places, rows, strict=True)
    ]
    headers = [LAYER_HEADERS[index] for index in shown]
    left = [headers.index("status")]
    print_tables(console, fitting_tables(console, headers, cells, left=left, least=_NAME_WIDTH))
    matters = what_matters(places, objective)
    if matters is not None:
        console.print()
        console.print(Folded(Text(matters, style="dim")))
    for reason in reasons(result.of(objective)):
        console.print(Folded(Text(reason, style="red")))


def _styled(place: Ranked, header: str, text: str) -> Text:
    """A cell; an unfinished proof stands out by its status and gap."""
    result = place.result
    if header == "status":
        return Text(text, style=STATUS_STYLE[result.status])
    if header == "gap" and result.gap:
        return Text(text, style="yellow")
    return Text(text)


def _fitting(width: int, rows: Sequence[tuple[str, ...]]) -> list[int]:
    """Columns to show: those that can be spared go first where names would be crowded out."""
    lengths = [max(map(len, column)) for column in zip(LAYER_HEADERS, *rows, strict=True)]
    shown = list(range(len(LAYER_HEADERS)))
    # The running sum of one layer is no news; a narrow table can do without search times.
    for header, least in (("sum", min(lengths[0], _NAME_FOLD)), ("time", _NAME_WIDTH)):
        taken = sum(lengths[index] + BETWEEN for index in shown[1:])
        if width - taken < least or (header == "sum" and len(rows) < 2):
            shown.remove(LAYER_HEADERS.index(header))
    return shown


def _print_components(console: Console, result: WorkloadResult, objective: Objective) -> None:
    """Where a network's energy and cycles go; a layer alone has that in its own report."""
    totals = result.totals(objective)
    if totals.mapped_layers < 2:
        return
    for title, table in (
        ("Where the energy goes", energy_table(console, totals.energy_breakdown_pj)),
        ("Where the cycles go", cycles_table(console, network_cycles(result.of(objective)))),
    ):
        console.print()
        console.print(Text(title, style="bold"))
        console.print(table)
