"""From a network and an accelerator to fronts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_RULES, ConstraintRules, Constraints, rules_for
from dmaze_cp.cp.parameters import SolverOptions
from dmaze_cp.engine import DEFAULT_ENGINE, DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.errors import SpecError
from dmaze_cp.mapspace import check_sizes
from dmaze_cp.pinning import rule_problems
from dmaze_cp.question import Options
from dmaze_cp.result import Alternative, Ending
from dmaze_cp.search.reaching import unreachable
from dmaze_cp.tradeoff.front import check_epsilon, layer_front
from dmaze_cp.tradeoff.network import network_front
from dmaze_cp.tradeoff.result import LayerFront, WorkloadFront
from dmaze_cp.workload import Layer, Workload


def pareto(
    workload: Workload | Layer,
    architecture: Architecture,
    *,
    epsilon: float = 0.0,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    constraints: Constraints | ConstraintRules = NO_RULES,
    engine: Engine | str = DEFAULT_ENGINE,
    workers: int = 1,
    seed: int = 0,
    solver_params: Sequence[tuple[str, str]] = (),
    on_layer_done: Callable[[LayerFront], None] | None = None,
    on_point: Callable[[Layer, Alternative], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> WorkloadFront:
    """The energy-latency front of each layer, and of the network's totals, proven.

    No mapping is at least as good as a point in both costs and better in one.

    Parameters
    ----------
    workload
        A network, or one layer.
    epsilon
        0: exact. Else every mapping has at least the latency of some point and at least its
        energy divided by 1 + epsilon.
    time_limit
        Wall seconds for each layer; a front that is cut off says what is proven.
    constraints, engine, workers, seed, solver_params
        As in `map_layer`.
    on_layer_done, on_point
        Called with each front, and with each point as soon as it is proven.
    stop
        Polled; once it returns True, what is there is returned.

    Raises
    ------
    SpecError
        When an option makes no sense or a layer is too large, before anything is searched.
    """
    if isinstance(workload, Layer):
        workload = Workload(workload.name, (workload,))
    options = Options(
        time_limit, engine=engine, solver=SolverOptions(workers, seed, tuple(solver_params))
    )
    check_epsilon(epsilon)
    rules = rules_for(constraints)
    for layer in workload:
        check_sizes([layer], architecture, rules.of(layer).padding)
    problems = [
        *rule_problems([workload], rules),
        *unreachable([workload], [architecture], rules),
    ]
    if problems:
        raise SpecError(problems)
    stopped = stop or (lambda: False)
    fronts = []
    for layer in workload:
        if stopped():
            break
        front = layer_front(
            layer,
            architecture,
            epsilon=epsilon,
            constraints=rules.of(layer),
            options=options,
            on_point=None if on_point is None else lambda p, of=layer: on_point(of, p),  # type: ignore[misc]
            stop=stop,
        )
        fronts.append(front)
        if on_layer_done is not None:
            on_layer_done(front)
    whole = len(fronts) == len(workload.layers)
    cut = not whole or any(f.reason == Ending.INTERRUPTED for f in fronts)
    network = network_front(fronts, whole=whole)
    return WorkloadFront(workload, architecture, rules, tuple(fronts), network, cut)
