"""What limits a sweep's winner is the best within, and what its proof says."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, isfinite, log10
from typing import Final

from dmaze_cp.dse.result import SweepResult
from dmaze_cp.report import numbers
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.words import rule_texts

_BUDGETS: Final = {"area_mm2": ("area", "mm2"), "power_mw": ("power", "mW")}

_MOST_TIES: Final = 5
"""So many designs are named."""


def limits_of(result: SweepResult) -> tuple[str, ...]:
    """The user's limits that are set, such as ``area at most 8 mm2``."""
    budgets = (("area_mm2", result.budgets.area_mm2), ("power_mw", result.budgets.power_mw))
    texts = [
        f"{_BUDGETS[name][0]} at most {limit:.6g} {_BUDGETS[name][1]}"
        for name, limit in budgets
        if limit is not None
    ]
    return (*texts, *rule_texts(result.constraints))


def proof_text(sweep: Sweep) -> str:
    """What is proven of the best design: among which others, and within which limits."""
    result = sweep.result
    others = f"no {_looked_at(result)}"
    if result.best_proven:
        gap = sweep.point(result.best).gap if result.best is not None else None
        if gap:
            own = f"its own value may fall by {rounded_percent(gap, up=True)} at most"
            return f"proven: {others} is better ({own})"
        return f"proven: {others} is better"
    best = None if result.best is None else sweep.point(result.best).value
    least = sweep.least_bound
    if not best or least is None or least <= 0:
        return "not proven: other designs may be better"
    return f"not proven: {others} is better by more than {_most(1 - least / best)}"


def tie_facts(sweep: Sweep) -> Iterator[tuple[str, str]]:
    """Which designs cost as much as the best one, or may."""
    ties, may_tie = sweep.result.ties, sweep.result.may_tie
    if ties:
        named = [sweep.label(position) for position in ties[:_MOST_TIES]]
        if len(ties) > _MOST_TIES:
            named.append(f"{len(ties) - _MOST_TIES:,} more")
        those = "other design costs" if len(ties) == 1 else "other designs cost"
        yield "ties", f"{len(ties):,} {those} the same, none is smaller: {'; '.join(named)}"
    if may_tie:
        those = "design that was" if len(may_tie) == 1 else "designs that were"
        yield "may tie", f"{len(may_tie):,} {those} skipped may cost the same, never less"


def _looked_at(result: SweepResult) -> str:
    """Which designs the best one is compared with."""
    space = result.space
    within = " within the limits" if limits_of(result) else ""
    if len(space) < space.size:
        return f"design{within} of the {len(space):,} points that were drawn"
    return f"design of the space{within}"


def _most(fraction: float) -> str:
    return rounded_percent(fraction, up=True)


def rounded_percent(fraction: float, *, up: bool) -> str:
    """A fraction in percent to three digits, never on the side that would say too much."""
    if not isfinite(fraction) or fraction < 0.0001:
        return numbers.percent(fraction)
    value = 100 * fraction
    step = 10.0 ** (floor(log10(value)) - 2)
    # What is a whole number of steps, but for rounding errors, stays.
    steps = value / step
    steps = round(steps) if abs(steps - round(steps)) < 1e-9 else (ceil if up else floor)(steps)
    return f"{float(f'{steps * step:.12g}'):.10g} %"


def sample_facts(result: SweepResult) -> Iterator[tuple[str, str]]:
    """How many points were drawn, where not all were looked at."""
    space = result.space
    if len(space) < space.size:
        yield "points drawn", f"{len(space):,} of {space.size:,} at random"
