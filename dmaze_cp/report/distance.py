"""A given mapping beside the best one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from dmaze_cp.cost.latency import cycles
from dmaze_cp.given import Distance
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import Block, Cell, Heading, Note, Table, Tone, columns, facts
from dmaze_cp.report.mapping import CAUSES
from dmaze_cp.report.words import objective_name, value_text
from dmaze_cp.result import Ending, Status

_WIDTH: Final = 9


def distance_blocks(distances: Sequence[Distance]) -> Iterator[Block]:
    """For each given mapping how far it is from the best, where it differs, and what to move."""
    for number, found in enumerate(distances):
        layer, goal = found.result.layer, objective_name(found.result.objective)
        title = f"given mapping {number} beside the best: {layer.name}, {goal}"
        yield Heading(title, main=True)
        for reason in found.misfits:
            yield Note(f"it does not fit: {reason}", Tone.FAIR)
        if not found.is_allowed:
            yield Note("it is outside of the limits of the search", Tone.FAIR)
        yield facts(*_facts(found), width=_WIDTH)
        yield from _differences(found)


def _facts(found: Distance) -> Iterator[tuple[str, str]]:
    objective, result = found.result.objective, found.result
    yield "given", value_text(found.value, objective)
    cut = ", interrupted" if result.ended is Ending.INTERRUPTED else ""
    if result.value is None:
        yield "best", f"{result.status}{cut}"
    else:
        yield "best", f"{value_text(result.value, objective)} ({result.status}{cut})"
    yield "distance", distance_text(found)
    if found.move is not None and found.move_cost is not None:
        value = objective.of(found.move_cost.energy_pj, found.move_cost.latency_cycles)
        yield "move", f"{found.move}: {value_text(value, objective)}"
    elif found.is_valid:
        yield "move", "no single move makes it better"


def distance_text(found: Distance) -> str:
    """How many times the best it costs; without a proof, an interval."""
    if found.ratio is None:
        return "unknown"
    if found.result.status is Status.OPTIMAL:
        if found.value == found.result.value:
            return "none: it is one of the best, proven"
        if not found.is_valid:
            return f"{found.ratio:.4g} x the best, which is proven; it is not valid itself"
        return f"{found.ratio:.4g} x the best, which is proven"
    if found.at_most is None:
        return f"at least {found.ratio:.4g} x the best"
    return f"from {found.ratio:.4g} to {found.at_most:.4g} x the best, which is not proven"


def _differences(found: Distance) -> Iterator[Block]:
    best = found.result
    if best.cost is None or best.mapping is None:
        return
    rows: list[tuple[str | Cell, ...]] = []
    for name, energy in found.cost.energy_breakdown_pj.items():
        other = best.cost.energy_breakdown_pj.get(name, 0.0)
        rows.append((f"{name} energy", *_pair(energy, other, numbers.energy)))
    mine, theirs = cycles(found.mapping, found.cost), cycles(best.mapping, best.cost)
    parts = zip(
        CAUSES,
        (mine.compute, mine.noc, mine.dma),
        (theirs.compute, theirs.noc, theirs.dma),
        strict=True,
    )
    for (cause, _), own, other in parts:
        rows.append((f"{cause} cycles", *_pair(own, other, numbers.count)))
    yield Heading("Where they differ")
    heads = columns("", "given", "best", "given - best", texts=(0,), folds=(0,))
    yield Table(heads, rows, caption="Energy and cycles of both")


def _pair(own: float, other: float, show: Callable[[float], str]) -> tuple[str | Cell, ...]:
    more = own - other
    sign = "+" if more > 0 else "-" if more < 0 else ""
    tone = Tone.BAD if more > 0 else Tone.GOOD if more < 0 else Tone.FAINT
    return show(own), show(other), Cell(f"{sign}{show(abs(more))}", more, tone)
