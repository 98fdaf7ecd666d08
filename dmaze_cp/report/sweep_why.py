"""What makes the best design of a sweep better than its rivals, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dmaze_cp.dse.rivals import Rival, layer_values
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


def _edp_change(sweep: Sweep, best: int, other: int) -> str:
    """How the sum of the layers' EDPs differs, and the layers that make most of that.

    It may fall although energy and cycles of the whole both rise: each layer counts by its own.
    """
    points = sweep.point(best), sweep.point(other)
    parts = {}
    # A file may hold the layers of one design, and of another the sums alone.
    if all(network.layers for point in points for network in point.networks):
        mine, others = (layer_values(sweep, position) for position in (best, other))
        parts = {name: value - others.get(name, 0.0) for name, value in mine.items()}
    totals = points[0].value or 0.0, points[1].value or 0.0
    name = objective_name(sweep.result.objective)
    return _change(name, totals, parts if len(parts) > 1 else {}, sweep.unit.text, most=_MOST)


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
