"""Which pins hold for which layers of a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from dmaze_cp.constraints.layer import Constraints, padding_pins
from dmaze_cp.constraints.pins import CostPin, FactorPin, PaddingPin, Pin, loops_of
from dmaze_cp.errors import Problem
from dmaze_cp.padding import AsPadding
from dmaze_cp.workload import Layer

EVERY: Final = "*"
"""The glob of all layers."""


@dataclass(frozen=True)
class Rule:
    """A pin, and the layers that it holds for, as far as they have its dimensions.

    Attributes
    ----------
    pin
        What is demanded.
    layers
        A glob of layers' names, also of those that were folded into an equal one.
    must_concern
        That no layer has it is a problem.
    source
        Where the user said it, for messages.
    """

    pin: Pin
    layers: str = EVERY
    must_concern: bool = field(default=True, compare=False)
    source: str = field(default="", compare=False)

    def is_for(self, layer: Layer) -> bool:
        """Whether it holds for a layer."""
        names = (layer.name, *layer.also)
        return self.pin.concerns(layer.kind) and any(fnmatchcase(n, self.layers) for n in names)


@dataclass(frozen=True)
class ConstraintRules:
    """The rules of a run."""

    rules: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules)

    def of(self, layer: Layer) -> Constraints:
        """What is demanded of the mappings of a layer."""
        return Constraints(tuple(rule.pin for rule in self.rules if rule.is_for(layer)))

    def cost_problems(self) -> Iterator[Problem]:
        """Limits on costs: of no use where machines change, and costs with them."""
        for rule in self.rules:
            if isinstance(rule.pin, CostPin):
                expected = "pins on tilings and orders, as the machine changes"
                yield Problem(str(rule.pin), "a limit on a cost", expected, rule.source)

    def problems(self, layers: Iterable[Layer]) -> Iterator[Problem]:
        """Rules that no layer has."""
        every = list(layers)
        for rule in self.rules:
            if rule.must_concern and not any(map(rule.is_for, every)):
                where = str(rule.pin) if rule.layers == EVERY else f"{rule.layers}: {rule.pin}"
                named = [a for a in every if rule.layers == EVERY or _matches(rule.layers, a)]
                found = "dimensions that none of the layers has" if named else "no such layer"
                some = ", ".join(layer.name for layer in every[:3])
                expected = (
                    f"dimensions of one of them ({' '.join(_dimensions(named))})"
                    if named
                    else f"a glob of one of the layers that are mapped, such as {some}"
                )
                yield Problem(where, found, expected, rule.source)


def _matches(glob: str, layer: Layer) -> bool:
    return any(fnmatchcase(name, glob) for name in (layer.name, *layer.also))


def _dimensions(layers: Iterable[Layer]) -> list[str]:
    return list(dict.fromkeys(d for layer in layers for d in loops_of(layer.kind)))


def rules_for(constraints: Constraints | ConstraintRules) -> ConstraintRules:
    """Constraints as rules for all layers that have their dimensions.

    That a factor is 1 is no problem in a network without its dimension.
    """
    if isinstance(constraints, ConstraintRules):
        return constraints
    return ConstraintRules(
        tuple(Rule(pin, must_concern=not _is_one(pin)) for pin in constraints.pins)
    )


def padded_rules(rules: ConstraintRules, padding: AsPadding) -> ConstraintRules:
    """The rules with this padding for all layers in place of theirs; with None, as they are.

    Raises
    ------
    SpecError
        With everything that is wrong with the padding.
    """
    if padding is None:
        return rules
    others = tuple(rule for rule in rules.rules if not isinstance(rule.pin, PaddingPin))
    return ConstraintRules((*others, *(Rule(pin) for pin in padding_pins(padding))))


def _is_one(pin: Pin) -> bool:
    """Whether it asks nothing of layers without its dimension."""
    if isinstance(pin, PaddingPin):
        return True
    return isinstance(pin, FactorPin) and bool(pin.holds(1, 1))


NO_RULES: Final = ConstraintRules()
"""No constraints on any layer."""
