"""What fronts may say against themselves: in files that were edited or damaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from dmaze_cp.errors import Problem
from dmaze_cp.tradeoff.network import network_status
from dmaze_cp.tradeoff.result import FrontStatus, LayerFront, NetworkFront
from dmaze_cp.tradeoff.walk import below


class Costed(Protocol):
    """What has both costs."""

    @property
    def energy_pj(self) -> int:
        """In pJ."""

    @property
    def latency_cycles(self) -> int:
        """In cycles."""


def order_problems(points: Sequence[Costed]) -> Iterator[Problem]:
    """Points that are out of order, there twice, or beaten by another."""
    for place in range(1, len(points)):
        before, point, where = points[place - 1], points[place], f"points[{place}]"
        energy, cycles = point.energy_pj, point.latency_cycles
        if (energy, cycles) == (before.energy_pj, before.latency_cycles):
            expected = f"another than that of points[{place - 1}]"
            yield Problem(where, f"energy {energy} and {cycles} cycles a second time", expected)
        elif cycles < before.latency_cycles:
            expected = f"more than {before.latency_cycles}, by rising latency"
            yield Problem(f"{where}.latency_cycles", str(cycles), expected)
        elif cycles == before.latency_cycles:
            expected = f"more than {cycles}, as points[{place - 1}] has as many"
            yield Problem(f"{where}.latency_cycles", str(cycles), expected)
        elif energy >= before.energy_pj:
            expected = f"less than {before.energy_pj}, else points[{place - 1}] beats it"
            yield Problem(f"{where}.energy_pj", str(energy), expected)


def walk_problems(front: LayerFront, proven: Sequence[bool]) -> Iterator[Problem]:
    """What a walk along a front does not end with.

    Parameters
    ----------
    proven
        Of each point, as the file says: those that are proven come first.
    """
    if front.status is FrontStatus.COMPLETE:
        if front.open is not None:
            yield Problem("open", "a region", "null, as the front is complete")
        for place, known in enumerate(proven):
            if not known:
                expected = "true, as the front is complete"
                yield Problem(f"points[{place}].proven", "false", expected)
        if not front.points and front.reason is None:
            yield Problem("reason", "null", "why the layer has no mapping")
        return
    late = [place for place, known in enumerate(proven) if known and place >= front.proven]
    for place in late:
        expected = f"false, as points[{front.proven}] before it is not"
        yield Problem(f"points[{place}].proven", "true", expected)
    if front.open is None:
        yield Problem("open", "null", "a region, as the front is partial")
    elif not late:
        yield from _region_problems(front)


def _region_problems(front: LayerFront) -> Iterator[Problem]:
    """A region that does not begin after the last point that is proven."""
    region, last = front.open, front.points[front.proven - 1].cost if front.proven else None
    assert region is not None  # noqa: S101 - asked by the caller
    most = None if last is None else below(last.energy_pj, front.epsilon)
    if region.energy_pj != most:
        expected = f"{most}, below the last proven point" if last else "null, as none is proven"
        yield Problem("open.energy_pj", str(region.energy_pj), expected)
    if last is not None and region.latency_cycles <= last.latency_cycles:
        expected = f"more than {last.latency_cycles}, of the last proven point"
        yield Problem("open.latency_cycles", str(region.latency_cycles), expected)
    for place, point in enumerate(front.points[front.proven :], front.proven):
        if point.cost.latency_cycles < region.latency_cycles:
            expected = f"at most {point.cost.latency_cycles}, of points[{place}]"
            yield Problem("open.latency_cycles", str(region.latency_cycles), expected)


def network_problems(
    network: NetworkFront, layers: Sequence[LayerFront], *, whole: bool
) -> Iterator[Problem]:
    """Totals that are not those of the choice, and what does not follow from the layers.

    Parameters
    ----------
    whole
        Whether every layer of the network has a front.
    """
    mapped = [front for front in layers if front.points]
    status = network_status(layers, whole=whole)
    if network.status is not status:
        yield Problem("status", str(network.status), f"{status}, as the layers' fronts are")
    least = max((front.epsilon for front in mapped), default=0.0)
    if network.epsilon < least:
        yield Problem("epsilon", repr(network.epsilon), f"at least {least}, that of the layers")
    if bool(network.points) != bool(mapped):
        found = f"{len(network.points)} points"
        yield Problem("points", found, "some" if mapped else "none, as no layer has any")
    for place, point in enumerate(network.points):
        bad = [
            (front, own)
            for front, own in zip(mapped, point.choice, strict=True)
            if own >= len(front.points)
        ]
        for front, own in bad:
            where = f"points[{place}].choice.{front.layer.name}"
            yield Problem(where, str(own), f"from 0 to {len(front.points) - 1}, one of its points")
        for name in () if bad else ("energy_pj", "latency_cycles"):
            total = sum(
                front.layer.instances * getattr(front.points[own].cost, name)
                for front, own in zip(mapped, point.choice, strict=True)
            )
            if getattr(point, name) != total:
                expected = f"{total}, what the choice adds up to"
                yield Problem(f"points[{place}].{name}", str(getattr(point, name)), expected)
    yield from order_problems(network.points)
