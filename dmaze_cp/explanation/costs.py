"""Clashes of limits on costs: what is cheapest under the other demands is still too dear.

A limit on a cost is left unmet by a set of demands exactly when the least of that cost under all
others of the set is above it; `map_layer` proves such a least. The machine is taken as it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import (
    Constraints,
    CostPin,
    FactorPin,
    PaddingPin,
    Pin,
    Relation,
    SpatialPin,
    StationaryPin,
    UtilizationPin,
)
from dmaze_cp.cost.array import divisors_of
from dmaze_cp.engine import Engine
from dmaze_cp.errors import NoSolutionError
from dmaze_cp.levels import NONE, OPERANDS
from dmaze_cp.mapper import map_layer
from dmaze_cp.mapspace import used_share, utilization_limit
from dmaze_cp.objective import Objective
from dmaze_cp.pinning import pin_problems
from dmaze_cp.result import Clash, ClashMember, LayerResult, Relaxation, Status
from dmaze_cp.search.why import none_satisfies
from dmaze_cp.workload import Layer


@dataclass(frozen=True)
class CostClash:
    """The question which of some demands leave no mapping that is cheap enough.

    Attributes
    ----------
    layer, architecture, constraints
        As in `map_layer`; on factors and orders alone there are mappings.
    objective
        What mappings are found for once a demand gives way.
    deadline
        By `time.monotonic`.
    """

    layer: Layer
    architecture: Architecture
    constraints: Constraints
    objective: Objective
    deadline: float
    engine: Engine

    def explained(self) -> Clash | None:
        """What clashes; None where nothing does.

        Raises
        ------
        NoSolutionError
            When time ran out before that was known.
        """
        demands = tuple(p for p in self.constraints.pins if not isinstance(p, PaddingPin))
        clash, proven = demands, True
        for left_out in (None, *demands):
            if left_out is not None and left_out not in clash:
                continue
            fewer = tuple(each for each in clash if each is not left_out)
            possible = self._possible(fewer)
            if left_out is None and possible:
                return None
            if possible is None:
                if left_out is None:
                    raise NoSolutionError("time ran out before it was known what clashes")
                proven = False
            elif not possible:
                clash = fewer
        instead = [self._relaxed(each, [d for d in demands if d is not each]) for each in clash]
        members = [
            self._member(each, near, [d for d in demands if d is not each], len(clash) - k)
            for k, (each, near) in enumerate(zip(clash, instead, strict=True))
        ]
        return Clash(_text(clash, instead), tuple(members), proven)

    def _possible(self, demands: Sequence[Pin]) -> bool | None:
        """Whether a mapping satisfies demands; None: not known in time."""
        limit = next((each for each in demands if isinstance(each, CostPin)), None)
        if limit is None:
            return True
        others = [d for d in demands if d is not limit]
        if any(pin_problems(self.layer, self._with(others))):
            return False  # what takes the place of a demand may contradict another, or the layer
        best = self._mapped(Objective(limit.cost), others)
        if best.value is not None and best.value <= limit.most:
            return True
        if best.status is Status.INFEASIBLE or (best.bound is not None and best.bound > limit.most):
            return False
        return None

    def _with(self, demands: Iterable[Pin]) -> Constraints:
        """Demands, and the padding that is asked for."""
        padding = [p for p in self.constraints.pins if isinstance(p, PaddingPin)]
        return Constraints((*padding, *demands))

    def _mapped(
        self, objective: Objective, demands: Iterable[Pin], parts: int = 1, *, ties: bool = False
    ) -> LayerResult:
        """The best mapping that satisfies demands, in one of so many parts of the time left."""
        left = (self.deadline - time.monotonic()) / parts
        return map_layer(
            self.layer,
            self.architecture,
            objective,
            constraints=self._with(demands),
            time_limit=max(left, 0.01),
            engine=self.engine,
            tie_break=ties,
        )

    def _member(
        self, demand: Pin, instead: Pin | None, others: Sequence[Pin], parts: int
    ) -> ClashMember:
        """A demand of a clash, and what the best mapping costs with another in its place."""
        if instead is None:
            return ClashMember(str(demand))
        best = self._mapped(self.objective, [*others, instead], parts, ties=True)
        return ClashMember(str(demand), relaxation_of(str(instead), best))

    def _relaxed(self, demand: Pin, others: Sequence[Pin]) -> Pin | None:
        """The nearest demand of its kind with which all others leave a mapping, if known."""
        if isinstance(demand, CostPin):
            best = self._mapped(Objective(demand.cost), others)
            proven = best.status is Status.OPTIMAL and best.value is not None
            return replace(demand, most=int(best.value or 0)) if proven else None
        if isinstance(demand, StationaryPin):
            kept = [
                x
                for x in (*OPERANDS, NONE)
                if self._possible([*others, StationaryPin(demand.level, (x,))])
            ]
            return StationaryPin(demand.level, tuple(kept)) if kept else None
        if isinstance(demand, UtilizationPin):
            return self._less_used(demand, others)
        for instead in self._nearest(demand):
            possible = self._possible([*others, instead])
            if possible is None:
                return None
            if possible:
                return instead
        return None

    def _less_used(self, demand: UtilizationPin, others: Sequence[Pin]) -> UtilizationPin | None:
        """The largest share that is possible: what holds for one holds for all below it."""
        layer, arch, level = self.layer, self.architecture, demand.level

        def share(count: int) -> UtilizationPin:
            return UtilizationPin(level, used_share(layer, arch, level, count))

        low, high = 0, utilization_limit(layer, arch, demand).least or 0
        while high - low > 1:
            middle = (low + high) // 2
            possible = self._possible([*others, share(middle)])
            if possible is None:
                return None
            low, high = (middle, high) if possible else (low, middle)
        return share(low) if low or self._possible([*others, share(0)]) else None

    def _nearest(self, demand: Pin) -> Iterator[Pin]:
        """Demands of a kind, the nearest first."""
        if isinstance(demand, FactorPin):
            yield from self._other_factors(demand)
        elif isinstance(demand, SpatialPin):
            listed = demand.unrolled(self.layer.kind)
            free = [d for d in self.layer.dimensions if d not in listed]
            for count in range(1, len(free) + 1):
                for more in combinations(free, count):
                    yield SpatialPin((*demand.dimensions, *more))

    def _other_factors(self, demand: FactorPin) -> Iterator[FactorPin]:
        least = self.layer.bounds[demand.dimension]
        most = self.constraints.padding.largest(self.layer)[demand.dimension]
        value = most if demand.value is None else demand.value
        factors = {f for bound in range(least, most + 1) for f in divisors_of(bound)}
        if demand.relation is Relation.AT_MOST:
            factors = {f for f in factors if f > value}
        elif demand.relation is Relation.AT_LEAST:
            factors = {f for f in factors if f < value}
        for factor in sorted(factors - {value}, key=lambda f: (abs(f - value), f)):
            yield replace(demand, value=factor)


def _text(clash: Sequence[Pin], instead: Sequence[Pin | None]) -> str:
    """A clash in a sentence, with the number that its first limit would have to be."""
    limit = next(each for each in clash if isinstance(each, CostPin))
    least = instead[clash.index(limit)]
    if not isinstance(least, CostPin):
        return none_satisfies(clash)
    others = " and ".join(str(each) for each in clash if each is not limit)
    return f"{limit}: {f'with {others} ' if others else ''}{limit.cost} is at least {least.most}"


def relaxation_of(text: str, best: LayerResult) -> Relaxation:
    """What a demand becomes, with what the best mapping costs then."""
    cost = best.cost
    energy, latency = (None, None) if cost is None else (cost.energy_pj, cost.latency_cycles)
    return Relaxation(text, str(best.status), best.value, best.bound, energy, latency)
