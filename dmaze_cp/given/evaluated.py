"""A given mapping with its exact cost, and the answer to its record."""

from __future__ import annotations

from dataclasses import dataclass

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import Cost
from dmaze_cp.errors import Problem
from dmaze_cp.given.distance import Distance, distance_record
from dmaze_cp.mapping import Mapping
from dmaze_cp.result.answer_files import answer_record
from dmaze_cp.spec.documents import Record


@dataclass(frozen=True)
class Evaluated:
    """A record that is a mapping, and what it costs.

    Attributes
    ----------
    index
        Of the record.
    mapping, architecture, cost
        What was evaluated, on what, and what came out.
    reasons
        What the mapping exceeds; none where it fits.
    distance
        How far it is from the best one, if that was asked.
    """

    index: int
    mapping: Mapping
    architecture: Architecture
    cost: Cost
    reasons: tuple[Problem, ...]
    distance: Distance | None = None

    @property
    def record(self) -> Record:
        """The answer to the record."""
        record = answer_record(self.index, self.mapping, self.cost, self.reasons)
        if self.distance is None:
            return record
        return {**record, "against_optimum": _against_optimum(self.distance)}


def _against_optimum(found: Distance) -> Record:
    """How far a mapping is from the best one, beside what it costs itself."""
    fields = ("objective", "value", "optimum", "ratio", "best_move")
    record = distance_record(found)
    optimum = {**record["optimum"], "ended": str(found.result.ended)}
    return {name: record[name] for name in fields} | {"optimum": optimum}
