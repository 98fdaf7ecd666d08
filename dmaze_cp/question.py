"""What is asked of a search: one question, whoever asks it and wherever it is answered."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from operator import index
from typing import Final, SupportsIndex

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cp.parameters import DEFAULT_SOLVER, SolverOptions
from dmaze_cp.engine import DEFAULT_ENGINE, DEFAULT_TIME_LIMIT_S, MOST_SEED, MOST_WORKERS, Engine
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapping import Diversity
from dmaze_cp.mapspace import tilings_count
from dmaze_cp.objective import Objective
from dmaze_cp.padding import NO_PADDING, Padding
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.result.ranking import MOST_RANKED
from dmaze_cp.workload import Layer, Workload

GROWTH: Final = 0.26
"""Time of a proof grows with this power of the number of tilings (docs/performance.md)."""


@dataclass(frozen=True)
class Options:
    """How far a search goes, and how: this decides when it ends, not what is true.

    Attributes
    ----------
    time_limit_s
        Wall seconds; at the limit the best mapping so far is the answer, with its bound.
    gap
        Stop once the proven relative gap is at most this; 0 asks for the optimum.
    engine
        What decides the parts of a map-space that bounds leave open.
    solver
        Settings of CP-SAT.
    tie_break
        Decide between mappings of least cost, too; a gap above 0 leaves it out.
    top_k
        How many of the best mappings are asked for; more than one not with a gap.
    diverse
        What tells them apart: of those that are equal in it only the best is ranked. None: all.

    Raises
    ------
    SpecError
        With everything that makes no sense.
    """

    time_limit_s: float = DEFAULT_TIME_LIMIT_S
    gap: float = 0.0
    engine: Engine | str = DEFAULT_ENGINE
    solver: SolverOptions = DEFAULT_SOLVER
    tie_break: bool = False
    top_k: int = 1
    diverse: Diversity | str | None = None

    @property
    def diversity(self) -> Diversity | None:
        """What tells the best mappings apart."""
        return None if self.diverse is None else Diversity(self.diverse)

    def __post_init__(self) -> None:
        problems = list(_option_problems(self))
        if problems:
            raise SpecError(problems)


def _option_problems(options: Options) -> Iterator[Problem]:
    if not is_number(options.time_limit_s) or not options.time_limit_s > 0:
        yield Problem("time_limit", repr(options.time_limit_s), "seconds above 0")
    gap_ok = is_number(options.gap) and 0 <= options.gap < 1
    if not gap_ok:
        yield Problem("gap", repr(options.gap), "a fraction from 0 to below 1")
    if options.engine not in list(Engine):
        yield Problem("engine", repr(options.engine), ", ".join(Engine))
    if not is_integer(options.top_k, 1, MOST_RANKED):
        yield Problem("top_k", repr(options.top_k), f"an integer from 1 to {MOST_RANKED}")
    elif options.top_k > 1 and gap_ok and options.gap > 0:
        yield Problem("top_k", repr(options.top_k), "1 where a gap is good enough")
    if options.diverse is not None and options.diverse not in list(Diversity):
        yield Problem("diverse", repr(options.diverse), ", ".join(Diversity))
    elif options.diverse is not None and options.top_k == 1:
        yield Problem("diverse", f"{options.diverse} with top_k = 1", "top_k of at least 2")
    workers, seed = options.solver.workers, options.solver.seed
    if not is_integer(workers, 1, MOST_WORKERS):
        yield Problem("workers", repr(workers), f"an integer from 1 to {MOST_WORKERS}")
    if not is_integer(seed, 0, MOST_SEED):
        yield Problem("seed", repr(seed), f"an integer from 0 to {MOST_SEED}")


def is_number(value: object) -> bool:
    """Whether it is a real number, NumPy's included; not every caller checks types."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_integer(value: object, least: int, most: float = math.inf) -> bool:
    """Whether it is an integer within limits, NumPy's included."""
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return False
    return least <= index(value) <= most


DEFAULT_OPTIONS: Final = Options()


@dataclass(frozen=True)
class Question:
    """What is mapped onto what, for which objective, within which limits, and how far to search.

    Attributes
    ----------
    layer
        Its shape counts; name and multiplicity do not.
    architecture
        Its figures count; what is only reported does not.
    objective
        What is minimised.
    constraints
        Limits on the mapping.
    options
        How to search.

    Raises
    ------
    SpecError
        When there is no such objective.
    """

    layer: Layer
    architecture: Architecture
    objective: Objective = Objective.EDP
    constraints: Constraints = NO_CONSTRAINTS
    options: Options = DEFAULT_OPTIONS

    def __post_init__(self) -> None:
        object.__setattr__(self, "objective", checked_objective(self.objective))

    @classmethod
    def of(cls, result: LayerResult) -> Question:
        """The question that a result answers."""
        return cls(result.layer, result.architecture, result.objective, result.constraints)

    @property
    def key(self) -> Hashable:
        """Equal for questions with the same answer: how it is searched for plays no part."""
        figures = self.architecture.figures
        return self.layer.shape, figures, self.objective, self.constraints

    @cached_property
    def difficulty(self) -> float:
        """How long a proof may take, in no particular unit."""
        return difficulty(self.layer, self.constraints.padding)

    def is_answered_by(self, result: LayerResult) -> bool:
        """Whether a result needs no further search: final, or with a gap that is small enough."""
        if self.options.top_k > 1:
            is_ranked = result.ranking is not None and result.is_final
            return result.status is Status.INFEASIBLE or is_ranked
        if self.options.tie_break and self.options.gap == 0:
            return result.breaks_ties
        small = result.gap is not None and result.gap <= self.options.gap
        return result.is_final or small


def difficulty(layer: Layer, padding: Padding = NO_PADDING) -> float:
    """How long a layer's proof may take, in no particular unit."""
    return math.pow(tilings_count(layer, padding), GROWTH)


_SUCH_AS: Final = {
    Layer: "a Layer, such as load_workload('resnet18')[0]",
    Workload: "a Workload, such as load_workload('resnet18')",
    Architecture: "an Architecture, such as load_architecture('edge')",
}


def check_objects(kind: type[Layer] | type[Workload] | type[Architecture], *given: object) -> None:
    """Refuse what is none of the package's objects, such as the name of one.

    Raises
    ------
    SpecError
        With each that is none.
    """
    wrong = [each for each in given if not isinstance(each, kind)]
    if wrong:
        name, expected = kind.__name__.lower(), _SUCH_AS[kind]
        raise SpecError(Problem(name, _shown(each), expected) for each in wrong)


def _shown(value: object) -> str:
    """A text as it is; of other objects, what they are."""
    if isinstance(value, str):
        return repr(value)
    name = type(value).__name__
    return f"{'an' if name[0].upper() in 'AEIOU' else 'a'} {name}"


def checked_objective(objective: Objective | str) -> Objective:
    """The objective of this name.

    Raises
    ------
    SpecError
        When there is none.
    """
    if objective not in list(Objective):
        raise SpecError(Problem("objective", repr(objective), ", ".join(Objective)))
    return Objective(objective)
