"""What a user demands of mappings: pins, those of one layer, and rules for a network's layers."""

from __future__ import annotations

from dmaze_cp.constraints.layer import NO_CONSTRAINTS, Constraints, padded, padding_pins
from dmaze_cp.constraints.parsing import parse_pin
from dmaze_cp.constraints.pins import (
    CostPin,
    FactorPin,
    PaddingPin,
    Pin,
    Relation,
    SpatialPin,
    StationaryPin,
    UtilizationPin,
    loops_of,
)
from dmaze_cp.constraints.rules import NO_RULES, ConstraintRules, Rule, padded_rules, rules_for

__all__ = [
    "NO_CONSTRAINTS",
    "NO_RULES",
    "ConstraintRules",
    "Constraints",
    "CostPin",
    "FactorPin",
    "PaddingPin",
    "Pin",
    "Relation",
    "Rule",
    "SpatialPin",
    "StationaryPin",
    "UtilizationPin",
    "loops_of",
    "padded",
    "padded_rules",
    "padding_pins",
    "parse_pin",
    "rules_for",
]
