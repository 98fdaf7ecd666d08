"""Why a search found that there is no mapping, in a sentence."""

from __future__ import annotations

import time
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
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
        return f"{constraints}: no mapping satisfies all of them"
    return clash_text(model, found[0], deadline)
