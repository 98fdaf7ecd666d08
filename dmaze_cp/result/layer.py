"""What mapping one layer returns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost.cost import Cost
from dmaze_cp.errors import InfeasibleError, NoSolutionError
from dmaze_cp.mapping import Dataflow, Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.result.clash import Clash
from dmaze_cp.result.ranking import Ranking
from dmaze_cp.result.slices import Slice
from dmaze_cp.result.status import Ending, SearchStats, Status, relative_gap
from dmaze_cp.showing import Framed
from dmaze_cp.workload import Layer


@dataclass(frozen=True)
class Unpadded:
    """What is known of a layer with its own bounds, beside a result that may raise them.

    Attributes
    ----------
    status, value, bound
        As those of a `LayerResult`.
    """

    status: Status
    value: int | None
    bound: int | float | None


@dataclass(frozen=True)
class LayerResult(Framed):
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
        Why there is no mapping, or why the search stopped before the proof: for people.
    ended
        Why the search ended: `Ending.PROVEN` where the status is final, else never.
    tie_bound
        Proven of an optimum: no mapping of least cost has less of `Objective.tie_break` (None: not
        asked, or not proven optimal).
    ranking
        Other mappings, next best, where several were asked for.
    solve_time_s
        Wall seconds.
    stats
        Where they went.
    unpadded
        What the layer costs without padding, where that was asked for as well.
    from_store
        The answer was looked up; `solve_time_s` and `stats` are of the run that found it.
    clash
        What makes it infeasible, where that was asked for.
    dataflows, unrollings
        The best mapping of every dataflow, and of every pair of dimensions that alone are
        unrolled, where that was asked for.
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
    ended: Ending = Ending.UNSTATED
    tie_bound: int | None = None
    ranking: Ranking | None = None
    clash: Clash | None = None
    dataflows: tuple[Slice, ...] = ()
    unrollings: tuple[Slice, ...] = ()
    unpadded: Unpadded | None = None

    def __post_init__(self) -> None:
        # Status and ending say the same of a proof, whatever made the result.
        if self.is_final:
            object.__setattr__(self, "ended", Ending.PROVEN)
        elif self.ended is Ending.PROVEN:
            object.__setattr__(self, "ended", Ending.UNSTATED)
        if self.status is not Status.OPTIMAL:
            object.__setattr__(self, "tie_bound", None)

    @property
    def is_final(self) -> bool:
        """Whether no search can add to it: proven optimal, or that there is no mapping."""
        return self.status in {Status.OPTIMAL, Status.INFEASIBLE}

    @property
    def failed(self) -> bool:
        """Whether the search did not end by itself; `reason` says why."""
        return self.ended is Ending.FAILED

    @property
    def value(self) -> int | None:
        """The objective's exact cost (pJ, cycles or pJ x cycles)."""
        if self.cost is None:
            return None
        return self.objective.of(self.cost.energy_pj, self.cost.latency_cycles)

    @property
    def tie_value(self) -> int | None:
        """Exact cost of the mapping in terms of what decides between equals."""
        if self.cost is None:
            return None
        return self.objective.tie_break.of(self.cost.energy_pj, self.cost.latency_cycles)

    @property
    def breaks_ties(self) -> bool:
        """Whether no mapping of least cost is proven to have less of what decides between equals.

        So it is where none fits.
        """
        if self.status is Status.INFEASIBLE:
            return True
        bound, value = self.tie_bound, self.tie_value
        return bound is not None and value is not None and bound >= value

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

    @property
    def padding_gain(self) -> float | None:
        """What padding saves, of the cost without; None where that is not known."""
        if self.unpadded is None or self.value is None or not self.unpadded.value:
            return None
        return (self.unpadded.value - self.value) / self.unpadded.value

    def beside(self, other: LayerResult) -> LayerResult:
        """The result, with what another one says of the layer without padding."""
        return replace(self, unpadded=Unpadded(other.status, other.value, other.bound))

    def as_ended(self, ended: Ending) -> LayerResult:
        """The same result, of a search that ended otherwise; where it is final, as it is."""
        if self.is_final:
            return self
        return replace(self, ended=ended, reason=ended.text(mapped=self.mapping is not None))

    def for_layer(self, layer: Layer) -> LayerResult:
        """The same result under the name of another layer of the same shape."""
        mapping = self.mapping and self.mapping.for_layer(layer)
        ranking = self.ranking and self.ranking.for_layer(layer)
        return replace(self, layer=layer, mapping=mapping, ranking=ranking)

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
