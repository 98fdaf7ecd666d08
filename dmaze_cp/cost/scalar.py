"""The exact cost of one mapping, in Python integers: whatever the size, no overflow."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.cost import Cost
from dmaze_cp.cost.energy import energy_breakdown, total_energy
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.model import CostModel, Flow, Reuse, cost_model
from dmaze_cp.cost.reuse import loop_reuse, reused_loops
from dmaze_cp.cost.terms import LAYOUT
from dmaze_cp.cost.transfer import transfer, transfer_cycles
from dmaze_cp.cost.values import TilingValues
from dmaze_cp.levels import ARRAY, DRAM, NONE, OPERANDS, RF, SPM
from dmaze_cp.mapping import Mapping
from dmaze_cp.workload import Layer


def evaluate(mapping: Mapping, architecture: Architecture) -> Cost:
    """Exact cost of a mapping under dMazeRunner's analytical model.

    Capacities play no part: a mapping that does not fit has a cost too (see `fits`).

    Parameters
    ----------
    mapping
        Tiling and loop orders of a layer.
    architecture
        Energies, word size, DMA and clocks.

    Returns
    -------
    Cost
        Energy, latency and every quantity they are made of. Counts and cycles are
        exact integers, energies are doubles.
    """
    layer = mapping.layer
    flow = flow_of(mapping)
    model = _model(layer, architecture, flow)
    values = TilingValues(layer, architecture, mapping.tiling)
    at = Evaluation(values)
    breakdown = energy_breakdown(model.accesses, at)
    moved = {x: transfer(layer, values.extents[SPM], x) for x in OPERANDS}
    elements = {
        tile: {x: prod(extents[d] for d in LAYOUT[layer.kind][x]) for x in OPERANDS}
        for tile, extents in values.extents.items()
    }
    return Cost(
        energy_pj=round(total_energy(breakdown)),
        latency_cycles=at(model.latency),
        energy_breakdown_pj=breakdown,
        energy_by_operand_pj={
            c: energy_breakdown([a for a in model.accesses if a.component == c], at, "purpose")
            for c in breakdown
        },
        reuse_dram=loop_reuse(layer, mapping.level(DRAM), mapping.dram_order),
        reuse_spm=loop_reuse(layer, mapping.level(SPM), mapping.spm_order),
        rf_elements=elements[RF],
        array_elements=elements[ARRAY],
        spm_elements=elements[SPM],
        noc_cycles={x: -(-elements[ARRAY][x] // architecture.noc_width(x)) for x in OPERANDS},
        reduction_cycles=0 if model.reduction_cycles is None else at(model.reduction_cycles),
        dma_invocations={x: moved[x].invocations for x in OPERANDS},
        dma_burst_elements={x: moved[x].burst_elements for x in OPERANDS},
        dma_cycles={x: transfer_cycles(moved[x], architecture, x) for x in OPERANDS},
        spm_pass_cycles=at(model.pass_cycles),
        rf_pass_cycles=prod(mapping.level(RF).values()),
        held=flow.dram.operand if flow.held else None,
    )


@lru_cache(maxsize=256)
def _model(layer: Layer, architecture: Architecture, flow: Flow) -> CostModel:
    """The cost of a layer under a flow, kept for its other mappings."""
    return cost_model(layer, architecture, flow)


def flow_of(mapping: Mapping) -> Flow:
    """What decides which expression the cost of a mapping is.

    At most one operand is reused at a level, as every loop but those that all operands
    depend on leaves out exactly one.
    """
    layer, levels = mapping.layer, []
    for level, order in ((DRAM, mapping.dram_order), (SPM, mapping.spm_order)):
        factors = mapping.level(level)
        loops = {x: reused_loops(layer, factors, order, x) for x in OPERANDS}
        operand = next((x for x in OPERANDS if loops[x]), NONE)
        levels.append(Reuse(operand, loops.get(operand, ())))
    dram, spm = levels
    looping = [d for d, factor in mapping.level(SPM).items() if factor > 1]
    held = dram.operand != NONE and (
        not looping or (dram.operand, len(looping)) == (spm.operand, len(spm.loops))
    )
    return Flow(dram, spm, held)
