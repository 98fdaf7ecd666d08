"""The searches that a run needs: one for every distinct question."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from dmaze_cp.architecture import Architecture
from dmaze_cp.execution.task import difficulty
from dmaze_cp.objective import Objective
from dmaze_cp.result import Known, LayerResult
from dmaze_cp.workload import Layer, Workload


@dataclass(frozen=True)
class Use:
    """Where the result of a search goes."""

    run: int
    layer: Layer


@dataclass(eq=False)
class Search:
    """One question, and everything that waits for its answer."""

    layer: Layer
    architecture: Architecture
    objective: Objective
    uses: list[Use] = field(default_factory=list)
    result: LayerResult | None = None
    final: bool = False

    @property
    def label(self) -> str:
        """For people: the first layer it is for, and the objective."""
        return f"{self.layer.name} ({self.objective})"

    @cached_property
    def difficulty(self) -> float:
        """How long it may take, in no particular unit."""
        return difficulty(self.layer)

    @property
    def known(self) -> Known:
        """Where a search starts."""
        if self.result is None:
            return Known()
        return Known(self.result.mapping, self.result.bound or 0.0)

    def instances(self) -> dict[Hashable, int]:
        """How often it occurs in each total."""
        counts: dict[Hashable, int] = {}
        for use in self.uses:
            total = (use.run, self.objective)
            counts[total] = counts.get(total, 0) + use.layer.instances
        return counts

    def results(self) -> Iterator[tuple[int, LayerResult]]:
        """The result under the name of every layer that asked for it, with its run."""
        if self.result is not None:
            for use in self.uses:
                yield use.run, _for_layer(self.result, use.layer)


def _for_layer(result: LayerResult, layer: Layer) -> LayerResult:
    mapping = result.mapping and replace(result.mapping, layer=layer)
    return replace(result, layer=layer, mapping=mapping)


def plan(
    runs: Sequence[tuple[Workload, Architecture]], objectives: Sequence[Objective]
) -> tuple[Search, ...]:
    """One search for every distinct question of some networks on some architectures."""
    searches: dict[Hashable, Search] = {}
    for number, (workload, architecture) in enumerate(runs):
        figures = architecture.figures
        for layer in workload:
            for objective in objectives:
                search = searches.setdefault(
                    (layer.shape, figures, objective), Search(layer, architecture, objective)
                )
                search.uses.append(Use(number, layer))
    return tuple(searches.values())
