"""A network's result: what was found for each layer, where costs go, and the totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Block,
    Fact,
    Facts,
    Heading,
    Note,
    Table,
    Tone,
    columns,
)
from dmaze_cp.report.layer import status_text
from dmaze_cp.report.layer_columns import LAYER_COLUMNS, NAME_WIDTH
from dmaze_cp.report.mapping import cycle_bars, energy_bars, loops_text
from dmaze_cp.report.words import (
    in_sentence,
    objective_name,
    objective_unit,
    pin_texts,
    value_text,
)
from dmaze_cp.result import LayerResult, Status, Totals, WorkloadResult
from dmaze_cp.result.shares import Ranked, layers_of_most, ranked
from dmaze_cp.result.totals import network_cycles

_MOST: Final = 0.9
_TOTALS_WIDTH: Final = 22


def network_blocks(result: WorkloadResult, *, mappings: bool = False) -> Iterator[Block]:
    """For each objective the layers by share, where the cost goes, and the totals.

    Parameters
    ----------
    mappings
        With the loops of every layer, in a table.
    """
    for objective in result.objectives:
        places = ranked(result.of(objective))
        names = f"{result.workload.name} on {result.architecture.name}"
        yield Heading(f"Summary: {names}, least {in_sentence(objective)}", main=True)
        yield layers_table(places)
        matters = _what_matters(places, objective)
        if matters is not None:
            yield Note(matters, apart=True)
        for line in _reasons(result.of(objective)):
            yield Note(line, Tone.BAD)
        yield from _spent(result, objective)
        yield Facts(tuple(_totals(result, objective)), _TOTALS_WIDTH, "total", apart=True)
        if mappings:
            yield from _loops_table(places)
    yield from closing_notes(result)


def closing_notes(result: WorkloadResult) -> Iterator[Block]:
    """What the tables do not show: operators that are not mapped, an interruption."""
    if result.workload.unmapped:
        count = sum(op.count for op in result.workload.unmapped)
        operators = numbers.counted(count, "operator")
        yield Note(f"not mapped: {operators}, listed by `dmaze-cp layers`", apart=True)
    if result.interrupted:
        asked = len(result.workload) * len(result.objectives)
        text = f"interrupted: {len(result.layers)} of {asked} layer results are shown"
        yield Note(text, Tone.FAIR, apart=not result.workload.unmapped)


def layers_table(places: Sequence[Ranked], link: str = "") -> Table:
    """A row for each layer; costs are of one instance."""
    # The running sum of one layer is no news.
    shown = [column for column in LAYER_COLUMNS if len(places) > 1 or not column.of_several]
    return Table(
        tuple(column.head for column in shown),
        [tuple(column.cell(place) for column in shown) for place in places],
        keys=tuple(place.result.layer.name for place in places),
        link=link,
        caption="Layers",
        least=NAME_WIDTH,
        searched=True,
    )


def _reasons(results: Sequence[LayerResult]) -> list[str]:
    """A line for each layer that has no mapping, or whose search broke off."""
    return [
        f"{r.layer.name}: {status_text(r)}: {r.reason or 'no reason given'}"
        for r in results
        if r.cost is None or r.failed
    ]


def _what_matters(places: Sequence[Ranked], objective: Objective) -> str | None:
    """How few layers make most of the total; None where that says nothing."""
    mapped = [place for place in places if place.share is not None]
    count = layers_of_most(mapped, _MOST)
    if len(mapped) < 2 or not count:
        return None
    verb = "makes" if count == 1 else "make"
    return (
        f"{count} of {numbers.counted(len(mapped), 'layer')} {verb} {numbers.percent(_MOST)} of "
        f"the {in_sentence(objective)} (all n instances; costs are of one)"
    )


def _spent(result: WorkloadResult, objective: Objective) -> Iterator[Block]:
    """Where a network's energy and cycles go; a layer alone has that in its own report."""
    totals = result.totals(objective)
    if totals.mapped_layers < 2:
        return
    yield Heading("Where the energy goes")
    yield energy_bars(totals.energy_breakdown_pj)
    yield Heading("Where the cycles go")
    yield cycle_bars(network_cycles(result.of(objective)))


def _totals(result: WorkloadResult, objective: Objective) -> Iterator[Fact]:
    """Each total, what is proven, and what is in no total."""
    totals = result.totals(objective)
    yield from _sums(totals, objective, result.architecture.accelerator_mhz)
    limits = pin_texts(result)
    if limits:
        yield Fact("within limits", ", ".join(limits))
    yield from _unpadded(result.of(objective))
    if totals.unproven_layers:
        of = f"{totals.unproven_layers} of {numbers.counted(totals.mapped_layers, 'layer')}"
        gaps = [r.gap if r.gap is not None else 1.0 for r in result.of(objective) if r.cost]
        text = f"{of}, the largest gap is {numbers.percent(max(gaps))}"
        yield Fact("not proven", text, Tone.FAIR)
    without = totals.unmapped_layers - totals.missing_layers
    if without:
        yield Fact("without a mapping", f"{numbers.counted(without, 'layer')}, in no total")
    if totals.missing_layers:
        count = numbers.counted(totals.missing_layers, "layer")
        yield Fact("not reached", f"{count}, in no total")


def _unpadded(results: Sequence[LayerResult]) -> Iterator[Fact]:
    """What the layers cost without padding together, where all of them were compared."""
    pairs = [(r, r.unpadded.value) for r in results if r.unpadded is not None and r.value]
    if not pairs or len(pairs) < len(results) or any(value is None for _, value in pairs):
        return
    before = sum((value or 0) * r.layer.instances for r, value in pairs)
    after = sum((r.value or 0) * r.layer.instances for r, _ in pairs)
    proven = all(r.unpadded is not None and r.unpadded.status is Status.OPTIMAL for r, _ in pairs)
    text = f"{value_text(before, pairs[0][0].objective)}{', proven' if proven else ''}"
    saved = numbers.percent((before - after) / before) if before else "nothing"
    yield Fact("without padding", f"{text}; padding saves {saved}")


def _sums(totals: Totals, objective: Objective, mhz: float) -> Iterator[Fact]:
    if not totals.mapped_layers:
        return
    of_edp = objective is Objective.EDP
    value = bound = (numbers.scientific if of_edp else numbers.exact)(totals.value)
    if totals.gap:
        bound = (numbers.scientific_bound if of_edp else numbers.exact_bound)(totals.bound)
    time = numbers.seconds(totals.latency_cycles / (mhz * 1e6))
    proof = "proven optimal" if totals.gap == 0 else f"gap {numbers.percent(totals.gap)}"
    if totals.unmapped_layers:
        proof += f" for {totals.mapped_layers} of {totals.mapped_layers + totals.unmapped_layers}"
        proof += " layers"
    yield Fact("total energy", f"{numbers.exact(totals.energy_pj)} pJ")
    yield Fact("total latency", f"{numbers.exact(totals.latency_cycles)} cycles ({time})")
    yield Fact("sum of EDPs", f"{numbers.scientific(totals.edp)} pJ x cycles")
    yield Fact("network EDP", f"{numbers.scientific(totals.network_edp)} pJ x cycles")
    name, unit = objective_name(objective), objective_unit(objective)
    yield Fact(f"{name} bound", f"{bound} {unit} (value {value}, {proof})")


def _loops_table(places: Sequence[Ranked]) -> Iterator[Block]:
    """Loops of each level, the ordered ones outermost first; loops of one pass left out."""
    rows = [
        (
            place.result.layer.name,
            *loops_text(mapping),
        )
        for place in places
        if (mapping := place.result.mapping) is not None
    ]
    if rows:
        heads = ("layer", "DRAM loops", "SPM loops", "RF loops", "PE loops")
        yield Table(columns(*heads, texts=range(len(heads))), rows)
