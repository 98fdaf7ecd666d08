"""What makes layers infeasible, added to the results of a run."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dmaze_cp.result import Clash, LayerResult, WorkloadResult


class Explainer:
    """Explains each question once.

    Parameters
    ----------
    time_limit
        Wall seconds for one layer and one objective.
    """

    def __init__(self, time_limit: float) -> None:
        self._time_limit = time_limit
        self._known: dict[Hashable, Clash | None] = {}

    def result(self, result: LayerResult) -> LayerResult:
        """The result with what clashes, where it is proven that nothing fits."""
        from dmaze_cp.result import Status

        if result.status is not Status.INFEASIBLE:
            return result
        from dmaze_cp.errors import NoSolutionError
        from dmaze_cp.explanation import explain
        from dmaze_cp.question import Question

        key = Question.of(result).key
        if key not in self._known:
            try:
                self._known[key] = explain(
                    result.layer,
                    result.architecture,
                    result.constraints,
                    result.objective,
                    time_limit=self._time_limit,
                )
            except NoSolutionError:
                self._known[key] = None
        return replace(result, clash=self._known[key])

    def results(self, results: Sequence[WorkloadResult]) -> tuple[WorkloadResult, ...]:
        """All results of a run; one that was interrupted is left as it is."""
        return tuple(
            each
            if each.interrupted
            else replace(each, layers=tuple(self.result(layer) for layer in each.layers))
            for each in results
        )
