"""A layer's result: what it is, the proof, the best mappings, and the best one in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dmaze_cp.constraints import PaddingPin
from dmaze_cp.levels import LEVELS
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Badge,
    Block,
    Heading,
    Note,
    Table,
    Tone,
    columns,
    facts,
)
from dmaze_cp.report.mapping import FACTS_WIDTH, loops_text, mapping_blocks, tiling_table
from dmaze_cp.report.slices import slices_figure
from dmaze_cp.report.words import in_sentence, objective_name, objective_unit, value_text
from dmaze_cp.result import Alternative, Clash, LayerResult, Ranking, Status
from dmaze_cp.workload import Kind, Layer

STATUS_TONES: Final[dict[str, Tone]] = {
    "optimal": Tone.GOOD,
    "feasible": Tone.FAIR,
    "infeasible": Tone.BAD,
    "unknown": Tone.BAD,
    "failed": Tone.BAD,
}


def layer_blocks(result: LayerResult, *, brief: bool = False) -> Iterator[Block]:
    """The report of one layer's result.

    Parameters
    ----------
    brief
        Of the mapping only the tiling.
    """
    badges = [Badge(status_text(result), STATUS_TONES[result.status])]
    if result.from_store:
        badges.append(Badge("stored", note="looked up, not solved in this run"))
    if result.failed:
        badges.append(Badge("search failed", Tone.BAD))
    yield Heading(result.layer.name, main=True, badges=tuple(badges))
    yield from shape_notes(result.layer)
    yield from _proof(result)
    if result.mapping is not None and brief:
        yield Heading("Tiling")
        yield tiling_table(result.mapping)
    elif result.mapping is not None and result.cost is not None:
        if result.ranking is not None:
            yield from _ranking(result, result.ranking)
        yield from mapping_blocks(result.mapping, result.cost, result.architecture)
    slices = slices_figure(result)
    if slices is not None:
        yield slices


def further_blocks(result: LayerResult) -> Iterator[Block]:
    """What is found beside the best mapping: others, the best of parts, what clashes; if any."""
    blocks: list[Block] = []
    if result.ranking is not None and result.mapping is not None:
        blocks += _ranking(result, result.ranking)
    slices = slices_figure(result)
    if slices is not None:
        blocks.append(slices)
    if result.clash is not None:
        blocks += clash_blocks(result.clash, result.objective)
    if blocks:
        goal = objective_name(result.objective)
        yield Heading(f"{result.layer.name}: {goal}, {status_text(result)}", main=True)
        yield from blocks


def status_text(result: LayerResult) -> str:
    """The status; ``failed`` where a search that broke off left no mapping."""
    return "failed" if result.failed and result.cost is None else str(result.status)


def layer_shape(layer: Layer) -> str:
    """Kind, bounds, stride and dilation of a layer on one line."""
    parts = [str(layer.kind), " ".join(f"{d}={bound}" for d, bound in layer.bounds.items())]
    if layer.kind is not Kind.GEMM:
        parts.append(f"stride {numbers.pair(layer.stride)}")
        if layer.dilation != (1, 1):
            parts.append(f"dilation {numbers.pair(layer.dilation)}")
    return ", ".join(parts)


def shape_notes(layer: Layer) -> Iterator[Block]:
    """What a layer is."""
    yield Note(layer_shape(layer), Tone.PLAIN)
    about = [f"{numbers.count(layer.macs)} MACs"]
    if layer.padded_input is not None:
        about.append(f"padded input {numbers.pair(layer.padded_input)}")
    if layer.instances > 1:
        about.append(f"{layer.instances} instances")
    yield Note(", ".join(about), Tone.PLAIN)
    if layer.also:
        yield Note(f"also: {', '.join(layer.also)}", Tone.PLAIN)


def _among(result: LayerResult) -> str:
    """Which mappings a proof is about, where it is not about all of the layer."""
    pins = [pin for pin in result.constraints.pins if not isinstance(pin, PaddingPin)]
    within = " within the limits" if pins else ""
    return f"{within}, padded or not," if result.constraints.padding else within


def _proof(result: LayerResult) -> Iterator[Block]:
    line = f"{objective_name(result.objective)}: {result.status}"
    if result.status is Status.OPTIMAL:
        line += f", proven: no mapping{_among(result)} costs less"
    yield Note(line, STATUS_TONES[result.status])
    unit = objective_unit(result.objective)
    rows: list[tuple[str, str]] = []
    if result.value is not None:
        rows.append(("value", f"{numbers.exact(result.value)} {unit}"))
    if result.bound is not None:
        rows.append(("bound", f"{numbers.exact_bound(result.bound)} {unit}"))
    if result.gap is not None:
        rows.append(("gap", numbers.percent(result.gap)))
    if result.tie_bound is not None:
        rows.append(("ties", _ties(result)))
    rows += [("limit", text) for text in result.constraints.texts]
    took = numbers.duration(result.solve_time_s)
    if result.stats.candidates:
        took += f", {numbers.counted(result.stats.candidates, 'mapping')} scored exactly"
    rows.append(("time", took))
    yield facts(*((f"  {name}", text) for name, text in rows), width=FACTS_WIDTH)
    if result.unpadded is not None:
        yield Note(f"without padding: {unpadded_text(result)}", Tone.PLAIN, indent=2)
    if result.reason:
        yield Note(result.reason, Tone.PLAIN, indent=2)
    if result.clash is not None:
        yield from clash_blocks(result.clash, result.objective)


def clash_blocks(clash: Clash, objective: Objective) -> Iterator[Block]:
    """What makes a layer infeasible, and the least that each part has to give way."""
    rows = []
    for member in clash.members:
        instead, cost = member.relaxation, "-"
        if instead is not None and instead.value is not None:
            open_ = " (not proven)" if instead.status != Status.OPTIMAL else ""
            cost = value_text(instead.value, objective) + open_
        rows.append((member.text, "-" if instead is None else instead.text, cost))
    yield Heading("What clashes, and the least that each has to give way")
    heads = ("one of", "becomes", f"{in_sentence(objective)} then")
    yield Table(columns(*heads, texts=(0, 1), folds=(0, 1)), rows)
    if not clash.irreducible:
        yield Note("time ran out: some of these may not be needed", Tone.FAIR)


def _ties(result: LayerResult) -> str:
    """What is known of mappings that are as good."""
    decides = result.objective.tie_break
    which = f"none of equal {in_sentence(result.objective)} has less {decides}"
    if result.breaks_ties:
        return f"{which}, proven"
    bound = f"{numbers.exact(result.tie_bound or 0)} {objective_unit(decides)}"
    return f"{which} than {bound}; more is not proven"


def _ranking(result: LayerResult, ranking: Ranking) -> Iterator[Block]:
    """The best mappings, and how many share the optimum."""
    yield Heading("Best mappings")
    best = Alternative(result.mapping, result.dataflow, result.cost)  # type: ignore[arg-type]
    ranked = (best, *ranking.alternatives)
    rows = []
    for rank, each in enumerate(ranked, 1):
        value, cost, flow = each.value(result.objective), each.cost, each.dataflow
        above = numbers.percent(value / result.value - 1) if result.value else "-"
        costs = numbers.energy(cost.energy_pj), numbers.count(cost.latency_cycles)
        names = f"{flow.dram} {flow.spm}", " | ".join(loops_text(each.mapping))
        edp = numbers.scientific(cost.edp)
        rows.append((f"{rank}", *costs, edp, above, *names))
    heads = columns(
        *("rank", "energy", "cycles", "EDP", "above", "stationary", f"loops: {' | '.join(LEVELS)}"),
        texts=(5,),
        folds=(6,),
    )
    of_each = "" if ranking.diverse is None else f" of each {ranking.diverse}"
    yield Table(heads, rows, caption=f"The best mappings{of_each and ', the best' + of_each}")
    least, count = f"of least {in_sentence(result.objective)}", ranking.optima_text
    optima = f"{count} mapping{'' if count == 1 else 's'} {least}"
    if not ranking.optima:
        optima = f"how many mappings are {least} is not known"
    whole = "all" if ranking.proven == len(ranked) else f"down to rank {ranking.proven}"
    yield Note(f"{optima}; proven: {whole if ranking.proven else 'none'}", Tone.PLAIN)


def unpadded_text(result: LayerResult) -> str:
    """What the layer costs without padding, and what padding gains."""
    own, gain = result.unpadded, result.padding_gain
    if own is None or own.value is None:
        return "not known" if own is None else str(own.status)
    text = f"{value_text(own.value, result.objective)}, {own.status}"
    return text if gain is None else f"{text}; padding saves {numbers.percent(gain)}"
