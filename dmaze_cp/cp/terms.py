"""Products and sums of products as CP-SAT variables that are never too large.

A product is ``exp(log)``, with ``log`` a linear expression in the choices, kept as a
variable of its own. Its share of a limit is a variable bounded from below by tangents of
the exponential.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, exp

import numpy as np
from ortools.sat.python import cp_model

from dmaze_cp.cost.batch import Floats
from dmaze_cp.cp.scaling import LOG_SCALE, MIN_LOG, SHARE, SLOPE, tangent
from dmaze_cp.cp.variables import Choices
from dmaze_cp.relaxation.terms import Term
from dmaze_cp.workload import OPERANDS

SPACING = 0.6
"""Distance of the first tangents, in the logarithm: they are within 2 % of the curve."""

FIRST_RANGE = 3.5
"""The first tangents reach down to shares of exp(-FIRST_RANGE)."""


@dataclass(frozen=True, eq=False)
class Log:
    """The logarithm of a product as a variable, and its range (units of ``1 / LOG_SCALE``)."""

    variable: cp_model.IntVar
    low: int
    high: int


@dataclass
class TermBuilder:
    """Makes the variables of terms, once each.

    Attributes
    ----------
    model, choices
        What the terms are added to, and what they are linear in.
    extra
        Tangent points that were asked for: (row bytes, log limit) to places.
    """

    model: cp_model.CpModel
    choices: Choices
    tangents_at: Sequence[Floats] = ()
    _logs: dict[bytes, Log] = field(default_factory=dict)
    _dma: dict[str, Log] = field(default_factory=dict)
    _shares: dict[tuple[bytes, float, int], cp_model.IntVar] = field(default_factory=dict)

    def log(self, row: Floats) -> Log:
        """The logarithm of a product of atoms (rounded down), as a variable."""
        key = row.tobytes()
        if key not in self._logs:
            self._logs[key] = self._new_log(row)
        return self._logs[key]

    def _new_log(self, row: Floats) -> Log:
        basis = self.choices.table.basis
        parts = self.choices.logs(row[: basis.atoms])
        low, high = sum(int(p.min()) for p in parts), sum(int(p.max()) for p in parts)
        expression = self.choices.weighted(parts, 0)
        on_dma = row[basis.atoms :]
        for i in np.flatnonzero(on_dma):
            dma = self._dma_log(OPERANDS[i])
            expression = expression + dma.variable
            low, high = low + dma.low, high + dma.high
        variable = self.model.new_int_var(low, high, "log")
        if on_dma.any():
            self.model.add(variable >= expression)
        else:
            self.model.add(variable == expression)
        return Log(variable, low, high)

    def _dma_log(self, x: str) -> Log:
        """Logarithm of an operand's DMA cycles: at least each of its alternatives."""
        if x not in self._dma:
            basis = self.choices.table.basis
            rows = [self.choices.logs(row) for row in basis.alternatives[x]]
            low = max(sum(int(p.min()) for p in parts) for parts in rows)
            high = max(sum(int(p.max()) for p in parts) for parts in rows)
            variable = self.model.new_int_var(low, high, f"dma_{x}")
            for parts in rows:
                if sum(int(p.max()) for p in parts) > low:
                    self.model.add(variable >= self.choices.weighted(parts, 0))
            self._dma[x] = Log(variable, low, high)
        return self._dma[x]

    def share(self, term: Term, log_limit: float, least: int = 0) -> cp_model.IntVar:
        """A term's share of ``exp(log_limit)`` (rounded down), as a variable from 0 to 1."""
        key = (term.row.tobytes(), term.log_coefficient - log_limit, least)
        if key not in self._shares:
            self._shares[key] = self._new_share(term, log_limit, least)
        return self._shares[key]

    def _new_share(self, term: Term, log_limit: float, least: int) -> cp_model.IntVar:
        log = self.log(term.row)
        shift = int(np.floor((term.log_coefficient - log_limit) * LOG_SCALE - 1e-3))
        low, high = log.low + shift, log.high + shift
        self.model.add(log.variable + shift <= 0)
        floor_share = max(least, int(SHARE * exp(max(low, MIN_LOG * LOG_SCALE) / LOG_SCALE)) - 1)
        variable = self.model.new_int_var(min(floor_share, SHARE), SHARE, "share")
        if low == high:
            return variable
        top, bottom = min(0.0, high / LOG_SCALE), max(-FIRST_RANGE, low / LOG_SCALE)
        points = (
            [top]
            if bottom >= top
            else list(np.linspace(bottom, top, 1 + ceil((top - bottom) / SPACING)))
        )
        points += self._asked(term, log_limit)
        for at in points:
            slope, offset = tangent(min(float(at), 0.0))
            self.model.add(SLOPE * variable >= slope * log.variable + (offset + slope * shift))
        return variable

    def _asked(self, term: Term, log_limit: float) -> list[float]:
        """Places of tangents at the candidates seen so far."""
        places = [float(z @ term.row) + term.log_coefficient - log_limit for z in self.tangents_at]
        return sorted({round(at, 6) for at in places if MIN_LOG < at <= 0})

    def at_most_one(self, shares: Sequence[cp_model.IntVar]) -> None:
        """Shares add up to at most the limit (a unit of slack each)."""
        self.model.add(cp_model.LinearExpr.sum(list(shares)) <= SHARE + len(shares))
