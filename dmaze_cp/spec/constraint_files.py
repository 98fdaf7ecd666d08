"""Pins and rules of files: lists of texts, for all layers or by glob.

A file of constraints is a list of pins, for all layers, or an object of such lists by a glob of
layers' names, ``*`` being all. A result lists the pins that held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from dmaze_cp.constraints import ConstraintRules, Constraints, Pin, Rule, parse_pin
from dmaze_cp.constraints.rules import EVERY
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.documents import Reading
from dmaze_cp.spec.fields import describe, label
from dmaze_cp.spec.files import load_spec_object

PIN_TEXT: Final = "a pin, such as PE.M=16"
"""What an entry of a list is."""


def constraints_from_list(obj: object) -> Constraints:
    """The constraints of a list of pins, as results have it.

    Raises
    ------
    SpecError
        With every problem found.
    """
    reading = Reading()
    pins = _pins(reading, "", obj)
    reading.end()
    return Constraints(tuple(pins))


def rules_to_dict(rules: ConstraintRules) -> dict[str, list[str]]:
    """Rules as an object: `rules_from_object` gives them back equal."""
    found: dict[str, list[str]] = {}
    for rule in rules.rules:
        found.setdefault(rule.layers, []).append(str(rule.pin))
    return found


def rules_from_object(obj: object, source: str = "") -> ConstraintRules:
    """The rules of a list of pins, or of lists by glob.

    Raises
    ------
    SpecError
        With every problem found.
    """
    reading = Reading()
    if isinstance(obj, Mapping):
        parts = [(str(glob), _pins(reading, label(str(glob)), each)) for glob, each in obj.items()]
    else:
        parts = [(EVERY, _pins(reading, "", obj))]
    reading.end()
    return ConstraintRules(
        tuple(Rule(pin, glob, source=source) for glob, pins in parts for pin in pins)
    )


def load_constraints(path: str) -> ConstraintRules:
    """Which pins hold for which layers, by a file (YAML or JSON).

    Raises
    ------
    SpecError
        With every problem found, and the file as its source.
    """
    try:
        return rules_from_object(load_spec_object(Path(path)), path)
    except SpecError as error:
        raise error.inside(path) from None


def rules_from_texts(texts: Iterable[str], source: str) -> ConstraintRules:
    """Pins for all layers, such as those of a command line.

    Raises
    ------
    SpecError
        With every problem found, attributed to `source`.
    """
    reading = Reading()
    pins = [pin for text in texts if (pin := reading.part("", partial(parse_pin, text)))]
    try:
        reading.end()
    except SpecError as error:
        raise error.inside(source) from None
    return ConstraintRules(tuple(Rule(pin, source=source) for pin in pins))


def _pins(reading: Reading, where: str, obj: Any) -> list[Pin]:
    """The pins of a list of texts, or of one text; what is wrong is noted."""
    texts = [obj] if isinstance(obj, str) else obj
    if isinstance(texts, list):
        return reading.parts(where, texts, _pin)
    reading.note(where, describe(obj), f"a list of pins ({PIN_TEXT})")
    return []


def _pin(text: object) -> Pin:
    if not isinstance(text, str):
        raise SpecError(Problem("", describe(text), PIN_TEXT))
    return parse_pin(text)
