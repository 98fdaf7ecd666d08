"""The report of one layer: tiling, loop nest, utilisation, cycles, energy, proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.cost.capacity import spm_banks
from dmaze_cp.cost.cost import Cost
from dmaze_cp.cost.latency import Cycles, cycles
from dmaze_cp.errors import printable as one_line
from dmaze_cp.levels import DRAM, NOC, OPERANDS, SPM
from dmaze_cp.mapping import Mapping
from dmaze_cp.report import numbers
from dmaze_cp.report.breakdown import usages
from dmaze_cp.report.console import bar, printable
from dmaze_cp.report.limits import constraint_texts
from dmaze_cp.report.loopnest import loop_nest
from dmaze_cp.report.tables import (
    BETWEEN,
    Folded,
    fitting_tables,
    print_fact,
    print_tables,
    print_title,
)
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.workload import Kind, Layer

BAR_WIDTH = 24
_LEAST_BAR = 6
_LEAST_NAME = 10
_FACTS_WIDTH = 8
STATUS_STYLE = {
    Status.OPTIMAL: "green",
    Status.FEASIBLE: "yellow",
    Status.INFEASIBLE: "red",
    Status.UNKNOWN: "red",
}


def print_layer(console: Console, result: LayerResult) -> None:
    """Write the report of one layer's result."""
    layer = result.layer
    print_title(console, one_line(layer.name))
    print_layer_facts(console, layer)
    _print_proof(console, result)
    if result.mapping is None or result.cost is None:
        console.print()
        return
    print_mapping(console, result.mapping, result.cost, result.architecture)


def print_mapping(
    console: Console, mapping: Mapping, cost: Cost, architecture: Architecture
) -> None:
    """Write what a mapping is and what it costs."""
    _print_costs(console, cost, architecture)
    _heading(console, "Tiling")
    print_tables(console, tiling_tables(console, mapping))
    pes = "0: PE" if mapping.row_factors is None else "r: rows, c: columns of PEs"
    _heading(console, f"Loop nest (suffix 3: DRAM, 2: SPM, 1: RF, {pes})")
    for line in loop_nest(mapping, cost, architecture, min(console.width, 100)):
        style = "dim" if line.lstrip().startswith("#") else ""
        console.print(Text(line, style=style), soft_wrap=True)
    _heading(console, "Utilisation")
    console.print(_utilisation_table(console, mapping, cost, architecture))
    _heading(console, f"Cycles: {numbers.exact(cost.latency_cycles)}")
    console.print(_cycles_table(console, mapping, cost))
    console.print(_passes(mapping, cost))
    _heading(console, f"Energy: {numbers.exact(cost.energy_pj)} pJ")
    console.print(energy_table(console, cost.energy_breakdown_pj))
    _heading(console, "Operands")
    print_tables(console, _operand_tables(console, cost, architecture))
    console.print()


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def layer_shape(layer: Layer) -> str:
    """Kind, bounds, stride and multiplicity of a layer on one line."""
    parts = [str(layer.kind), " ".join(f"{d}={bound}" for d, bound in layer.bounds.items())]
    if layer.kind is not Kind.GEMM:
        parts.append(f"stride {numbers.pair(layer.stride)}")
        if layer.dilation != (1, 1):
            parts.append(f"dilation {numbers.pair(layer.dilation)}")
    return ", ".join(parts)


def print_layer_facts(console: Console, layer: Layer) -> None:
    """Write what a layer is."""
    console.print(Text(layer_shape(layer)))
    facts = [f"{numbers.count(layer.macs)} MACs"]
    if layer.padded_input is not None:
        facts.append(f"padded input {numbers.pair(layer.padded_input)}")
    if layer.instances > 1:
        facts.append(f"{layer.instances} instances")
    console.print(Text(", ".join(facts)))
    if layer.also:
        console.print(Folded(one_line(f"also: {', '.join(layer.also)}")))


def _print_proof(console: Console, result: LayerResult) -> None:
    line = Text(f"{objective_name(result.objective)}: ")
    line.append(str(result.status), style=f"bold {STATUS_STYLE[result.status]}")
    if result.status is Status.OPTIMAL:
        within = " within the limits" if result.constraints != NO_CONSTRAINTS else ""
        line.append(f", proven: no mapping{within} costs less")
    console.print(line)
    unit = objective_unit(result.objective)
    rows: list[tuple[str, str]] = []
    if result.value is not None:
        rows.append(("value", f"{numbers.exact(result.value)} {unit}"))
    if result.bound is not None:
        rows.append(("bound", f"{numbers.exact_bound(result.bound)} {unit}"))
    if result.gap is not None:
        rows.append(("gap", numbers.percent(result.gap)))
    rows += [("limit", text) for text in constraint_texts(result.constraints)]
    took = numbers.duration(result.solve_time_s)
    if result.stats.candidates:
        took += f", {numbers.counted(result.stats.candidates, 'mapping')} scored exactly"
    rows.append(("time", took))
    for name, text in rows:
        print_fact(console, f"  {name}", Text(text), _FACTS_WIDTH)
    if result.reason:
        print_fact(console, "", Text(one_line(result.reason)), 2)


def objective_name(objective: str) -> str:
    """An objective as it is written in a sentence."""
    return {"edp": "EDP", "energy": "Energy", "latency": "Latency"}[str(objective)]


def objective_unit(objective: str) -> str:
    """Unit of an objective's values."""
    return {"edp": "pJ x cycles", "energy": "pJ", "latency": "cycles"}[str(objective)]


def _print_costs(console: Console, cost: Cost, architecture: Architecture) -> None:
    mhz = architecture.accelerator_mhz
    time = f"{numbers.seconds(cost.latency_cycles / (mhz * 1e6))} at {mhz:g} MHz"
    rows = (
        ("energy", numbers.energy(cost.energy_pj)),
        ("latency", f"{numbers.count(cost.latency_cycles)} cycles ({time})"),
        ("EDP", f"{numbers.scientific(cost.edp)} pJ x cycles"),
    )
    console.print()
    for name, text in rows:
        print_fact(console, name, Text(printable(console, text)), _FACTS_WIDTH)


def tiling_tables(console: Console, mapping: Mapping) -> Iterator[Table]:
    """Factors of every level (rows) and dimension (columns); products are the bounds."""
    headers = ("level", *mapping.layer.dimensions, "product")
    rows = []
    for level in mapping.tiling:
        factors = mapping.level(level).values()
        # A dot for a factor of 1 lets the loops that there are stand out.
        cells = [str(f) if f > 1 else "." for f in factors]
        rows.append((level, *cells, numbers.exact(prod(factors))))
    bounds = [str(bound) for bound in mapping.layer.extents]
    rows.append(("bound", *bounds, numbers.exact(mapping.layer.macs)))
    return fitting_tables(console, headers, rows, folds=(), left=(0,), last_apart=True)


def bars_table(console: Console, rows: Sequence[tuple[str, str, float, str]]) -> Table:
    """Rows of name, amount, fraction and colour; bars take the room that is left."""
    percents = [numbers.percent(fraction) for _, _, fraction, _ in rows]
    names, amounts = [name for name, *_ in rows], [amount for _, amount, *_ in rows]
    widths = [max(map(len, column)) for column in (names, amounts, percents)]
    room = console.width - sum(widths) - BETWEEN * len(widths)
    has_bars = room >= _LEAST_BAR
    # Without room for bars, amounts are broken before names are.
    widths[0] += min(max(room + BETWEEN, _LEAST_NAME - widths[0]), 0)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, BETWEEN, 0, 0))
    table.add_column(width=widths[0])
    table.add_column(justify="right", overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    if has_bars:
        table.add_column(no_wrap=True)
    for (name, amount, fraction, style), percent in zip(rows, percents, strict=True):
        drawn = [bar(console, fraction, min(BAR_WIDTH, room), style)] if has_bars else []
        table.add_row(Folded(name), amount, percent, *drawn)
    return table


def _utilisation_table(
    console: Console, mapping: Mapping, cost: Cost, architecture: Architecture
) -> Table:
    rows = []
    for usage in usages(mapping, cost, architecture):
        amount = f"{numbers.compact(usage.used)} of {numbers.compact(usage.capacity)} {usage.unit}"
        style = "cyan" if usage.used <= usage.capacity else "red"
        rows.append((usage.resource, amount, usage.fraction, style))
    return bars_table(console, rows)


def _cycles_table(console: Console, mapping: Mapping, cost: Cost) -> Table:
    return cycles_table(console, cycles(mapping, cost))


def cycles_table(console: Console, split: Cycles) -> Table:
    """What the cycles are spent on."""
    parts = (
        ("compute", split.compute),
        ("NoC, reduction (not hidden)", split.noc),
        ("DMA (not hidden)", split.dma),
    )
    total = split.total or 1
    return bars_table(
        console, [(name, numbers.exact(value), value / total, "green") for name, value in parts]
    )


def _passes(mapping: Mapping, cost: Cost) -> Text:
    spm_passes = prod(mapping.level(DRAM).values())
    rf_passes = prod(mapping.level(SPM).values())
    return Text(
        f"SPM passes: {numbers.exact(spm_passes)} of {numbers.exact(cost.spm_pass_cycles)} cycles; "
        f"in each {numbers.exact(rf_passes)} RF passes of {numbers.exact(cost.rf_pass_cycles)}"
    )


def energy_table(console: Console, parts: dict[str, float]) -> Table:
    """Energy by component, in pJ, with each one's share."""
    total = sum(parts.values()) or 1.0
    amounts = {c: printable(console, numbers.energy(part)) for c, part in parts.items()}
    return bars_table(console, [(c, amounts[c], parts[c] / total, "magenta") for c in parts])


def _operand_tables(console: Console, cost: Cost, architecture: Architecture) -> Iterator[Table]:
    counts = (
        ("RF tile (elements)", cost.rf_elements),
        ("array tile (elements)", cost.array_elements),
        ("SPM tile (elements)", cost.spm_elements),
        ("SPM banks", spm_banks(cost.spm_elements, architecture)),
        ("reuse at SPM", cost.reuse_spm),
        ("reuse at DRAM", cost.reuse_dram),
        ("NoC cycles", cost.noc_cycles),
        ("DMA invocations", cost.dma_invocations),
        ("DMA burst (elements)", cost.dma_burst_elements),
        ("DMA cycles", cost.dma_cycles),
    )
    rows = [(name, *(numbers.compact(values[x]) for x in OPERANDS)) for name, values in counts]
    for component in (NOC, SPM, DRAM):
        parts = cost.energy_by_operand_pj.get(component, {})
        cells = (printable(console, numbers.energy(parts.get(x, 0.0))) for x in OPERANDS)
        rows.append((f"{component} energy", *cells))
    if cost.reduction_cycles:
        rows.append(("reduction cycles", numbers.exact(cost.reduction_cycles), "", ""))
    if cost.held is not None:
        rows.append(("held in the RFs", *("yes" if x == cost.held else "" for x in OPERANDS)))
    return fitting_tables(console, ("", *OPERANDS), rows)
