"""Whether the front of a network's totals holds, and a document of fronts as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, NotRequired, TypedDict

from dmaze_cp.checker.front import FrontStatus, beaten
from dmaze_cp.checker.machine import MachineRecord
from dmaze_cp.checker.mapped import Amount, MissingRecord, Natural, missing_problems
from dmaze_cp.checker.model import Record
from dmaze_cp.errors import Problem
from dmaze_cp.spec.documents import closed

_MOST: Final = 20_000
"""Of more totals not all are computed."""

Total = tuple[int, int]
"""Cycles and energy."""


@closed
class TotalPointRecord(TypedDict):
    """Totals, and a point of each layer."""

    energy_pj: Natural
    latency_cycles: Natural
    choice: dict[str, Natural]


@closed
class NetworkRecord(TypedDict):
    """The front of totals."""

    status: FrontStatus
    epsilon: Amount
    points: list[TotalPointRecord]


@closed
class FrontsRecord(TypedDict):
    """Fronts of a network. What is not known here may mean something, and is not passed over."""

    schema: str
    cost_model: NotRequired[int]
    model: str
    architecture: MachineRecord
    constraints: dict[str, list[str]]
    interrupted: bool
    layers: list[object]
    missing: NotRequired[list[MissingRecord]]
    network: NetworkRecord
    unmapped_operators: NotRequired[list[object]]
    digest: str


def network_problems(document: Record) -> Iterator[Problem]:
    """What does not hold beside the layers' fronts, which all do."""
    layers, missing = document["layers"], document.get("missing", ())
    names = [record["name"] for record in layers]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    problems = [Problem("layers", f"{name} twice", "once") for name in twice]
    problems += missing_problems(document)
    yield from problems
    if problems:
        return
    network = document["network"]
    done = all(front["status"] == "complete" and front["points"] for front in layers)
    status = "complete" if done and layers and not missing else "partial"
    if network["status"] != status:
        yield Problem("network.status", network["status"], f"{status}, as the layers' fronts are")
    mapped = [front for front in layers if front["points"]]
    problems = [*_choice_problems(network, mapped), *beaten(network["points"])]
    problems = problems or list(_matching_problems(network, mapped))
    yield from (problem.under("network") for problem in problems)


def _choice_problems(network: Record, mapped: Sequence[Record]) -> Iterator[Problem]:
    """Totals that are not those of the choice."""
    places = {front["name"]: front for front in mapped}
    for index, point in enumerate(network["points"]):
        where, choice = f"points[{index}]", point["choice"]
        good = choice.keys() == places.keys() and all(
            place < len(places[name]["points"]) for name, place in choice.items()
        )
        if not good:
            yield Problem(f"{where}.choice", str(choice), "a place in the points of each layer")
            continue
        chosen = [(places[name], places[name]["points"][k]) for name, k in choice.items()]
        for cost in ("energy_pj", "latency_cycles"):
            total = sum(front["instances"] * own[cost] for front, own in chosen)
            if point[cost] != total:
                expected = f"{total}, what the choice adds up to"
                yield Problem(f"{where}.{cost}", str(point[cost]), expected)


def _matching_problems(network: Record, mapped: Sequence[Record]) -> Iterator[Problem]:
    """Choices of the layers' points that no point of the network matches."""
    least = max((front["epsilon"] for front in mapped), default=0)
    epsilon = network["epsilon"]
    if epsilon < least:
        yield Problem("epsilon", str(epsilon), f"at least {least}, that of the layers")
        return
    own = [(point["latency_cycles"], point["energy_pj"]) for point in network["points"]]
    totals = _totals(mapped) if epsilon == least else None
    if totals is not None:
        if own != totals:
            lost, more = sorted(set(totals) - set(own)), sorted(set(own) - set(totals))
            found = f"{len(more)} that others beat, {len(lost)} left out"
            yield Problem("points", found, f"the {len(totals)} that no choice beats")
        return
    factor = 1 + Fraction(epsilon)
    for cycles, energy in _on_the_hull(mapped):
        if not any(t <= cycles and e <= energy * factor for t, e in own):
            found = f"none that matches {cycles} cycles and {energy} pJ"
            yield Problem("points", found, f"one, within a factor of {float(factor)}")
            return


def _costs(front: Record) -> list[Total]:
    """What the points add to the totals."""
    count = front["instances"]
    return [(count * p["latency_cycles"], count * p["energy_pj"]) for p in front["points"]]


def _totals(mapped: Sequence[Record]) -> list[Total] | None:
    """Totals of all choices that no other beats; None where these are too many to compute."""
    kept: list[Total] = [(0, 0)] if mapped else []
    for front in mapped:
        sums = sorted((t + own[0], e + own[1]) for t, e in kept for own in _costs(front))
        kept = []
        for t, e in sums:
            if not kept or e < kept[-1][1]:
                kept.append((t, e))
        if len(kept) > _MOST:
            return None
    return kept


def _on_the_hull(mapped: Sequence[Record]) -> Iterator[Total]:
    """Totals of the choices that are least for some price of a pJ in cycles, and of both ends.

    For one price each layer's point is chosen by itself. Where choices change are the slopes
    between neighbouring points of the layers.
    """
    own = [_costs(front) for front in mapped]
    slopes = {
        Fraction(after[0] - before[0], before[1] - after[1])
        for costs in own
        for before, after in pairwise(costs)
    }
    for price in sorted(slopes):
        chosen = [min(costs, key=lambda cost: (cost[0] + price * cost[1], cost)) for costs in own]
        yield sum(t for t, _ in chosen), sum(e for _, e in chosen)
    for end in (0, -1):
        yield sum(costs[end][0] for costs in own), sum(costs[end][1] for costs in own)
