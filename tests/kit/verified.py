"""Small real results to verify: of several kinds of layer, objectives and endings."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from dmaze_cp.architecture import AccessEnergy, Architecture, PEArray
from dmaze_cp.constraints import Constraints
from dmaze_cp.digest import with_digest
from dmaze_cp.mapper import map_layer
from dmaze_cp.objective import Objective
from dmaze_cp.report.nouns import report_of
from dmaze_cp.result import LayerResult, Status, WorkloadResult, result_record
from dmaze_cp.slices import per_dataflow, per_unrolling
from dmaze_cp.workload import Layer, Workload

LAYERS = (
    Layer.conv(
        "conv", {"M": 8, "C": 4, "Ox": 4, "Oy": 4, "Fx": 3, "Fy": 3}, stride=(2, 1), instances=2
    ),
    Layer.depthwise("dw", {"C": 8, "Ox": 4, "Oy": 4, "Fx": 3, "Fy": 3}),
    Layer.gemm("fc", {"X": 8, "Y": 16, "K": 16}),
)
LIMITS = Constraints.of_options(0.25, 0, 0.01, no_feature_dram=True, no_spatial_reduction=True)


WIDE = Architecture(
    name="wide",
    pe_array=PEArray(4, 8, ("C", "Fx", "Fy", "K"), ("M", "Y", "C")),
    word_bytes={"O": 4, "I": 1, "W": 2},
    rf_bytes={"O": 64, "IW": 128},
    spm_banks={"OI": 12, "W": 20},
    noc_elements_per_cycle={"O": 1, "I": 4, "W": 2},
    energy=AccessEnergy(rf_pj={"O": 1.0, "I": 0.3, "W": 0.5}, word_bytes=2),
)
"""All that a machine can have."""


@cache
def mapped(
    *objectives: Objective,
    layers: tuple[Layer, ...] = LAYERS,
    architecture: Architecture | None = None,
    limits: Constraints | None = None,
    gap: float = 0.0,
    quick: bool = False,
    top_k: int = 1,
    diverse: str | None = None,
) -> WorkloadResult:
    """A real result; `quick`: as the search begins, so that hardly anything is proven."""
    architecture = architecture or Architecture(leakage_mw=3.5)
    objectives = objectives or tuple(Objective)
    results = tuple(
        map_layer(
            layer,
            architecture,
            objective,
            constraints=limits or Constraints(),
            engine="bounds",
            gap=gap,
            quick=quick,
            top_k=top_k,
            diverse=diverse,
        )
        for objective in objectives
        for layer in layers
    )
    return WorkloadResult(Workload("net", layers), architecture, objectives, results)


def document(*objectives: Objective, **options: Any) -> dict[str, Any]:
    """The object of its file."""
    read: dict[str, Any] = json.loads(json.dumps(result_record(mapped(*objectives, **options))))
    return read


def interrupted() -> dict[str, Any]:
    """A run that was stopped: one layer without an answer, one that was not reached."""
    result = mapped(Objective.EDP)
    first, second, _ = result.layers
    open_ = LayerResult(
        second.layer, second.architecture, second.objective, Status.UNKNOWN, bound=7, reason="time"
    )
    record = result_record(replace(result, layers=(first, open_), interrupted=True))
    read: dict[str, Any] = json.loads(json.dumps(record))
    return read


def tabled(**options: Any) -> dict[str, Any]:
    """The object of a file with the best mapping of every part of a map-space."""
    read: dict[str, Any] = json.loads(json.dumps(result_record(with_tables(**options))))
    return read


@cache
def with_tables(**options: Any) -> WorkloadResult:
    """A result with the best mapping of every dataflow and of every pair of dimensions."""
    result = mapped(Objective.EDP, **options)
    found = []
    for each in result.layers:
        about = each.layer, each.architecture, each.objective
        asked: dict[str, Any] = {"constraints": each.constraints, "engine": "bounds"}
        tables = per_dataflow(*about, **asked), per_unrolling(*about, **asked)
        found.append(replace(each, dataflows=tables[0], unrollings=tables[1]))
    return replace(result, layers=tuple(found))


def several() -> dict[str, Any]:
    """The object of a file of several results."""
    small = Architecture(name="small", pes=16)
    both = [mapped(), mapped(Objective.EDP, architecture=small)]
    read: dict[str, Any] = json.loads(json.dumps(report_of(both).record()))
    return read


def resigned(record: dict[str, Any]) -> dict[str, Any]:
    """The object with digests of what it holds now, as whoever has changed it can write them."""
    results = record.get("results")
    if isinstance(results, list):
        record = {**record, "results": [with_digest(each) for each in results]}
    return with_digest(record)
