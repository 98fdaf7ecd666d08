"""The objective: a variable that is never above the cost of the mapping that the factors are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf, log2

from dmaze_cp.cost.expression import Product, Reduced, Times, Total, lowered
from dmaze_cp.cost.forms import Form
from dmaze_cp.cost.model import CostModel
from dmaze_cp.cp.affine import Affine, total
from dmaze_cp.cp.factors import FRACTION, is_integer
from dmaze_cp.cp.integers import SAFE, IntegerModel
from dmaze_cp.cp.reading import Reading, Unit
from dmaze_cp.objective import Objective

MARGIN = 4e-12
"""Relative error of coefficients and limits, which are doubles: more than all of theirs."""

HEADROOM = 4
"""Costs are kept this much below the largest safe number."""

UNITS = (1, 2, 5, 10, 20, 25, 40, 50, 100, 200, 400, 500, 1000, 2000, 4000)
"""Integers to 1 pJ of which the first is taken that makes all energies integers."""


@dataclass(frozen=True)
class Measured:
    """A variable, and how many of its units there are to 1 of the cost that it stands for."""

    variable: int
    scale: float


class Costs:
    """The costs of one case as variables, made as they are asked for.

    Parameters
    ----------
    reading
        Reads expressions.
    model
        The analytical model of the case.
    most_energy_pj, most_latency_cycles
        The largest energy (before it is rounded) and latency that are of interest: whatever
        costs more may be left out.
    unit
        What energies are measured in (None: the finest there is room for).
    """

    def __init__(
        self,
        reading: Reading,
        model: CostModel,
        most_energy_pj: float = inf,
        most_latency_cycles: float = inf,
        unit: Unit | None = None,
    ) -> None:
        self.reading, self.model, self.integers = reading, model, reading.integers
        self.most_energy, self.most_latency = most_energy_pj, most_latency_cycles
        self.unit = unit
        self._latency: Measured | None = None

    def latency(self) -> Measured:
        """Accelerator cycles, exactly: also as sums of products, which say more early on."""
        if self._latency is None:
            most = _most(self.most_latency, 1)
            fine = most is None or most * FRACTION * HEADROOM <= SAFE
            unit = Unit(FRACTION if fine else 1)
            sums = self.reading.sums(lowered(self.model.latency), unit)
            parts = [(self.reading.exact(self.model.latency), 1)]
            parts += [(s, int(unit.scale)) for s in sums]
            self._latency = Measured(self.integers.target(parts, most), 1)
        return self._latency

    def energy(self) -> Measured:
        """Energy before it is rounded, as a sum of products that is never above it."""
        form, leaking = self._parts()
        unit = self.unit or self.finest()
        leaked = []
        if leaking:
            cycles = self.integers.affine(self.latency().variable)
            price = leaking * unit.scale
            leaked.append(cycles.times(round(price) if is_integer(price) else floor(price)))
        whole = total([*self.reading.sums(form, unit), *leaked])
        most = _most(self.most_energy, unit.scale)
        return Measured(self.integers.target([(whole, 1)], most), unit.scale)

    def _parts(self) -> tuple[Form, float]:
        """Energy that does not depend on the latency, and what is drawn in every cycle."""
        energy = self.model.energy
        parts = energy.parts if isinstance(energy, Total) else (energy,)
        others, leaking = [], 0.0
        for part in parts:
            if isinstance(part, Times) and part.node is self.model.latency:
                leaking += _price(part.by)
            else:
                others.append(part)
        return lowered(Total(tuple(others)) if leaking else energy), leaking

    def least_energy(self) -> float:
        """What the energy is at least: each product by itself."""
        form, _ = self._parts()
        return self.reading.range_of_form(form)[0]

    def least_latency(self) -> float:
        """What the latency is at least: each product by itself."""
        return self.reading.range_of_form(lowered(self.model.latency))[0]

    def finest(self) -> Unit:
        """The first unit in which all energies are integers, or the finest there is room for."""
        form, leaking = self._parts()
        terms = [t for terms in form.sums for t in terms]
        # Where nothing is of interest, the least energies still have to be in range.
        shortest = self.integers.ranges[self.latency().variable][0] if leaking else 0
        largest = max(self.most_energy, self.least_energy() + leaking * shortest)
        if largest == inf:
            largest = self.reading.range_of_form(form)[1]
            if leaking:
                largest += leaking * self.integers.ranges[self.latency().variable][1]
        prices = [leaking, *(t.coefficient for t in terms)]
        room = SAFE / HEADROOM / max(largest, 1e-3)
        for scale in UNITS:
            if scale <= room and all(is_integer(p * scale) for p in prices):
                return Unit(scale, exact=True)
        return Unit(2.0 ** floor(log2(room)), exact=True)


def edp(integers: IntegerModel, energy: Measured, latency: Measured, most: float = inf) -> Measured:
    """Energy times latency, each in units that leave the product in the safe range.

    They are rounded down to these units, which loses a share of about one in a million.
    """
    longest = integers.ranges[latency.variable][1]
    step_latency = max(1, -(-longest // 2**23))
    slow = _stepped(integers, latency.variable, step_latency)
    room = SAFE // max(1, slow.high)
    step_energy = max(1, -(-integers.ranges[energy.variable][1] // room))
    dear = _stepped(integers, energy.variable, step_energy)
    scale = energy.scale / step_energy / step_latency
    high = float(SAFE) if most == inf else most * scale * (1 + MARGIN)
    product = integers.multiply(dear, slow, high)
    if product.variable is None:  # one of the two is the same for all
        return Measured(integers.target([(product, 1)]), scale)
    return Measured(product.variable, scale)


def _stepped(integers: IntegerModel, variable: int, step: int) -> Affine:
    """A variable divided by a number, rounded down."""
    if step == 1:
        return integers.affine(variable)
    shifted = integers.affine(variable).plus(1 - step)
    return integers.affine(integers.target([(shifted, step)]))


def add_objective(
    reading: Reading,
    model: CostModel,
    objective: Objective,
    limit: float,
    least: tuple[float, float],
    within: Sequence[tuple[Objective, float]] = (),
) -> Measured | None:
    """The objective of a case, of which nothing above a limit is of interest.

    What else is limited becomes a variable as the objective does, never above the cost of the
    mapping, whose range ends at its limit: that leaves out only what costs more.

    Parameters
    ----------
    least
        What energy and latency are known to be at least: for a product, they bound
        the other one.
    within
        Other costs, and what they are at most (energy before it is rounded).

    Returns
    -------
    Measured or None
        None where the model sees that nothing is within the limits.
    """
    most = dict.fromkeys(Objective, inf)
    for each, largest in ((objective, limit), *within):
        most[each] = min(most[each], largest)
    if most[Objective.EDP] < inf:
        costs = Costs(reading, model)
        ends = limits_of_product(most[Objective.EDP], least[0], least[1], costs)
        for each, largest in zip((Objective.ENERGY, Objective.LATENCY), ends, strict=True):
            most[each] = min(most[each], largest)
    costs = Costs(reading, model, most[Objective.ENERGY], most[Objective.LATENCY])
    asked = {objective, *(each for each, _ in within)}
    made: dict[Objective, Measured] = {}
    if asked != {Objective.ENERGY}:
        made[Objective.LATENCY] = costs.latency()
    if asked != {Objective.LATENCY}:
        made[Objective.ENERGY] = costs.energy()
    if Objective.EDP in asked:
        both = made[Objective.ENERGY], made[Objective.LATENCY]
        made[Objective.EDP] = edp(reading.integers, *both, most[Objective.EDP])
    for each, largest in within:
        low, _ = reading.integers.ranges[made[each].variable]
        units = low if largest == inf else units_of(largest, made[each].scale)
        if units < low:
            return None
        if largest < inf:
            reading.integers.at_most(made[each].variable, units)
    return made[objective]


def limits_of_product(
    limit: float, least_energy: float, least_latency: float, costs: Costs
) -> tuple[float, float]:
    """What energy and latency are at most where their product is within a limit."""
    energy = max(least_energy, costs.least_energy() * (1 - MARGIN))
    latency = max(least_latency, costs.least_latency() * (1 - 1e-9), 1.0)
    return limit / latency, limit / energy if energy > 0 else inf


def units_of(limit: float, scale: float) -> int:
    """The largest number of units that a cost within a limit may have."""
    return floor(limit * scale * (1 + MARGIN))


def _most(limit: float, scale: float) -> int | None:
    return None if limit == inf or limit * scale > SAFE else units_of(limit, scale)


def _price(by: Product | Reduced) -> float:
    if not isinstance(by, Product) or by.powers:
        raise TypeError(f"cycles are priced with {by}")
    return by.coefficient
