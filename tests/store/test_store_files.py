"""Files that are no store, are damaged or cannot be used: one clear line, and left alone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dmaze_cp.errors import SpecError
from dmaze_cp.store import (
    Store,
    StoreUnavailableError,
    database,
    default_store_path,
    verify,
)
from dmaze_cp.store.database import APPLICATION_ID
from tests.kit.stored import kept, looked_up, sample


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


def filled(path: Path, rows: int = 60) -> Path:
    with Store.open(path) as store:
        for number in range(rows):
            store.put(sample(number))
    return path


def run_sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def refusal(path: Path, **options: bool) -> str:
    """The one line with which a file is refused; nothing about it changes."""
    before = path.read_bytes()
    beside = sorted(path.parent.iterdir())
    with pytest.raises(SpecError) as caught:
        Store.open(path, **options)
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == beside
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: found ")
    assert ", expected " in line
    return line


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"layers:\n- name: a\n",
        b"\0" * 5000,
        b"text\n" * 3000,
        b"SQLite format 3",
        b"\xff" * 99,
    ],
    ids=["byte", "yaml", "zeros", "text", "magic", "short"],
)
def test_a_file_of_another_kind(path, content):
    path.write_bytes(content)
    assert "a file that is no store" in refusal(path)
    assert "a file that is no store" in refusal(path, create=False, writable=False)


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize(
    "statement", ["CREATE TABLE results (key TEXT)", "PRAGMA user_version = 1"]
)
def test_an_sqlite_file_of_another_program(path, statement, mode):
    run_sql(path, f"PRAGMA journal_mode = {mode}", statement)
    assert "an SQLite file of another program" in refusal(path)


def test_an_sqlite_file_that_another_program_has_in_use(path, tmp_path):
    """Its log of changes is not merged into it either."""
    source = tmp_path / "source"
    source.mkdir()
    busy = sqlite3.connect(source / "theirs")
    busy.execute("PRAGMA journal_mode = WAL")
    busy.execute("CREATE TABLE t (x)")
    busy.commit()
    for name in ("theirs", "theirs-wal"):
        shutil.copy(source / name, tmp_path / name)
    busy.close()
    theirs = tmp_path / "theirs"
    if theirs.stat().st_size == 0:
        pytest.skip("the whole file is in its log")
    log = Path(f"{theirs}-wal").read_bytes()
    assert "another program" in refusal(theirs)
    assert Path(f"{theirs}-wal").read_bytes() == log


def test_a_store_of_a_newer_format(path):
    filled(path, 1)
    run_sql(path, "PRAGMA user_version = 2")
    line = refusal(path)
    assert "a store of format 2, by a newer dmaze-cp" in line
    assert "format 1" in line


def test_a_store_without_its_table(path):
    filled(path, 1)
    run_sql(path, "DROP TABLE results")
    assert "a damaged store (format 1, tables: none)" in refusal(path)


@pytest.mark.parametrize("length", [100, 4096, 5000, 20000, -4096, -1])
def test_a_store_that_was_cut(path, length):
    content = filled(path).read_bytes()
    path.write_bytes(content[:length])
    assert "a damaged store (" in refusal(path)


def test_a_store_with_a_page_of_rubbish(path):
    content = filled(path).read_bytes()
    pages = len(content) // 4096
    assert pages > 10
    for page in range(1, pages, 2):
        start = 4096 * page
        path.write_bytes(content[:start] + b"\xa5" * 4096 + content[start + 4096 :])
        # Opening does not read all of the file. Rubbish inside a long text is for each row
        # to notice.
        with Store.open(path) as store:
            with pytest.raises(SpecError, match=r"verify|a damaged store \("):
                look_all_up(store)
            assert has_faults(store)


def has_faults(store: Store) -> bool:
    """As `store verify` finds out."""
    try:
        return bool(store.damage() or verify(store.entries()).bad)
    except SpecError:
        return True


def test_damage_while_it_is_open(path):
    with Store.open(filled(path)) as store:
        content = path.read_bytes()
        path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
        count_up(path)
        with pytest.raises(SpecError, match="a damaged store") as caught:
            look_all_up(store)
        assert "\n" not in str(caught.value)
        with pytest.raises(SpecError, match="a damaged store"):
            store.put(sample(99))
        with pytest.raises(SpecError, match="a damaged store"):
            store.entries()


def look_all_up(store: Store) -> None:
    for number in range(60):
        assert looked_up(store, sample(number)) == kept(sample(number))


def count_up(path: Path) -> None:
    """Count the change counter up, so that other connections read the file anew."""
    with path.open("r+b") as file:
        file.seek(24)
        number = int.from_bytes(file.read(4), "big") + 1
        file.seek(24)
        file.write(number.to_bytes(4, "big"))


def test_paths_that_are_no_files(tmp_path):
    for path, found in (
        (tmp_path, "a directory"),
        (Path("/dev/null"), "a device or a pipe"),
        (Path("."), "a directory"),
        (tmp_path / "no" / "results.sqlite", f"no directory '{tmp_path / 'no'}'"),
        (tmp_path / ("x" * 300), "a path that cannot be used (File name too long)"),
    ):
        with pytest.raises(SpecError) as caught:
            Store.open(path)
        assert str(caught.value).startswith(f"{path}: found {found}")
    with pytest.raises(SpecError, match="a path that cannot be used"):
        Store.open("a\0b")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file(path):
    with pytest.raises(SpecError, match="no such file"):
        Store.open(path, create=False)
    assert not path.exists()


def test_a_file_of_no_bytes_is_a_new_store(path):
    path.touch()
    with Store.open(path) as store:
        store.put(sample())
    assert path.read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big")


@pytest.mark.parametrize("name", ["a b?mode=ro#c%41.sqlite", "größe.db", "-x", "it's"])
def test_names_with_special_characters(tmp_path, name):
    with Store.open(tmp_path / name) as store:
        store.put(sample())
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_closed_store_is_a_mistake_of_the_caller(path):
    store = Store.open(path)
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.entries()


def test_a_store_that_another_process_keeps_locked(path, monkeypatch):
    filled(path, 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(database, "PATIENCE_S", 0.1)
    with pytest.raises(SpecError, match=r"keeps locked \(waited 0.1 s\)"):
        Store.open(path)
    # Who only reads need not wait for one that has not written yet.
    with Store.open(path, writable=False) as store:
        assert looked_up(store, sample(0)) is not None
        with pytest.raises(SpecError, match="keeps locked"):
            store.put(sample(1))
        other.execute("ROLLBACK")
        other.close()
        store.put(sample(1))


AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
OPEN = """
import sys
from dmaze_cp.store import Store
store = Store.open(sys.argv[1], create=sys.argv[2] == "write", writable=sys.argv[2] == "write")
print(len(store.entries()))
"""


def as_another_user(path: Path, mode: str) -> subprocess.CompletedProcess[str]:
    """Open a store as a user who owns nothing here; root may write anything."""
    prefix = AS_NOBODY if os.geteuid() == 0 else []
    if prefix and shutil.which("setpriv") is None:
        pytest.skip("nobody to be")
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [*prefix, sys.executable, "-c", OPEN, str(path), mode],
        capture_output=True,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=False,
    )
    if done.returncode != 0 and "dmaze_cp.store.database." not in done.stderr:
        pytest.skip("another user cannot run this Python")
    return done


@pytest.mark.parametrize("read_only", ["file", "folder"])
def test_a_store_that_may_only_be_read(read_only):
    # Not in pytest's own folder, which other users may not enter.
    with tempfile.TemporaryDirectory() as name:
        check_read_only(Path(name), read_only)


def check_read_only(folder: Path, read_only: str) -> None:
    folder.chmod(0o755)
    path = filled(folder / "results.sqlite", 2)
    path.chmod(0o444 if read_only == "file" else 0o666)
    if os.geteuid() != 0:
        folder.chmod(0o555)
    before = path.read_bytes()
    reading, writing = (as_another_user(path, mode) for mode in ("read", "write"))
    new = as_another_user(folder / "new.sqlite", "write")
    folder.chmod(0o755)
    assert (reading.returncode, reading.stdout) == (0, "2\n"), reading.stderr
    for refused in (writing, new):
        last = refused.stderr.splitlines()[-1]
        assert "StoreUnavailableError" in last
        assert "a file that may not be written" in last or "a path that cannot be used" in last
    assert path.read_bytes() == before


def test_the_default_place(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = default_store_path()
    assert path == tmp_path / "cache" / "dmaze-cp" / "results.sqlite"
    with pytest.raises(SpecError, match="no such file"):
        Store.open(path, create=False)
    assert not path.parent.exists()
    with Store.open(path) as store:
        store.put(sample())
    assert path.is_file()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_store_path().is_relative_to(tmp_path / "home")


def test_a_default_place_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(StoreUnavailableError):
        Store.open(default_store_path())


def test_a_user_without_a_home(monkeypatch):
    monkeypatch.setattr("dmaze_cp.store.place.user_cache_path", lambda *_, **__: Path("~/.cache/d"))
    with pytest.raises(StoreUnavailableError, match="no home folder"):
        default_store_path()
