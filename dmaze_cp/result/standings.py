"""How networks do on accelerators: totals side by side, and which is proven best."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from dmaze_cp.errors import printable
from dmaze_cp.objective import Objective
from dmaze_cp.result.network import WorkloadResult
from dmaze_cp.result.status import Status
from dmaze_cp.result.totals import Totals, whole_bound

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Standing:
    """A network's totals on one accelerator for one objective, beside its other accelerators.

    Attributes
    ----------
    index
        Of the result, in the sequence of results.
    model, architecture
        Names; a second one of the same name gets a number.
    objective, totals, result
        What was minimised, and what came of it.
    infeasible
        It is proven that a layer has no mapping.
    ratio
        Of the total to the least one of the network's accelerators, in units of time and
        energy where clocks differ; None for incomplete totals.
    is_best, is_proven
        Whether it is the least, and whether no other accelerator can do better.
    """

    index: int
    model: str
    architecture: str
    objective: Objective
    totals: Totals
    result: WorkloadResult
    infeasible: bool
    ratio: float | None = None
    is_best: bool = False
    is_proven: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every layer has a mapping, so that the totals are the network's."""
        return self.totals.mapped_layers > 0 and self.totals.unmapped_layers == 0

    @property
    def latency_s(self) -> float:
        """Total latency in seconds."""
        return self.totals.latency_cycles / (self.result.architecture.accelerator_mhz * 1e6)


def standings(results: Sequence[WorkloadResult]) -> list[Standing]:
    """One standing for each result and objective, in order, ranked within each network."""
    models = _labels([r.workload for r in results], lambda workload: workload.name)
    architectures = _labels([r.architecture for r in results], lambda arch: arch.name)
    entries = [
        Standing(
            index,
            models[result.workload],
            architectures[result.architecture],
            objective,
            result.totals(objective),
            result,
            any(r.status is Status.INFEASIBLE for r in result.of(objective)),
        )
        for index, result in enumerate(results)
        for objective in result.objectives
    ]
    groups: dict[tuple[str, Objective], list[Standing]] = {}
    for entry in entries:
        groups.setdefault((entry.model, entry.objective), []).append(entry)
    return [_placed(entry, groups[entry.model, entry.objective]) for entry in entries]


def clocks_differ(entries: Sequence[Standing]) -> bool:
    """Whether cycles of one accelerator are not those of another."""
    return len({entry.result.architecture.accelerator_mhz for entry in entries}) > 1


def _placed(entry: Standing, group: Sequence[Standing]) -> Standing:
    """The entry, with its place among the accelerators of its network."""
    complete = [_physical(e, e.totals.value) for e in group if e.is_complete]
    if not entry.is_complete or not complete:
        return entry
    own, least = _physical(entry, entry.totals.value), min(complete)
    floors = [_floor(e) for e in group if e is not entry]
    return replace(
        entry,
        ratio=float(own / least) if least else (None if own else 1.0),
        is_best=own == least,
        is_proven=all(floor is None or own <= floor for floor in floors),
    )


def _physical(entry: Standing, amount: int) -> Fraction:
    """An amount of the objective in a unit that does not depend on the clock, exactly.

    Cycles of accelerators with different clocks are not of one length: latency is
    compared in microseconds, EDP in pJ x microseconds.
    """
    if entry.objective is Objective.ENERGY:
        return Fraction(amount)
    return Fraction(amount) / Fraction(entry.result.architecture.accelerator_mhz)


def _floor(entry: Standing) -> Fraction | None:
    """What the network costs on an accelerator at least; None where it has no mapping.

    Unlike the bound of the totals it also counts what is known of layers without a
    mapping; those of which nothing is known cost at least 0.
    """
    if entry.infeasible:
        return None
    bounds = (whole_bound(r) * r.layer.instances for r in entry.result.of(entry.objective))
    return _physical(entry, sum(bounds))


def _labels(items: Sequence[T], name: Callable[[T], str]) -> dict[T, str]:
    """A name for each different item, no two alike."""
    labels: dict[T, str] = {}
    taken: set[str] = set()
    for item in items:
        if item in labels:
            continue
        plain = label = printable(name(item))
        number = 1
        while label in taken:
            number += 1
            label = f"{plain} ({number})"
        labels[item] = label
        taken.add(label)
    return labels
