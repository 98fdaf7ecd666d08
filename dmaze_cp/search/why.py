"""Why a search found that there is no mapping, in a sentence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints, PaddingPin, Pin
from dmaze_cp.errors import NoSolutionError
from dmaze_cp.workload import Layer

PATIENCE_S: Final = 30.0
"""So long CP-SAT may look for what clashes."""


def why_none(layer: Layer, architecture: Architecture, constraints: Constraints) -> str:
    """Which capacities and pins leave no mapping: all pins, where time runs out."""
    # The solver takes a while to load.
    from dmaze_cp.cp.clash import FitModel, demands_on
    from dmaze_cp.cp.relaxing import clash_text

    deadline = time.monotonic() + PATIENCE_S
    model = FitModel(
        layer, architecture, demands_on(architecture, constraints), constraints.padding
    )
    try:
        found = model.clash(deadline)
    except NoSolutionError:
        found = None
    if found is None:
        return none_satisfies(constraints.pins)
    return clash_text(model, found[0], deadline)


def none_satisfies(pins: Sequence[Pin]) -> str:
    """That no mapping satisfies pins; padding is none that a mapping could break."""
    demands = [str(pin) for pin in pins if not isinstance(pin, PaddingPin)]
    padding = [str(pin) for pin in pins if isinstance(pin, PaddingPin)]
    permitted = f" (with {', '.join(padding)})" if padding else ""
    what = "it" if len(demands) == 1 else "all of them"
    return f"{', '.join(demands)}{permitted}: no mapping satisfies {what}"
