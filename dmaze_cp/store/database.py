"""The SQLite file: is it ours, is it whole, and who may write it when.

A file is ours if its header says so (`APPLICATION_ID`); one that is not is refused
before anything could write to it. What changes the file is one transaction, with
SQLite's rollback journal (no WAL: it does not work on network file systems), so that a
process that is killed leaves either all of a change or nothing. Others wait for it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.store.rows import CREATE_TABLE

APPLICATION_ID: Final = 0x644D6370
"""``dMcp`` in ASCII, in the header of every store."""

FORMAT: Final = 1
"""Version of the table, in the header (``user_version``)."""

PATIENCE_S: Final = 60.0
"""How long to wait for other processes; each of their changes takes milliseconds."""

_HEADER_BYTES: Final = 100
"""Of every SQLite file; SQLite itself takes a file of one byte for an empty one."""

_STORE: Final = "a result store of dmaze-cp"
_ELSEWHERE: Final = f"{_STORE}, or a file that does not exist yet"
_UNAVAILABLE: Final = {
    sqlite3.SQLITE_READONLY: "a file that may not be written",
    sqlite3.SQLITE_PERM: "a file that may not be written",
    sqlite3.SQLITE_CANTOPEN: "a path that cannot be used",
    sqlite3.SQLITE_FULL: "no room left on the disk",
    sqlite3.SQLITE_IOERR: "a failure to read or write",
    sqlite3.SQLITE_PROTOCOL: "a file that cannot be locked",
    sqlite3.SQLITE_NOLFS: "a file that is too large",
}


class StoreUnavailableError(SpecError):
    """The file cannot be created, opened or written, whatever is in it."""


def connect(path: Path, *, create: bool, writable: bool) -> sqlite3.Connection:
    """A connection to a store.

    Parameters
    ----------
    path
        A file of no bytes counts as one that is yet to be begun.
    create
        Begin a new store where there is no file.
    writable
        Find out now whether it can be written.

    Raises
    ------
    SpecError
        When the file is no store, is seen to be damaged, or is of a newer format.
    StoreUnavailableError
        When it cannot be created, opened or (if `writable`) written.
    """
    exists = _look(path, create=create)
    with sqlite_errors(path):
        if exists:
            _refuse_foreign(path)
        connection = _open(path, f"mode={'rwc' if create else 'rw'}", PATIENCE_S)
        try:
            if not _identified(connection, path):
                _begin_new(connection, path)
            _refuse_cut(connection, path)
            if writable:
                _probe_writing(connection)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into one clear line."""
    try:
        yield
    except sqlite3.ProgrammingError:
        # A closed connection: a mistake of the caller's.
        raise
    except sqlite3.Error as error:
        raise _clear(path, error) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is done inside is written, or nothing is; others wait meanwhile."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is read inside is of one moment, whatever other processes write meanwhile."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def integrity_problems(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the structure of the file, all of which it reads."""
    lines = [_without_heading(str(row[0])) for row in connection.execute("PRAGMA integrity_check")]
    return [] if lines == ["ok"] else lines


def _without_heading(problem: str) -> str:
    """One line; SQLite puts ``*** in database main ***`` before some."""
    return " ".join(problem.removeprefix("*** in database main ***").split())


def _look(path: Path, *, create: bool) -> bool:
    """Whether there is a file with something in it; refuses what can be no store."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        if not create:
            expected = f"{_STORE} (searches whose results are stored write one)"
            raise SpecError(Problem("", "no such file", expected, str(path))) from None
        if not path.parent.is_dir():
            found = f"no directory {str(path.parent)!r}"
            expected = "a file in an existing directory"
            raise StoreUnavailableError(Problem("", found, expected, str(path))) from None
        return False
    except (OSError, ValueError) as error:
        found = f"a path that cannot be used ({getattr(error, 'strerror', None) or error})"
        raise StoreUnavailableError(Problem("", found, _STORE, str(path))) from None
    if stat.S_ISDIR(status.st_mode):
        raise SpecError(Problem("", "a directory", _ELSEWHERE, str(path)))
    if not stat.S_ISREG(status.st_mode):
        raise SpecError(Problem("", "a device or a pipe", _ELSEWHERE, str(path)))
    if 0 < status.st_size < _HEADER_BYTES:
        raise _no_store(path)
    return status.st_size > 0


def _open(path: Path, parameters: str, patience_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{parameters}",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
    )
    # One row that is no text must not keep the others from being read.
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _refuse_foreign(path: Path) -> None:
    """Refuse a file that is not ours, without locks, recovery or any other trace.

    What another process is writing at this moment may look damaged here; only the
    header is judged, which is written at once.
    """
    with closing(_open(path, "mode=ro&immutable=1", 0.0)) as connection:
        try:
            application = _pragma(connection, "application_id")
        except sqlite3.DatabaseError as error:
            if _code(error) == sqlite3.SQLITE_NOTADB and not _is_half_begun(path):
                raise
            return
    if application != APPLICATION_ID:
        raise _foreign(path)


def _is_half_begun(path: Path) -> bool:
    """Whether a process was stopped before it wrote the header: SQLite's journal undoes that."""
    journal = Path(f"{path}-journal")
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    return not any(header) and journal.is_file() and journal.stat().st_size > 0


def _refuse_cut(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that has lost its end; what is wrong inside is noticed where it is read."""
    if path.stat().st_size % _pragma(connection, "page_size"):
        # SQLite reads what is missing of the last page as zeros.
        raise _damaged(path, "its last page is not whole")


def _identified(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether there is a store of our format; False where there is nothing yet."""
    with _snapshot(connection):
        application, version = (_pragma(connection, n) for n in ("application_id", "user_version"))
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if application != APPLICATION_ID:
        if application or version or tables:
            raise _foreign(path)
        return False
    if version > FORMAT:
        found = f"a store of format {version}, by a newer dmaze-cp"
        raise SpecError(Problem("", found, f"format {FORMAT}, or a newer dmaze-cp", str(path)))
    if version != FORMAT or "results" not in tables:
        raise _damaged(path, f"format {version}, tables: {', '.join(sorted(tables)) or 'none'}")
    return True


def _begin_new(connection: sqlite3.Connection, path: Path) -> None:
    """Make the table, unless another process has just done so."""
    with transaction(connection):
        if not _identified(connection, path):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            connection.execute(CREATE_TABLE)


def _probe_writing(connection: sqlite3.Connection) -> None:
    """Change nothing, and take it back: fails where file or folder may not be written."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (row,) = connection.execute(f"PRAGMA {name}")
    return int(row[0])


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code (0 where the error is not SQLite's own)."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _no_store(path: Path) -> SpecError:
    return SpecError(Problem("", "a file that is no store", _ELSEWHERE, str(path)))


def _foreign(path: Path) -> SpecError:
    return SpecError(Problem("", "an SQLite file of another program", _ELSEWHERE, str(path)))


def _damaged(path: Path, detail: str) -> SpecError:
    expected = "an intact result store (move the file away to begin a new one)"
    return SpecError(Problem("", f"a damaged store ({detail})", expected, str(path)))


def _clear(path: Path, error: sqlite3.Error) -> SpecError:
    code, text = _code(error), " ".join(str(error).split())
    if code == sqlite3.SQLITE_NOTADB:
        return _no_store(path)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        found = f"a store that another process keeps locked (waited {PATIENCE_S:g} s)"
        return SpecError(Problem("", found, "a store that others use briefly", str(path)))
    if code in _UNAVAILABLE:
        problem = Problem("", f"{_UNAVAILABLE[code]} ({text})", "a file to write to", str(path))
        return StoreUnavailableError(problem)
    return _damaged(path, text)
