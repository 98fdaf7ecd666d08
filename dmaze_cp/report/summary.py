"""Tables over a network: what was found for each layer, and the totals."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.console import printable
from dmaze_cp.report.layer import STATUS_STYLE, objective_name, objective_unit, plain_table
from dmaze_cp.result import LayerResult, Totals, WorkloadResult


def print_summary(console: Console, result: WorkloadResult) -> None:
    """Write a table of all layers and the totals, for each objective."""
    for objective in result.objectives:
        title = f"Summary: {result.workload.name} on {result.architecture.name}, least "
        name = objective_name(objective)
        title += name if objective is Objective.EDP else name.lower()
        console.rule(Text(title, style="bold"), align="left", style="dim")
        _print_layers(console, result.of(objective))
        _print_totals(console, result, objective)
    if result.workload.unmapped:
        count = sum(op.count for op in result.workload.unmapped)
        text = f"not mapped: {numbers.counted(count, 'operator')}, listed by `dmaze-cp layers`"
        console.print(Text(text, style="dim"))
    if result.interrupted:
        asked = len(result.workload) * len(result.objectives)
        text = f"interrupted: {len(result.layers)} of {asked} layer results are shown"
        console.print(Text(text, style="bold yellow"))


def _print_layers(console: Console, results: tuple[LayerResult, ...]) -> None:
    table = plain_table()
    table.add_column("layer", overflow="fold", min_width=8)
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for name in ("energy", "cycles", "EDP", "gap", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        status = Text(str(result.status), style=STATUS_STYLE[result.status])
        time = numbers.duration(result.solve_time_s)
        head = (Text(result.layer.name), str(result.layer.instances), status)
        if result.cost is None:
            table.add_row(*head, "-", "-", "-", "-", time)
            continue
        table.add_row(
            *head,
            printable(console, numbers.energy(result.cost.energy_pj)),
            numbers.count(result.cost.latency_cycles),
            numbers.scientific(result.cost.edp),
            numbers.percent(result.gap),
            time,
        )
    console.print(table)
    for result in results:
        if result.cost is None:
            text = f"{result.layer.name}: {result.status}: {result.reason or 'no reason given'}"
            console.print(Text(text, style="red"))


def _print_totals(console: Console, result: WorkloadResult, objective: Objective) -> None:
    totals = result.totals(objective)
    mapped = len(result.of(objective)) - totals.unmapped_layers
    console.print()
    for name, text in _totals_rows(totals, objective, mapped):
        console.print(Text(printable(console, f"{name:22}{text}")))
    console.print()


def _totals_rows(totals: Totals, objective: Objective, mapped: int) -> list[tuple[str, str]]:
    rows = []
    if mapped:
        name, unit = objective_name(objective), objective_unit(objective)
        value, bound = _short(totals.value, objective), _short(totals.bound, objective)
        proof = "proven optimal" if totals.gap == 0 else f"gap {numbers.percent(totals.gap)}"
        rows = [
            ("total energy", f"{numbers.exact(totals.energy_pj)} pJ"),
            ("total latency", f"{numbers.exact(totals.latency_cycles)} cycles"),
            ("sum of EDPs", f"{numbers.scientific(totals.edp)} pJ x cycles"),
            ("network EDP", f"{numbers.scientific(totals.network_edp)} pJ x cycles"),
            (f"{name} bound", f"{bound} {unit} (value {value}, {proof})"),
        ]
    if totals.unmapped_layers:
        left_out = f"{numbers.counted(totals.unmapped_layers, 'layer')}, in no total"
        rows.append(("without a mapping", left_out))
    return rows


def _short(value: float, objective: Objective) -> str:
    return numbers.scientific(value) if objective is Objective.EDP else numbers.exact(value)
