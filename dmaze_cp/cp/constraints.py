"""Constraints of a case, one function a family; they can be added in any order.

Each holds at every mapping of the case that satisfies it exactly: rounding is always to
the loose side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, log

import numpy as np
from ortools.sat.python import cp_model

from dmaze_cp.cost.batch import Floats
from dmaze_cp.cp.scaling import LOG_SCALE, SHARE, log_down, log_up
from dmaze_cp.cp.terms import Log, TermBuilder
from dmaze_cp.cp.variables import Choices
from dmaze_cp.mapspace import MapSpace, at_least, loops
from dmaze_cp.relaxation.relax import Capacity, Relaxation
from dmaze_cp.relaxation.terms import Sum, times
from dmaze_cp.workload import DEPENDS, OPERANDS


@dataclass(frozen=True)
class Limits:
    """What a mapping must cost at most to be of interest.

    Attributes
    ----------
    energy_pj, latency_cycles
        Largest energy (before rounding) and latency.
    edp
        Largest product of the two, or None.
    least_energy_pj, least_latency_cycles
        Proven for the case; they bound the chords of the product.
    """

    energy_pj: float
    latency_cycles: float
    edp: float | None = None
    least_energy_pj: float = 0.0
    least_latency_cycles: float = 0.0


def add_capacity(terms: TermBuilder, capacity: Capacity) -> None:
    """PEs, register files or scratchpad: a sum of products within a limit."""
    limit = log(capacity.limit)
    if len(capacity.terms) == 1:
        (term,) = capacity.terms
        terms.model.add(terms.log(term.row).variable <= log_up(limit - term.log_coefficient))
        return
    least = int(SHARE / capacity.limit) - 1 if capacity.at_least_one else 0
    terms.at_most_one([terms.share(t, limit, least) for t in capacity.terms])


def add_demands(model: cp_model.CpModel, choices: Choices, relaxation: Relaxation) -> None:
    """Products that are at least so large in the case."""
    for demand in relaxation.demands:
        row = relaxation.basis.factors(demand.level, demand.dimensions)
        _add_at_least(model, choices, row, demand.least)


def _add_at_least(model: cp_model.CpModel, choices: Choices, row: Floats, least: int) -> None:
    parts = choices.logs(row[: choices.table.basis.atoms], down=False)
    if sum(int(p.min()) for p in parts) < log_down(log(least)):
        model.add(choices.weighted(parts, 0) >= log_down(log(least)))


def add_search_options(
    model: cp_model.CpModel, terms: TermBuilder, choices: Choices, space: MapSpace
) -> None:
    """The user's limits on the map-space, on the tiling factors themselves."""
    limits, layer, arch = space.constraints, space.layer, space.architecture
    basis = choices.table.basis
    for d in loops(layer.kind):
        if limits.no_feature_dram and d in ("Fx", "Fy"):
            model.add(choices.factors["DRAM", d] == 1)
        if limits.no_spatial_reduction and d not in DEPENDS[layer.kind]["O"]:
            model.add(choices.factors["PE", d] == 1)
    if limits.min_pe_utilization > 0:
        row = basis.factors("PE", loops(layer.kind))
        _add_at_least(model, choices, row, at_least(limits.min_pe_utilization, arch.pes))
    if limits.min_rf_utilization > 0:
        words = at_least(limits.min_rf_utilization, arch.rf_words)
        add_use(model, terms, [basis.elements(x, "RF") for x in OPERANDS], words)
    if limits.min_spm_utilization > 0:
        used = at_least(limits.min_spm_utilization, arch.spm_bytes)
        words = -(-used // arch.word_bytes)
        add_use(model, terms, [basis.elements(x, "SPM") for x in OPERANDS], words)


STEP = 0.1
"""Width of the pieces on which a product is bounded from above, in its logarithm."""


def add_use(
    model: cp_model.CpModel, terms: TermBuilder, rows: Sequence[Floats], least: int
) -> None:
    """Products that add up to at least so much.

    A product is not concave in its logarithm: its range is cut into pieces, each with a
    literal and a chord above the exponential.
    """
    uses = [_use(model, terms.log(row), log(least)) for row in rows]
    model.add(cp_model.LinearExpr.sum(uses) >= SHARE - 2 * len(uses))


def _use(model: cp_model.CpModel, product: Log, limit: float) -> cp_model.IntVar:
    """A share of ``exp(limit)``, at most 1 and at most slightly above the product's."""
    slack = 64 / LOG_SCALE  # logarithms are rounded down by a few units
    low, high = product.low / LOG_SCALE, product.high / LOG_SCALE
    use = model.new_int_var(0, SHARE, "use")
    pieces = max(1, ceil((high - low) / STEP))
    edges = np.linspace(low, high, pieces + 1)
    literals = [model.new_bool_var("piece") for _ in range(pieces)]
    model.add_exactly_one(literals)
    for literal, start, end in zip(literals, edges[:-1], edges[1:], strict=True):
        model.add(product.variable >= log_down(float(start))).only_enforce_if(literal)
        model.add(product.variable <= log_up(float(end))).only_enforce_if(literal)
        most = min(SHARE, ceil(SHARE * exp(min(0.0, float(end) + slack - limit))) + 1)
        model.add(use <= most).only_enforce_if(literal)
    return use


def flat_latency(relaxation: Relaxation) -> list[Sum]:
    """The latency's sums with every reference to an SPM pass written out."""
    flat: list[Sum] = []
    for terms in relaxation.latency:
        plain = tuple(t for t in terms if not t.of_pass)
        passing = [t for t in terms if t.of_pass]
        if not passing:
            flat.append(plain)
            continue
        for one_pass in relaxation.passes:
            expanded = [times(t, p.coefficient, p.row) for p in passing for t in one_pass]
            flat.append((*expanded, *plain))
    return flat


def add_limits(terms: TermBuilder, relaxation: Relaxation, limits: Limits) -> None:
    """Energy, latency or their product within the limits."""
    model = terms.model
    if limits.edp is None:
        if np.isfinite(limits.energy_pj):
            _add_sum(terms, relaxation.energy, log(limits.energy_pj), None)
        if np.isfinite(limits.latency_cycles):
            for one in flat_latency(relaxation):
                _add_sum(terms, one, log(limits.latency_cycles), None)
        return
    energy, latency = model.new_int_var(0, SHARE, "energy"), model.new_int_var(0, SHARE, "latency")
    _add_sum(terms, relaxation.energy, log(limits.energy_pj), energy)
    for one in flat_latency(relaxation):
        _add_sum(terms, one, log(limits.latency_cycles), latency)
    _add_product(model, energy, latency, limits, limits.edp)


def _add_sum(
    terms: TermBuilder, products: Sum, limit: float, total: cp_model.IntVar | None
) -> None:
    """A sum of products within a limit, or within a share of it."""
    constants = [t for t in products if not t.row.any()]
    shares = [terms.share(t, limit) for t in products if t.row.any()]
    constant = int(sum(SHARE * exp(t.log_coefficient - limit) for t in constants)) - 1
    upper = SHARE if total is None else total
    whole = cp_model.LinearExpr.sum(shares) + constant if shares else constant
    terms.model.add(whole <= upper + len(shares))


SMALLEST = 1e-4
"""Shares of energy below this have no chords."""

CHORD = 1.03
"""Ratio of the ends of the intervals on which the hyperbola ``U / energy`` is a chord."""


def _add_product(
    model: cp_model.CpModel,
    energy: cp_model.IntVar,
    latency: cp_model.IntVar,
    limits: Limits,
    edp: float,
) -> None:
    """Energy times latency within a limit: chords above a hyperbola, piece by piece."""
    least = max(limits.least_energy_pj / limits.energy_pj, SMALLEST)
    kappa = edp / limits.energy_pj / limits.latency_cycles
    pieces = max(1, min(64, ceil(log(1 / least) / log(CHORD))))
    edges = np.geomspace(least * (1 - 1e-9), 1 + 1e-9, pieces + 1)
    literals = [model.new_bool_var("interval") for _ in range(pieces)]
    if least == SMALLEST:
        # Below the first chord the latency is not limited any further.
        below = model.new_bool_var("interval")
        model.add(energy <= ceil(SHARE * SMALLEST) + 2).only_enforce_if(below)
        model.add_exactly_one([below, *literals])
    else:
        model.add_exactly_one(literals)
        model.add(energy >= int(SHARE * least) - 2)
    for literal, start, end in zip(literals, edges[:-1], edges[1:], strict=True):
        model.add(energy <= ceil(SHARE * end) + 2).only_enforce_if(literal)
        # latency <= kappa (1/a + 1/b - e/(a b)), with two units of slack on each side
        slope = kappa / (start * end)
        scale = 1000
        bound = ceil(scale * (SHARE * kappa * (1 / start + 1 / end) + 4 * (1 + slope)))
        rounded = int(slope * scale)
        model.add(scale * latency + rounded * energy <= bound).only_enforce_if(literal)


NO_ROOM = 50.0
"""With more room than this above a bound (factors of e) reduced costs say nothing."""


def add_reduced_costs(
    model: cp_model.CpModel, choices: Choices, reduced: Sequence[Floats], slack: float
) -> None:
    """Options together raise the Lagrangian bound by no more than what is left to the limit."""
    parts = [np.floor(r * LOG_SCALE).astype(np.int64) for r in reduced]
    if slack < NO_ROOM and any(p.max() > p.min() for p in parts):
        model.add(choices.weighted(parts, 0) <= ceil(slack * LOG_SCALE) + 10)


def add_cut(model: cp_model.CpModel, choices: Choices, fixed: dict[int, int]) -> None:
    """Leave out a block: all tilings that pick these options of these groups."""
    model.add_bool_or([choices.literals[g][o].negated() for g, o in fixed.items()])
