"""Objectives and constraints in words."""

from __future__ import annotations

from typing import Final

from dmaze_cp.constraints import ConstraintRules
from dmaze_cp.constraints.rules import EVERY
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.result import WorkloadResult

_NAMES: Final = {Objective.EDP: "EDP", Objective.ENERGY: "Energy", Objective.LATENCY: "Latency"}
_UNITS: Final = {
    Objective.EDP: "pJ x cycles",
    Objective.ENERGY: "pJ",
    Objective.LATENCY: "cycles",
}


def objective_name(objective: Objective) -> str:
    """An objective at the beginning of a sentence."""
    return _NAMES[objective]


def in_sentence(objective: Objective) -> str:
    """An objective's name inside a sentence."""
    return "EDP" if objective is Objective.EDP else str(objective)


def objective_unit(objective: Objective) -> str:
    """Unit of an objective's values."""
    return _UNITS[objective]


def value_text(value: float, objective: Objective) -> str:
    """A value of an objective with its unit, in few characters."""
    if objective is Objective.ENERGY:
        return numbers.energy(value)
    if objective is Objective.LATENCY:
        return f"{numbers.count(value)} cycles"
    return numbers.scientific(value)


def pin_texts(result: WorkloadResult) -> tuple[str, ...]:
    """Every pin of a network, and of how many layers where not of all."""
    layers = len({each.layer.name for each in result.layers})
    return tuple(
        text if count == layers else f"{text} ({count} of {numbers.counted(layers, 'layer')})"
        for text, count in result.pins.items()
    )


def rule_texts(rules: ConstraintRules) -> tuple[str, ...]:
    """Every pin, and the layers that it is for."""
    return tuple(
        str(rule.pin) if rule.layers == EVERY else f"{rule.layers}: {rule.pin}"
        for rule in rules.rules
    )
