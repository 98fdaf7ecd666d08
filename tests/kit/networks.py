"""Results of whole networks to report on, with all that can be missing from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.objective import Objective
from dmaze_cp.result import Ending, LayerResult, Status, WorkloadResult
from dmaze_cp.workload import Layer, Workload
from tests.kit.samples import CONV, DEPTHWISE, GEMM, ONE, STRIDED, sample_result

HUGE = Layer.gemm("huge", {"X": 2**16, "Y": 2**16, "K": 2**20})
COSTLY = Architecture(
    name="costly", pes=2**20, rf_bytes=2**20, energy=AccessEnergy(*(1e6,) * 5), accelerator_mhz=0.5
)
FREE = Architecture(name="free", energy=AccessEnergy(0, 0, 0, 0, 0))
ARCHITECTURES = (Architecture(), Architecture(name="edge", pes=16), COSTLY, FREE)

cached_result = cache(sample_result)


def lost(
    layer: Layer,
    objective: Objective = Objective.EDP,
    status: Status = Status.UNKNOWN,
    architecture: Architecture | None = None,
    **fields: object,
) -> LayerResult:
    """A result without a mapping."""
    reason = "time limit: no mapping found yet"
    return LayerResult(
        layer, architecture or Architecture(), objective, status, reason=reason, **fields
    )


def network(
    *results: LayerResult,
    name: str = "net",
    layers: Sequence[Layer] = (),
    interrupted: bool = False,
) -> WorkloadResult:
    """The result of a network of these layers (and more, which were not reached)."""
    every = tuple(dict.fromkeys((*(r.layer for r in results), *layers)))
    objectives = tuple(dict.fromkeys(r.objective for r in results))
    architecture = results[0].architecture if results else Architecture()
    return WorkloadResult(Workload(name, every), architecture, objectives, results, interrupted)


@st.composite
def layer_results(
    draw: st.DrawFn, name: str, architecture: Architecture, objective: Objective
) -> LayerResult:
    """A layer's result of any kind, under a name of any length."""
    shape = draw(st.sampled_from((CONV, STRIDED, DEPTHWISE, GEMM, ONE, HUGE)))
    instances = draw(st.sampled_from((1, 1, 3, 9_999, 2**40)))
    layer = replace(shape, name=name, instances=instances)
    times = st.sampled_from((0.0, 0.004, 0.4, 59.9, 187.0, 86_400.0))
    status = draw(st.sampled_from((Status.OPTIMAL, Status.FEASIBLE, *Status)))
    found = cached_result(shape, objective, architecture=architecture)
    if found.value is None or status in {Status.INFEASIBLE, Status.UNKNOWN}:
        result = lost(
            layer,
            objective,
            status,
            architecture,
            ended=draw(st.sampled_from((Ending.FAILED, Ending.UNSTATED))),
        )
    else:
        fraction = draw(st.sampled_from((0.0, 0.3, 0.999_99))) if status == "feasible" else 1
        bound = found.value if fraction == 1 else found.value * fraction
        result = replace(found, layer=layer, status=status, bound=bound)
    return replace(result, solve_time_s=draw(times), from_store=draw(st.booleans()))


NAMES = st.sampled_from(
    ("n1", "conv1", "=1+1", "a|b", "__init__", "[/x][red]", "weird\x1b[31m\n", "é ü", "x" * 200)
) | st.from_regex(r"/features/features\.\d{1,2}/conv/Conv_\d{1,3}", fullmatch=True)


@st.composite
def networks(
    draw: st.DrawFn, architecture: Architecture | None = None, name: str | None = None
) -> WorkloadResult:
    """Results of a network, complete or not, for one objective or several."""
    architecture = architecture or draw(st.sampled_from(ARCHITECTURES))
    objectives = draw(st.lists(st.sampled_from(Objective), min_size=1, max_size=3, unique=True))
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    results = tuple(
        draw(layer_results(layer_name, architecture, o)) for layer_name in names for o in objectives
    )
    # The objectives are of the same layers.
    layers = [r.layer for r in results[:: len(objectives)]]
    results = tuple(
        replace(r, layer=layers[i // len(objectives)])
        if r.layer.shape == layers[i // len(objectives)].shape
        else lost(layers[i // len(objectives)], r.objective, architecture=architecture)
        for i, r in enumerate(results)
    )
    reached = draw(st.integers(0, len(results)))
    interrupted = draw(st.booleans())
    return WorkloadResult(
        Workload(name or draw(NAMES), tuple(layers)),
        architecture,
        tuple(objectives),
        results[:reached] if interrupted else results,
        interrupted,
    )
