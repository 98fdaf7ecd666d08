"""The store: look up what is known, put what a search has found."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from types import TracebackType

from dmaze_cp.cost import evaluate
from dmaze_cp.cost.cost import Cost
from dmaze_cp.digest import COST_MODEL_VERSION
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import LayerResult, Status, proof_problems
from dmaze_cp.store.answer import Answer, answer_of, merged, result_of
from dmaze_cp.store.checks import cost_problems, tie_problems
from dmaze_cp.store.database import (
    StoreUnavailableError,
    connect,
    integrity_problems,
    sqlite_errors,
    transaction,
)
from dmaze_cp.store.place import default_store_path
from dmaze_cp.store.question import question_key, question_text
from dmaze_cp.store.rows import (
    ANSWER_COLUMNS,
    COLUMNS,
    Entry,
    UnreadableRow,
    answer_columns,
    answer_from_columns,
    entry_of,
)

_SELECT_ANSWER = f"SELECT {', '.join(ANSWER_COLUMNS)} FROM results WHERE key = ?"  # noqa: S608 (constants only)
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM results"  # noqa: S608 (constants only)
_NEWEST_FIRST = "ORDER BY updated DESC, key"
_COUNT = "SELECT COUNT(*) FROM results"
_INSERT = f"INSERT OR REPLACE INTO results VALUES ({', '.join(f':{name}' for name in COLUMNS)})"  # noqa: S608 (constants only)
_ASSIGNMENTS = ", ".join(f"{name} = :{name}" for name in (*ANSWER_COLUMNS, "updated"))
_UPDATE = f"UPDATE results SET {_ASSIGNMENTS}, solves = solves + 1 WHERE key = :key"  # noqa: S608


class BadRowError(SpecError):
    """A stored result is not what was put, and is not to be trusted."""


class Store:
    """Results of earlier runs in one SQLite file; make one with `Store.open`.

    A context manager. Many processes may have the same file open; one object is used by
    one thread at a time, and in the process that made it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    @classmethod
    def open(
        cls, path: str | PathLike[str], *, create: bool = True, writable: bool = True
    ) -> Store:
        """Open a store, or begin one.

        Parameters
        ----------
        path
            A file; the folder of the default one (`default_store_path`) is made if need be.
        create
            Begin a new store where there is no file.
        writable
            Find out now whether results can be put.

        Raises
        ------
        SpecError
            When the file is no store, is seen to be damaged, or was written by a newer
            release. It is left as it is. `damage` reads all of it.
        StoreUnavailableError
            When it cannot be created, opened or (if `writable`) written.
        """
        place = Path(path)
        if create:
            _make_default_folder(place)
        return cls(place, connect(place, create=create, writable=writable))

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was put is in it already."""
        self._connection.close()

    def get(self, question: Question) -> LayerResult | None:
        """What is known of a question: a result with `from_store`, or None.

        How the question is searched for plays no part. The costs are computed anew from the
        stored mapping.

        Raises
        ------
        BadRowError
            When the row is not what was put; the next `put` replaces it.
        SpecError
            When the file cannot be read.
        """
        with sqlite_errors(self._path):
            known = self._known(question_key(question_text(question)), question)
        if known is None:
            return None
        answer, cost = known
        return result_of(answer, question, cost)

    def put(self, result: LayerResult) -> None:
        """Keep what a search has found, together with what was known before.

        A row that is bad (see `get`) is replaced. A result that was looked up is left
        alone, and so is one whose search failed before it found anything.

        Raises
        ------
        SpecError
            When the file cannot be written, or when result and store contradict each
            other: one of the two is wrong.
        """
        if not _is_worth_keeping(result):
            return
        question = Question.of(result)
        text = question_text(question)
        key = question_key(text)
        try:
            new = answer_of(result)
            with sqlite_errors(self._path), transaction(self._connection):
                old = self._trusted(key, question)
                values = {"key": key, "updated": int(time.time())}
                values |= answer_columns(merged(old, new, question.objective))
                if old is None:
                    values |= {
                        "question": text,
                        "cost_model": COST_MODEL_VERSION,
                        "objective": str(question.objective),
                        "solves": 1,
                        "created": values["updated"],
                    }
                self._connection.execute(_INSERT if old is None else _UPDATE, values)
        except SpecError as error:
            if any(problem.source for problem in error.problems):
                raise
            raise self._bad_row(key, error) from None

    def entries(self) -> list[Entry | UnreadableRow]:
        """Every row, the newest first.

        Raises
        ------
        SpecError
            When the file cannot be read.
        """
        with sqlite_errors(self._path):
            rows = self._connection.execute(f"{_SELECT} {_NEWEST_FIRST}").fetchall()
        return [entry_of(dict(zip(COLUMNS, row, strict=True))) for row in rows]

    def newest(
        self,
        limit: int,
        statuses: Sequence[Status | str] = (),
        objectives: Sequence[Objective | str] = (),
    ) -> tuple[list[Entry | UnreadableRow], int]:
        """The newest rows, without reading the others, and how many there are in all.

        Parameters
        ----------
        limit
            At most so many rows.
        statuses, objectives
            Only rows with one of these, unless there are none. Rows with a value that
            does not exist are better shown than passed over in silence.

        Raises
        ------
        SpecError
            When the file cannot be read.
        """
        wanted = [_one_of("status", statuses, Status), _one_of("objective", objectives, Objective)]
        condition = " AND ".join(text for text, _ in wanted)
        values = [value for _, several in wanted for value in several]
        with sqlite_errors(self._path):
            (total,) = self._connection.execute(f"{_COUNT} WHERE {condition}", values).fetchone()
            rows = self._connection.execute(
                f"{_SELECT} WHERE {condition} {_NEWEST_FIRST} LIMIT ?", (*values, limit)
            ).fetchall()
        return [entry_of(dict(zip(COLUMNS, row, strict=True))) for row in rows], total

    def delete(self, keys: Iterable[str]) -> int:
        """Remove rows, all at once; how many there were.

        Raises
        ------
        SpecError
            When the file cannot be written.
        """
        chosen = [(key,) for key in keys]
        with sqlite_errors(self._path):
            with transaction(self._connection):
                cursor = self._connection.executemany("DELETE FROM results WHERE key = ?", chosen)
            if cursor.rowcount > 0:
                # Gives the room back; not while others read, which does no harm.
                with suppress(sqlite3.OperationalError):
                    self._connection.execute("VACUUM")
        return max(cursor.rowcount, 0)

    def damage(self) -> list[str]:
        """What SQLite finds wrong with the structure of the file, if anything.

        Raises
        ------
        SpecError
            When the file cannot be read.
        """
        with sqlite_errors(self._path):
            return integrity_problems(self._connection)

    def _trusted(self, key: str, question: Question) -> Answer | None:
        """What is known of a question, unless it is bad."""
        try:
            known = self._known(key, question)
        except BadRowError:
            return None
        return None if known is None else known[0]

    def _known(self, key: str, question: Question) -> tuple[Answer, Cost | None] | None:
        """What is known of a question, with the cost of its mapping computed anew."""
        row = self._connection.execute(_SELECT_ANSWER, (key,)).fetchone()
        if row is None:
            return None
        try:
            columns = dict(zip(ANSWER_COLUMNS, row, strict=True))
            answer = answer_from_columns(columns, question)
        except SpecError as error:
            raise self._bad_row(key, error) from None
        best = answer.best
        cost = None if best is None else evaluate(best.mapping, question.architecture)
        problems = [
            *cost_problems(question, answer, cost),
            *proof_problems(answer.status, answer.value, answer.bound),
            *tie_problems(question, answer),
        ]
        if problems:
            raise self._bad_row(key, SpecError(problems))
        return answer, cost

    def _bad_row(self, key: str, error: SpecError) -> BadRowError:
        # One line is enough here: to find everything that is wrong is another command's work.
        first = error.problems[0]
        advice = "`dmaze-cp store verify` checks every result, `prune --bad` removes the bad ones"
        source = f"{self._path}: result {key[:8]}"
        return BadRowError(Problem(first.where, first.found, f"{first.expected}; {advice}", source))


def _make_default_folder(path: Path) -> None:
    """Make the folder of the default store; where that fails, opening the file says why."""
    with suppress(OSError, StoreUnavailableError):
        if path == default_store_path():
            path.parent.mkdir(parents=True, exist_ok=True)


def _one_of(
    column: str, wanted: Sequence[str], existing: Iterable[str]
) -> tuple[str, tuple[str, ...]]:
    """A condition of SQL, and its values: that a column has none of the other values."""
    others = tuple(str(value) for value in existing if wanted and value not in wanted)
    return f"{column} NOT IN ({', '.join('?' * len(others))})", others


def _is_worth_keeping(result: LayerResult) -> bool:
    """A search that failed may still have found a mapping or proven a bound."""
    if result.from_store:
        return False
    has_something = result.mapping is not None or result.bound is not None
    return not result.failed or has_something
