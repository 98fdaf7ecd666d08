"""What is known of a layer: before a search, while it runs, and when it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dmaze_cp.mapping import Mapping


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


class Ending(StrEnum):
    """Why a search has ended."""

    PROVEN = "proven"
    """The answer is final: the best mapping, or that there is none."""
    GAP = "gap"
    """The proven gap is at most what was asked for."""
    CUTOFF = "cutoff"
    """Only mappings below a cost were of interest, and none is proven to be there."""
    TIME_LIMIT = "time limit"
    """The layer's own time was over."""
    TOTAL_TIME_LIMIT = "total time limit"
    """The time of the whole run was over."""
    INTERRUPTED = "interrupted"
    """The run was stopped."""
    FAILED = "failed"
    """It did not end by itself: its worker died, say."""
    UNSTATED = "unstated"
    """Nothing is said: an earlier search, of a store or of a file."""

    def text(self, *, mapped: bool) -> str | None:
        """The reason for people; None where there is nothing to explain or no general text."""
        match self:
            case Ending.GAP:
                return "gap reached"
            case Ending.CUTOFF:
                return "cutoff: no mapping costs less"
            case Ending.TIME_LIMIT | Ending.TOTAL_TIME_LIMIT | Ending.INTERRUPTED:
                return str(self) if mapped else f"{self}: no mapping found yet"
            case _:
                return None


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
    tie_bound
        Proven before, where the bound is the mapping's cost: no mapping of that cost has less of
        what decides between equals.
    """

    mapping: Mapping | None = None
    bound: int | float = 0
    tie_bound: int | None = None


NOTHING_KNOWN: Final = Known()


def relative_gap(value: float, bound: float) -> float:
    """``(value - bound) / value``; 0 where both are 0."""
    return 0.0 if bound >= value else float((value - bound) / value)
