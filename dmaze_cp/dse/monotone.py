"""What a proof for one accelerator says about another: an order on accelerators.

Two accelerators differ in what fits and in what a mapping costs. Both are monotone: a mapping
that fits also fits where everything is as large, and costs no less where every price is as
high. So mappings go up to larger accelerators, and lower bounds go down to smaller ones, with
no search at all. Everything here is sufficient, not necessary: False means "not known".

Costs are those of the exact model: energy in pJ and latency in *accelerator cycles*. Where
clocks differ, cycles are not seconds.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import ceil, isfinite
from typing import Final

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost.model import leakage_pj
from dmaze_cp.objective import Objective

_ROUNDING: Final = Fraction(1, 2**48)
"""Relative error of an energy as it is computed: 6 products and 5 sums of doubles, with counts
rounded to doubles, come to less than 2**-49; twice that for good measure."""

_HALF: Final = Fraction(1, 2)


def larger_or_equal(
    larger: Architecture, smaller: Architecture, constraints: Constraints = NO_CONSTRAINTS
) -> bool:
    """Whether every mapping that is valid on `smaller` is known to be valid on `larger`.

    Parameters
    ----------
    larger, smaller
        The accelerators to compare.
    constraints
        Limits on the mappings of both. A least utilisation is a share of a capacity, so that a
        larger one admits fewer mappings: with it, that capacity has to be equal.

    Notes
    -----
    PEs and RF words are plain capacities. Banks are not: a tile of e words takes
    ``j = ceil(e / s)`` banks of s words, and the three operands share none. With banks of s' words
    on the larger accelerator and ``q = s / s'`` it takes ``ceil(e / s') <= ceil(q j)`` there,
    because ``e / s' = q e / s <= q j``. So the sum of ``ceil(q j)`` over the operands, where the
    j add up to at most the n banks of the smaller accelerator, must be at most the n' of the
    larger:

    - ``q <= 1``: ``ceil(q j) <= j``, so that n banks are enough;
    - ``q = u / v`` in lowest terms: ``ceil(u j / v) <= (u j + v - 1) / v``, so that
      ``floor((u n + 3 (v - 1)) / v)`` banks are enough: ``q n`` for a whole q.

    ``s`` may be a fraction: bank bytes over word bytes.
    """
    if larger.pes < smaller.pes or larger.rf_words < smaller.rf_words:
        return False
    if larger.spm_banks < _banks_enough(larger, smaller):
        return False
    return _utilisation_kept(larger, smaller, constraints)


def costs_no_more(
    cheaper: Architecture, dearer: Architecture, objective: Objective | str = Objective.EDP
) -> bool:
    """Whether each mapping is known to cost at most as much on `cheaper` as on `dearer`.

    Parameters
    ----------
    cheaper, dearer
        The accelerators to compare. Their capacities play no part.
    objective
        What costs are compared.

    Notes
    -----
    Energy: access counts depend on the mapping alone. Each product count x price, the sum in its
    fixed order and its rounding to an integer are monotone in the prices, in doubles too. So is
    leakage in its price and in latency: where there is any, latency has to be no more either.

    Latency: DMA cycles of a burst, ``ceil((init + per_byte (burst word)) ratio)``, are monotone
    in the four figures, in doubles too. In latency, let ``r >= 2`` be the reuse at DRAM of the
    operand that is reused there. ``load`` and ``store`` are at least ``base``, so that latency is
    ``base (T - 2 T / r) + (load + store) T / r`` with ``T - 2 T / r >= 0``; base, load and store
    are maxima of sums in which DMA cycles have no negative part. Without such an operand it is
    ``base T``. Everything else in it depends on the mapping alone.
    """
    kind = Objective(objective)
    if kind is not Objective.LATENCY and not _energy_no_more(cheaper, dearer):
        return False
    return kind is Objective.ENERGY or _dma_no_more(cheaper, dearer)


def mapping_transfers(
    source: Architecture, target: Architecture, constraints: Constraints = NO_CONSTRAINTS
) -> bool:
    """Whether every mapping found for `source` is known to be valid on `target`.

    Its cost there has to be evaluated anew. Where this is False, `dmaze_cp.cost.fits` may still
    find that a given mapping fits.
    """
    return larger_or_equal(target, source, constraints)


def bound_transfers(
    source: Architecture,
    target: Architecture,
    objective: Objective | str = Objective.EDP,
    constraints: Constraints = NO_CONSTRAINTS,
) -> bool:
    """Whether a proven lower bound for `source` is one for `target`, for every layer.

    So it is if each mapping that is valid on the target is valid on the source, and costs no
    more there. With `larger_or_equal` alone a proof that nothing fits transfers: what has no
    mapping on the source has none on the target.
    """
    contains = larger_or_equal(source, target, constraints)
    return contains and costs_no_more(source, target, objective)


def energy_ratio(source: Architecture, target: Architecture) -> Fraction:
    """Largest known f such that each mapping's energy on `target` is at least f times its own.

    That is before rounding to integers (`transferred_bound` takes care of that).

    Notes
    -----
    For a fixed mapping energy is linear in prices, with counts that are no less than 0. They come
    in bundles: a MAC comes with four RF accesses, and a reduction step is three RF accesses, one
    NoC hop and one MAC. So energy is a sum over MACs, reduction steps, NoC, SPM and DRAM
    accesses and cycles of counts times prices of these six, and the least ratio of a price to the
    other is a ratio for the sum. A price of 0 on `source` adds nothing to its energy. Where all
    are, the ratio is 0. Only cycles may be fewer on `target`: where a cycle has a price and they
    are not known to be as many, the ratio is 0.
    """
    return min(_ratios(source, target), default=Fraction(0))


def _ratios(source: Architecture, target: Architecture) -> list[Fraction]:
    """Ratios of the prices that `source` has."""
    pairs = zip(prices(source), prices(target), strict=True)
    ratios = [after / before for before, after in pairs if before > 0]
    if source.leakage_mw > 0 and not _dma_no_more(source, target):
        ratios[-1] = Fraction(0)  # a cycle's is the last
    return ratios


def transferred_bound(
    source: Architecture,
    target: Architecture,
    objective: Objective | str,
    bound: float,
    *,
    macs: int,
    constraints: Constraints = NO_CONSTRAINTS,
) -> int | None:
    """The lower bound that a proven bound for `source` gives for the same layer on `target`.

    Parameters
    ----------
    source, target
        The accelerators.
    objective
        What both bounds are of.
    bound
        No mapping of the layer on the source has a lower objective.
    macs
        Multiply-accumulates of the layer (`Layer.macs`).
    constraints
        Limits on the mappings of both.

    Returns
    -------
    int or None
        No mapping of the layer on the target has a lower objective. None where nothing is known
        because the target admits mappings that the source does not, or may have cheaper DMA.

    Notes
    -----
    Let E be the rounded energy of a mapping on the source, E' on the target, and f the least
    ratio of prices. Rounding adds at most one half and the relative error h, so that
    ``E' >= f (1 - h) (E - 1/2) - 1/2``. For the energy of n MACs, which all mappings have, the
    ratio of its own price is used: with p and p' the prices of a MAC with its RF accesses and f
    the least ratio of the others, ``E' >= n p' + f max(0, E - n p)`` up to the same errors.
    For EDP, latency on the target is at least that on the source, and E at least its MACs'
    energy, so that the half is a small enough share of it: ``E' >= c E`` with a c below f.
    """
    kind = Objective(objective)
    if not isfinite(bound) or not larger_or_equal(source, target, constraints):
        return None
    if kind is not Objective.ENERGY and not _dma_no_more(source, target):
        return None
    known = max(Fraction(bound), Fraction(0))
    best = Fraction(0)
    if costs_no_more(source, target, kind):
        best = known
    if kind is Objective.ENERGY:
        best = max(best, _energy_bound(source, target, known, macs))
    elif kind is Objective.EDP:
        best = max(best, _edp_factor(source, target, macs) * known)
    return ceil(best)


def _banks_enough(larger: Architecture, smaller: Architecture) -> int:
    """Banks of the larger accelerator that hold whatever the smaller one's hold."""
    ratio = Fraction(smaller.spm_bank_bytes, smaller.word_bytes) / Fraction(
        larger.spm_bank_bytes, larger.word_bytes
    )
    u, v = ratio.numerator, ratio.denominator
    enough = (u * smaller.spm_banks + 3 * (v - 1)) // v
    return min(enough, smaller.spm_banks) if ratio <= 1 else enough


def _utilisation_kept(larger: Architecture, smaller: Architecture, limits: Constraints) -> bool:
    """Whether no least utilisation asks for more on the larger accelerator."""
    if limits.min_pe_utilization > 0 and larger.pes > smaller.pes:
        return False
    if limits.min_rf_utilization > 0 and larger.rf_words > smaller.rf_words:
        return False
    return limits.min_spm_utilization <= 0 or (
        larger.spm_bytes == smaller.spm_bytes and larger.word_bytes == smaller.word_bytes
    )


def _energy_no_more(cheaper: Architecture, dearer: Architecture) -> bool:
    one, other = cheaper.energy, dearer.energy
    return (
        one.rf_pj <= other.rf_pj
        and one.noc_pj <= other.noc_pj
        and one.spm_pj <= other.spm_pj
        and one.dram_pj <= other.dram_pj
        and one.mac_pj <= other.mac_pj
        and leakage_pj(cheaper) <= leakage_pj(dearer)
        and (cheaper.leakage_mw == 0 or _dma_no_more(cheaper, dearer))
    )


def _dma_no_more(cheaper: Architecture, dearer: Architecture) -> bool:
    return (
        cheaper.dma_startup_cycles <= dearer.dma_startup_cycles
        and cheaper.dma_cycles_per_byte <= dearer.dma_cycles_per_byte
        and cheaper.word_bytes <= dearer.word_bytes
        and cheaper.clock_ratio <= dearer.clock_ratio
    )


def prices(architecture: Architecture) -> tuple[Fraction, ...]:
    """Prices (pJ) of a MAC, a reduction step, accesses by NoC, to SPM and DRAM, and a cycle."""
    return _prices(architecture.energy, leakage_pj(architecture))


@cache
def _prices(energy: AccessEnergy, cycle_pj: float) -> tuple[Fraction, ...]:
    rf, noc, mac = Fraction(energy.rf_pj), Fraction(energy.noc_pj), Fraction(energy.mac_pj)
    spm, dram = Fraction(energy.spm_pj), Fraction(energy.dram_pj)
    return mac + 4 * rf, 3 * rf + noc + mac, noc, spm, dram, Fraction(cycle_pj)


def _energy_bound(
    source: Architecture, target: Architecture, bound: Fraction, macs: int
) -> Fraction:
    """A lower bound of rounded energies on `target`."""
    own, new_own = prices(source)[0], prices(target)[0]
    # The first ratio is that of MACs, unless they are free.
    ratio = min(_ratios(source, target)[1 if own > 0 else 0 :], default=Fraction(0))
    least = (bound - _HALF) * (1 - _ROUNDING)  # of the energy under `source`, before rounding
    exact = macs * new_own + ratio * max(Fraction(0), least - macs * own)
    return exact * (1 - _ROUNDING) - _HALF


def _edp_factor(source: Architecture, target: Architecture, macs: int) -> Fraction:
    """A factor between rounded energies: each mapping's on `target` over that on `source`."""
    own, *_ = prices(source)
    least = macs * own * (1 - _ROUNDING) - _HALF
    if least <= 0:
        return Fraction(0)
    ratio = energy_ratio(source, target) * (1 - _ROUNDING) ** 2
    return ratio - (ratio + 1) / 2 / least
