"""The CP-SAT model of one case: the best mapping of it, or none below a limit.

Variables are the tiling factors of every dimension at every level; a table of the factorisations
that are left is their divisibility. Capacities, the search options and what the case demands are
constraints on factors and on products of factors, and the objective is the analytical model's
cost in integers. Blocks of mappings that were scored exactly are excluded one after the other:
a round adds to the model that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from dmaze_cp.cost.batch import Ints
from dmaze_cp.cp.affine import constant, total
from dmaze_cp.cp.array import add_array
from dmaze_cp.cp.factors import Factors
from dmaze_cp.cp.limits import add_demands, add_limits
from dmaze_cp.cp.objective import MARGIN, Measured, add_objective, units_of
from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.cp.reading import Reading
from dmaze_cp.cp.solve import Answer, run
from dmaze_cp.mapspace import MapSpace
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.atoms import AtomTable
from dmaze_cp.relaxation.cases import Case, demands


@dataclass(frozen=True)
class Solution:
    """What a solve has found.

    Attributes
    ----------
    answer
        How it ended.
    bound
        No mapping of the case that is not excluded costs less, as far as the limit reaches
        (energy before it is rounded).
    candidate
        The best mapping that was found, if any: places of options in the groups' lists.
    """

    answer: Answer
    bound: float
    candidate: tuple[int, ...] | None = None


class CaseProblem:
    """One case of a map-space, or a part of it, as a CP-SAT model.

    Parameters
    ----------
    space
        The map-space.
    atoms
        Logarithms of its symbols.
    case
        Which expression the cost is.
    options
        Places of the options that are left, in the lists of the groups of the map-space.
    objective
        What is minimised.
    limit
        The largest cost of interest (energy before it is rounded): mappings that cost more
        may be left out.
    least
        What the energy and the latency of the case are known to be at least.
    within
        Other costs, and what they are at most (energy before it is rounded): mappings that cost
        more are left out as far as the model sees it.
    """

    def __init__(
        self,
        space: MapSpace,
        atoms: AtomTable,
        case: Case,
        options: Sequence[Ints],
        objective: Objective,
        limit: float = inf,
        least: tuple[float, float] = (0.0, 0.0),
        within: Sequence[tuple[Objective, float]] = (),
    ) -> None:
        self.options, self.limit = tuple(options), limit
        kind = space.layer.kind
        self.factors = Factors(space, atoms, options)
        self.integers = self.factors.integers
        needs = demands(case, kind)
        reading = Reading(self.factors, {need.product: need.least for need in needs})
        add_limits(reading, space.limits)
        add_array(self.factors)
        add_demands(reading, needs)
        model = space.cost_of(case.flow(kind))
        cost = add_objective(reading, model, objective, limit, least, within)
        self.is_empty = cost is None
        self.cost = cost or Measured(self.integers.free(0, 0, "nothing"), 1)
        self.integers.name(self.cost.variable, str(objective))
        self.integers.close_tables()
        self.integers.minimize(self.cost.variable)
        self._excluding: dict[tuple[int, int], int] = {}

    def solve(
        self,
        limit: float,
        hint: Sequence[int] | None = None,
        options: SolverOptions | None = None,
        time_limit: float = inf,
        stop: Callable[[], bool] | None = None,
        repeats: float = inf,
    ) -> Solution:
        """Ask for the best mapping that costs at most a limit, which never rises.

        Parameters
        ----------
        limit
            The largest cost of interest.
        hint
            The incumbent's options, if it is a mapping of this case.
        options
            Settings of the solver.
        time_limit, stop
            When to give up: after some seconds, or as soon as a function says so.
        repeats
            End where so many solutions are of mappings that were found before.
        """
        self.limit = min(limit, self.limit)
        most = units_of(self.limit, self.cost.scale) if self.limit < inf else None
        low, _ = self.integers.ranges[self.cost.variable]
        if self.is_empty or (most is not None and most < low):
            return Solution(Answer.NONE, self.limit)
        if most is not None:
            self.integers.at_most(self.cost.variable, most)
        places = None if hint is None else self._places(hint)
        if places is not None:
            self.integers.hint(places)
        found = run(self.integers, options or SolverOptions(), time_limit, stop, repeats)
        if found.answer is Answer.NONE:
            return Solution(Answer.NONE, self.limit)
        bound = found.bound / self.cost.scale * (1 - MARGIN)
        chosen = None if found.choice is None else self._options_at(found.choice)
        return Solution(found.answer, min(bound, self.limit), chosen)

    def exclude(self, block: Mapping[int, int]) -> None:
        """Leave out all mappings that pick these options of these groups."""
        literals = []
        for group, option in block.items():
            place = self._place(group, option)
            if place is None:
                return
            if len(self.options[group]) > 1:
                literals.append(self._literal(group, place))
        picked = total([self.integers.affine(literal) for literal in literals])
        self.integers.row(picked if literals else constant(1), most=max(0, len(literals) - 1))

    def relaxed_cost(self, options: Sequence[int]) -> float | None:
        """What the model takes the cost of a mapping to be, without solving; None if it has none.

        It is at most the exact cost, of any mapping of the case that is worth at most the limit
        and is not excluded.
        """
        places = self._places(options)
        if places is None or self.is_empty:
            return None
        values = self.integers.evaluate(places)
        if not self.integers.allows(values):
            return None
        return float(values[self.cost.variable]) / self.cost.scale

    def _literal(self, group: int, place: int) -> int:
        """A literal that is true if a group's choice is this one."""
        if (group, place) not in self._excluding:
            self._excluding[group, place] = self.integers.is_choice(group, place)
        return self._excluding[group, place]

    def _place(self, group: int, option: int) -> int | None:
        places = np.flatnonzero(self.options[group] == option)
        return int(places[0]) if len(places) else None

    def _places(self, options: Sequence[int]) -> list[int] | None:
        places = [self._place(g, o) for g, o in enumerate(options)]
        return None if None in places else [p for p in places if p is not None]

    def _options_at(self, places: Sequence[int]) -> tuple[int, ...]:
        return tuple(int(o[p]) for o, p in zip(self.options, places, strict=True))
