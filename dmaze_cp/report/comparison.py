"""Networks x accelerators: whose totals are least, and whether that is proven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Block, Cell, Column, Fact, Facts, Heading, Table, Tone
from dmaze_cp.report.words import in_sentence
from dmaze_cp.result import WorkloadResult
from dmaze_cp.result.standings import Standing, clocks_differ, standings

_MARK_WIDTH: Final = 7
_LEGEND: Final = {
    "best": "proven: no other accelerator can cost the network less",
    "least": "the least that was found; not proven, another's bound is below it",
    "*": "a proof is not finished: the layers may cost less, by the gap at most",
    "!": "layers without a mapping are left out, so that nothing is compared with it",
}


def comparison_blocks(results: Sequence[WorkloadResult], link: str = "") -> Iterator[Block]:
    """For each objective, networks and accelerators with their totals.

    A single result has nothing to be compared with: there are no blocks.

    Parameters
    ----------
    link
        What a click on a cell selects the result by.
    """
    if len(results) < 2:
        return
    entries = standings(results)
    for objective in dict.fromkeys(entry.objective for entry in entries):
        yield from _comparison([e for e in entries if e.objective is objective], link)


def _comparison(entries: Sequence[Standing], link: str) -> Iterator[Block]:
    objective = entries[0].objective
    models = tuple(dict.fromkeys(entry.model for entry in entries))
    architectures = tuple(dict.fromkeys(entry.architecture for entry in entries))
    in_seconds = clocks_differ(entries)
    unit = f", sum of EDPs in {'J x s' if in_seconds else 'pJ x cycles'}"
    title = f"Comparison: least {in_sentence(objective)}"
    yield Heading(title + (unit if objective is Objective.EDP else ""), main=True)
    cells: dict[tuple[str, str], Cell] = {}
    marks = set()
    for entry in entries:
        marks |= _marks(entry, ranks=len(architectures) > 1)
        chosen = ((link, str(entry.index)), ("objective", str(objective))) if link else ()
        cells[entry.model, entry.architecture] = _cell(
            entry, in_seconds, ranks=len(architectures) > 1, link=chosen
        )
    yield Table(
        (Column("network", is_text=True, folds=True), *map(Column, architectures)),
        [(model, *(cells.get((model, a), Cell("-")) for a in architectures)) for model in models],
        caption=f"{title} by network and accelerator",
        turns="accelerator",
    )
    legend = tuple(Fact(mark, text, Tone.FAINT) for mark, text in _LEGEND.items() if mark in marks)
    if legend:
        yield Facts(legend, _MARK_WIDTH, "mark", apart=True)


def _marks(entry: Standing, *, ranks: bool) -> set[str]:
    """The marks of a cell that are explained."""
    totals = entry.totals
    if not totals.mapped_layers:
        return set()
    marks = {"best" if entry.is_proven else "least"} if entry.is_best and ranks else set()
    marks |= {"*"} if totals.unproven_layers else set()
    return marks | ({"!"} if totals.unmapped_layers else set())


def _cell(
    entry: Standing, in_seconds: bool, *, ranks: bool, link: tuple[tuple[str, str], ...]
) -> Cell:
    totals = entry.totals
    if not totals.mapped_layers:
        text = "infeasible" if entry.infeasible else "no mapping"
        return Cell(text, tone=Tone.FAIR, link=link)
    first, *lines = _amounts(entry, in_seconds)
    marks = "*" * (totals.unproven_layers > 0) + "!" * (totals.unmapped_layers > 0)
    if entry.is_best and ranks:
        lines.append("best" if entry.is_proven else "least")
    elif entry.ratio is not None and ranks:
        lines.append(_ratio(entry.ratio))
    if totals.gap > 0:
        lines.append(f"gap {numbers.percent(totals.gap)}")
    if totals.unmapped_layers:
        lines.append(f"{totals.unmapped_layers} left out")
    is_best = entry.is_best and entry.is_proven and ranks
    tone = Tone.BEST if is_best else Tone.FAIR if marks else Tone.PLAIN
    return Cell(first + marks, totals.value, tone, tuple(lines), link)


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
