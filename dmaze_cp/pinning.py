"""Whether pins can hold for a layer at all: what is wrong with them is bad input.

That no mapping of a machine satisfies several of them together is an answer, not bad input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dmaze_cp.constraints import (
    ConstraintRules,
    Constraints,
    FactorPin,
    PaddingPin,
    Pin,
    Relation,
    StationaryPin,
    loops_of,
    padding_pins,
)
from dmaze_cp.cost.array import divisors_of
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import ORDERED_LEVELS
from dmaze_cp.mapspace import dataflows, padding_problems, satisfying
from dmaze_cp.padding import AsPadding, Padding
from dmaze_cp.workload import Layer, Workload

_MOST_SHOWN = 12


def check_pins(layer: Layer, constraints: Constraints) -> Constraints:
    """The constraints of a layer, without pins that hold of every layer that lacks a dimension.

    Raises
    ------
    SpecError
        With every pin that cannot hold for the layer.
    """
    problems = list(pin_problems(layer, constraints))
    if problems:
        raise SpecError(problems)
    return constraints.concerning(layer.kind)


def check_padding(layer: Layer, padding: AsPadding) -> None:
    """Refuse padding that is asked for of a layer and can raise none of its bounds.

    Raises
    ------
    SpecError
        With every dimension that the layer does not have.
    """
    pins = [pin for pin in padding_pins(padding) if not pin.concerns(layer.kind)]
    if pins:
        raise SpecError(_foreign(layer, pin) for pin in pins)


def _foreign(layer: Layer, pin: Pin) -> Problem:
    dims = " ".join(loops_of(layer.kind))
    found = f"dimensions that {layer.name} does not have"
    return Problem(str(pin), found, f"dimensions of it ({dims})")


def rule_problems(networks: Iterable[Workload], rules: ConstraintRules) -> Iterator[Problem]:
    """What keeps rules from holding for the layers of networks."""
    if not rules:
        return
    every = list(networks)
    yield from rules.problems(layer for network in every for layer in network)
    for network in every:
        for layer in network:
            for problem in pin_problems(layer, rules.of(layer)):
                yield problem.inside(network.name)


def pin_problems(layer: Layer, constraints: Constraints) -> Iterator[Problem]:
    """What keeps pins from holding for a layer, whatever it is mapped onto."""
    padding = constraints.padding
    too_far = list(padding_problems(layer, padding)) if padding else []
    if too_far:
        # Nothing else is looked at: there may be a million bounds to look at.
        yield from too_far
        return
    for pin in constraints.pins:
        yield from _alone(layer, pin, padding)
    for d in layer.dimensions:
        yield from _together(layer, d, constraints)
    for level in ORDERED_LEVELS:
        pins = [p for p in constraints.pins if isinstance(p, StationaryPin) and p.level == level]
        if len(pins) > 1 and not constraints.stationary(level):
            yield _contradiction(pins, layer, f"operands stationary at {level}")


def _alone(layer: Layer, pin: Pin, padding: Padding) -> Iterator[Problem]:
    """What is wrong with one pin."""
    if not pin.concerns(layer.kind):
        is_one = isinstance(pin, FactorPin) and bool(pin.holds(1, 1))
        if not is_one and not isinstance(pin, PaddingPin):
            yield _foreign(layer, pin)
    elif isinstance(pin, FactorPin) and pin.value is not None:
        bounds = padding.extents(layer, pin.dimension)
        bound = bounds[-1]
        what = f"{pin.dimension} = {' or '.join(map(str, bounds))} of {layer.name}"
        if pin.relation is Relation.EQUAL and all(each % pin.value for each in bounds):
            divisors = sorted({n for each in bounds for n in divisors_of(each)})
            expected = f"one that does: {_some(divisors)}"
            yield Problem(str(pin), f"a factor that does not divide {what}", expected)
        elif pin.relation is Relation.AT_LEAST and pin.value > bound:
            yield Problem(str(pin), f"more than {what}", f"at most {bound}")
    elif isinstance(pin, StationaryPin):
        known = {getattr(flow, pin.level.lower()) for flow in dataflows(layer.kind)}
        if not known & set(pin.operands):
            found = f"what no {layer.kind} layer has, as {layer.name}"
            yield Problem(str(pin), found, f"one of {', '.join(sorted(known))}")


def _together(layer: Layer, dimension: str, constraints: Constraints) -> Iterator[Problem]:
    """Pins on one dimension of which each can hold, but not all."""
    own = [
        pin
        for pin in constraints.pins
        if any(each.dimension == dimension for each in pin.factors(layer.kind))
    ]

    if len(own) < 2:
        return
    bounds = constraints.padding.extents(layer, dimension)

    def possible(pins: Sequence[Pin]) -> bool:
        limits = [p for pin in pins for p in pin.factors(layer.kind) if p.dimension == dimension]
        return any(satisfying(bound, limits).shape[1] for bound in bounds)

    if possible(own) or not all(possible([pin]) for pin in own):
        return
    left = own
    for pin in own:
        fewer = [each for each in left if each is not pin]
        if not possible(fewer):
            left = fewer
    yield _contradiction(left, layer, f"{dimension} = {layer.bounds[dimension]}")


def _contradiction(pins: Sequence[Pin], layer: Layer, what: str) -> Problem:
    found = f"{what} of {layer.name}, for which they contradict each other"
    return Problem(" and ".join(map(str, pins)), found, "pins that can hold together")


def _some(values: Iterable[int]) -> str:
    shown = [str(value) for value in values]
    more = ["..."] if len(shown) > _MOST_SHOWN else []
    return ", ".join([*shown[:_MOST_SHOWN], *more])
