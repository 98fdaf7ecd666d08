"""Validity rules between the parameters of a design."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from dmaze_cp.dse.quantities import QUANTITIES
from dmaze_cp.spec.expressions import evaluate_expression, names_in, parse_expression


@dataclass(frozen=True)
class Rule:
    """A condition that designs have to meet, such as ``spm_bytes <= 16 * total_rf_bytes``.

    Attributes
    ----------
    text
        The condition, over `QUANTITIES` (see `dmaze_cp.spec.expressions`).
    name
        What reports call it; the text if left out.

    Raises
    ------
    SpecError
        When the text is no condition.
    """

    text: str
    name: str = ""
    tree: ast.expr = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", parse_expression(self.text, QUANTITIES, condition=True))
        object.__setattr__(self, "name", self.name or self.text)

    @property
    def names(self) -> frozenset[str]:
        """The quantities that the rule speaks of."""
        return names_in(self.tree)

    def holds(self, quantities: Mapping[str, float]) -> bool:
        """Whether a design with these quantities meets the rule.

        Parameters
        ----------
        quantities
            A value for each of `names`.

        Raises
        ------
        ExpressionError
            When it divides by zero, or a number gets too large.
        """
        return bool(evaluate_expression(self.tree, quantities))
