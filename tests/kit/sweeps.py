"""Sweeps to report on: real costs of made-up mappings, without the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.design import Budgets, Design, InvalidDesign
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import (
    NetworkCost,
    PointStatus,
    SweepPoint,
    SweepResult,
    WeightedWorkload,
    cost_unit_s,
)
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult
from dmaze_cp.workload import Layer, Workload
from tests.kit.networks import NAMES, cached_result, lost
from tests.kit.samples import DEPTHWISE, GEMM, ONE

SPACE = DesignSpace(
    "memories",
    parameters=(Parameter("rf_bytes", (64, 128, 256)), Parameter("spm_kb", (64, 128))),
)
MAPPED = (PointStatus.OPTIMAL, PointStatus.FEASIBLE)


def weighted(name: str = "net", weight: float = 1.0, *layers: Layer) -> WeightedWorkload:
    return WeightedWorkload(Workload(name, layers or (GEMM, DEPTHWISE)), weight)


def sweep_point(
    design: Design,
    networks: Sequence[WeightedWorkload],
    objective: Objective = Objective.EDP,
    status: PointStatus = PointStatus.OPTIMAL,
) -> SweepPoint:
    """What a sweep says of a design, with a bound that goes with the status."""
    unit = cost_unit_s(design.architecture, objective)
    fraction = Fraction(1) if status is PointStatus.OPTIMAL else Fraction(9, 10)
    without = status in {PointStatus.INFEASIBLE, PointStatus.UNKNOWN, PointStatus.FAILED}
    costs = []
    total, total_bound, energy, seconds = Fraction(0), Fraction(0), Fraction(0), Fraction(0)
    for network in networks:
        results = tuple(
            _layer(layer, design.architecture, objective, without) for layer in network.workload
        )
        value = sum(unit * r.layer.instances * (r.value or 0) for r in results)
        cost = NetworkCost(
            network.workload.name,
            results,
            None if without else float(value),
            float(value * fraction),
        )
        costs.append(cost)
        weight = Fraction(network.weight)
        total += weight * value
        total_bound += weight * value * fraction
        energy += weight * cost.energy_pj
        hertz = Fraction(design.architecture.accelerator_mhz) * 1_000_000
        seconds += weight * cost.latency_cycles / hertz
    bound = float(total_bound) if status is not PointStatus.INFEASIBLE else float("inf")
    return SweepPoint(
        design,
        status,
        None if status is PointStatus.OPTIMAL else "a reason",
        None if without else float(total),
        bound,
        tuple(costs),
        float(energy / seconds) * 1e-9 if seconds else None,
    )


def _layer(
    layer: Layer, architecture: Architecture, objective: Objective, without: bool
) -> LayerResult:
    if without:
        return lost(layer, objective, architecture=architecture)
    shape = replace(layer, name="", also=(), instances=1)
    result = cached_result(shape, objective, architecture=replace(architecture, name=""))
    mapping = result.mapping and replace(result.mapping, layer=layer)
    return replace(result, layer=layer, mapping=mapping, architecture=architecture)


def sample_sweep(
    space: DesignSpace = SPACE,
    networks: Sequence[WeightedWorkload] = (weighted(),),
    objective: Objective = Objective.EDP,
    statuses: Sequence[PointStatus] = (PointStatus.OPTIMAL,),
    *,
    pareto: bool = False,
    interrupted: bool = False,
) -> SweepResult:
    """A sweep whose points have these statuses by turns."""
    designs: list[Design] = []
    invalid: list[InvalidDesign] = []
    for point in space.points():
        (designs if isinstance(point, Design) else invalid).append(point)
    points = tuple(
        sweep_point(design, networks, objective, statuses[k % len(statuses)])
        for k, design in enumerate(designs)
    )
    mapped = [(p.value, k) for k, p in enumerate(points) if p.is_mapped and p.value is not None]
    best = min(mapped)[1] if mapped else None
    least = points[best].value if best is not None else None
    proven = least is not None and all(p.bound >= least for k, p in enumerate(points) if k != best)
    return SweepResult(
        space,
        tuple(networks),
        objective,
        Budgets(area_mm2=20.0),
        pareto,
        points,
        tuple(invalid),
        best,
        proven,
        front(points) if pareto else (),
        front_proven=pareto and set(statuses) == {PointStatus.OPTIMAL},
        searches=len(points),
        looked_up=3,
        elapsed_s=1.5,
        interrupted=interrupted,
    )


def front(points: Sequence[SweepPoint]) -> tuple[int, ...]:
    """Positions of the mapped points that no other beats, found the slow way."""
    mapped = {
        k: (p.design.area_mm2, p.value)
        for k, p in enumerate(points)
        if p.is_mapped and p.value is not None and p.design.area_mm2 is not None
    }
    best = [
        k
        for k, (area, value) in mapped.items()
        if not any(
            (a <= area and v <= value) and ((a, v) != (area, value) or other < k)
            for other, (a, v) in mapped.items()
            if other != k
        )
    ]
    return tuple(sorted(best, key=lambda k: mapped[k]))


VALUES = {
    "rf_bytes": (32, 64, 128, 2048),
    "spm_kb": (16, 32, 64),
    "pes": (16, 64, 128),
    "accelerator_mhz": (250.0, 500.0),
    "dma_cycles_per_byte": (0.24, 1.5),
}


@st.composite
def sweeps(draw: st.DrawFn) -> SweepResult:
    """Sweeps of any outcome, over one to three parameters, for one network or more."""
    names = draw(st.lists(st.sampled_from(list(VALUES)), max_size=3, unique=True))
    parameters = tuple(
        Parameter(name, VALUES[name][: draw(st.integers(1, len(VALUES[name])))]) for name in names
    )
    rules = draw(st.sampled_from(((), (Rule("total_rf_bytes < 16 KiB", "small"),))))
    space = DesignSpace(
        draw(st.sampled_from(("s", "=é|ü", "[x]"))), parameters=parameters, rules=rules
    )
    layers = st.sampled_from((GEMM, DEPTHWISE, ONE))
    models = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    networks = [
        weighted(name, draw(st.sampled_from((1.0, 3.0, 0.25))), draw(layers)) for name in models
    ]
    return sample_sweep(
        space,
        networks,
        draw(st.sampled_from(Objective)),
        draw(st.lists(st.sampled_from(PointStatus), min_size=1, max_size=5)),
        pareto=draw(st.booleans()),
        interrupted=draw(st.booleans()),
    )
