"""A mapping: its tiling, loop nest, utilisation, cycles, energy, operands."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from math import prod
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.capacity import spm_banks
from dmaze_cp.cost.cost import Cost
from dmaze_cp.cost.latency import Cycles, cycles
from dmaze_cp.cost.usage import usages
from dmaze_cp.levels import DRAM, LEVELS, NOC, OPERANDS, SPM
from dmaze_cp.loopnest import loop_nest
from dmaze_cp.mapping import Mapping
from dmaze_cp.report import numbers
from dmaze_cp.report.blocks import (
    Bar,
    Bars,
    Block,
    Code,
    Heading,
    Note,
    Table,
    Tone,
    columns,
    facts,
)

CAUSES: Final = (
    ("compute", "compute"),
    ("NoC, reduction (not hidden)", "noc-cycles"),
    ("DMA (not hidden)", "dma"),
)
"""What cycles are spent on, and the colours of that."""
FACTS_WIDTH: Final = 8


def mapping_blocks(mapping: Mapping, cost: Cost, architecture: Architecture) -> Iterator[Block]:
    """What a mapping is and what it costs."""
    mhz = architecture.accelerator_mhz
    time = f"{numbers.seconds(cost.latency_cycles / (mhz * 1e6))} at {mhz:g} MHz"
    yield facts(
        ("energy", numbers.energy(cost.energy_pj)),
        ("latency", f"{numbers.count(cost.latency_cycles)} cycles ({time})"),
        ("EDP", f"{numbers.scientific(cost.edp)} pJ x cycles"),
        width=FACTS_WIDTH,
        apart=True,
    )
    yield Heading("Tiling")
    yield tiling_table(mapping)
    yield from padding_notes(mapping)
    pes = "0: PE" if mapping.row_factors is None else "r: rows, c: columns of PEs"
    yield Heading(f"Loop nest (suffix 3: DRAM, 2: SPM, 1: RF, {pes})")
    yield Code(lambda width: loop_nest(mapping, architecture, cost=cost, width=width).split("\n"))
    yield Heading("Utilisation")
    yield _usage_bars(mapping, cost, architecture)
    yield Heading(f"Cycles: {numbers.exact(cost.latency_cycles)}")
    yield cycle_bars(cycles(mapping, cost))
    yield _passes(mapping, cost)
    yield Heading(f"Energy: {numbers.exact(cost.energy_pj)} pJ")
    yield energy_bars(cost.energy_breakdown_pj)
    yield Heading("Operands")
    yield _operands(cost, architecture)


def loops_text(mapping: Mapping) -> tuple[str, ...]:
    """The loops of each level, the ordered ones outermost first; those of one pass left out."""
    orders = {DRAM: mapping.dram_order, SPM: mapping.spm_order}
    texts = []
    for level in LEVELS:
        factors = mapping.level(level)
        loops = orders.get(level, mapping.layer.dimensions)
        texts.append(" ".join(f"{d}={factors[d]}" for d in loops if factors[d] > 1) or "-")
    return tuple(texts)


def padding_notes(mapping: Mapping) -> Iterator[Block]:
    """What was raised, and how much of the work is of use."""
    if mapping.padded_from is None:
        return
    own = mapping.padded_from.bounds
    raised = [f"{d} {own[d]} -> {n}" for d, n in mapping.layer.bounds.items() if n > own[d]]
    share = numbers.percent(mapping.useful_macs_share)
    text = f"padded: {', '.join(raised)}; {share} of the multiply-accumulates are useful"
    yield Note(text, Tone.PLAIN)


def tiling_table(mapping: Mapping) -> Table:
    """Factors of every level (rows) and dimension (columns); products are the bounds."""
    rows = []
    for level in mapping.tiling:
        factors = mapping.level(level).values()
        # A dot for a factor of 1 lets the loops that there are stand out.
        cells = [str(f) if f > 1 else "." for f in factors]
        rows.append((level, *cells, numbers.exact(prod(factors))))
    bounds = [str(bound) for bound in mapping.layer.extents]
    name = "bound" if mapping.padded_from is None else "padded"
    rows.append((name, *bounds, numbers.exact(mapping.layer.macs)))
    heads = columns("level", *mapping.layer.dimensions, "product")
    return Table(heads, rows, caption="Tiling factors by level and dimension", last_apart=True)


def _usage_bars(mapping: Mapping, cost: Cost, architecture: Architecture) -> Bars:
    return Bars(
        tuple(
            Bar(
                use.resource,
                f"{numbers.compact(use.used)} of {numbers.compact(use.capacity)} {use.unit}",
                use.fraction,
                "use" if use.used <= use.capacity else "over",
            )
            for use in usages(mapping, cost, architecture)
        ),
        ("resource", "used"),
    )


def cycle_bars(split: Cycles) -> Bars:
    """What the cycles are spent on."""
    parts, total = (split.compute, split.noc, split.dma), split.total or 1
    return Bars(
        tuple(
            Bar(name, numbers.exact(part), part / total, colour)
            for (name, colour), part in zip(CAUSES, parts, strict=True)
        ),
        ("part", "cycles"),
    )


def energy_bars(parts: MappingOf[str, float]) -> Bars:
    """Energy by component, in pJ, with each one's share."""
    total = sum(parts.values()) or 1.0
    return Bars(
        tuple(Bar(c, numbers.energy(e), e / total, c.lower()) for c, e in parts.items()),
        ("component", "energy"),
    )


def _passes(mapping: Mapping, cost: Cost) -> Note:
    spm_passes = prod(mapping.level(DRAM).values())
    rf_passes = prod(mapping.level(SPM).values())
    return Note(
        f"SPM passes: {numbers.exact(spm_passes)} of {numbers.exact(cost.spm_pass_cycles)} cycles; "
        f"in each {numbers.exact(rf_passes)} RF passes of {numbers.exact(cost.rf_pass_cycles)}",
        Tone.PLAIN,
    )


def _operands(cost: Cost, architecture: Architecture) -> Table:
    counts = (
        ("RF tile (elements)", cost.rf_elements),
        ("array tile (elements)", cost.array_elements),
        ("SPM tile (elements)", cost.spm_elements),
        ("SPM banks", spm_banks(cost.spm_elements, architecture)),
        ("reuse at SPM", cost.reuse_spm),
        ("reuse at DRAM", cost.reuse_dram),
        ("NoC cycles", cost.noc_cycles),
        ("DMA invocations", cost.dma_invocations),
        ("DMA burst (elements)", cost.dma_burst_elements),
        ("DMA cycles", cost.dma_cycles),
    )
    rows: list[tuple[str, ...]] = [
        (name, *(numbers.compact(values[x]) for x in OPERANDS)) for name, values in counts
    ]
    for component in (NOC, SPM, DRAM):
        parts = cost.energy_by_operand_pj.get(component, {})
        rows.append((f"{component} energy", *(numbers.energy(parts.get(x, 0.0)) for x in OPERANDS)))
    if cost.reduction_cycles:
        rows.append(("reduction cycles", numbers.exact(cost.reduction_cycles), "", ""))
    if cost.held is not None:
        rows.append(("held in the RFs", *("yes" if x == cost.held else "" for x in OPERANDS)))
    return Table(columns("", *OPERANDS, folds=(0,)), rows, caption="Figures of the operands")
