"""The questions of a run: every distinct one once, and who waits for its answer."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import ConstraintRules
from dmaze_cp.desk import Inquiry
from dmaze_cp.objective import Objective
from dmaze_cp.question import Options, Question
from dmaze_cp.result import LayerResult
from dmaze_cp.workload import Layer, Workload


@dataclass(frozen=True)
class Use:
    """Where the answer to a question goes."""

    run: int
    layer: Layer


@dataclass(eq=False)
class LayerInquiry(Inquiry):
    """A question, and every layer that waits for its answer."""

    uses: list[Use] = field(default_factory=list)

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
                yield use.run, self.result.for_layer(use.layer)


def plan(
    runs: Sequence[tuple[Workload, Architecture]],
    objectives: Sequence[Objective],
    rules: ConstraintRules,
    options: Options,
) -> tuple[LayerInquiry, ...]:
    """Every distinct question of some networks on some architectures."""
    inquiries: dict[Hashable, LayerInquiry] = {}
    for number, (workload, architecture) in enumerate(runs):
        for layer in workload:
            constraints = rules.of(layer)
            for objective in objectives:
                question = Question(layer, architecture, objective, constraints, options)
                inquiry = inquiries.setdefault(question.key, LayerInquiry(question))
                inquiry.uses.append(Use(number, layer))
    return tuple(inquiries.values())
