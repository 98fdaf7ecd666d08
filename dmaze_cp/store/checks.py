"""Do stored results hold? Costs are computed anew from the tilings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dmaze_cp.cost import evaluate, fits
from dmaze_cp.cost.cost import Cost
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapspace import broken_constraints, check_sizes
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
    check_sizes([question.layer], question.architecture, question.constraints.padding)
    mapping = answer.best.mapping
    yield from cost_problems(question, answer, evaluate(mapping, question.architecture))
    for problem in fits(mapping, question.architecture):
        yield replace(problem, where=f"mapping: {problem.where}")
    for problem in broken_constraints(mapping, question.architecture, question.constraints):
        yield replace(problem, where=f"mapping: {problem.where}")


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
