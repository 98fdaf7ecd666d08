"""The designs that the best one of a sweep is compared with: the runner-up and the base."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from dmaze_cp.dse.figures import Figures, SweepFigures
from dmaze_cp.dse.result import PointStatus, cost_unit_s


@dataclass(frozen=True)
class Rival:
    """A design that the best one is compared with.

    Attributes
    ----------
    role
        ``runner-up`` or ``base``.
    position
        Of its point.
    differences
        Of each parameter that differs: its value in the best design and in this one.
    figures
        What its mappings cost; None where some layer has none.
    is_mapped
        Whether these are the mappings that count; if not, the design was skipped, or time was
        over, before they were as good as they can be.
    least_ratio
        Proven: it costs at least so many times what the best design costs.
    """

    role: str
    position: int
    differences: dict[str, tuple[float, float]]
    figures: Figures | None
    is_mapped: bool
    least_ratio: float | None


def rivals_of(sweep: SweepFigures) -> tuple[Rival, ...]:
    """The runner-up, and the base if it is a design of the sweep and not the best itself.

    The runner-up is the best of the others that were mapped. Where none was, it is the one
    with the best mappings so far.
    """
    best = sweep.result.best
    if best is None:
        return ()
    runner_up = next((p for p in sweep.ranking if p != best), None)
    if runner_up is None:
        runner_up = _nearest_skipped(sweep, best)
    chosen = {p: "runner-up" for p in (runner_up,) if p is not None}
    if sweep.base is not None and sweep.base != best:
        chosen[sweep.base] = "base" if sweep.base not in chosen else "runner-up, base"
    return tuple(rival_of(sweep, position, role) for position, role in chosen.items())


def _nearest_skipped(sweep: SweepFigures, best: int) -> int | None:
    """Of the designs that were skipped, the one with the best mappings so far."""
    known = [
        (inf if point.value is None else point.value, point.bound, position)
        for position, point in enumerate(sweep.result.points)
        if point.status is PointStatus.SKIPPED and position != best
    ]
    return min(known)[-1] if known else None


def rival_of(sweep: SweepFigures, position: int, role: str) -> Rival:
    """A design as a rival of the best one, if there is one."""
    best = position if sweep.result.best is None else sweep.result.best
    mine, others = (sweep.point(p).design.parameters for p in (best, position))
    differences = {
        name: (mine[name], others[name]) for name in sweep.swept if mine[name] != others[name]
    }
    point = sweep.point(position)
    figures = sweep.figures_so_far(position)
    ratio = sweep.ratio(point.bound)
    return Rival(role, position, differences, figures, point.is_mapped, ratio)


def nearer_than(sweep: SweepFigures, rival: Rival) -> int:
    """How many designs without a value that counts may cost less than a rival that has one."""
    value = sweep.point(rival.position).value
    if not rival.is_mapped or value is None:
        return 0
    unknown = {PointStatus.SKIPPED, PointStatus.UNKNOWN, PointStatus.FAILED}
    return sum(p.status in unknown and p.bound < value for p in sweep.result.points)


def layer_values(sweep: SweepFigures, position: int) -> dict[str, float]:
    """What each layer adds to the value of a design (pJ x s); named with its network if need be."""
    point = sweep.point(position)
    unit = float(cost_unit_s(point.design.architecture, sweep.result.objective))
    several = len(point.networks) > 1
    return {
        f"{network.model}/{r.layer.name}" if several else r.layer.name: (
            sweep.weights[network.model] * r.layer.instances * (r.value or 0) * unit
        )
        for network in point.networks
        for r in network.layers
    }
