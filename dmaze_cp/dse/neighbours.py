"""What one design's answer says about another's.

A mapping that fits a smaller memory fits a larger one, and its cost there is a first
incumbent; a bound that is proven where more is possible for less holds where it is not
(`dmaze_cp.dse.monotone`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import PaddingPin
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.dse.monotone import prices, transferred_bound
from dmaze_cp.dse.plan import DesignInquiry
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.result import Known

NEAREST: Final = 6
"""Mappings of so many near designs are tried as a first incumbent."""

REACH: Final = 128
"""A proven bound is passed on to so many near designs."""

_SLACK: Final = 1 + 1e-9
"""Covers the rounding of doubles."""

_MOST: Final = 1e100
"""In the place of a ratio to nothing."""

_Bools = NDArray[np.bool_]


class Neighbourhood:
    """The inquiries of a sweep by layer and constraints.

    Parameters
    ----------
    inquiries
        All with the same objective.
    """

    def __init__(self, inquiries: Sequence[DesignInquiry]) -> None:
        groups: dict[Hashable, list[DesignInquiry]] = defaultdict(list)
        for inquiry in inquiries:
            groups[inquiry.layer.shape, inquiry.question.constraints].append(inquiry)
        self._groups = [_Group(group) for group in groups.values()]
        self._at = {id(q): (g, n) for g in self._groups for n, q in enumerate(g.inquiries)}

    def note(self, inquiry: DesignInquiry) -> None:
        """An inquiry has changed, or a design that waits for it has been closed."""
        group, here = self._at[id(inquiry)]
        group.note(here)

    def start(self, inquiry: DesignInquiry) -> Known:
        """Where a search starts: the best mapping that near designs have, and the bound."""
        best, least = inquiry.known.mapping, inquiry.value
        for mapping in self._mappings(inquiry):
            if fits(mapping, inquiry.architecture):
                continue
            cost = evaluate(mapping, inquiry.architecture)
            value = inquiry.objective.of(cost.energy_pj, cost.latency_cycles)
            if least is None or value < least:
                best, least = mapping, value
        return Known(best, inquiry.bound)

    def _mappings(self, inquiry: DesignInquiry) -> Iterator[Mapping]:
        if any(not isinstance(pin, PaddingPin) for pin in inquiry.question.constraints.pins):
            return  # what fits there may break a limit here
        group, here = self._at[id(inquiry)]
        for near in group.nearest(here, group.mapped.copy(), NEAREST):
            if near.result is not None and near.result.mapping is not None:
                # Where PE loops are on an array is found anew for each.
                yield near.result.mapping.for_layer(inquiry.layer).on_rows(None)

    def pass_on(self, source: DesignInquiry, reach: int | None = None) -> list[DesignInquiry]:
        """Give an inquiry's bound to others of its layer; those that it raises.

        Parameters
        ----------
        source
            Whose bound has become better.
        reach
            So many near designs get it at most (`REACH` by default).
        """
        group, here = self._at[id(source)]
        return [
            target
            for target in group.nearest(
                here, group.may_learn(here), REACH if reach is None else reach
            )
            if self._raise(source, target)
        ]

    def _raise(self, source: DesignInquiry, target: DesignInquiry) -> bool:
        if source.bound <= target.bound and _same_prices(source, target):
            return False  # at equal prices the bound is what it is
        bound = transferred_bound(
            source.architecture,
            target.architecture,
            source.objective,
            source.bound,
            macs=source.layer.macs,
            constraints=source.question.constraints,
        )
        raised = bound is not None and target.raise_bound(bound)
        if raised:
            self.note(target)
        return raised


class _Group:
    """The inquiries on one layer, with the figures of their architectures as arrays.

    The arrays sort out quickly what is far away or has nothing to learn. What is left is
    decided exactly, so that rounding plays no part.

    Attributes
    ----------
    mapped
        Which inquiries have a mapping.
    open
        Which are still to be answered.
    bounds
        What is proven of each.
    """

    def __init__(self, inquiries: Sequence[DesignInquiry]) -> None:
        self.inquiries = inquiries
        archs = [q.architecture for q in inquiries]
        counts = _table(a.counts for a in archs)
        self._places = np.log(counts)
        self._capacities = _table((a.pe_count, a.rf_words) for a in archs)
        self._banks = _table((a.banks, a.spm_bank_bytes / a.widest_word) for a in archs)
        self._dma = _table(_dma(a) if _has_latency(inquiries) else () for a in archs)
        self._prices = _table(map(float, prices(a)) for a in archs)
        self.mapped: _Bools = np.zeros(len(archs), dtype=bool)
        self.open: _Bools = np.zeros(len(archs), dtype=bool)
        self.bounds = np.zeros(len(archs))
        for place in range(len(archs)):
            self.note(place)

    def note(self, place: int) -> None:
        """Bring up to date what changes."""
        inquiry = self.inquiries[place]
        result = inquiry.result
        self.mapped[place] = result is not None and result.mapping is not None
        self.open[place] = inquiry.is_open
        self.bounds[place] = inquiry.bound

    def may_learn(self, source: int) -> _Bools:
        """Which may get a better bound from an inquiry's."""
        within = (self._capacities <= self._capacities[source]).all(axis=1)
        dearer = (self._dma >= self._dma[source]).all(axis=1)
        wanted: _Bools = self.open & within & dearer & self._held(source) & self._higher(source)
        return wanted

    def _held(self, source: int) -> _Bools:
        """Where the SPM holds no more words than the source's with one bank more."""
        banks, words = self._banks[source]
        held: _Bools = self._banks.prod(axis=1) <= (banks + 1) * words * _SLACK
        return held

    def _higher(self, source: int) -> _Bools:
        """Where the source's bound, in the prices there, may be above what is known."""
        bound = float(self.bounds[source])
        higher: _Bools = self._at_prices_of_each(source, bound) > self.bounds
        return higher

    def _at_prices_of_each(self, source: int, bound: float) -> NDArray[np.float64]:
        """At least what `transferred_bound` gives; the same formulas."""
        if not _has_energy(self.inquiries):
            return np.full(len(self.inquiries), bound * _SLACK)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = self._prices / self._prices[source]
        # Where the source has no price, the other may have any.
        ratios[:, self._prices[source] == 0] = np.inf
        if _has_latency(self.inquiries):
            edp: NDArray[np.float64] = np.minimum(ratios.min(axis=1), _MOST) * bound
            return edp * _SLACK
        macs, rest = self.inquiries[source].layer.macs, ratios[:, 1:].min(axis=1)
        above = max(0.0, bound - macs * self._prices[source, 0])
        energy: NDArray[np.float64] = macs * self._prices[:, 0] + np.minimum(rest, _MOST) * above
        return energy * _SLACK

    def nearest(self, here: int, wanted: _Bools, number: int) -> list[DesignInquiry]:
        """The inquiries among the wanted ones whose architectures differ least."""
        wanted[here] = False
        (places,) = np.nonzero(wanted)
        if len(places) > number:
            distances = np.abs(self._places[places] - self._places[here]).sum(axis=1)
            # Those at an equal distance in their order.
            places = places[np.argsort(distances, kind="stable")[:number]]
        return [self.inquiries[place] for place in places.tolist()]


def _has_latency(inquiries: Sequence[DesignInquiry]) -> bool:
    return inquiries[0].objective is not Objective.ENERGY


def _has_energy(inquiries: Sequence[DesignInquiry]) -> bool:
    return inquiries[0].objective is not Objective.LATENCY


def _same_prices(one: DesignInquiry, other: DesignInquiry) -> bool:
    return prices(one.architecture) == prices(other.architecture)


def _dma(architecture: Architecture) -> Iterable[float]:
    names = ("dma_startup_cycles", "dma_cycles_per_byte", "widest_word", "clock_ratio")
    return [getattr(architecture, name) for name in names]


def _table(rows: Iterable[Iterable[float]]) -> NDArray[np.float64]:
    return np.array([list(row) for row in rows], dtype=np.float64)
