"""A store beside a run: what goes wrong with it is told, and ends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dmaze_cp.errors import SpecError
from dmaze_cp.network.events import RowsDistrusted, StoreFailed
from dmaze_cp.result import LayerResult
from dmaze_cp.store import BadRowError, Question, Store


class Keeper:
    """Looks up what is known and keeps what is found, as long as there is a store.

    Parameters
    ----------
    store
        The store, if there is one.
    tell
        Told of rows that are bad, and of a store that fails and is not used any more.
    """

    def __init__(
        self, store: Store | None, tell: Callable[[RowsDistrusted | StoreFailed], None]
    ) -> None:
        self._store = store
        self._tell = tell

    def look_up(self, questions: Iterable[Question]) -> list[LayerResult | None]:
        """What is known of each question: nothing where a row is bad, which `keep` replaces."""
        bad: list[str] = []
        found = [self._get(question, bad) for question in questions]
        if bad:
            self._tell(RowsDistrusted(tuple(bad)))
        return found

    def _get(self, question: Question, bad: list[str]) -> LayerResult | None:
        if self._store is None:
            return None
        asked = question.layer, question.architecture, question.objective, question.constraints
        try:
            return self._store.get(*asked)
        except BadRowError as error:
            bad.append(_line(error))
        except SpecError as error:
            self._fail(error)
        return None

    def keep(self, result: LayerResult) -> None:
        """Put a result into the store."""
        if self._store is None:
            return
        try:
            self._store.put(result)
        except SpecError as error:
            # A full disk, say, or a row that contradicts it: no reason to lose what is found.
            self._fail(error)

    def _fail(self, error: SpecError) -> None:
        self._store = None
        self._tell(StoreFailed(_line(error)))


def _line(error: SpecError) -> str:
    return "; ".join(str(problem) for problem in error.problems)
