"""Networks and comparisons on a page: the blocks of a report, with figures and what one selects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dmaze_cp.architecture import Architecture
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Badge,
    Block,
    Cell,
    Choice,
    Column,
    Details,
    Fact,
    Facts,
    Fold,
    Note,
    Page,
    Table,
    Tone,
    columns,
    facts,
)
from dmaze_cp.report.comparison import comparison_blocks
from dmaze_cp.report.layer import layer_blocks
from dmaze_cp.report.layer_figures import network_figures
from dmaze_cp.report.machine import architecture_rows
from dmaze_cp.report.network import layers_table
from dmaze_cp.report.words import (
    in_sentence,
    objective_name,
    objective_unit,
    pin_texts,
    value_text,
)
from dmaze_cp.result import LayerResult, Status, WorkloadResult
from dmaze_cp.result.shares import ranked
from dmaze_cp.result.standings import Standing, standings
from dmaze_cp.workload import UnmappedOperator


def results_page(results: Sequence[WorkloadResult]) -> Page:
    """One result, or several that are compared."""
    if len(results) == 1:
        (one,) = results
        goals = ", ".join(in_sentence(objective) for objective in one.objectives)
        about = f"mapped onto {one.architecture.name}, least {goals}"
        return Page(one.workload.name, about, network_page(one))
    networks = numbers.counted(len({r.workload.name for r in results}), "network")
    machines = numbers.counted(len({r.architecture.name for r in results}), "accelerator")
    return Page("Comparison", f"{networks}, {machines}", comparison_page(results))


def network_page(result: WorkloadResult) -> tuple[Block, ...]:
    """Totals, figures and layers for each objective, and what belongs to all of them."""
    options = tuple(
        (str(o), f"Least {in_sentence(o)}", tuple(_objective(result, o))) for o in result.objectives
    )
    several = Choice("objective", "Objective", options, tabs=True)
    main = options[0][2] if len(options) == 1 else (several,)
    return (*main, *machine_folds(result.architecture, result.workload.unmapped))


def _objective(result: WorkloadResult, objective: Objective) -> Iterator[Block]:
    layers = result.of(objective)
    if result.interrupted:
        yield Note("The run was interrupted: layers are missing.", Tone.FAIR)
    yield _tiles(result, objective)
    yield from network_figures(result, objective)
    places = ranked(layers)
    yield layers_table(places, "layer")
    items = {r.layer.name: tuple(layer_blocks(r)) for r in layers}
    first = places[0].result.layer.name if places else None
    yield details_of(layers, items, first)


def details_of(
    layers: Sequence[LayerResult], items: Mapping[str, tuple[Block, ...]], first: str | None
) -> Details:
    """What belongs to the layer that is selected."""
    also = {other: r.layer.name for r in layers for other in r.layer.also}
    hint = "Select a layer to see its mapping."
    return Details("layer", items, first, aliases=also, hint=hint)


def _tiles(result: WorkloadResult, objective: Objective) -> Facts:
    layers, totals = result.of(objective), result.totals(objective)
    instances = numbers.counted(sum(r.layer.instances for r in layers), "instance")
    without = f", {totals.unmapped_layers} without a mapping" if totals.unmapped_layers else ""
    limits = pin_texts(result)
    rows = [*_cost_tiles(result, objective, _badge(layers, totals.gap, limits))]
    rows.append(Fact("Layers", str(len(layers)), note=f"{instances}{without}"))
    took = numbers.duration(sum(r.solve_time_s for r in layers))
    rows.append(Fact("Search", took, note="sum over the layers"))
    if limits:
        rows.append(Fact("Limits", numbers.counted(len(limits), "limit"), note=", ".join(limits)))
    return Facts(tuple(rows), tiles=True)


def _cost_tiles(result: WorkloadResult, objective: Objective, badge: Badge) -> Iterator[Fact]:
    totals, mhz = result.totals(objective), result.architecture.accelerator_mhz
    is_edp = objective is Objective.EDP
    name = "EDP, sum of layers" if is_edp else f"Total {objective}"
    if not totals.mapped_layers:
        # Sums of nothing are no costs.
        yield Fact(name, "–", badge=badge)
        return
    unit = f" {objective_unit(objective)}" if is_edp else ""
    bound = numbers.scientific_bound(totals.bound) if is_edp else numbers.exact_bound(totals.bound)
    yield Fact(name, value_text(totals.value, objective), note=f"bound {bound}{unit}", badge=badge)
    if objective is not Objective.ENERGY:
        exact = f"{numbers.exact(totals.energy_pj)} pJ"
        yield Fact("Energy", numbers.energy(totals.energy_pj), note=exact)
    if objective is not Objective.LATENCY:
        time = f"{numbers.seconds(totals.latency_cycles / (mhz * 1e6))} at {mhz:g} MHz"
        yield Fact("Latency", f"{numbers.count(totals.latency_cycles)} cycles", note=time)
    if not is_edp:
        yield Fact("EDP, sum of layers", numbers.scientific(totals.edp), note="pJ x cycles")
    product = "total energy x total latency"
    yield Fact("Network EDP", numbers.scientific(totals.network_edp), note=product)


def _badge(layers: Sequence[LayerResult], gap: float, limits: Sequence[str]) -> Badge:
    bad = sum(r.value is None for r in layers)
    if bad or not layers:
        text = f"{numbers.counted(bad, 'layer')} without a mapping" if layers else "no layers"
        return Badge(text, Tone.BAD)
    if all(r.status is Status.OPTIMAL for r in layers):
        within = " within the limits" if limits else ""
        return Badge(f"proven optimal{within}", Tone.GOOD, "no mapping of any layer costs less")
    note = "the total could be lower by at most this much"
    return Badge(f"gap {numbers.percent(gap)}", Tone.FAIR, note)


def machine_folds(machine: Architecture, unmapped: Sequence[UnmappedOperator]) -> Iterator[Block]:
    """The accelerator, and the operators that are not mapped."""
    yield Fold(f"Accelerator {machine.name}", (facts(*architecture_rows(machine)),))
    if unmapped:
        rows = [
            (op.name or "–", op.operator or "–", op.reason or "–", Cell(str(op.count), op.count))
            for op in unmapped
        ]
        heads = columns("Operator", "Type", "Reason", "n", texts=(0, 1, 2), folds=(2,))
        table = Table(heads, rows, caption="operators not mapped", searched=True)
        yield Fold(f"{numbers.counted(len(unmapped), 'operator')} not mapped", (table,))


def comparison_page(results: Sequence[WorkloadResult]) -> Iterator[Block]:
    """Networks and accelerators side by side, and the result one selects."""
    yield from comparison_blocks(results, "result")
    places = standings(results)
    yield Fold("All figures", (_all_figures(places),))
    names = {place.index: f"{place.model} on {place.architecture}" for place in places}
    options = tuple(
        (str(k), names.get(k, result.workload.name), network_page(result))
        for k, result in enumerate(results)
    )
    yield Choice("result", "Result", options, clears=("layer",))


def _all_figures(places: Sequence[Standing]) -> Table:
    heads = (
        *(Column(title, is_text=True) for title in ("Network", "Accelerator", "Objective")),
        *map(Column, ("Value", "Gap", "To the best", "Energy", "Cycles", "EDP", "Network EDP")),
        Column("Unmapped"),
    )
    return Table(heads, [_figures_row(p) for p in places], caption="comparison", searched=True)


def _figures_row(place: Standing) -> tuple[str | Cell, ...]:
    totals, ratio = place.totals, place.ratio
    link = (("result", str(place.index)), ("objective", str(place.objective)))
    shown: tuple[Cell, ...] = (Cell("–"),) * 7
    if totals.mapped_layers:
        shown = (
            Cell(value_text(totals.value, place.objective), totals.value),
            Cell(numbers.percent(totals.gap), totals.gap),
            Cell("–" if ratio is None else f"{ratio:.3f}", ratio),
            Cell(numbers.energy(totals.energy_pj), totals.energy_pj),
            Cell(numbers.count(totals.latency_cycles), totals.latency_cycles),
            Cell(numbers.scientific(totals.edp), totals.edp),
            Cell(numbers.scientific(totals.network_edp), totals.network_edp),
        )
    unmapped = Cell(str(totals.unmapped_layers), totals.unmapped_layers)
    name = Cell(place.model, link=link)
    return name, place.architecture, objective_name(place.objective), *shown, unmapped
