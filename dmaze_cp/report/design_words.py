"""What is said of a design of a sweep: its key, its name, what it is compared by."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

from dmaze_cp.dse.result import PointStatus, SweepPoint
from dmaze_cp.report import numbers
from dmaze_cp.report.figures import (
    Axis,
    Tip,
)
from dmaze_cp.report.short_names import short_names
from dmaze_cp.report.sweep_figures import Figures, Sweep, short
from dmaze_cp.report.words import objective_name


class Quantity(NamedTuple):
    """What designs can be compared by: its axis, what it is of a design, and how to show it."""

    axis: Axis
    of: Callable[[int], float | None]
    show: Callable[[float], str]


def key_of(sweep: Sweep, position: int) -> str:
    """What a design is selected by."""
    return str(sweep.point(position).design.index)


def design_tip(sweep: Sweep, position: int) -> Tip:
    """What is said of a design where there is little room."""
    point, figures = sweep.point(position), sweep.figures(position)
    name, area = objective_name(sweep.result.objective), point.design.area_mm2
    rows = [(p, short(point.design.parameters[p])) for p in sweep.swept]
    if figures is not None and point.value is not None:
        rows.append((name, sweep.unit.text(point.value)))
        if point.gap:
            rows.append(("may be less by", numbers.percent(point.gap)))
    elif lower_bound(point):
        rows.append((name, f"at least {sweep.unit.text(point.bound)}"))
    if area is not None:
        rows.append(("area", f"{area:.4g} mm²"))
    if figures is not None:
        rows.append(("energy", numbers.energy(figures.energy_pj)))
        time = numbers.seconds(figures.latency_s)
        same = sweep.unit.hertz is not None
        rows.append(
            ("latency", f"{numbers.count(figures.latency_cycles)} cycles" if same else time)
        )
    return f"design {point.design.index}", (*rows, ("status", str(point.status)))


def lower_bound(point: SweepPoint) -> float | None:
    """What a design without a value that counts cannot cost less than; None: nothing is known."""
    open_ = not point.is_mapped and point.status is not PointStatus.INFEASIBLE
    return point.bound if open_ and isfinite(point.bound) and point.bound > 0 else None


def quantities(
    sweep: Sweep,
) -> dict[str, Quantity]:
    """What designs can be compared by, apart from the objective; cycles of one clock only."""

    def of(get: Callable[[Figures], float]) -> Callable[[int], float | None]:
        return lambda p: None if (f := sweep.figures(p)) is None else get(f)

    found = {
        "area_mm2": Quantity(
            Axis("area (mm²)"), lambda p: sweep.point(p).design.area_mm2, lambda v: f"{v:.3g}"
        ),
        "power_mw": Quantity(Axis("power (mW)"), sweep.power_mw, lambda v: f"{v:.3g}"),
        "energy_pj": Quantity(
            Axis("energy (pJ)", "pJ", log=True), of(lambda f: f.energy_pj), numbers.energy
        ),
    }
    if sweep.unit.hertz is None:
        axis = Axis("latency (s)", "s", log=True)
        found["latency_s"] = Quantity(axis, of(lambda f: f.latency_s), numbers.seconds)
    else:
        axis = Axis("latency (cycles)", log=True)
        found["latency_cycles"] = Quantity(axis, of(lambda f: f.latency_cycles), numbers.count)
        axis = Axis("EDP (pJ·cycles)", "e", log=True)
        found["edp"] = Quantity(axis, of(lambda f: f.edp), numbers.scientific)
    points = range(len(sweep.result.points))
    return {k: v for k, v in found.items() if any(v.of(p) for p in points)}


def design_label(sweep: Sweep, position: int) -> str:
    """The values of a design's parameters, such as ``64 / 128``."""
    parameters = sweep.point(position).design.parameters
    return " / ".join(short(parameters[name]) for name in sweep.swept) or "base"


def title_of(sweep: Sweep, what: str) -> str:
    """The title of a figure."""
    name = sweep.result.space.name
    return f"{short_names([name])[name]}: {what}"
