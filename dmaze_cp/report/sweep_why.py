"""Why a design wins a sweep: it, the runner-up and the base, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dmaze_cp.report import numbers
from dmaze_cp.report.sweep_figures import Figures, Sweep, short

_SAME: Final = 0.0005
"""Relative differences below are none worth a word."""


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
        What it costs; None where it was not mapped in full.
    least_ratio
        Proven: it costs at least so many times what the best design costs.
    """

    role: str
    position: int
    differences: dict[str, tuple[float, float]]
    figures: Figures | None
    least_ratio: float | None


def rivals_of(sweep: Sweep) -> tuple[Rival, ...]:
    """The runner-up, and the base if it is a design of the sweep and not the best itself.

    The runner-up is the best of the others that were mapped. Where none was, it is the one
    with the least bound.
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
    return tuple(_rival(sweep, best, position, role) for position, role in chosen.items())


def _nearest_skipped(sweep: Sweep, best: int) -> int | None:
    bounds = [
        (point.bound, position)
        for position, point in enumerate(sweep.result.points)
        if point.status == "skipped" and position != best
    ]
    return min(bounds)[1] if bounds else None


def _rival(sweep: Sweep, best: int, position: int, role: str) -> Rival:
    mine, others = (sweep.point(p).design.parameters for p in (best, position))
    differences = {
        name: (mine[name], others[name]) for name in sweep.swept if mine[name] != others[name]
    }
    point = sweep.point(position)
    return Rival(role, position, differences, sweep.figures(position), sweep.ratio(point.bound))


def explanation(sweep: Sweep, rival: Rival) -> str:
    """A sentence on what makes the best design better than a rival."""
    changes = ", ".join(
        f"{n} {short(a)} (not {short(b)})" for n, (a, b) in rival.differences.items()
    )
    head = f"Against the {rival.role}: {changes or 'equal parameters'}"
    best = sweep.result.best
    own = None if best is None else sweep.figures(best)
    if own is None or rival.figures is None:
        least = rival.least_ratio
        known = f"it costs at least {ratio_text(least)}" if least else "nothing is known of it"
        return f"{head}; {known}, and was not mapped in full"
    energy = _change(
        "energy",
        (own.energy_pj, rival.figures.energy_pj),
        own.energy_breakdown_pj,
        rival.figures.energy_breakdown_pj,
    )
    if _same_clock(own, rival.figures):
        time = _change(
            "cycles",
            (own.latency_cycles, rival.figures.latency_cycles),
            own.cycles,
            rival.figures.cycles,
        )
    else:
        time = _change("time", (own.latency_s, rival.figures.latency_s), {}, {})
    return f"{head}: {energy}; {time}"


def _same_clock(one: Figures, other: Figures) -> bool:
    products = one.latency_cycles * other.latency_s, other.latency_cycles * one.latency_s
    return abs(products[0] - products[1]) <= 1e-9 * max(products)


def _change(
    what: str, totals: tuple[float, float], own: Mapping[str, float], other: Mapping[str, float]
) -> str:
    """How a total differs, and which of its parts makes most of that."""
    mine, others = totals
    if abs(mine - others) <= _SAME * max(mine, others):
        return f"{what} about the same"
    word = "less" if mine < others else "more"
    text = f"{numbers.percent(abs(mine - others) / others)} {word} {what}" if others else what
    parts = {name: mine_part - other[name] for name, mine_part in own.items()}
    if not parts:
        return text
    main = (min if mine < others else max)(parts, key=lambda name: parts[name])
    share = parts[main] / (mine - others)
    if share > 1.05:
        return f"{text}, by {main}, in spite of the rest"
    return f"{text}, {'all' if share > 0.95 else numbers.percent(round(share, 2))} of it in {main}"


def ratio_text(ratio: float) -> str:
    """How many times the best; what is not 1 is never shown as if it were."""
    if 1 < ratio < 1.0005:
        return "1.000+ x"
    if 0.9995 < ratio < 1:
        return "0.999+ x"
    return (
        f"{ratio:.3f} x"
        if ratio < 9.9995
        else f"{ratio:.1f} x"
        if ratio < 1e5
        else f"{ratio:.1e} x"
    )
