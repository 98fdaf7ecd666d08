"""Latency of a mapping: computation, distribution and DMA, overlapped."""

from __future__ import annotations

from dmaze_cp.cost.quantities import Quantities
from dmaze_cp.cost.report import PerOperand
from dmaze_cp.workload import OPERANDS


def spm_pass_cycles(q: Quantities) -> int:
    """Cycles of one pass over an SPM tile: computation, distribution, reduction.

    Networks work side by side, so that of the operands with one reuse only the
    slowest counts, and computation hides distribution unless the output has to be
    exchanged after every RF pass.
    """
    slowest = _slowest_distribution(q)
    moving_output = q.reuse_spm["O"] if q.held != "O" else None
    done, cycles = q.rf_pass_cycles, q.rf_pass_cycles * q.rf_passes
    if moving_output == 1:
        done = cycles = 0
    for reuse in sorted({*slowest, *([moving_output] if moving_output else [])}):
        times = q.rf_passes // reuse
        wait = slowest.get(reuse, 0)
        if wait > done:
            cycles += (wait - done) * times
            done = wait
        if reuse == moving_output:
            cycles += (q.rf_pass_cycles + q.reduction_cycles) * times
    return cycles


def _slowest_distribution(q: Quantities) -> dict[int, int]:
    """Cycles of the slowest distribution among the moving operands, by reuse at SPM."""
    slowest: dict[int, int] = {}
    for operand in OPERANDS:
        if operand != q.held:
            reuse = q.reuse_spm[operand]
            slowest[reuse] = max(slowest.get(reuse, 0), q.noc_cycles[operand])
    return slowest


def latency_cycles(q: Quantities, pass_cycles: int, dma: PerOperand) -> int:
    """Accelerator cycles of the whole layer.

    The DMA of one SPM pass overlaps with the work on another one. A pass at which the
    reused operand is exchanged may wait for its load, and later for its store.

    Parameters
    ----------
    q
        What the mapping does.
    pass_cycles
        Cycles of one SPM pass (`spm_pass_cycles`).
    dma
        Accelerator cycles to move each operand's SPM tile once.
    """
    reused = next((x for x in OPERANDS if q.reuse_dram[x] > 1), None)
    every_pass = sum(
        # An output that is exchanged every pass is loaded and stored.
        dma[x] * (2 if x == "O" else 1)
        for x in OPERANDS
        if x != reused
    )
    base = max(every_pass, pass_cycles)
    latency = base * q.spm_passes
    if reused is None:
        return latency
    load, store = pass_cycles, pass_cycles
    if q.held == reused:
        if reused == "O":
            load += q.reduction_cycles + q.rf_pass_cycles
        slowest = _slowest_distribution(q).get(1, 0)
        store += max(q.noc_cycles[reused] - slowest, 0)
    load = max(load, every_pass + dma[reused])
    store = max(store, every_pass + (dma[reused] if reused == "O" else 0))
    exchanges = q.spm_passes // q.reuse_dram[reused]
    return latency + (max(load - base, 0) + max(store - base, 0)) * exchanges
