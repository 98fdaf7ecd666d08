"""A layer's record as the page shows it: figures for the tables, and its mapping in full."""

from __future__ import annotations

from math import isclose, prod
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import Cost, evaluate, fits
from dmaze_cp.cost.capacity import spm_banks
from dmaze_cp.cost.latency import cycles
from dmaze_cp.levels import DRAM, NOC, OPERANDS, OUTPUT, SPM
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers as shown
from dmaze_cp.report.breakdown import usages
from dmaze_cp.report.html.read import (
    View,
    choice,
    energies,
    flag,
    numbers,
    text,
    views,
)
from dmaze_cp.report.loopnest import loop_nest
from dmaze_cp.result import Status
from dmaze_cp.spec import mapping_record_from_dict
from dmaze_cp.spec.fields import Fields
from dmaze_cp.spec.layers import layer_from_fields
from dmaze_cp.workload import Kind, Layer

OBJECTIVES: Final = tuple(str(objective) for objective in Objective)

_NEST_COLUMNS: Final = 84
_FIGURES: Final = ("energy_pj", "latency_cycles", "edp", "value", "bound", "gap", "solve_time_s")


def layer_views(
    spec: Fields, architecture: Architecture, *, detailed: bool = True, required: bool = True
) -> list[View]:
    """Layer records of a result as the page shows them; what is wrong is noted in `spec`.

    Parameters
    ----------
    spec
        What has the records, under ``layers``, as in ``dmaze-cp/result/1``.
    architecture
        What they were mapped onto.
    detailed
        With the mapping in full, recomputed by the exact cost model.
    required
        Whether `spec` has to have layers.
    """
    return views(
        spec,
        "layers",
        "a list of layer records",
        lambda record: _layer_view(record, architecture, detailed),
        required=required,
    )


def _layer_view(record: object, architecture: Architecture, detailed: bool) -> View:
    spec = Fields(record, "a layer record")
    spec.raise_problems()
    layer = layer_from_fields(spec)
    view = {
        "name": layer.name,
        "also": list(layer.also),
        "kind": str(layer.kind),
        "instances": layer.instances,
        "shape": _shape(layer),
        "macs": layer.macs,
        "objective": choice(spec, "objective", OBJECTIVES),
        "status": choice(spec, "status", Status),
        "reason": text(spec, "reason"),
        "from_store": flag(spec, "from_store"),
        "failed": flag(spec, "failed"),
        "breakdown": energies(spec),
        **numbers(spec, *_FIGURES),
    }
    # All digits: scripts would round integers beyond 2**53.
    value, bound = view["value"], view["bound"]
    view["value_text"] = None if value is None else shown.exact(value)
    view["bound_text"] = None if bound is None else shown.exact_bound(bound)
    spec.raise_problems()
    if spec.data.get("tiling") is not None:
        mapping, _ = mapping_record_from_dict({**spec.data, "architecture": architecture})
        view["tiling"] = _tiling_view(mapping)
        if detailed:
            view |= _mapping_view(view, mapping, architecture)
    elif view["value"] is not None:
        spec.note("tiling", "a tiling, because there is a value")
        spec.raise_problems()
    return view


def _shape(layer: Layer) -> list[list[str]]:
    facts = [[d, str(bound)] for d, bound in layer.bounds.items()]
    if layer.kind is not Kind.GEMM:
        facts.append(["stride", _pair(layer.stride)])
        if layer.dilation != (1, 1):
            facts.append(["dilation", _pair(layer.dilation)])
    if layer.padded_input is not None:
        facts.append(["padded input", _pair(layer.padded_input)])
    return facts


def _pair(values: tuple[int, int]) -> str:
    return f"{values[0]} × {values[1]}"


def _tiling_view(mapping: Mapping) -> View:
    """Factors by level, with the loops of the ordered levels outermost first."""
    return {
        "dimensions": list(mapping.layer.dimensions),
        "bounds": list(mapping.layer.extents),
        "levels": [[level, list(mapping.level(level).values())] for level in mapping.tiling],
        "orders": [
            [level, [d for d in order if mapping.level(level)[d] > 1]]
            for level, order in mapping.loop_order.items()
        ],
    }


def _mapping_view(view: View, mapping: Mapping, architecture: Architecture) -> View:
    """Everything that follows from the mapping, computed here and not read."""
    cost = evaluate(mapping, architecture)
    split = cycles(mapping, cost)
    return {
        "notes": _notes(view, mapping, cost, architecture),
        "traffic_bytes": dram_bytes(mapping, cost, architecture),
        "cycles": [split.compute, split.noc, split.dma],
        "nest": list(loop_nest(mapping, cost, architecture, _NEST_COLUMNS)),
        "passes": {
            "spm": prod(mapping.level(DRAM).values()),
            "spm_cycles": cost.spm_pass_cycles,
            "rf": prod(mapping.level(SPM).values()),
            "rf_cycles": cost.rf_pass_cycles,
        },
        "energy": list(cost.energy_breakdown_pj.values()),
        "latency": cost.latency_cycles,
        "usage": [
            [use.resource, use.used, use.capacity, use.unit, use.fraction]
            for use in usages(mapping, cost, architecture)
        ],
        "operands": _operand_rows(cost, architecture),
    }


def _notes(view: View, mapping: Mapping, cost: Cost, architecture: Architecture) -> list[str]:
    """Where the file and the cost model disagree."""
    notes = [f"does not fit: {reason}" for reason in fits(mapping, architecture)]
    for key, own in (
        ("energy_pj", cost.energy_pj),
        ("latency_cycles", cost.latency_cycles),
        ("edp", cost.edp),
        ("value", Objective(view["objective"]).of(cost.energy_pj, cost.latency_cycles)),
    ):
        found = view[key]
        if found is not None and not isclose(found, own, rel_tol=1e-9):
            found_text, own_text = shown.exact(found), shown.exact(own)
            notes.append(f"{key}: the file has {found_text}, the cost model gives {own_text}")
    return notes


def dram_bytes(mapping: Mapping, cost: Cost, architecture: Architecture) -> int:
    """Bytes that the DMA moves between DRAM and the SPM for one run of the layer.

    Every exchange of an operand's SPM tile moves it once. The output is also read back,
    but on a tile's first visit.
    """
    factors = mapping.level(DRAM)
    passes = prod(factors.values())
    elements = {x: cost.dma_invocations[x] * cost.dma_burst_elements[x] for x in OPERANDS}
    sizes = {x: elements[x] * architecture.word_of(x) for x in OPERANDS}
    moved = sum(passes // cost.reuse_dram[x] * sizes[x] for x in OPERANDS)
    tiles = prod(factors[d] for d in mapping.layer.depends[OUTPUT])
    read_back = passes // cost.reuse_dram[OUTPUT] - tiles
    return moved + read_back * sizes[OUTPUT]


def _operand_rows(cost: Cost, architecture: Architecture) -> list[list[object]]:
    """Name, unit (a count where empty) and the figures of O, I and W."""
    counts = (
        ("RF tile", "elements", cost.rf_elements),
        ("array tile", "elements", cost.array_elements),
        ("SPM tile", "elements", cost.spm_elements),
        ("SPM banks", "", spm_banks(cost.spm_elements, architecture)),
        ("reuse at SPM", "", cost.reuse_spm),
        ("reuse at DRAM", "", cost.reuse_dram),
        (NOC, "cycles", cost.noc_cycles),
        ("DMA invocations", "", cost.dma_invocations),
        ("DMA burst", "elements", cost.dma_burst_elements),
        ("DMA", "cycles", cost.dma_cycles),
    )
    rows: list[list[object]] = [[n, unit, *(v[x] for x in OPERANDS)] for n, unit, v in counts]
    for component in (NOC, SPM, DRAM):
        parts = cost.energy_by_operand_pj.get(component, {})
        rows.append([f"{component} energy", "pJ", *(parts.get(x, 0.0) for x in OPERANDS)])
    if cost.reduction_cycles:
        rows.append(["reduction", "cycles", cost.reduction_cycles, None, None])
    if cost.held is not None:
        rows.append(["held in the RFs", "", *("yes" if x == cost.held else "" for x in OPERANDS)])
    return rows
