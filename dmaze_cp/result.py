"""What mapping a layer or a network returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from math import floor, isfinite
from typing import TYPE_CHECKING, Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost.model import components
from dmaze_cp.cost.report import Cost
from dmaze_cp.errors import InfeasibleError, NoSolutionError
from dmaze_cp.mapping import Dataflow, Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.showing import frame_of, html_of
from dmaze_cp.workload import Layer, Workload

if TYPE_CHECKING:
    from pandas import DataFrame


class Status(StrEnum):
    """What is known about a layer when the search has stopped."""

    OPTIMAL = "optimal"
    """The mapping is proven to be the best of the map-space."""
    FEASIBLE = "feasible"
    """There is a mapping and a bound, with a gap between them."""
    INFEASIBLE = "infeasible"
    """Proven: no mapping fits."""
    UNKNOWN = "unknown"
    """Stopped before any mapping was found."""


@dataclass(frozen=True)
class SearchStats:
    """Where the time went and what the proof consists of.

    Attributes
    ----------
    bound_s, build_s, solve_s, rescore_s
        Seconds in the bounds before the solver, in building CP models, in the
        solver, and in exact scoring.
    map_space
        Number of tilings, valid or not.
    cases, cases_scored
        Dataflow cases in all; so small that all their tilings were scored.
    nodes_bounded, nodes_scored, nodes_solved
        Parts of cases that were discarded by a bound, scored whole, closed by CP-SAT.
    cp_calls
        Calls of the solver.
    candidates
        Mappings scored exactly.
    engine
        What decided the parts that bounds left open (see `dmaze_cp.engine.Engine`).
    """

    bound_s: float = 0.0
    build_s: float = 0.0
    solve_s: float = 0.0
    rescore_s: float = 0.0
    map_space: int = 0
    cases: int = 0
    cases_scored: int = 0
    nodes_bounded: int = 0
    nodes_scored: int = 0
    nodes_solved: int = 0
    cp_calls: int = 0
    candidates: int = 0
    engine: str = ""


@dataclass(frozen=True)
class Incumbent:
    """How far a running search is.

    Attributes
    ----------
    value
        The objective's cost of the best mapping so far (None: none yet).
    bound
        Proven: no mapping costs less.
    elapsed_s
        Wall seconds since the search began.
    """

    value: int | None
    bound: float
    elapsed_s: float

    @property
    def gap(self) -> float | None:
        """Proven relative gap."""
        return None if self.value is None else relative_gap(self.value, self.bound)


@dataclass(frozen=True)
class Known:
    """What is known of a layer before a search.

    Attributes
    ----------
    mapping
        A first incumbent; it is ignored where it does not fit.
    bound
        Proven before: no mapping costs less.
    """

    mapping: Mapping | None = None
    bound: int | float = 0


NOTHING_KNOWN: Final = Known()


@dataclass(frozen=True)
class LayerResult:
    """The best mapping of one layer for one objective, and the proof.

    Attributes
    ----------
    layer, architecture, objective, constraints
        The question.
    status
        How good the answer is.
    mapping, dataflow, cost
        The answer and its exact cost; None where there is none.
    bound
        Proven: no mapping costs less (None where nothing is known or nothing fits).
    reason
        Why there is no mapping, or why the search stopped before the proof.
    solve_time_s
        Wall seconds.
    stats
        Where they went.
    from_store
        The answer was looked up; `solve_time_s` and `stats` are of the run that found it.
    failed
        The search did not end by itself (its worker died, say); `reason` says why.
    """

    layer: Layer
    architecture: Architecture
    objective: Objective
    status: Status
    mapping: Mapping | None = None
    dataflow: Dataflow | None = None
    cost: Cost | None = None
    bound: int | float | None = None
    reason: str | None = None
    solve_time_s: float = 0.0
    constraints: Constraints = NO_CONSTRAINTS
    stats: SearchStats = field(default_factory=SearchStats)
    from_store: bool = False
    failed: bool = False

    @property
    def value(self) -> int | None:
        """The objective's exact cost (pJ, cycles or pJ x cycles)."""
        if self.cost is None:
            return None
        return self.objective.of(self.cost.energy_pj, self.cost.latency_cycles)

    @property
    def engine(self) -> str:
        """What decided the parts of the map-space that bounds left open ("": not known)."""
        return self.stats.engine

    @property
    def closed_by(self) -> dict[str, int]:
        """How many parts of the map-space bounds, exact scores and CP-SAT closed."""
        s = self.stats
        return {"bounds": s.nodes_bounded, "scoring": s.nodes_scored, "cp-sat": s.nodes_solved}

    @property
    def gap(self) -> float | None:
        """Proven relative gap, ``(value - bound) / value``."""
        if self.value is None or self.bound is None:
            return None
        return relative_gap(self.value, self.bound)

    def to_frame(self) -> DataFrame:
        """The result in one row, as a pandas data frame.

        The columns are those of a network's CSV file but `model`.

        Raises
        ------
        MissingExtraError
            When pandas is not installed (extra `pandas`).
        """
        return frame_of(self)

    def _repr_html_(self) -> str:
        return html_of(self)

    def raise_for_status(self) -> LayerResult:
        """Return self if there is a mapping, else raise.

        Raises
        ------
        InfeasibleError
            When it is proven that no mapping fits.
        NoSolutionError
            When the search stopped before it found one.
        """
        if self.status is Status.INFEASIBLE:
            raise InfeasibleError(f"{self.layer.name}: {self.reason}")
        if self.status is Status.UNKNOWN:
            raise NoSolutionError(f"{self.layer.name}: {self.reason}")
        return self


def relative_gap(value: float, bound: float) -> float:
    """``(value - bound) / value``; 0 where both are 0."""
    return 0.0 if bound >= value else float((value - bound) / value)


@dataclass(frozen=True)
class Totals:
    """Sums over the layers of a network, each weighed by its instances.

    Attributes
    ----------
    energy_pj, latency_cycles
        Sums over the layers that have a mapping.
    edp
        Sum of the layers' EDPs (as dMazeRunner reports it).
    network_edp
        Total energy times total latency.
    value, bound
        Sums of the layers' objective values and bounds (rounded down to an integer for
        each layer, as the values are integers).
    unmapped_layers
        Layers without a mapping; they are left out of every sum.
    mapped_layers
        The other layers.
    missing_layers
        Those of the unmapped layers that an interrupted run did not reach.
    unproven_layers
        Those of the mapped layers whose bound does not meet the value.
    energy_breakdown_pj
        By component, as those of a layer's cost.
    """

    energy_pj: int
    latency_cycles: int
    edp: int
    network_edp: int
    value: int
    bound: int
    unmapped_layers: int
    mapped_layers: int
    missing_layers: int
    unproven_layers: int
    energy_breakdown_pj: dict[str, float]

    @property
    def gap(self) -> float:
        """Relative gap of the sums."""
        return relative_gap(self.value, self.bound)


@dataclass(frozen=True)
class WorkloadResult:
    """Results of the layers of a network: one for each layer and objective.

    Attributes
    ----------
    interrupted
        The run was stopped before all layers were done; `layers` has what was finished.
    """

    workload: Workload
    architecture: Architecture
    objectives: tuple[Objective, ...]
    layers: tuple[LayerResult, ...]
    interrupted: bool = False

    def __iter__(self) -> Iterator[LayerResult]:
        return iter(self.layers)

    def to_frame(self) -> DataFrame:
        """A row for each layer and objective, as a pandas data frame.

        The columns are those of its CSV file.

        Raises
        ------
        MissingExtraError
            When pandas is not installed (extra `pandas`).
        """
        return frame_of(self)

    def _repr_html_(self) -> str:
        return html_of(self)

    def of(self, objective: Objective) -> tuple[LayerResult, ...]:
        """The layers' results for one objective."""
        return tuple(r for r in self.layers if r.objective is objective)

    def totals(self, objective: Objective) -> Totals:
        """Sums over the layers for one objective."""
        results = self.of(objective)
        energy = latency = edp = value = bound = mapped = unproven = 0
        parts = dict.fromkeys(components(self.architecture), 0.0)
        for result in results:
            if result.cost is None or result.value is None:
                continue
            times, known = result.layer.instances, whole_bound(result)
            mapped += 1
            unproven += known < result.value
            energy += times * result.cost.energy_pj
            latency += times * result.cost.latency_cycles
            edp += times * result.cost.edp
            value += times * result.value
            bound += times * known
            for component in parts:
                parts[component] += times * result.cost.energy_breakdown_pj[component]
        # An interrupted run has no result at all for some layers.
        missing = max(0, len(self.workload) - len(results))
        return Totals(
            energy,
            latency,
            edp,
            network_edp=energy * latency,
            value=value,
            bound=bound,
            unmapped_layers=missing + len(results) - mapped,
            mapped_layers=mapped,
            missing_layers=missing,
            unproven_layers=unproven,
            energy_breakdown_pj=parts,
        )


def whole_bound(result: LayerResult) -> int:
    """The bound of a layer as an integer; 0 where none is known, as no cost is negative."""
    bound = result.bound
    return floor(bound) if bound is not None and isfinite(bound) and bound > 0 else 0
