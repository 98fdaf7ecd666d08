"""The exact cost model, for millions of mappings at once.

The formulas are those of `dmaze_cp.cost.evaluate`, written over numpy arrays. Every
factor may be an array of any shape that broadcasts against the others: all
completions of a partial tiling are scored by giving each free group of dimensions
an axis of its own, and products are then formed on small arrays first.

Counts are 64-bit integers; `dmaze_cp.workload.MAX_MACS` keeps them from overflowing.
Energies are IEEE doubles formed by the same operations in the same order as in the
scalar model, so that rounding agrees to the last unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.transfer import LAYOUT
from dmaze_cp.mapping import Dataflow
from dmaze_cp.workload import DEPENDS, OPERANDS, Kind, Layer

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Tiling = Mapping[str, Mapping[str, Ints]]
"""Factors by level and dimension; arrays that broadcast against each other."""


def product(values: Sequence[Any]) -> Any:
    """Product of arrays, small ones first (1 for none)."""
    arrays = sorted((np.asarray(v) for v in values), key=lambda a: a.size)
    result: Any = np.int64(1)
    for array in arrays:
        result = result * array
    return result


def tile_extents(layer: Layer, tile: Mapping[str, Ints]) -> dict[str, Ints]:
    """Extents of a tile by layout dimension: the loops' and the input's x and y."""
    extents = dict(tile)
    if layer.kind is not Kind.GEMM:
        for axis, name in enumerate(("x", "y")):
            outputs, taps = tile[f"O{name}"], tile[f"F{name}"]
            stride, dilation = layer.stride[axis], layer.dilation[axis]
            extents[name] = (outputs - 1) * stride + (taps - 1) * dilation + 1
    return extents


def operand_elements(layer: Layer, tile: Mapping[str, Ints]) -> dict[str, Ints]:
    """Elements of each operand in tiles of these extents."""
    extents = tile_extents(layer, tile)
    return {x: product([extents[d] for d in LAYOUT[layer.kind][x]]) for x in OPERANDS}


def tiles(layer: Layer, tiling: Tiling) -> tuple[dict[str, Ints], dict[str, Ints], dict[str, Ints]]:
    """Extents of the RF tile, the array tile and the SPM tile."""
    rf = dict(tiling["RF"])
    array = {d: rf[d] * tiling["PE"][d] for d in layer.dimensions}
    spm = {d: array[d] * tiling["SPM"][d] for d in layer.dimensions}
    return rf, array, spm


def banks(architecture: Architecture, elements: Ints) -> Ints:
    """SPM banks that operand tiles of so many elements occupy."""
    return -(-elements * architecture.word_bytes // architecture.spm_bank_bytes)


def fits_batch(layer: Layer, architecture: Architecture, tiling: Tiling) -> Bools:
    """Whether each tiling fits the PEs, the register files and the scratchpad."""
    rf, _, spm = tiles(layer, tiling)
    fits: Bools = product([tiling["PE"][d] for d in layer.dimensions]) <= architecture.pes
    in_rf = operand_elements(layer, rf)
    fits = fits & (in_rf["O"] + in_rf["I"] + in_rf["W"] <= architecture.rf_words)
    used = [banks(architecture, e) for e in operand_elements(layer, spm).values()]
    return fits & (used[0] + used[1] + used[2] <= architecture.spm_banks)


def dma_batch(
    layer: Layer, architecture: Architecture, operand: str, spm: Mapping[str, Ints]
) -> tuple[Ints, Ints]:
    """DMA cycles and elements of one transfer of an operand's SPM tile."""
    extents = tile_extents(layer, spm)
    whole = dict(layer.bounds)
    if layer.padded_input is not None:
        whole |= {"x": layer.padded_input[0], "y": layer.padded_input[1]}
    contiguous: Any = np.True_
    burst: Any = np.int64(1)
    invocations: Any = np.int64(1)
    for d in LAYOUT[layer.kind][operand]:
        burst = burst * np.where(contiguous, extents[d], 1)
        invocations = invocations * np.where(contiguous, 1, extents[d])
        contiguous = contiguous & (extents[d] == whole[d])
    per_burst = architecture.dma_startup_cycles + architecture.dma_cycles_per_byte * (
        burst * architecture.word_bytes
    )
    cycles = np.ceil(per_burst * architecture.clock_ratio).astype(np.int64)
    return invocations * cycles, invocations * burst


class _Counts:
    """Counts that energy and latency both need, for one batch under one dataflow."""

    def __init__(self, layer: Layer, arch: Architecture, tiling: Tiling, flow: Dataflow) -> None:
        dims, depends = layer.dimensions, DEPENDS[layer.kind]
        rf, array, spm = tiles(layer, tiling)
        outputs = depends["O"]
        self.ops = layer.macs
        self.rf, self.array = operand_elements(layer, rf), operand_elements(layer, array)
        self.spm_passes = product([tiling["DRAM"][d] for d in dims])
        self.rf_passes = product([tiling["SPM"][d] for d in dims])
        self.rf_pass_cycles = product([rf[d] for d in dims])
        self.pes_used = product([tiling["PE"][d] for d in dims])
        self.output_pes = product([tiling["PE"][d] for d in dims if d in outputs])
        self.output_tiles = product([tiling["DRAM"][d] for d in dims if d in outputs])
        one = np.int64(1)
        self.reuse_spm, self.reuse_dram = dict.fromkeys(OPERANDS, one), dict.fromkeys(OPERANDS, one)
        for reuse, level, kept in (
            (self.reuse_spm, "SPM", flow.spm),
            (self.reuse_dram, "DRAM", flow.dram),
        ):
            if kept != "none":
                free = [tiling[level][d] for d in dims if d not in depends[kept]]
                reuse[kept] = product(free)
        reduction = product([tiling["PE"][d] for d in dims if d not in outputs]) - 1
        self.reduction = self.rf["O"] * reduction * self.output_pes
        self.dma, self.moved = {}, {}
        for x in OPERANDS:
            self.dma[x], self.moved[x] = dma_batch(layer, arch, x, spm)
        self.held = {
            x: (self.reuse_spm[x] == self.rf_passes) & (self.reuse_dram[x] > 1) for x in OPERANDS
        }


def _energy(arch: Architecture, n: _Counts) -> Floats:
    """Total energy, rounded; component by component as in `dmaze_cp.cost.energy`."""
    e = arch.energy
    counts: dict[str, Any] = dict.fromkeys(("noc", "spm", "dram"), np.int64(0))
    reductions: Any = np.int64(0)
    for x in OPERANDS:
        receivers = n.output_pes if x == "O" else n.pes_used
        rare = n.spm_passes // n.reuse_dram[x]
        often = n.spm_passes * (n.rf_passes // n.reuse_spm[x])
        moves = np.where(n.held[x], rare, often)
        if x == "O":
            reductions = moves * n.reduction
            moves = np.where(n.held[x], moves, 2 * moves)
            rare = 2 * rare - n.output_tiles
        counts["noc"] = counts["noc"] + moves * (n.rf[x] * receivers)
        counts["spm"] = counts["spm"] + moves * n.array[x]
        counts["dram"] = counts["dram"] + rare * n.moved[x]
    total = (n.ops + reductions) * e.mac_pj + (4 * n.ops + 3 * reductions) * e.rf_pj
    total = total + (counts["noc"] + reductions) * e.noc_pj
    total = total + counts["spm"] * e.spm_pj + counts["dram"] * e.dram_pj
    rounded: Floats = np.rint(total)
    return rounded


def _spm_pass(n: _Counts) -> tuple[Any, Any]:
    """Cycles of one SPM pass, and the longest NoC transfer that nothing overlaps."""
    a, c = n.rf_passes, n.rf_pass_cycles
    compute = c + n.reduction
    q: dict[str, Any] = {}
    late: dict[str, Any] = {}
    for x in OPERANDS:
        unheld = ~n.held[x]
        first = n.reuse_spm[x] == 1
        q[x] = np.where(unheld & first, n.array[x], 0)
        late[x] = np.where(unheld & ~first, n.array[x], 0)
    q1 = np.maximum(np.maximum(q["O"], q["I"]), q["W"])
    unheld_o = ~n.held["O"]
    from_zero = unheld_o & (n.reuse_spm["O"] == 1)
    done = np.maximum(np.where(from_zero, 0, c), q1)
    cycles = done * a + np.where(from_zero, compute * a, 0)
    for x in OPERANDS:
        extra = np.maximum(late[x] - done, 0)
        if x == "O":
            extra = extra + np.where(unheld_o & (n.reuse_spm["O"] != 1), compute, 0)
        cycles = cycles + extra * (a // n.reuse_spm[x])
    return cycles, q1


def _latency(n: _Counts) -> Ints:
    cycles, q1 = _spm_pass(n)
    dma = {x: n.dma[x] for x in OPERANDS}
    dma["O"] = np.where(n.reuse_dram["O"] == 1, 2 * dma["O"], dma["O"])
    always: Any = np.int64(0)
    for x in OPERANDS:
        always = always + np.where(n.reuse_dram[x] == 1, dma[x], 0)
    base = np.maximum(always, cycles)
    latency = base * n.spm_passes
    for x in OPERANDS:
        reuse = n.reuse_dram[x]
        if np.ndim(reuse) == 0 and reuse == 1:
            continue
        load = cycles + np.where(n.held[x], n.reduction + n.rf_pass_cycles, 0) * (x == "O")
        load = np.maximum(always + dma[x], load)
        store = cycles + np.where(n.held[x], np.maximum(q1, n.array[x]) - q1, 0)
        store = np.maximum(always + (dma[x] if x == "O" else 0), store)
        extra = np.maximum(load - base, 0) + np.maximum(store - base, 0)
        latency = latency + np.where(reuse > 1, extra * (n.spm_passes // reuse), 0)
    result: Ints = latency
    return result


@dataclass(frozen=True, eq=False)
class BatchCost:
    """Costs of many mappings, each computed when it is first asked for.

    Attributes
    ----------
    energy_pj
        Rounded totals, as doubles that hold integers.
    latency_cycles
        Accelerator cycles, 64-bit integers.
    edp
        Energy times latency, to double precision.
    """

    architecture: Architecture
    counts: _Counts

    @cached_property
    def energy_pj(self) -> Floats:
        """Rounded totals."""
        return _energy(self.architecture, self.counts)

    @cached_property
    def latency_cycles(self) -> Ints:
        """Accelerator cycles."""
        return _latency(self.counts)

    @property
    def edp(self) -> Floats:
        """Energy times latency."""
        return self.energy_pj * self.latency_cycles


def score_batch(
    layer: Layer, architecture: Architecture, tiling: Tiling, dataflow: Dataflow
) -> BatchCost:
    """Exact costs of many tilings under one dataflow.

    Parameters
    ----------
    tiling
        Factors of every level and dimension; arrays that broadcast.
    dataflow
        Must exist at each tiling (`dmaze_cp.mapspace.dataflow_exists`): the reuse of a
        stationary operand is taken to be full, and 1 for the others.

    Returns
    -------
    BatchCost
        Arrays that broadcast to the shape of the batch. Tilings that do not fit are scored too.
    """
    return BatchCost(architecture, _Counts(layer, architecture, tiling, dataflow))
