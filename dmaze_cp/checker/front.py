"""Whether the front of a layer holds: its points, that none beats another, and what is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Annotated, Literal, NotRequired, TypedDict

from dmaze_cp.checker.mapped import (
    Amount,
    LayerFields,
    MappedFields,
    Natural,
    point_problems,
    shape_problems,
    smallest_fits,
)
from dmaze_cp.checker.model import Record
from dmaze_cp.checker.pins import concerns
from dmaze_cp.errors import Problem
from dmaze_cp.spec.documents import Least, Most, closed

Epsilon = Annotated[float, Least(0), Most(1000)]
FrontStatus = Literal["complete", "partial"]


@closed
class PointRecord(MappedFields):
    """A mapping on the front."""

    proven: bool


@closed
class RegionRecord(TypedDict):
    """Where there may be more points."""

    energy_pj: Natural | None
    latency_cycles: Natural


@closed
class LayerFrontRecord(LayerFields):
    """The front of a layer. What is not known here may mean something, and is not passed over."""

    status: FrontStatus
    epsilon: Epsilon
    points: list[PointRecord]
    open: RegionRecord | None
    reason: NotRequired[str | None]
    # Of the search; only the digest says whether they were changed.
    ended: NotRequired[object]
    engine: NotRequired[object]
    solve_time_s: NotRequired[Amount]
    searches: NotRequired[object]


def front_problems(front: Record, machine: Record, rules: dict[str, list[str]]) -> list[Problem]:
    """Everything in a layer's front, whose fields are of their types, that does not hold.

    Parameters
    ----------
    rules
        Pins by glob of layers' names.
    """
    problems = list(shape_problems(front))
    if problems:
        return problems
    pins = _pins_of(front, rules)
    for place, point in enumerate(front["points"]):
        _, _, found = point_problems(front, point, machine, pins)
        problems += [problem.under(f"points[{place}]") for problem in found]
    if problems:
        return problems
    if front["status"] == "complete" and not front["points"]:
        demanded = any(not text.startswith("pad") for text in pins)
        if not demanded and smallest_fits(front, machine):
            expected = "some: all loops at DRAM are a mapping that fits"
            problems.append(Problem("points", "none of a complete front", expected))
    return [*problems, *beaten(front["points"]), *_status_problems(front)]


def _pins_of(front: Record, rules: dict[str, list[str]]) -> list[str]:
    """The pins that hold for a layer: by its name, or that of an equal one."""
    names = [front["name"], *front.get("also", ())]
    return [
        text
        for glob, texts in rules.items()
        if any(fnmatchcase(name, glob) for name in names)
        for text in texts
        if concerns(front["kind"], text)
    ]


def beaten(points: Sequence[Record]) -> Iterator[Problem]:
    """Points that another beats or equals, and points out of order."""
    least: tuple[int, int] | None = None
    for place, point in enumerate(points):
        energy, cycles = point["energy_pj"], point["latency_cycles"]
        if least is not None:
            if cycles <= least[1]:
                expected = f"more than {least[1]}, by rising latency"
                yield Problem(f"points[{place}].latency_cycles", str(cycles), expected)
            elif energy >= least[0]:
                expected = f"less than {least[0]}, else points[{place - 1}] beats it"
                yield Problem(f"points[{place}].energy_pj", str(energy), expected)
        least = energy, cycles


def _status_problems(front: Record) -> Iterator[Problem]:
    """Status, what is proven and what is open that do not go together."""
    told = [point["proven"] for point in front["points"]]
    proven = sum(told)
    if told != sorted(told, reverse=True):
        yield Problem("points", "one that is proven after one that is not", "those first")
    region = front["open"]
    if front["status"] == "complete":
        if proven < len(told):
            found = f"{len(told) - proven} that are not proven"
            yield Problem("points", found, "none of a complete front")
        if region is not None:
            yield Problem("open", "a region", "null, as the front is complete")
        if not told and front.get("reason") is None:
            yield Problem("reason", "null", "why there is no point")
    elif region is None:
        yield Problem("open", "null", "a region, as the front is partial")
    else:
        yield from _region_problems(front, region, proven)


def _region_problems(front: Record, region: Record, proven: int) -> Iterator[Problem]:
    """A region that leaves out what the points that are proven do not match."""
    most, least, points = region["energy_pj"], region["latency_cycles"], front["points"]
    if (most is None) != (proven == 0):
        yield Problem("open.energy_pj", str(most), "null if no point is proven, and only then")
    elif proven:
        last, factor = points[proven - 1], 1 + Fraction(front["epsilon"])
        if not most * factor < last["energy_pj"] <= (most + 1) * factor:
            expected = f"the most that {last['energy_pj']}, the last proven point, does not match"
            yield Problem("open.energy_pj", str(most), expected)
        if least <= last["latency_cycles"]:
            expected = f"more than {last['latency_cycles']}, of the last proven point"
            yield Problem("open.latency_cycles", str(least), expected)
    for point in points[proven:]:
        if point["latency_cycles"] < least:
            expected = f"at most {point['latency_cycles']}, of a point that is not proven"
            yield Problem("open.latency_cycles", str(least), expected)
