"""Results to put into a store: real mappings and costs, made-up proofs."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from dmaze_cp.constraints import Constraints
from dmaze_cp.cost import evaluate
from dmaze_cp.mapping import Dataflow
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import LayerResult, SearchStats, Status
from dmaze_cp.store import Store
from dmaze_cp.workload import Layer
from tests.kit import strategies
from tests.kit.samples import sample_result

SIZES = {"X": 4, "Y": 6, "K": 8}


def gemm(number: int, name: str = "fc") -> Layer:
    """A layer of a shape of its own for each number."""
    return Layer.gemm(name, SIZES | {"X": 4 + number})


def sample(number: int = 0, **options: object) -> LayerResult:
    """A result with a mapping that fits the default architecture."""
    return sample_result(gemm(number), **options)  # type: ignore[arg-type]


def without_mapping(status: Status, **fields: object) -> LayerResult:
    base = sample()
    question = {"layer": base.layer, "architecture": base.architecture, "objective": base.objective}
    return LayerResult(status=status, **(question | fields))  # type: ignore[arg-type]


def looked_up(store: Store, like: LayerResult) -> LayerResult | None:
    return store.get(Question.of(like))


def kept(result: LayerResult) -> LayerResult:
    """What comes back: the same, marked as looked up."""
    return replace(result, from_store=True)


def costs(result: LayerResult) -> tuple[int | None, float | None, Status]:
    return result.value, result.bound, result.status


@st.composite
def results(draw: st.DrawFn) -> LayerResult:
    """Any result of a search: with or without mapping, proven or not."""
    layer, arch = draw(strategies.layers()), draw(strategies.architectures())
    objective = draw(st.sampled_from(Objective))
    limits: Constraints = draw(strategies.constraints())
    status = draw(st.sampled_from(Status))
    numbers = st.floats(0, 1e6)
    stats = SearchStats(bound_s=draw(numbers), map_space=draw(st.integers(0, 2**70)))
    base = LayerResult(
        layer,
        arch,
        objective,
        status,
        reason=draw(st.text(max_size=20)),
        solve_time_s=draw(numbers),
        constraints=limits,
        stats=stats,
    )
    if status is Status.INFEASIBLE:
        return base
    if status is Status.UNKNOWN:
        return replace(base, bound=draw(st.none() | st.integers(0, 2**80) | st.floats(0, 1e30)))
    mapping = draw(strategies.mappings(layer))
    cost = evaluate(mapping, arch)
    value = objective.of(cost.energy_pj, cost.latency_cycles)
    flow = Dataflow(draw(st.sampled_from("OIW")), "none")
    found = replace(base, mapping=mapping, dataflow=flow, cost=cost)
    if status is Status.OPTIMAL:
        tie_value = objective.tie_break.of(cost.energy_pj, cost.latency_cycles)
        tie_bound = draw(st.none() | st.just(tie_value) | st.integers(0, tie_value))
        return replace(found, bound=value, reason=None, tie_bound=tie_bound)
    below = (
        draw(st.none() | st.integers(0, value - 1) | st.floats(0, 0.99).map(lambda f: f * value))
        if value
        else None
    )
    return replace(found, bound=below)
