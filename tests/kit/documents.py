"""Result documents to make pages of: real mappings and costs, made-up searches."""

from __future__ import annotations

from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.objective import Objective
from dmaze_cp.result import WorkloadResult
from dmaze_cp.workload import Layer, UnmappedOperator, Workload
from tests.kit import samples

HOSTILE = "</script><img src=x onerror=window.hacked=1><!--<script>window.hacked=1"
LAYERS = (samples.CONV, samples.STRIDED, samples.DEPTHWISE, samples.GEMM)
TINY = Architecture(name="tiny", rf_bytes=4)
"""Nothing fits its register files."""


def mapped(
    *objectives: Objective,
    layers: tuple[Layer, ...] = LAYERS,
    architecture: Architecture | None = None,
    model: str = "sample",
    bound_fraction: float = 1.0,
) -> WorkloadResult:
    """The result of mapping a network."""
    architecture = architecture or Architecture()
    objectives = objectives or (Objective.EDP,)
    results = [
        samples.sample_result(layer, o, architecture=architecture, bound_fraction=bound_fraction)
        for o in objectives
        for layer in layers
    ]
    operators = (UnmappedOperator("pool", "MaxPool", "no multiply-accumulate"),)
    workload = Workload(model, layers, unmapped=operators)
    return WorkloadResult(workload, architecture, objectives, tuple(results))


def results(models: tuple[str, str] = ("alpha", "beta"), **options: Any) -> list[WorkloadResult]:
    """Two networks on two accelerators."""
    small = Architecture(name="small", pes=64)
    return [
        mapped(architecture=architecture, layers=layers, model=model, **options)
        for model, layers in zip(models, (LAYERS[:2], LAYERS), strict=True)
        for architecture in (Architecture(), small)
    ]
