"""Prove a random problem in every way, and hold the proofs against the exhaustive search."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

import exhaustive_kernel
import wide_problems
from exhaustive import mapping_complaints, space_complaints
from exhaustive_search import Best, search
from random_problems import RandomProblem, Sizes, draw
from wide_problems import draw_wide, search_wide

from dmaze_cp import LayerResult, Objective, Status, map_layer
from dmaze_cp.engine import Engine
from dmaze_cp.result import SearchStats

ENGINES = tuple(map(str, Engine))
WAYS = ("bounds", "scoring", "cp-sat")
"""How a part of the map-space is closed."""


@dataclass(frozen=True)
class Trial:
    """A problem by its number, and how it is to be proven."""

    seed: int
    index: int
    sizes: Sizes
    engines: tuple[str, ...] = ENGINES
    time_limit_s: float = 600.0
    wide: bool = False


@dataclass(frozen=True)
class Proof:
    """One search: `complaints` says what is wrong with its answer."""

    engine: str
    objective: str
    status: str
    seconds: float
    closed_by: dict[str, int] = field(default_factory=dict)
    stats: SearchStats = field(default_factory=SearchStats)
    complaints: tuple[str, ...] = ()

    @property
    def split(self) -> bool:
        """Some part was split: more were closed than there were cases."""
        return sum(self.closed_by.values()) > self.stats.cases

    @property
    def pruned(self) -> bool:
        """Some part was closed by scoring no more of it than reduced costs leave."""
        return self.stats.nodes_scored > self.stats.cases_scored

    @property
    def proven(self) -> bool:
        """It ended with the optimum, or with a proof that there is none."""
        return self.status in (Status.OPTIMAL, Status.INFEASIBLE)


@dataclass(frozen=True)
class Checked:
    """A problem with all its proofs, and what the exhaustive search took."""

    problem: RandomProblem
    valid: int
    exhaustive_s: float
    proofs: tuple[Proof, ...]


def check(question: Trial) -> Checked:
    """Draw a problem, try all its mappings, and prove it for every objective and engine."""
    drawn = draw_wide if question.wide else draw
    problem = drawn(question.seed, question.index, question.sizes)
    exhaustive_kernel.load()  # to compile it is no part of the time
    began = time.perf_counter()
    best = search_wide(problem) if question.wide else search(problem.record())
    exhaustive_s = time.perf_counter() - began
    proofs = tuple(
        prove(problem, objective, engine, question.time_limit_s, best, wide=question.wide)
        for objective in Objective
        for engine in question.engines
    )
    return Checked(problem, best.tilings, exhaustive_s, proofs)


def prove(
    problem: RandomProblem,
    objective: Objective,
    engine: str,
    time_limit_s: float,
    best: Best | None = None,
    *,
    wide: bool = False,
) -> Proof:
    """Map a problem; with the best costs that there are, also say what is wrong."""
    began = time.perf_counter()
    try:
        result = solve(problem, objective, engine, time_limit_s)
    except Exception as error:
        seconds = time.perf_counter() - began
        return Proof(engine, objective, "failed", seconds, complaints=(f"raised {error!r}",))
    seconds = time.perf_counter() - began
    wrong = () if best is None else tuple(complaints(problem, result, best, wide=wide))
    ways = result.closed_by
    return Proof(result.engine, objective, result.status, seconds, ways, result.stats, wrong)


def complaints(
    problem: RandomProblem, result: LayerResult, best: Best, *, wide: bool = False
) -> list[str]:
    """Where a result and its mapping contradict the exhaustive search, or are no proof."""
    record = {
        "objective": str(result.objective),
        "status": str(result.status),
        "value": result.value,
        "bound": result.bound,
    }
    found = space_complaints(best, record)
    if result.status not in (Status.OPTIMAL, Status.INFEASIBLE):
        found.append(f"not proven: {result.status}, {result.reason}")
    if wide:
        return found + wide_problems.mapping_complaints(problem, result)
    if result.mapping is not None and result.cost is not None:
        cost = result.cost
        record |= {
            "tiling": result.mapping.tiling,
            "loop_order": result.mapping.loop_order,
            "energy_pj": cost.energy_pj,
            "latency_cycles": cost.latency_cycles,
            "edp": cost.edp,
        }
        found += mapping_complaints(problem.record(), record)
    return found


def random_objective(problem: RandomProblem) -> Objective:
    """One that depends on nothing but the number of the problem."""
    rng = random.Random(f"objective/{problem.seed}/{problem.index}")
    return rng.choice(list(Objective))


def solve(
    problem: RandomProblem, objective: Objective, engine: str, time_limit_s: float
) -> LayerResult:
    """Map a problem with an engine; why there is no mapping is no part of a proof."""
    return map_layer(
        problem.layer,
        problem.architecture,
        objective,
        time_limit=time_limit_s,
        constraints=problem.constraints,
        engine=engine,
        reasons=False,
    )
