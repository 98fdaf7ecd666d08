"""Why a design wins a sweep: it, the runner-up and the base, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from dmaze_cp.dse.result import PointStatus, cost_unit_s
from dmaze_cp.objective import Objective
from dmaze_cp.report import numbers
from dmaze_cp.report.sweep_figures import Figures, Sweep, short
from dmaze_cp.report.sweep_limits import rounded_percent
from dmaze_cp.report.words import objective_name

_SAME: Final = 0.0005
"""Relative differences below are none worth a word."""

_MINOR: Final = 0.1
"""Parts whose difference is less than this fraction of the largest are not named."""


_MOST: Final = 3
"""So many layers are named."""


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


def rivals_of(sweep: Sweep) -> tuple[Rival, ...]:
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


def _nearest_skipped(sweep: Sweep, best: int) -> int | None:
    """Of the designs that were skipped, the one with the best mappings so far."""
    known = [
        (inf if point.value is None else point.value, point.bound, position)
        for position, point in enumerate(sweep.result.points)
        if point.status is PointStatus.SKIPPED and position != best
    ]
    return min(known)[-1] if known else None


def rival_of(sweep: Sweep, position: int, role: str) -> Rival:
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


def explanation(sweep: Sweep, rival: Rival) -> str:
    """A sentence on what makes the best design better than a rival."""
    changes = ", ".join(
        f"{name} {short(mine)} (not {short(other)})"
        for name, (mine, other) in rival.differences.items()
    )
    text = f"Against the {rival.role}: {changes or 'equal parameters'}"
    best = sweep.result.best
    own = None if best is None else sweep.figures(best)
    if best is not None and own is not None and rival.figures is not None:
        if sweep.result.objective is Objective.EDP:
            text += f"; {_edp_change(sweep, best, rival.position)}"
        text += f"; {_changes(own, rival.figures)}"
    if rival.is_mapped:
        return text
    return f"{text}; the {rival.role} was not searched to the end: {_least(rival.least_ratio)}"


def _least(ratio: float | None) -> str:
    if ratio is None:
        return "nothing is known of it"
    if ratio < 1:
        return f"it may cost up to {rounded_percent(1 - ratio, up=True)} less"
    more = f"{rounded_percent(ratio - 1, up=False)} more" if ratio >= 1.0001 else "as much"
    return f"proven to cost at least {more}"


def nearer_than(sweep: Sweep, rival: Rival) -> int:
    """How many designs without a value that counts may cost less than a rival that has one."""
    value = sweep.point(rival.position).value
    if not rival.is_mapped or value is None:
        return 0
    unknown = {PointStatus.SKIPPED, PointStatus.UNKNOWN, PointStatus.FAILED}
    return sum(p.status in unknown and p.bound < value for p in sweep.result.points)


def _edp_change(sweep: Sweep, best: int, other: int) -> str:
    """How the sum of the layers' EDPs differs, and the layers that make most of that.

    It may fall although energy and cycles of the whole both rise: each layer counts by its own.
    """
    points = sweep.point(best), sweep.point(other)
    parts = {}
    # A file may hold the layers of one design, and of another the sums alone.
    if all(network.layers for point in points for network in point.networks):
        mine, others = (_layer_values(sweep, position) for position in (best, other))
        parts = {name: value - others.get(name, 0.0) for name, value in mine.items()}
    totals = points[0].value or 0.0, points[1].value or 0.0
    name = objective_name(sweep.result.objective)
    return _change(name, totals, parts if len(parts) > 1 else {}, sweep.unit.text, most=_MOST)


def _layer_values(sweep: Sweep, position: int) -> dict[str, float]:
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


def _changes(own: Figures, other: Figures) -> str:
    energy = _change(
        "energy",
        (own.energy_pj, other.energy_pj),
        {
            c: own.energy_breakdown_pj.get(c, 0.0) - other.energy_breakdown_pj.get(c, 0.0)
            for c in own.energy_breakdown_pj | other.energy_breakdown_pj
        },
        numbers.energy,
    )
    if _same_clock(own, other):
        totals = own.latency_cycles, other.latency_cycles
        parts = {c: cycles - other.cycles[c] for c, cycles in own.cycles.items()}
        return f"{energy}; {_change('cycles', totals, parts, numbers.count)}"
    return f"{energy}; {_change('time', (own.latency_s, other.latency_s), {}, numbers.seconds)}"


def _same_clock(one: Figures, other: Figures) -> bool:
    products = one.latency_cycles * other.latency_s, other.latency_cycles * one.latency_s
    return abs(products[0] - products[1]) <= 1e-9 * max(products)


def _change(
    what: str,
    totals: tuple[float, float],
    parts: Mapping[str, float],
    show: Callable[[float], str],
    most: int | None = None,
) -> str:
    """How a total differs, and the parts that make most of that, the largest first."""
    mine, other = totals
    if abs(mine - other) <= _SAME * max(mine, other):
        return f"{what} about the same"
    word = "less" if mine < other else "more"
    text = f"{what} {numbers.percent(abs(mine - other) / other)} {word}" if other else what
    largest = max((abs(part) for part in parts.values()), default=0)
    main = [name for name in parts if abs(parts[name]) >= _MINOR * largest > 0]
    signed = [
        f"{name} {'-' if parts[name] < 0 else '+'}{show(abs(parts[name]))}"
        for name in sorted(main, key=lambda name: -abs(parts[name]))[:most]
    ]
    return f"{text} ({', '.join(signed)})" if signed else text


def ratio_text(ratio: float) -> str:
    """How many times the best; what is not 1 is never shown as if it were."""
    if 1 < ratio < 1.0005:
        return ">1.000 x"
    if 0.9995 < ratio < 1:
        return "<1.000 x"
    if ratio < 99.995:
        return f"{ratio:.3f} x" if ratio < 9.9995 else f"{ratio:.2f} x"
    return f"{ratio:.1f} x" if ratio < 1e5 else f"{ratio:.1e} x"
