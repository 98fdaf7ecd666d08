"""How far a given mapping is from the best one, and which single move would help it most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import Cost, evaluate, fits, placed
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import DRAM, LEVELS, NONE, OPERANDS, ORDERED_LEVELS, PE
from dmaze_cp.mapping import Mapping, stationary_order
from dmaze_cp.mapspace import is_allowed
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, Status
from dmaze_cp.spec.documents import Record
from dmaze_cp.workload import Layer


@dataclass(frozen=True)
class Move:
    """A mapping that is one move from another.

    Attributes
    ----------
    mapping
        After the move.
    level
        The level that a factor goes to, or whose order changes.
    stationary
        The operand that the new order keeps stationary; None where a factor moves.
    dimension, factor, source
        The prime factor that moves, of which dimension, and from which level; none where an order
        changes.
    """

    mapping: Mapping
    level: str
    stationary: str | None = None
    dimension: str = ""
    factor: int = 1
    source: str = ""

    def __str__(self) -> str:
        """Short, for people."""
        if self.stationary is not None:
            return f"{self.stationary} stationary at {self.level}"
        return f"a factor {self.factor} of {self.dimension} from {self.source} to {self.level}"


@dataclass(frozen=True)
class Distance:
    """A given mapping beside the best one.

    Attributes
    ----------
    mapping, cost
        What is given, and its exact cost.
    misfits
        What it exceeds of the machine; it is costed all the same.
    is_allowed
        Whether it keeps the limits of the search.
    result
        The best mapping that was found, and the proof.
    move
        The move that lowers its cost most and fits; None where no move does.
    move_cost
        What it costs then.
    """

    mapping: Mapping
    cost: Cost
    misfits: tuple[Problem, ...]
    is_allowed: bool
    result: LayerResult
    move: Move | None = None
    move_cost: Cost | None = None

    @property
    def value(self) -> int:
        """Cost of the given mapping, by the objective of the result."""
        return self.result.objective.of(self.cost.energy_pj, self.cost.latency_cycles)

    @property
    def ratio(self) -> float | None:
        """How many times the best it costs; None where there is no best."""
        return self.value / self.result.value if self.result.value else None

    @property
    def is_valid(self) -> bool:
        """Whether it fits and keeps all limits."""
        return not self.misfits and self.is_allowed

    @property
    def at_most(self) -> float | None:
        """Proven: it costs no more than so many times the best; None where no bound is known."""
        bound = self.result.bound
        return self.value / bound if bound else None


def distance(mapping: Mapping, result: LayerResult) -> Distance:
    """How far a mapping of a layer is from the result of a search for its best one.

    Parameters
    ----------
    mapping
        Of a layer of the same shape.
    result
        What it is compared with: for one objective, on one machine, within some limits.

    Raises
    ------
    SpecError
        When the mapping is of another layer.
    """
    if mapping.of_layer.shape != result.layer.shape:
        expected = f"one of {result.layer.name}, {_shape(result.layer)}"
        raise SpecError(Problem("mapping", f"one of {_shape(mapping.of_layer)}", expected))
    architecture = result.architecture
    mapping = placed(mapping, architecture).for_layer(result.layer)
    best, best_cost = _best_move(mapping, architecture, result.objective, result.constraints)
    return Distance(
        mapping,
        evaluate(mapping, architecture),
        fits(mapping, architecture),
        is_allowed(mapping, architecture, result.constraints),
        result,
        best,
        best_cost,
    )


def moves(mapping: Mapping) -> Iterator[Move]:
    """Every mapping that is one move away.

    A move takes a prime factor of one dimension from one level to another, loops staying in their
    order, or makes another operand stationary at a level.
    """
    layer = mapping.layer
    for place, dimension in enumerate(layer.dimensions):
        for source, level_factors in zip(LEVELS, mapping.factors, strict=True):
            for prime in _primes(level_factors[place]):
                for target in LEVELS:
                    if target != source:
                        moved = _moved(mapping, place, prime, source, target)
                        yield Move(moved, target, None, dimension, prime, source)
    shared = frozenset.intersection(*layer.depends.values())
    for level in ORDERED_LEVELS:
        key = "dram_order" if level == DRAM else "spm_order"
        # Without a loop that all operands depend on, no order keeps none.
        for stationary in (*OPERANDS, NONE) if shared else OPERANDS:
            order = stationary_order(layer, stationary)
            if order != getattr(mapping, key):
                changes: dict[str, Any] = {key: order}
                yield Move(replace(mapping, **changes), level, stationary)


def start(
    mapping: Mapping,
    layer: Layer,
    architecture: Architecture,
    objective: Objective,
    constraints: Constraints = NO_CONSTRAINTS,
) -> LayerResult | None:
    """A given mapping as a first result of a search; None where it is not valid."""
    mapping = placed(mapping, architecture).for_layer(layer)
    if fits(mapping, architecture) or not is_allowed(mapping, architecture, constraints):
        return None
    cost = evaluate(mapping, architecture)
    return LayerResult(
        layer,
        architecture,
        objective,
        Status.FEASIBLE,
        mapping=mapping,
        cost=cost,
        bound=0,
        constraints=constraints,
    )


def distance_record(found: Distance) -> Record:
    """The distance as JSON."""
    cost, move = found.cost, found.move
    return {
        "name": found.result.layer.name,
        "objective": str(found.result.objective),
        "valid": found.is_valid,
        "reasons": [str(problem) for problem in found.misfits]
        + ([] if found.is_allowed else ["outside of the limits of the search"]),
        "tiling": found.mapping.tiling,
        "loop_order": found.mapping.loop_order,
        "energy_pj": cost.energy_pj,
        "energy_breakdown_pj": cost.energy_breakdown_pj,
        "latency_cycles": cost.latency_cycles,
        "edp": cost.edp,
        "value": found.value,
        "optimum": {
            "status": str(found.result.status),
            "value": found.result.value,
            "bound": found.result.bound,
        },
        "ratio": found.ratio,
        "best_move": None
        if move is None or found.move_cost is None
        else {
            "move": str(move),
            "tiling": move.mapping.tiling,
            "loop_order": move.mapping.loop_order,
            "value": found.result.objective.of(
                found.move_cost.energy_pj, found.move_cost.latency_cycles
            ),
        },
    }


def _best_move(
    mapping: Mapping, architecture: Architecture, objective: Objective, constraints: Constraints
) -> tuple[Move | None, Cost | None]:
    cost = evaluate(mapping, architecture)
    least = objective.of(cost.energy_pj, cost.latency_cycles)
    best: tuple[Move | None, Cost | None] = None, None
    valid = not fits(mapping, architecture) and is_allowed(mapping, architecture, constraints)
    for move in moves(mapping):
        moved = placed(move.mapping, architecture)
        cost = evaluate(moved, architecture)
        value = objective.of(cost.energy_pj, cost.latency_cycles)
        # Of a mapping that is not valid, the best move is one that makes it so.
        better = value < least or not valid
        if (
            better
            and not fits(moved, architecture)
            and is_allowed(moved, architecture, constraints)
        ):
            best, least, valid = (replace(move, mapping=moved), cost), value, True
    return best


def _moved(mapping: Mapping, place: int, prime: int, source: str, target: str) -> Mapping:
    rows = [list(row) for row in mapping.factors]
    rows[LEVELS.index(source)][place] //= prime
    rows[LEVELS.index(target)][place] *= prime
    changed = PE in (source, target)
    return replace(
        mapping,
        factors=tuple(tuple(row) for row in rows),
        # Where they go on an array is found anew.
        row_factors=None if changed else mapping.row_factors,
    )


def _primes(number: int) -> Iterator[int]:
    """Each prime that divides a number, once."""
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            yield divisor
            while number % divisor == 0:
                number //= divisor
        divisor += 1
    if number > 1:
        yield number


def _shape(layer: Layer) -> str:
    return f"{layer.kind} {' '.join(f'{d}={bound}' for d, bound in layer.bounds.items())}"
