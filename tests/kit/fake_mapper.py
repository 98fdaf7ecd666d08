"""Stands in for the mapper: quick, and as slow or unlucky as a test wants it.

Layers whose name begins with ``infeasible``, ``unknown``, ``slow``, ``crash`` or
``stuck`` behave so. Only searches in the program's own process (``--jobs 1``) see it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dmaze_cp import mapper
from dmaze_cp.architecture import Architecture
from dmaze_cp.cli import main
from dmaze_cp.objective import Objective
from dmaze_cp.result import Ending, LayerResult, Status
from dmaze_cp.workload import Layer
from tests.kit.patience import HANG_S
from tests.kit.samples import sample_result

calls: list[dict[str, Any]] = []


def map_layer(
    layer: Layer,
    architecture: Architecture,
    objective: Objective,
    *,
    stop: Callable[[], bool] | None = None,
    **options: Any,
) -> LayerResult:
    calls.append(options)
    result = _map(layer, objective, architecture, stop)
    tie_bound = result.tie_value if options["tie_break"] else None
    return replace(result, constraints=options["constraints"], tie_bound=tie_bound)


def _map(
    layer: Layer,
    objective: Objective,
    architecture: Architecture,
    stop: Callable[[], bool] | None,
) -> LayerResult:
    kind = layer.name.rstrip("0123456789")
    if kind == "crash":
        raise RuntimeError("a defect\nin two lines")
    if kind == "infeasible":
        reason = "RF words: found at least 3, expected at most 2"
        return LayerResult(layer, architecture, objective, Status.INFEASIBLE, reason=reason)
    if kind == "unknown":
        reason = "time limit of 0.1 s"
        return LayerResult(
            layer, architecture, objective, Status.UNKNOWN, bound=1000, reason=reason
        )
    if kind in {"slow", "stuck"}:
        sys.stderr.write("searching\n")
        sys.stderr.flush()
        end, told = time.monotonic() + HANG_S, False
        while time.monotonic() < end:
            if stop is not None and stop():
                if kind == "slow":
                    break
                if not told:
                    told = True
                    sys.stderr.write("asked to stop\n")
                    sys.stderr.flush()
            time.sleep(0.01)
        result = sample_result(layer, objective, architecture=architecture, bound_fraction=0.5)
        return result.as_ended(Ending.INTERRUPTED)
    return sample_result(layer, objective, architecture=architecture)


if __name__ == "__main__":
    mapper.map_layer = map_layer
    main()
