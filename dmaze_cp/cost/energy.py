"""Energy of a mapping: exact counts of accesses, times the energy of one."""

from __future__ import annotations

from dmaze_cp.architecture import AccessEnergy
from dmaze_cp.cost.quantities import Quantities
from dmaze_cp.cost.report import COMPONENTS
from dmaze_cp.workload import OPERANDS

AccessCounts = dict[str, dict[str, int]]
"""Accesses of each component, by operand or purpose."""


def access_counts(q: Quantities) -> AccessCounts:
    """How often each component is accessed, by operand or purpose (exact integers).

    An operand that is not held moves between SPM and RFs once per reuse at SPM, the
    output there and back. A held operand moves once per reuse at DRAM. Partial sums
    are reduced as often as the output moves; a reduction step takes three RF
    accesses, one hop and one addition.
    """
    moves = {x: _rf_moves(q, x) for x in OPERANDS}
    both_ways = {x: 2 if x == "O" and q.held != "O" else 1 for x in OPERANDS}
    reductions = moves["O"] * q.reduction_cycles
    # The factor of 4: both inputs and the partial sum are read, the sum is written.
    return {
        "MAC": {"compute": q.macs, "reduction": reductions},
        "RF": {"compute": 4 * q.macs, "reduction": 3 * reductions},
        "NoC": {
            **{x: both_ways[x] * moves[x] * q.rf_elements[x] * q.receivers[x] for x in OPERANDS},
            "reduction": reductions,
        },
        "SPM": {x: both_ways[x] * moves[x] * q.array_elements[x] for x in OPERANDS},
        "DRAM": {x: _dram_moves(q, x) * q.transfers[x].elements for x in OPERANDS},
    }


def _rf_moves(q: Quantities, operand: str) -> int:
    if operand == q.held:
        return q.spm_passes // q.reuse_dram[operand]
    return q.spm_passes * (q.rf_passes // q.reuse_spm[operand])


def _dram_moves(q: Quantities, operand: str) -> int:
    moves = q.spm_passes // q.reuse_dram[operand]
    if operand != "O":
        return moves
    # Partial sums are read back every time but the first that a tile is visited.
    return moves + moves - q.output_tiles


def access_energy(energy: AccessEnergy) -> dict[str, float]:
    """Energy of one access of each component, in pJ."""
    return {
        "MAC": energy.mac_pj,
        "RF": energy.rf_pj,
        "NoC": energy.noc_pj,
        "SPM": energy.spm_pj,
        "DRAM": energy.dram_pj,
    }


def energy_breakdown(counts: AccessCounts, energy: AccessEnergy) -> dict[str, float]:
    """Energy by component, in pJ."""
    price = access_energy(energy)
    return {c: sum(counts[c].values()) * price[c] for c in COMPONENTS}


def energy_by_operand(counts: AccessCounts, energy: AccessEnergy) -> dict[str, dict[str, float]]:
    """Energy by component, then by operand or purpose, in pJ."""
    price = access_energy(energy)
    return {c: {x: n * price[c] for x, n in counts[c].items()} for c in COMPONENTS}


def total_energy(breakdown: dict[str, float]) -> int:
    """Total in pJ, rounded to the nearest integer, halves to even.

    The components are added in the order of `COMPONENTS`, each a double, so that any
    other implementation can repeat the rounding bit by bit.
    """
    total = 0.0
    for component in COMPONENTS:
        total += breakdown[component]
    return round(total)
