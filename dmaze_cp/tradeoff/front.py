"""The exact energy-latency front of one layer.

The walk along the front: the mapping of least latency that has least energy among those is its
first point. The next is the one of least latency, and then of least energy, among the mappings
with less energy than the point before; and so on until there is none. Every search is a proof
(`dmaze_cp.search`) with a limit on the energy, and what is known from the last helps the next: a
mapping with less energy has more cycles, as all with at most as many cycles have at least the
energy of the point.

With an epsilon the next point has to have so much less energy that the point before does not
match it: mappings in between have at least its latency and at least its energy over 1 + epsilon.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import ceil

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapper import priced
from dmaze_cp.mapspace import check_sizes, cost_limits, why_infeasible
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.pinning import check_pins
from dmaze_cp.question import Options
from dmaze_cp.result import Alternative, Ending, Known
from dmaze_cp.search import SearchResult, search
from dmaze_cp.search.prepared import Prepared, prepared
from dmaze_cp.search.why import why_none
from dmaze_cp.tradeoff.result import MOST_EPSILON, FrontStatus, LayerFront, Region
from dmaze_cp.workload import Layer


def layer_front(
    layer: Layer,
    architecture: Architecture,
    *,
    epsilon: float = 0.0,
    constraints: Constraints = NO_CONSTRAINTS,
    options: Options | None = None,
    on_point: Callable[[Alternative], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> LayerFront:
    """The energy-latency front of a layer, proven.

    Parameters
    ----------
    epsilon
        0: exact. Else points are left out that another matches within 1 + epsilon.
    options
        How to search; the time limit is that of the whole front.
    on_point
        Called with each point as soon as it is proven.
    stop
        Polled; the walk ends soon after it returns True.

    Raises
    ------
    SpecError
        When an option makes no sense, or the layer is too large for the exact model.
    """
    began = time.monotonic()
    asked = options or Options(time_limit_s=DEFAULT_TIME_LIMIT_S)
    check_epsilon(epsilon)
    check_sizes([layer], architecture, constraints.padding)
    constraints = check_pins(layer, constraints)
    reason = why_infeasible(architecture)
    space = None if reason else prepared(layer.shape, architecture, constraints)
    if space is None:
        why = reason or why_none(layer, architecture, constraints)
        return LayerFront(layer, FrontStatus.COMPLETE, epsilon, (), 0, reason=why)
    walk = _Walk(layer, space, epsilon, asked, stop or (lambda: False), began)
    front = walk.run(on_point or (lambda _point: None))
    return replace(front, solve_time_s=time.monotonic() - began)


def check_epsilon(epsilon: float) -> None:
    """Refuse what is no epsilon.

    Raises
    ------
    SpecError
        When it is not a number from 0 to `MOST_EPSILON`.
    """
    if not 0 <= epsilon <= MOST_EPSILON:
        expected = f"a number from 0 to {MOST_EPSILON:g}"
        raise SpecError(Problem("epsilon", repr(epsilon), expected))


class _Walk:
    """A walk along the front, from least latency to least energy."""

    def __init__(
        self,
        layer: Layer,
        space: Prepared,
        epsilon: float,
        options: Options,
        stop: Callable[[], bool],
        began: float,
    ) -> None:
        self.layer, self.space, self.epsilon = layer, space, epsilon
        self.options, self.stop, self.began = options, stop, began
        self.points: list[Alternative] = []
        self.searches = 0

    def run(self, on_point: Callable[[Alternative], None]) -> LayerFront:
        """Walk until there is nothing left, or time is."""
        most, least, proven = None, 0, 0
        while True:
            found = self._search(most, least)
            if found is None:
                return self._partial(proven, most, least)
            if found.best is None and found.complete:
                space = self.space.space
                why = None
                if not self.points:
                    why = why_none(self.layer, space.architecture, space.constraints)
                status = FrontStatus.COMPLETE
                return self._front(status, proven, None, why)
            if found.best is None:
                return self._partial(proven, most, max(least, int(found.bound)))
            point = self._priced(found)
            self.points.append(point)
            if found.tie_bound is None or found.tie_bound < point.cost.energy_pj:
                return self._partial(proven, most, max(least, int(found.bound)))
            proven += 1
            on_point(point)
            most = below(point.cost.energy_pj, self.epsilon)
            least = point.cost.latency_cycles + 1
            if most < 0:
                return self._front(FrontStatus.COMPLETE, proven, None, None)

    def _search(self, most: int | None, least: int) -> SearchResult | None:
        left = self.options.time_limit_s - (time.monotonic() - self.began)
        if left <= 0 or self.stop():
            return None
        self.searches += 1
        return search(
            self.space,
            Objective.LATENCY,
            time_limit=left,
            engine=Engine(self.options.engine),
            solver=self.options.solver,
            stop=self.stop,
            known=Known(bound=least),
            within=(*cost_limits(self.space.space.constraints), *_at_most(most)),
            tie_break=Objective.ENERGY,
        )

    def _priced(self, found: SearchResult) -> Alternative:
        assert found.best is not None  # noqa: S101 - asked by the caller
        point = priced(self.space.space, Objective.LATENCY, found.best)
        return replace(point, mapping=point.mapping.for_layer(self.layer))

    def _partial(self, proven: int, most: int | None, least: int) -> LayerFront:
        ended = Ending.INTERRUPTED if self.stop() else Ending.TIME_LIMIT
        region = Region(most, least)
        return self._front(FrontStatus.PARTIAL, proven, region, str(ended))

    def _front(
        self, status: FrontStatus, proven: int, region: Region | None, reason: str | None
    ) -> LayerFront:
        return LayerFront(
            self.layer,
            status,
            self.epsilon,
            tuple(self.points),
            proven,
            region,
            reason,
            searches=self.searches,
            engine=str(Engine(self.options.engine)),
        )


def _at_most(energy_pj: int | None) -> tuple[CostLimit, ...]:
    return () if energy_pj is None else (CostLimit(Objective.ENERGY, energy_pj),)


def below(energy_pj: int, epsilon: float) -> int:
    """The largest energy that one is not matched with: less than it divided by 1 + epsilon."""
    return ceil(energy_pj / (1 + Fraction(epsilon))) - 1
