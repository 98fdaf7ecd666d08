"""Whether the utilisations that are demanded can be reached at all.

What no mapping of any chosen layer reaches, whatever else is demanded, is bad input, as a factor is
that divides no bound. What some layer reaches, or what clashes with other pins, is an answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import ConstraintRules, Constraints, UtilizationPin
from dmaze_cp.errors import NoSolutionError, Problem
from dmaze_cp.padding import Padding
from dmaze_cp.workload import Layer, Workload

PATIENCE_S: Final = 10.0
"""So long CP-SAT may look at one layer; what it has not found out by then is not refused."""


def unreachable(
    networks: Iterable[Workload], architectures: Sequence[Architecture], rules: ConstraintRules
) -> Iterator[Problem]:
    """Rules on utilisation that no layer which they are for reaches on any of the machines."""
    layers = [layer for network in networks for layer in network]
    for rule in rules.rules:
        if isinstance(rule.pin, UtilizationPin):
            own = [layer for layer in layers if rule.is_for(layer)]
            nearest = _nearest(own, architectures, rule.pin, rules)
            if nearest is not None:
                layer, arch, share = nearest
                which = "" if len(own) * len(architectures) == 1 else ", which comes nearest"
                found = f"a share that no mapping has (of {layer.name} on {arch.name}{which})"
                yield Problem(str(rule.pin), found, f"at most {share!r}", rule.source)


def _nearest(
    layers: Sequence[Layer],
    architectures: Sequence[Architecture],
    pin: UtilizationPin,
    rules: ConstraintRules,
) -> tuple[Layer, Architecture, float] | None:
    """What comes nearest to a share that nothing reaches; None where something may reach it."""
    nearest = None
    for layer in layers:
        for arch in architectures:
            share = most(layer.shape, arch, pin, rules.of(layer).padding)
            if share is None or share >= pin.least:
                return None
            if nearest is None or share > nearest[2]:
                nearest = layer, arch, share
    return nearest


@lru_cache(maxsize=4096)
def most(
    layer: Layer, architecture: Architecture, pin: UtilizationPin, padding: Padding
) -> float | None:
    """The largest share that a mapping has, or the one that is demanded where one has so much.

    None where that is not known, or where there is no mapping whatever is demanded.
    """
    # The solver takes a while to load.
    from dmaze_cp.cp.clash import FitModel, demands_on
    from dmaze_cp.cp.relaxing import relaxed

    deadline = time.monotonic() + PATIENCE_S
    demands = demands_on(architecture, Constraints((pin,)))
    model = FitModel(layer, architecture, demands, padding)
    try:
        found = model.clash(deadline)
    except NoSolutionError:
        return None
    if found is None:
        return pin.least
    instead = relaxed(model, pin, deadline) if pin in found[0] else None
    return instead.least if isinstance(instead, UtilizationPin) else None
