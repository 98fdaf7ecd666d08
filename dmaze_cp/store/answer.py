"""What is known of a question, and how the results of several runs are merged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isfinite

from dmaze_cp.cost.cost import Cost
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import NONE
from dmaze_cp.mapping import Dataflow, Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import LayerResult, SearchStats, Status

ROUNDING = 1e-12
"""A bound that is a double may exceed the optimum by this much, relatively."""


@dataclass(frozen=True)
class Best:
    """The best mapping so far.

    Attributes
    ----------
    mapping, dataflow
        What it is.
    energy_pj, latency_cycles
        Its exact cost.
    value
        Its exact cost in terms of the objective (pJ, cycles or pJ x cycles).
    tie_bound
        Proven: no mapping of this value has less of what decides between equals (None: unknown).
    """

    mapping: Mapping
    dataflow: Dataflow
    energy_pj: int
    latency_cycles: int
    value: int
    tie_bound: int | None = None

    def order(self, objective: Objective) -> tuple[int, int]:
        """What costs less comes first."""
        return self.value, self.tie_value(objective)

    def tie_value(self, objective: Objective) -> int:
        """What it has of what decides between equals."""
        return objective.tie_break.of(self.energy_pj, self.latency_cycles)


@dataclass(frozen=True)
class Answer:
    """What is known of a question.

    Attributes
    ----------
    status
        How good the answer is.
    best
        The best mapping, if there is one.
    bound
        Proven: no mapping costs less (None where nothing is known or nothing fits).
    reason
        Why there is no mapping, or why the search stopped before the proof.
    solve_time_s, stats
        Of the last search that improved the answer.
    """

    status: Status
    best: Best | None = None
    bound: int | float | None = None
    reason: str | None = None
    solve_time_s: float = 0.0
    stats: SearchStats = field(default_factory=SearchStats)

    @property
    def value(self) -> int | None:
        """Cost of the best mapping, in terms of the objective."""
        return None if self.best is None else self.best.value


def answer_of(result: LayerResult) -> Answer:
    """What a search's result says.

    Raises
    ------
    SpecError
        When its bound is above its own value.
    """
    best = None
    if result.mapping is not None and result.cost is not None and result.value is not None:
        flow = result.dataflow or _dataflow(result.cost)
        cost = result.cost
        costs = cost.energy_pj, cost.latency_cycles, result.value
        best = Best(result.mapping, flow, *costs, result.tie_bound)
    bound = result.bound if result.bound is not None and isfinite(result.bound) else None
    if best is not None and result.status is Status.OPTIMAL and bound is None:
        bound = best.value
    answer = Answer(result.status, best, bound, result.reason, result.solve_time_s, result.stats)
    return answer if result.status is Status.INFEASIBLE else _settled(answer)


def result_of(answer: Answer, question: Question, cost: Cost | None) -> LayerResult:
    """The answer as a result for the question's layer; `cost` is that of its mapping."""
    best = answer.best
    return LayerResult(
        question.layer,
        question.architecture,
        question.objective,
        answer.status,
        mapping=None if best is None else best.mapping,
        dataflow=None if best is None else best.dataflow,
        cost=cost,
        bound=answer.bound,
        reason=answer.reason,
        solve_time_s=answer.solve_time_s,
        constraints=question.constraints,
        stats=answer.stats,
        from_store=True,
        tie_bound=None if best is None else best.tie_bound,
    )


def merged(old: Answer | None, new: Answer, objective: Objective) -> Answer:
    """What two searches of one question say together.

    The cheaper mapping and the higher bound are kept, so the order of any number of
    searches plays no part in value, bound and status, and a proof is never lost. So it is with
    what decides between mappings of one value.

    Raises
    ------
    SpecError
        When the two contradict each other: one of them is wrong.
    """
    if old is None:
        return new
    infeasible = [a for a in (old, new) if a.status is Status.INFEASIBLE]
    if infeasible:
        if old.best is not None or new.best is not None:
            found = "a mapping, and a proof that there is none"
            raise SpecError(Problem("status", found, "only one of them"))
        return infeasible[0]
    best = _better(old.best, new.best, objective)
    bounds = [a.bound for a in (old, new) if a.bound is not None]
    bound = max(bounds) if bounds else None
    improved = best != old.best or bound != old.bound
    answer = _settled(replace(new if improved else old, best=best, bound=bound))
    if answer.best is not None and answer.status is Status.FEASIBLE and answer.reason is None:
        # A bound without a mapping may meet a mapping without this bound.
        return replace(answer, reason=old.reason or new.reason)
    return answer


def _better(old: Best | None, new: Best | None, objective: Objective) -> Best | None:
    if old is None or new is None:
        return old or new
    best = min(old, new, key=lambda b: b.order(objective))
    bounds = [b.tie_bound for b in (old, new) if b.value == best.value and b.tie_bound is not None]
    return best if not bounds else replace(best, tie_bound=max(bounds))


def is_above(bound: float, value: int) -> bool:
    """Whether a bound exceeds a value by more than rounding explains."""
    return bound > value and bound - value > value * ROUNDING


def _settled(answer: Answer) -> Answer:
    """The answer with the status that its value and bound amount to."""
    if answer.best is None:
        return replace(answer, status=Status.UNKNOWN)
    value, bound = answer.best.value, answer.bound
    if bound is None or bound < value:
        return replace(answer, status=Status.FEASIBLE)
    if is_above(bound, value):
        found = f"{bound!r}, above the cost of a mapping"
        raise SpecError(Problem("bound", found, f"at most {value}"))
    return replace(answer, status=Status.OPTIMAL, bound=value, reason=None)


def _dataflow(cost: Cost) -> Dataflow:
    """The dataflow that a mapping's loop orders amount to."""
    names = [
        next((operand for operand, times in reuse.items() if times > 1), NONE)
        for reuse in (cost.reuse_dram, cost.reuse_spm)
    ]
    return Dataflow(*names)
