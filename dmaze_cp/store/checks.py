"""Do stored results hold? Costs are computed anew from the tilings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dmaze_cp.cost import evaluate, fits
from dmaze_cp.cost.cost import Cost
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.values import TilingValues
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import DRAM, OUTPUT, PE
from dmaze_cp.mapping import Mapping
from dmaze_cp.mapspace import check_sizes, demanded
from dmaze_cp.question import Question
from dmaze_cp.result import proof_problems
from dmaze_cp.result import tie_problems as bound_problems
from dmaze_cp.store.answer import Answer
from dmaze_cp.store.rows import Entry, UnreadableRow


@dataclass(frozen=True)
class Verification:
    """What checking every result has shown.

    Attributes
    ----------
    checked
        Results that were checked, good or bad.
    stale
        Results of another version of the cost model, which cannot be checked.
    bad
        Key of each bad result, and what is wrong with it.
    """

    checked: int
    stale: int
    bad: tuple[tuple[str, SpecError], ...]


def verify(entries: Iterable[Entry | UnreadableRow]) -> Verification:
    """Check that every result's mapping costs what it says, fits, and obeys the bound."""
    checked = stale = 0
    bad = []
    for entry in entries:
        if entry.is_stale:
            stale += 1
            continue
        checked += 1
        error = entry.error if isinstance(entry, UnreadableRow) else _error(entry)
        if error is not None:
            bad.append((entry.key, error))
    return Verification(checked, stale, tuple(bad))


def _error(entry: Entry) -> SpecError | None:
    try:
        problems = list(_problems(entry.question, entry.answer))
    except SpecError as error:
        return error
    return SpecError(problems) if problems else None


def _problems(question: Question, answer: Answer) -> Iterator[Problem]:
    yield from proof_problems(answer.status, answer.value, answer.bound)
    yield from tie_problems(question, answer)
    if answer.best is None:
        return
    check_sizes([question.layer], question.architecture)
    mapping = answer.best.mapping
    yield from cost_problems(question, answer, evaluate(mapping, question.architecture))
    for problem in fits(mapping, question.architecture):
        yield replace(problem, where=f"mapping: {problem.where}")
    yield from _limit_problems(question, mapping)


def tie_problems(question: Question, answer: Answer) -> Iterator[Problem]:
    """A stored bound of what decides between equals that the stored mapping contradicts."""
    if answer.best is not None:
        own = answer.best.tie_value(question.objective)
        yield from bound_problems(own, answer.best.tie_bound)


def cost_problems(question: Question, answer: Answer, cost: Cost | None) -> Iterator[Problem]:
    """Stored costs that are not those of the stored mapping."""
    if answer.best is None or cost is None:
        return
    pairs = {
        "energy_pj": (answer.best.energy_pj, cost.energy_pj),
        "latency_cycles": (answer.best.latency_cycles, cost.latency_cycles),
        "value": (
            answer.best.value,
            question.objective.of(cost.energy_pj, cost.latency_cycles),
        ),
    }
    for name, (stored, computed) in pairs.items():
        if stored != computed:
            yield Problem(name, str(stored), f"{computed}, what the mapping costs")


def _limit_problems(question: Question, mapping: Mapping) -> Iterator[Problem]:
    """Constraints that a mapping does not satisfy."""
    limits, layer = question.constraints, mapping.layer
    at = Evaluation(TilingValues(layer, question.architecture, mapping.tiling))
    for limit in demanded(layer, question.architecture, limits):
        if not limit.holds(at):
            yield Problem(f"mapping: {limit.name}", str(at(limit.node)), f"at least {limit.least}")
    dram, pe = mapping.level(DRAM), mapping.level(PE)
    if limits.no_feature_dram and any(dram.get(d, 1) > 1 for d in ("Fx", "Fy")):
        yield Problem("mapping.tiling.DRAM", "filter loops", "none (no_feature_dram)")
    if limits.no_spatial_reduction:
        summed = [d for d in layer.dimensions if d not in layer.depends[OUTPUT] and pe[d] > 1]
        if summed:
            found = f"reduction over {' '.join(summed)}"
            yield Problem("mapping.tiling.PE", found, "none (no_spatial_reduction)")
