"""Objectives and limits in words."""

from __future__ import annotations

from typing import Final

from dmaze_cp.constraints import Constraints
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.spec.constraint_files import constraints_to_dict

_NAMES: Final = {Objective.EDP: "EDP", Objective.ENERGY: "Energy", Objective.LATENCY: "Latency"}
_UNITS: Final = {
    Objective.EDP: "pJ x cycles",
    Objective.ENERGY: "pJ",
    Objective.LATENCY: "cycles",
}
_SETTINGS: Final = {
    "min_pe_utilization": "PE utilisation",
    "min_rf_utilization": "RF utilisation",
    "min_spm_utilization": "SPM utilisation",
    "no_feature_dram": "filter loops at DRAM",
    "no_spatial_reduction": "sums across PEs",
}
"""What limits are on, by their names in files."""


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


def constraint_texts(constraints: Constraints) -> tuple[str, ...]:
    """The limits that are set, such as ``at least 50 % PE utilisation``."""
    texts = []
    for name, value in constraints_to_dict(constraints).items():
        if value is True:
            texts.append(f"no {_SETTINGS[name]}")
        elif value:
            texts.append(f"at least {100 * value:.4g} % {_SETTINGS[name]}")
    return tuple(texts)
