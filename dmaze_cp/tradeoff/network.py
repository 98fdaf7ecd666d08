"""The front of a network's totals, from the fronts of its layers.

Totals are sums over the layers, weighed by their instances, and a choice that another beats in one
layer is beaten in the sum: the front is what is left of all sums of the layers' points. Layers are
added one after the other, and what is not on the front so far is dropped, as it cannot be on it
later: adding the same to both keeps the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Final

import numpy as np

from dmaze_cp.cost.batch import Ints
from dmaze_cp.tradeoff.result import FrontStatus, LayerFront, NetworkFront, NetworkPoint

LARGEST: Final = 20_000
"""Beyond so many points of a front of totals those that others nearly match are left out."""

_SAFE: Final = 2**62


def network_front(
    layers: Sequence[LayerFront], largest: int = LARGEST, *, whole: bool = True
) -> NetworkFront:
    """The front of totals; its epsilon is at least that of the layers.

    Parameters
    ----------
    layers
        Those without points are left out, and the front is not whole then.
    largest
        With more points, those that others match within a small factor are left out, which
        the epsilon of the result counts.
    whole
        Whether these are all layers of the network.
    """
    mapped = [front for front in layers if front.points]
    status = network_status(layers, whole=whole)
    if not mapped:
        return NetworkFront(status, 0.0, ())
    own_epsilon = max(front.epsilon for front in mapped)
    factor, lossy = 1 + own_epsilon, False
    energy, latency = _zeros(mapped), _zeros(mapped)
    chosen: list[tuple[Ints, Ints]] = []
    for front in mapped:
        count = front.layer.instances
        own = [[count * p.cost.energy_pj, count * p.cost.latency_cycles] for p in front.points]
        costs = np.array(own, dtype=energy.dtype)
        energies = np.add.outer(energy, costs[:, 0]).ravel()
        latencies = np.add.outer(latency, costs[:, 1]).ravel()
        kept = _front_of(energies, latencies)
        if len(kept) > largest:
            kept, lost = _thinned(energies, kept, largest)
            factor *= 1 + lost
            lossy = True
        chosen.append((kept // len(own), kept % len(own)))
        energy, latency = energies[kept], latencies[kept]
    places = _choices(chosen)
    points = tuple(
        NetworkPoint(int(e), int(t), tuple(int(p) for p in row))
        for e, t, row in zip(energy, latency, places, strict=True)
    )
    # Without a loss, the difference of the factor and 1 would not be the layers' epsilon.
    return NetworkFront(status, max(factor - 1, own_epsilon) if lossy else own_epsilon, points)


def network_status(layers: Sequence[LayerFront], *, whole: bool) -> FrontStatus:
    """Whether a network's front is whole: its layers' are, each has a point, and none is missing.

    Parameters
    ----------
    whole
        Whether these are all layers of the network.
    """
    done = all(front.points and front.status is FrontStatus.COMPLETE for front in layers)
    return FrontStatus.COMPLETE if whole and done and layers else FrontStatus.PARTIAL


def _zeros(mapped: Sequence[LayerFront]) -> Any:
    """One sum of nothing: in 64 bits where all sums fit, else of Python integers."""
    energy, latency = (
        sum(f.layer.instances * max(getattr(p.cost, name) for p in f.points) for f in mapped)
        for name in ("energy_pj", "latency_cycles")
    )
    return np.zeros(1, dtype=np.int64 if max(energy, latency) < _SAFE else object)


def _front_of(energy: Any, latency: Any) -> Ints:
    """Places on the front, by rising latency."""
    order = np.lexsort((energy, latency))
    sorted_energy = energy[order]
    least = np.minimum.accumulate(sorted_energy)
    first = np.ones(len(order), dtype=bool)
    first[1:] = sorted_energy[1:] < least[:-1]
    kept: Ints = order[first]
    return kept


def _thinned(energy: Any, kept: Ints, largest: int) -> tuple[Ints, float]:
    """A part of a front, and the factor (less 1) within which it matches the rest.

    Energies fall along a front: a point matches those after it, which have more cycles, as long as
    their energy is at least its own over 1 + the loss.
    """
    loss = 1e-7
    while True:
        picked, last = [], np.inf
        for place in kept:
            if float(energy[place]) * (1 + loss) < last:
                picked.append(place)
                last = float(energy[place])
        if len(picked) <= largest:
            # A little more covers the rounding of these doubles.
            return np.array(picked), loss * 1.01
        loss *= 2


def _choices(chosen: Sequence[tuple[Ints, Ints]]) -> Ints:
    """For each point of the last front, the places of all layers."""
    columns = []
    here: Any = slice(None)
    for before, own in reversed(chosen):
        columns.append(own[here])
        here = before[here]
    return np.stack(columns[::-1], axis=1)


def possible(layers: Sequence[LayerFront]) -> int:
    """How many choices there are of the layers' points."""
    return prod(len(front.points) for front in layers if front.points)
