"""What a proof for one accelerator says about another: an order on accelerators.

Two accelerators differ in what fits and in what a mapping costs. Both are monotone: a mapping
that fits also fits where everything is as large, and costs no less where every price is as
high. So mappings go up to larger accelerators, and lower bounds go down to smaller ones, with
no search at all. Everything here is sufficient, not necessary: False means "not known".

Costs are those of the exact model: energy in pJ and latency in *accelerator cycles*. Where
clocks differ, cycles are not seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import ceil, gcd, isfinite
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost.energy import access_pj, leakage_pj
from dmaze_cp.figures import Pool
from dmaze_cp.levels import DRAM, INPUT, NOC, OPERANDS, OUTPUT, PE, RF, SPM, WEIGHTS
from dmaze_cp.objective import Objective
from dmaze_cp.workload import DIMENSIONS

_ROUNDING: Final = Fraction(1, 2**47)
"""Relative error of an energy as it is computed: 14 products and 13 sums of doubles, with counts
rounded to doubles, come to less than 2**-48; twice that for good measure."""

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
        Pins on the mappings of both. A least utilisation is a share of a capacity, so that a
        larger one admits fewer mappings: with it, that capacity has to be equal. What other pins
        say of factors and orders is the same on every accelerator.

    Notes
    -----
    PEs are a plain capacity; rows and columns with what may be unrolled on them contain
    those that are as many and take as much, and fit a machine that has as many PEs in any form.

    RF: with e the tiles of operands, a pool p of the smaller accelerator says that the sum of
    ``w e`` over its operands is at most its size. So over the operands that it shares with a pool
    of the larger one, ``w' e`` adds up to at most its size times the largest ratio ``w' / w``
    there. Sizes count in whole multiples of the words' greatest common divisor.

    Banks are no plain capacity: a tile of e words takes ``j = ceil(e / s)`` banks of s words, and
    operands share none. With banks of s' words on the larger accelerator and ``q = s / s'`` it
    takes ``ceil(e / s') <= ceil(q j)`` there, because ``e / s' = q e / s <= q j``. So the sum of
    ``ceil(q j)`` over k operands, where the j add up to at most the n banks of a pool of the
    smaller accelerator, must be at most what the larger pool has:

    - ``q <= 1``: ``ceil(q j) <= j``, so that n banks are enough;
    - ``q = u / v`` in lowest terms: ``ceil(u j / v) <= (u j + v - 1) / v``, so that
      ``floor((u n + k (v - 1)) / v)`` banks are enough: ``q n`` for a whole q.

    ``s`` may be a fraction: bank bytes over word bytes. Where operands of a pool have different q,
    the largest is enough for all. A pool of the larger accelerator has to hold what all pools
    of the smaller one that share operands with it do.
    """
    return (
        _pes_contained(larger, smaller)
        and all(pool.size >= _rf_enough(pool, larger, smaller) for pool in larger.rf_pools)
        and all(pool.size >= _banks_enough(pool, larger, smaller) for pool in larger.spm_pools)
        and _utilisation_kept(larger, smaller, constraints)
    )


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
    fixed order and its rounding to an integer are monotone in the prices, in doubles too, as
    long as the same counts are added before they are multiplied: operands whose prices are equal
    on one have to be equal on the other. Leakage is monotone in its price and in latency: where
    there is any, latency has to be no more either.

    Latency: DMA cycles of a burst, ``ceil((init + per_byte (burst word)) ratio)``, are monotone
    in the four figures, in doubles too. In latency, let ``r >= 2`` be the reuse at DRAM of the
    operand that is reused there. ``load`` and ``store`` are at least ``base``, so that latency is
    ``base (T - 2 T / r) + (load + store) T / r`` with ``T - 2 T / r >= 0``; base, load and store
    are maxima of sums in which DMA cycles have no negative part. Without such an operand it is
    ``base T``.

    Cycles of the networks ``n = ceil(e / b)`` have no negative part either, with one exception:
    where the output is held, an SPM pass with a store takes ``V + max(n_O - q, 0)`` with the
    slowest other network q, and may take longer where q is less. So a wider network of the
    input or the weights alone is *not* known to cost no more. It is if all are k times as wide,
    for an integer k: then ``ceil(e / (k b)) = ceil(n / k)``, and ``ceil(n_O / k) - ceil(q / k)`` is
    at most ``n_O - q`` or 0, while V does not grow. A wider network of the output is always fine.
    """
    kind = Objective(objective)
    if kind is not Objective.LATENCY and not _energy_no_more(cheaper, dearer):
        return False
    return kind is Objective.ENERGY or _time_no_more(cheaper, dearer)


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
    accesses by operand, and cycles of counts times prices, and the least ratio of a price to the
    other is a ratio for the sum. A price of 0 on `source` adds nothing to its energy. Where all
    are, the ratio is 0. Only cycles may be fewer on `target`: where a cycle has a price and they
    are not known to be as many, the ratio is 0.
    """
    return min(_ratios(source, target), default=Fraction(0))


def _ratios(source: Architecture, target: Architecture) -> list[Fraction]:
    """Ratios of the prices that `source` has."""
    pairs = zip(prices(source), prices(target), strict=True)
    ratios = [after / before for before, after in pairs if before > 0]
    if source.leakage_mw > 0 and not _time_no_more(source, target):
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
        Multiply-accumulates of the layer (`Layer.macs`). Where it may be padded, some mappings do
        more.
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
    the least ratio of the others, ``E' >= n p' + f max(0, E - n p)`` up to the same errors. With
    padding a mapping has n or more of them: then f is the least of all ratios, so ``p' >= f p``,
    and the bound grows with n.
    For EDP, latency on the target is at least that on the source, and E at least its MACs'
    energy, so that the half is a small enough share of it: ``E' >= c E`` with a c below f.
    """
    kind = Objective(objective)
    if not isfinite(bound) or not larger_or_equal(source, target, constraints):
        return None
    if kind is not Objective.ENERGY and not _time_no_more(source, target):
        return None
    known, more = max(Fraction(bound), Fraction(0)), bool(constraints.padding)
    best = Fraction(0)
    if costs_no_more(source, target, kind):
        best = known
    if kind is Objective.ENERGY:
        best = max(best, _energy_bound(source, target, known, macs, more=more))
    elif kind is Objective.EDP:
        best = max(best, _edp_factor(source, target, macs) * known)
    return ceil(best)


def _pes_contained(larger: Architecture, smaller: Architecture) -> bool:
    """Whether all PE factors that one can have are known to be possible on the other."""
    if larger.pe_count < smaller.pe_count:
        return False
    one, other = larger.pe_array, smaller.pe_array
    if one is None:
        return True
    mine = list(zip((one.rows, one.cols), one.lists(), strict=True))
    if other is None:  # all on one axis
        return any(n >= smaller.pe_count and set(DIMENSIONS) <= dims for n, dims in mine)
    theirs = zip((other.rows, other.cols), other.lists(), strict=True)
    return all(n >= m and dims >= less for (n, dims), (m, less) in zip(mine, theirs, strict=True))


def _rf_enough(pool: Pool, larger: Architecture, smaller: Architecture) -> Fraction:
    """Bytes of a pool of RF on the larger accelerator that hold whatever the smaller one's do."""
    enough = Fraction(0)
    for other in smaller.rf_pools:
        shared = set(pool.operands) & set(other.operands)
        if shared:
            unit = gcd(*(smaller.word_of(x) for x in other.operands))
            ratio = max(Fraction(larger.word_of(x), smaller.word_of(x)) for x in shared)
            enough += ratio * (other.size // unit * unit)
    return enough


def _banks_enough(pool: Pool, larger: Architecture, smaller: Architecture) -> int:
    """Banks of a pool of the larger accelerator that hold whatever the smaller one's hold."""
    enough = 0
    for other in smaller.spm_pools:
        shared = [x for x in pool.operands if x in other.operands]
        if not shared:
            continue
        ratio = max(
            Fraction(smaller.spm_bank_bytes, smaller.word_of(x))
            / Fraction(larger.spm_bank_bytes, larger.word_of(x))
            for x in shared
        )
        u, v = ratio.numerator, ratio.denominator
        need = (u * other.size + len(shared) * (v - 1)) // v
        enough += min(need, other.size) if ratio <= 1 else need
    return enough


def _utilisation_kept(larger: Architecture, smaller: Architecture, limits: Constraints) -> bool:
    """Whether no least utilisation asks for more on the larger accelerator."""
    if limits.least(PE) > 0 and larger.pe_count > smaller.pe_count:
        return False
    same_words = larger.word_bytes == smaller.word_bytes
    if limits.least(RF) > 0:
        uniform = isinstance(larger.word_bytes, int) and isinstance(smaller.word_bytes, int)
        if uniform and larger.rf_words > smaller.rf_words:
            return False
        if not uniform and not (same_words and larger.rf_total_bytes <= smaller.rf_total_bytes):
            return False
    return limits.least(SPM) <= 0 or (larger.spm_bytes == smaller.spm_bytes and same_words)


def _energy_no_more(cheaper: Architecture, dearer: Architecture) -> bool:
    one, other = _access_prices(cheaper), _access_prices(dearer)
    return (
        all(a <= b for a, b in zip(one, other, strict=True))
        and _equal_ones(one) == _equal_ones(other)
        and leakage_pj(cheaper) <= leakage_pj(dearer)
        and (cheaper.leakage_mw == 0 or _time_no_more(cheaper, dearer))
    )


def _access_prices(architecture: Architecture) -> tuple[float, ...]:
    """Prices of accesses to RF, NoC, SPM and DRAM by operand, and of a MAC."""
    return (
        *(access_pj(architecture, c, x) for c in (RF, NOC, SPM, DRAM) for x in OPERANDS),
        architecture.energy.mac_pj,
    )


def _equal_ones(access_prices: Sequence[float]) -> list[tuple[bool, ...]]:
    """Which operands have the same price, component by component."""
    n = len(OPERANDS)
    rows = [access_prices[i * n : i * n + n] for i in range(4)]
    return [tuple(a == b for a in row for b in row) for row in rows]


def _time_no_more(cheaper: Architecture, dearer: Architecture) -> bool:
    """Whether transfers by DMA and by the networks are known to take no longer."""
    return (
        cheaper.dma_startup_cycles <= dearer.dma_startup_cycles
        and cheaper.dma_cycles_per_byte <= dearer.dma_cycles_per_byte
        and all(cheaper.word_of(x) <= dearer.word_of(x) for x in OPERANDS)
        and cheaper.clock_ratio <= dearer.clock_ratio
        and _networks_as_wide(cheaper, dearer)
    )


def _networks_as_wide(cheaper: Architecture, dearer: Architecture) -> bool:
    wide = {x: Fraction(cheaper.noc_width(x), dearer.noc_width(x)) for x in OPERANDS}
    k = wide[INPUT]
    return k.denominator == 1 and wide[WEIGHTS] == k and wide[OUTPUT] >= k


def prices(architecture: Architecture) -> tuple[Fraction, ...]:
    """Prices (pJ) of what energy is linear in, with counts that the mapping alone decides.

    A MAC with its RF accesses, a reduction step, accesses by NoC, to SPM and DRAM by operand,
    and a cycle.
    """
    return _prices(_access_prices(architecture), leakage_pj(architecture))


@cache
def _prices(access_prices: tuple[float, ...], cycle_pj: float) -> tuple[Fraction, ...]:
    *accesses, mac = map(Fraction, access_prices)
    (rf_o, rf_i, rf_w), noc = accesses[:3], accesses[3]
    return mac + 2 * rf_o + rf_i + rf_w, 3 * rf_o + noc + mac, *accesses[3:], Fraction(cycle_pj)


def _energy_bound(
    source: Architecture, target: Architecture, bound: Fraction, macs: int, *, more: bool
) -> Fraction:
    """A lower bound of rounded energies on `target`, of so many MACs, with `more` at least."""
    own, new_own = prices(source)[0], prices(target)[0]
    # The first ratio is that of MACs, unless they are free.
    others = 1 if own > 0 and not more else 0
    ratio = min(_ratios(source, target)[others:], default=Fraction(0))
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
