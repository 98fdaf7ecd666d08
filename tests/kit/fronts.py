"""Fronts that were searched for once, and any that can be."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

import dmaze_cp as dm
from dmaze_cp.constraints import rules_for
from dmaze_cp.cost import Cost, evaluate, fits
from dmaze_cp.levels import NONE, OPERANDS
from dmaze_cp.mapping import Dataflow, Mapping
from dmaze_cp.result import Alternative, Ending
from dmaze_cp.tradeoff import (
    FrontStatus,
    LayerFront,
    Region,
    WorkloadFront,
    front_record,
    network_front,
)
from dmaze_cp.tradeoff.walk import below
from dmaze_cp.workload import UnmappedOperator
from tests.kit.strategies import architectures, constraints, layers, mappings

LAYERS = (
    dm.Layer.conv("conv", {"M": 4, "C": 2, "Ox": 4, "Oy": 2, "Fx": 3}, instances=2),
    dm.Layer.depthwise("dw", {"C": 6, "Ox": 3, "Oy": 2, "Fx": 3}),
    dm.Layer.gemm("fc", {"X": 4, "Y": 6, "K": 12}),
)
SMALL = dm.Architecture(
    name="small", pes=16, rf_bytes=64, spm_banks=6, spm_bank_bytes=16, dma_startup_cycles=10
)
"""On it the layers have fronts of 5, 4 and 7 points."""


@cache
def searched() -> WorkloadFront:
    """A network of three kinds of layer on a small machine."""
    return dm.pareto(dm.Workload("net", LAYERS), SMALL, engine="auto")


def keeps(cost: Cost) -> Dataflow:
    """What a mapping reuses at DRAM and at the SPM."""
    kept = [
        next((x for x in OPERANDS if reuse[x] > 1), NONE)
        for reuse in (cost.reuse_dram, cost.reuse_spm)
    ]
    return Dataflow(*kept)


def undominated(found: list[Mapping], arch: dm.Architecture) -> tuple[Alternative, ...]:
    """The mappings that fit and that no other beats, by rising latency."""
    priced = [Alternative(m, keeps(c := evaluate(m, arch)), c) for m in found if not fits(m, arch)]
    priced.sort(key=lambda each: (each.cost.latency_cycles, each.cost.energy_pj))
    left: list[Alternative] = []
    for each in priced:
        if not left or each.cost.energy_pj < left[-1].cost.energy_pj:
            left.append(each)
    return tuple(left)


@st.composite
def layer_fronts(draw: st.DrawFn, layer: dm.Layer, arch: dm.Architecture) -> LayerFront:
    """Any front that can be written: its mappings are real ones."""
    drawn = draw(st.lists(mappings(layer), max_size=6))
    points = undominated(drawn, arch)
    epsilon = draw(st.sampled_from((0.0, 0.01, 1000.0)) | st.floats(0, 1))
    told: dict[str, Any] = {
        "solve_time_s": draw(st.floats(0, 1e6)),
        "searches": draw(st.integers(0, 99)),
        "engine": draw(st.sampled_from(("", "auto", "cp-sat", "bounds"))),
        "ended": draw(st.sampled_from(Ending)),
    }
    if draw(st.booleans()):
        reason = None if points else draw(st.text(max_size=20))
        return LayerFront(
            layer, FrontStatus.COMPLETE, epsilon, points, len(points), None, reason, **told
        )
    proven = max(0, len(points) - draw(st.integers(0, 1)))
    last = points[proven - 1].cost if proven else None
    least = 0 if last is None else last.latency_cycles + 1
    region = Region(None if last is None else below(last.energy_pj, epsilon), least)
    reason = draw(st.none() | st.text(max_size=20))
    return LayerFront(layer, FrontStatus.PARTIAL, epsilon, points, proven, region, reason, **told)


@st.composite
def workload_fronts(draw: st.DrawFn) -> WorkloadFront:
    """Fronts of a network, some layers of which may be missing."""
    arch = replace(draw(architectures()), notes=draw(st.text(max_size=10)))
    network = tuple(
        replace(layer, name=f"l{k}", instances=draw(st.integers(2, 9)), also=(f"m{k}",))
        for k, layer in enumerate(draw(st.lists(layers(max_tilings=200), max_size=4)))
    )
    fronts = [draw(layer_fronts(layer, arch)) for layer in network if draw(st.integers(0, 3))]
    operators = (UnmappedOperator("pool", "MaxPool", draw(st.text(max_size=9)), 5, 2),)
    whole = len(fronts) == len(network)
    return WorkloadFront(
        dm.Workload("net", network, draw(st.sampled_from(((), operators)))),
        arch,
        rules_for(draw(constraints())),
        tuple(fronts),
        network_front(fronts, draw(st.sampled_from((20_000, 3))), whole=whole),
        not whole or draw(st.booleans()),
    )


def fronts_document(found: WorkloadFront) -> dict[str, Any]:
    """The object of a file of fronts."""
    read: dict[str, Any] = json.loads(json.dumps(front_record(found), allow_nan=False))
    return read
