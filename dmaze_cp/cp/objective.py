"""The objective: a variable that is never above the cost of the mapping that the factors are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf, log2

from dmaze_cp.cost.expression import Node, Product, Term, Times, Total, lowered
from dmaze_cp.cost.model import CostModel
from dmaze_cp.cp.factors import FRACTION, is_integer
from dmaze_cp.cp.integers import SAFE, Affine, total
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
        The largest energy (before it is rounded) and latency that are of interest.
    """

    def __init__(
        self,
        reading: Reading,
        model: CostModel,
        most_energy_pj: float = inf,
        most_latency_cycles: float = inf,
    ) -> None:
        self.reading, self.model, self.integers = reading, model, reading.integers
        self.most_energy, self.most_latency = most_energy_pj, most_latency_cycles
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
        others = [part for part in _parts(self.model.energy) if not self._leaks(part)]
        form = lowered(Total(tuple(others)))
        unit = self._unit([t for terms in form.sums for t in terms])
        sums = self.reading.sums(form, unit)
        leaked = [self._leaked(part, unit) for part in _parts(self.model.energy) if self._leaks(part)]
        whole = total([*sums, *leaked])
        most = _most(self.most_energy, unit.scale)
        return Measured(self.integers.target([(whole, 1)], most), unit.scale)

    def _leaks(self, part: Node) -> bool:
        return isinstance(part, Times) and part.node is self.model.latency

    def _leaked(self, part: Node, unit: Unit) -> Affine:
        """Energy that is drawn in every cycle."""
        assert isinstance(part, Times)
        assert isinstance(part.by, Product)
        cycles = self.integers.affine(self.latency().variable)
        return cycles.times(floor(part.by.coefficient * unit.scale * (1 - 1e-12)))

    def least_energy(self) -> float:
        """What the energy is at least: each product by itself."""
        form = lowered(Total(tuple(p for p in _parts(self.model.energy) if not self._leaks(p))))
        return sum(self.reading.range_of(t)[0] for terms in form.sums for t in terms)

    def _unit(self, terms: Sequence[Term]) -> Unit:
        """The first unit in which all energies are integers, or the finest there is room for."""
        largest = self.most_energy
        if largest == inf:
            largest = sum(self.reading.range_of(t)[1] for t in terms) + 1
        room = SAFE / HEADROOM / max(largest, 1e-3)
        for scale in UNITS:
            if scale <= room and all(is_integer(t.coefficient * scale) for t in terms):
                return Unit(scale, exact=True)
        return Unit(2.0 ** floor(log2(room)), exact=True)

    def edp(self, most: float) -> Measured:
        """Energy times latency, each in units that leave the product in the safe range.

        Units are rounded down to, which loses a share of one in some hundred thousand.
        """
        energy, latency = self.energy(), self.latency()
        longest = self.integers.ranges[latency.variable][1]
        step_latency = max(1, -(-longest // 2**23))
        slow = self._stepped(latency.variable, step_latency)
        room = SAFE // max(1, slow.high)
        step_energy = max(1, -(-self.integers.ranges[energy.variable][1] // room))
        dear = self._stepped(energy.variable, step_energy)
        scale = energy.scale / step_energy / step_latency
        high = float(SAFE) if most == inf else most * scale * (1 + MARGIN)
        product = self.integers.multiply(dear, slow, high)
        if product.variable is None:  # one of the two is the same for all
            return Measured(self.integers.target([(product, 1)]), scale)
        return Measured(product.variable, scale)

    def _stepped(self, variable: int, step: int) -> Affine:
        """A variable divided by a number, rounded down."""
        if step == 1:
            return self.integers.affine(variable)
        shifted = self.integers.affine(variable).plus(1 - step)
        return self.integers.affine(self.integers.target([(shifted, step)]))


def add_objective(
    reading: Reading,
    model: CostModel,
    objective: Objective,
    limit: float,
    least: tuple[float, float],
) -> Measured:
    """The objective of a case, of which nothing above a limit is of interest.

    Parameters
    ----------
    least
        What energy and latency are known to be at least: for a product, they bound
        the other one.
    """
    if objective is Objective.LATENCY:
        return Costs(reading, model, most_latency_cycles=limit).latency()
    if objective is Objective.ENERGY:
        return Costs(reading, model, most_energy_pj=limit).energy()
    energy = max(least[0], Costs(reading, model).least_energy() * (1 - MARGIN))
    latency = max(least[1], reading.range_of_form(lowered(model.latency))[0] * (1 - 1e-9), 1.0)
    most_energy = limit / latency
    most_latency = limit / energy if energy > 0 else inf
    return Costs(reading, model, most_energy, most_latency).edp(limit)


def units_of(limit: float, scale: float) -> int:
    """The largest number of units that a cost within a limit may have."""
    return floor(limit * scale * (1 + MARGIN))


def _most(limit: float, scale: float) -> int | None:
    return None if limit == inf or limit * scale > SAFE else units_of(limit, scale)


def _parts(node: Node) -> tuple[Node, ...]:
    return node.parts if isinstance(node, Total) else (node,)

