"""Result documents to make pages of: real mappings and costs, made-up searches."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.objective import Objective
from dmaze_cp.report.formats import results_record
from dmaze_cp.result import LayerResult, WorkloadResult, layer_result_record, result_record
from dmaze_cp.spec import architecture_to_dict
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


def result(*objectives: Objective, **options: Any) -> dict[str, Any]:
    """The document of `mapped`."""
    return as_read(result_record(mapped(*objectives, **options)))


def results(models: tuple[str, str] = ("alpha", "beta")) -> dict[str, Any]:
    """Two networks on two accelerators."""
    small = Architecture(name="small", pes=64)
    return as_read(
        results_record(
            [
                mapped(architecture=architecture, layers=layers, model=model)
                for model, layers in zip(models, (LAYERS[:2], LAYERS), strict=True)
                for architecture in (Architecture(), small)
            ]
        )
    )


def sweep(
    rf_bytes: tuple[int, ...] = (64, 128, 256, 512),
    banks: tuple[int, ...] = (8, 16, 32),
    *,
    pareto: bool = False,
    models: tuple[str, ...] = ("alpha", "beta"),
    layers: tuple[Layer, ...] = LAYERS[2:],
    detailed: bool = True,
) -> dict[str, Any]:
    """A sweep over register files and banks; every third design is skipped."""
    points = []
    shared = [samples.sample_result(layer) for layer in layers]
    for rf in rf_bytes:
        for bank in banks:
            index = len(points)
            energy = replace(Architecture().energy, rf_pj=0.96 * rf / 512, spm_pj=bank / 2.4)
            machine = Architecture(name="swept", rf_bytes=rf, spm_banks=bank, energy=energy)
            found = shared
            if detailed:
                found = [samples.sample_result(layer, architecture=machine) for layer in layers]
            points.append(point(index, machine, models, found, detailed=detailed))
    solved = [p for p in points if p["value"] is not None]
    best = min(solved, key=lambda p: p["value"])["index"]
    return {
        "schema": "dmaze-cp/sweep/1",
        "name": "rf and spm",
        "objective": "edp",
        "models": [{"model": m, "weight": 1.0, "layers": len(layers)} for m in models],
        "parameters": ["rf_bytes", "spm_banks"],
        "pareto": ["area_mm2"] if pareto else None,
        "budgets": {"area_mm2": 20.0},
        "points": points,
        "best": best,
        "best_proven": True,
        "front": front(solved),
        "front_proven": True,
        "best_by_model": dict.fromkeys(models, best),
        "counts": {"points": len(points), "solved": len(solved), "skipped": 0},
        "elapsed_s": 12.3,
        "interrupted": False,
    }


def point(
    index: int,
    machine: Architecture,
    models: tuple[str, ...],
    found: list[LayerResult],
    *,
    detailed: bool,
) -> dict[str, Any]:
    records = as_read([layer_result_record(r) for r in found])
    times = len(models)
    energy = times * sum(r["energy_pj"] for r in records) * (1 if detailed else 1 + index % 97)
    cycles = times * sum(r["latency_cycles"] for r in records)
    parts = {
        c: times * sum(r["energy_breakdown_pj"][c] for r in records)
        for c in records[0]["energy_breakdown_pj"]
    }
    skipped = index % 3 == 2
    figures = {
        "value": energy * cycles,
        "gap": 0.0,
        "energy_pj": energy,
        "latency_cycles": cycles,
        "latency_s": cycles / 5e8,
        "edp": energy * cycles,
        "energy_breakdown_pj": parts,
    }
    network = {"value": energy * cycles // times, "bound": energy * cycles // times}
    return {
        "index": index,
        "parameters": {"rf_bytes": machine.rf_bytes, "spm_banks": machine.spm_banks},
        "architecture": architecture_to_dict(machine),
        "area_mm2": 1 + machine.rf_bytes / 300 + machine.spm_banks / 8,
        "power_mw": None,
        "status": "skipped" if skipped else "optimal",
        "reason": "its bound exceeds the best design" if skipped else None,
        "bound": energy * cycles * 0.98 if skipped else energy * cycles,
        **(dict.fromkeys(figures) if skipped else figures),
        "networks": []
        if skipped
        else [{"model": m, **network, "layers": records if detailed else []} for m in models],
    }


def front(solved: list[dict[str, Any]]) -> list[int]:
    """The designs that no other one beats in both area and value."""
    return [
        p["index"]
        for p in solved
        if not any(
            q is not p and q["area_mm2"] <= p["area_mm2"] and q["value"] <= p["value"]
            for q in solved
        )
    ]


def as_read(record: Any) -> Any:
    """As it comes back from its file."""
    return json.loads(json.dumps(record))


def without_mapping(record: dict[str, Any]) -> dict[str, Any]:
    """The record of a layer that no mapping was found for."""
    gone = ("tiling", "loop_order", "stationary", "energy_pj", "energy_breakdown_pj")
    gone += ("latency_cycles", "edp", "value", "bound", "gap")
    return {**record, **dict.fromkeys(gone), "status": "unknown", "reason": "time limit"}


def unsolved(document: dict[str, Any]) -> dict[str, Any]:
    """A sweep in which every design failed or fits nothing."""
    none = dict.fromkeys(
        (
            *("value", "bound", "gap", "energy_pj", "latency_cycles", "latency_s", "edp"),
            "energy_breakdown_pj",
        )
    )
    points = [
        {**p, **none, "networks": [], "status": ("infeasible", "failed", "unknown")[i % 3]}
        for i, p in enumerate(document["points"])
    ]
    empty = {"best": None, "front": [], "best_by_model": {}, "best_proven": False}
    return {**document, **empty, "points": points}
