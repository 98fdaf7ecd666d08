"""The exact energy-latency front of one layer, searched for in this thread."""

from __future__ import annotations

from collections.abc import Callable

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S, MOST_EPSILON
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.mapper import map_layer
from dmaze_cp.mapspace import check_sizes
from dmaze_cp.pinning import check_pins
from dmaze_cp.question import Options, is_number
from dmaze_cp.result import Alternative, Ending, Known
from dmaze_cp.tradeoff.result import LayerFront
from dmaze_cp.tradeoff.walk import Walk
from dmaze_cp.workload import Layer


def layer_front(
    layer: Layer,
    architecture: Architecture,
    *,
    epsilon: float = 0.0,
    constraints: Constraints = NO_CONSTRAINTS,
    options: Options | None = None,
    on_point: Callable[[Alternative], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> LayerFront:
    """The energy-latency front of a layer, proven.

    Parameters
    ----------
    epsilon
        0: exact. Else points are left out that another matches within 1 + epsilon.
    options
        How to search; the time limit is that of the whole front.
    on_point
        Called with each point as soon as it is proven.
    stop
        Polled; the walk ends soon after it returns True.

    Raises
    ------
    SpecError
        When an option makes no sense, or the layer is too large for the exact model.
    """
    asked = options or Options(time_limit_s=DEFAULT_TIME_LIMIT_S)
    check_epsilon(epsilon)
    check_sizes([layer], architecture, constraints.padding)
    constraints = check_pins(layer, constraints)
    walk = Walk(layer, architecture, constraints, epsilon, asked)
    while walk.ended is None:
        if stop is not None and stop():
            walk.end(Ending.INTERRUPTED)
            break
        question = walk.question
        result = map_layer(
            layer,
            architecture,
            question.objective,
            time_limit=walk.left_s,
            constraints=question.constraints,
            engine=asked.engine,
            workers=asked.solver.workers,
            seed=asked.solver.seed,
            solver_params=asked.solver.parameters,
            solver_log=asked.solver.log,
            known=Known(bound=walk.least),
            reasons=not walk.points,
            stop=stop,
        )
        point = walk.note(result, stopped=stop is not None and stop())
        if point is not None and on_point is not None:
            on_point(point)
    return walk.front


def check_epsilon(epsilon: float) -> None:
    """Refuse what is no epsilon.

    Raises
    ------
    SpecError
        When it is not a number from 0 to `MOST_EPSILON`.
    """
    if not is_number(epsilon) or not 0 <= epsilon <= MOST_EPSILON:
        expected = f"a number from 0 to {MOST_EPSILON:g}"
        raise SpecError(Problem("epsilon", repr(epsilon), expected))
