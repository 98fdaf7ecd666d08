"""One CP-SAT model of a layer's whole map-space.

The dataflow is a decision: a literal for each case, exactly one of which is true, and the objective
is at least the cost of that case. Factor variables have readable names (``DRAM_N``). The model's
optimum is a lower bound of the exact optimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf

import numpy as np

from dmaze_cp.cost.batch import BatchCost, Ints, Picked
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.model import CostModel
from dmaze_cp.cp.affine import Affine, negative, total
from dmaze_cp.cp.array import add_array
from dmaze_cp.cp.factors import Factors
from dmaze_cp.cp.integers import SAFE, IntegerModel
from dmaze_cp.cp.limits import add_demands, add_limits
from dmaze_cp.cp.objective import MARGIN, Costs, Measured, edp, limits_of_product, units_of
from dmaze_cp.cp.reading import Reading, Unit
from dmaze_cp.levels import DRAM, SPM
from dmaze_cp.mapspace import MapSpace
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.atoms import atom_table
from dmaze_cp.relaxation.cases import Case, Demand, cases, demands, options_of

SAMPLES = 20_000
"""Random tilings of which the best is an upper bound: numbers need not be larger."""


def whole_model(space: MapSpace, objective: Objective) -> IntegerModel:
    """The model of all mappings of a map-space, every dataflow included.

    Its objective is in pJ, accelerator cycles, or pJ times cycles.
    """
    every = [np.arange(len(group)) for group in space.groups]
    factors = Factors(space, atom_table(space), every)
    integers, kind = factors.integers, space.layer.kind
    add_limits(Reading(factors, {}), space.limits)
    add_array(factors)
    found: list[tuple[Reading, CostModel, int]] = []
    limit = inf
    for case in cases(kind, space.constraints):
        options = options_of(case, space)
        if options is None:
            continue
        literal = integers.free(0, 1, _name(case))
        integers.only_where(literal, options)
        reading = Reading(factors, {})
        needs = demands(case, kind)
        add_demands(reading, needs, literal)
        model = space.cost_of(case.flow(kind))
        found.append((reading, model, literal))
        limit = min(limit, _sampled(space, model, needs, options).get(objective, inf))
    integers.exactly_one([literal for _, _, literal in found])
    goal = _objective(integers, found, objective, limit)
    integers.name(goal.variable, str(objective))
    integers.close_tables()
    integers.minimize(goal.variable, (1 - MARGIN) / goal.scale)
    return integers


def _objective(
    integers: IntegerModel,
    found: Sequence[tuple[Reading, CostModel, int]],
    objective: Objective,
    limit: float,
) -> Measured:
    """At least the cost of the case whose literal is true."""
    costs = [Costs(reading, model) for reading, model, _ in found]
    literals = [literal for _, _, literal in found]
    most_energy = most_latency = limit
    if objective is Objective.EDP:
        ends = [limits_of_product(limit, 0, 0, c) for c in costs]
        most_energy, most_latency = (max(end) for end in zip(*ends, strict=True))

    def latency() -> Measured:
        parts = [integers.affine(c.latency().variable) for c in costs]
        most = _units(most_latency, 1)
        return Measured(_chosen(integers, parts, literals, most, "latency_cycles"), 1)

    def energy() -> Measured:
        scale = min(Costs(c.reading, c.model, most_energy).finest().scale for c in costs)
        mine = [Costs(c.reading, c.model, unit=Unit(scale, exact=True)) for c in costs]
        # Exact energies are rounded: half a unit down makes all of this a bound of them too.
        half = ceil(scale / 2)
        parts = [integers.affine(c.energy().variable).plus(-half) for c in mine]
        most = _units(most_energy, scale)
        return Measured(_chosen(integers, parts, literals, most, "energy"), scale)

    if objective is Objective.LATENCY:
        return latency()
    if objective is Objective.ENERGY:
        return energy()
    return edp(integers, energy(), latency(), limit)


def _units(most: float, scale: float) -> int:
    return SAFE if most * scale > SAFE else units_of(most, scale)


def _chosen(
    integers: IntegerModel, parts: Sequence[Affine], literals: Sequence[int], most: int, name: str
) -> int:
    """A variable that is at least the cost whose literal is true."""
    low, high = max(0, min(p.low for p in parts)), max(0, *(p.high for p in parts))
    goal = integers.free(low, max(low, min(high, most)), name)
    for part, literal in zip(parts, literals, strict=True):
        above = total([integers.affine(goal), negative(part)])
        integers.row(above, least=0, enforced_by=literal)
    return goal


def _sampled(
    space: MapSpace, model: CostModel, needs: Sequence[Demand], options: Sequence[Ints]
) -> dict[Objective, float]:
    """Least costs of some random mappings of a case, and of all loops at DRAM."""
    rng = np.random.default_rng(0)
    picked = [rng.choice(mine, size=SAMPLES) for mine in options]
    outer = [int(np.argmax(group.factors[0].prod(axis=0))) for group in space.groups]
    if all(o in mine for o, mine in zip(outer, options, strict=True)):
        for places, option in zip(picked, outer, strict=True):
            places[0] = option
    at = Evaluation(Picked(space.table, picked))
    good = np.ones(SAMPLES, dtype=bool)
    for limit in space.limits:
        good &= limit.holds(at)
    for need in needs:
        good &= at.product(need.product) >= need.least
    if not good.any():
        return {}
    cost = BatchCost(space.table, model, [p[good] for p in picked])
    energy, latency = cost.energy_pj + 0.5, cost.latency_cycles
    return {
        Objective.ENERGY: float(energy.min()),
        Objective.LATENCY: float(latency.min()),
        Objective.EDP: float((energy * latency).min()),
    }


def _name(case: Case) -> str:
    """A readable name of a case."""
    levels = zip((DRAM, SPM), case.shared, strict=True)
    shared = "".join(f"_{level}_shared" for level, looping in levels if looping)
    parts = ["case", f"DRAM_{case.dram}", f"SPM_{case.spm}"]
    parts += ["held"] * case.held + ["SPM_loops"] * bool(case.looping) + ["reduces"] * case.reduces
    return "_".join(parts) + shared
