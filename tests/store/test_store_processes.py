"""Many processes, some of them killed: every row that was put is there, whole."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dmaze_cp.store import Entry, Store, database, verify
from tests.kit.stored import kept, looked_up, sample

ROOT = Path(__file__).resolve().parents[2]


def writer(path: Path, first: int, step: int, count: int) -> subprocess.Popen[str]:
    arguments = [str(path), *map(str, (first, step, count))]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.kit.store_writers", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def wait_for(process: subprocess.Popen[str], text: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if lines[-1] == text:
            break
    return lines


def rest_of(process: subprocess.Popen[str]) -> str:
    """What it still says until it ends; `communicate` would lose what reading by lines buffered."""
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout as stdout:
        said = stdout.read()
    process.wait()
    return said


def test_a_store_that_is_begun_while_another_looks_at_it(tmp_path, monkeypatch):
    """What is read of a file is of one moment: never no name, and then tables."""
    path, real, begun = tmp_path / "results.sqlite", database._pragma, []

    def between(connection, name):
        value = real(connection, name)
        if name == "user_version" and not begun:
            begun.append(path)
            with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=0)) as other:
                other.isolation_level = None
                database._begin_new(other, path)
        return value

    monkeypatch.setattr(database, "_pragma", between)
    with Store.open(path) as store:
        assert begun
        assert store.entries() == []


def test_processes_that_begin_a_store_and_write_at_once(tmp_path):
    """Half of the rows are put by every one of them."""
    path = tmp_path / "results.sqlite"
    processes = [writer(path, first, 1, 20) for first in (0, 10, 0, 10)]
    for process in processes:
        wait_for(process, "ready")
    for process in processes:
        go(process)
    for process in processes:
        assert len(rest_of(process).splitlines()) == 20
        assert process.returncode == 0
    with Store.open(path) as store:
        entries = [e for e in store.entries() if isinstance(e, Entry)]
        assert len(entries) == 30
        assert sum(e.solves for e in entries) == 80
        for number in range(30):
            assert looked_up(store, sample(number)) == kept(sample(number))
        assert verify(entries).bad == ()


@pytest.mark.parametrize("after", ["ready", "0", "17", "55"])
def test_a_writer_that_is_killed(tmp_path, after):
    path = tmp_path / "results.sqlite"
    process = writer(path, 0, 1, 60)
    wait_for(process, "ready")
    go(process)
    if after != "ready":
        wait_for(process, after)
    process.send_signal(signal.SIGKILL)
    rest = rest_of(process)
    assert process.returncode == -signal.SIGKILL
    said = 0 if after == "ready" else int(after) + 1
    said += len([line for line in rest.splitlines(keepends=True) if line.endswith("\n")])
    with Store.open(path) as store:
        rows = len(store.entries())
        # What it said was put is there; of one more it may not have got round to saying so.
        assert said <= rows <= said + 1
        for number in range(rows):
            assert looked_up(store, sample(number)) == kept(sample(number))
        assert store.damage() == []
        assert verify(store.entries()).bad == ()
        store.put(sample(rows))
        assert looked_up(store, sample(rows)) is not None


HALF_DONE = """
import os, signal, sys
from dmaze_cp.store import Store
from tests.kit.stored import sample
store = Store.open(sys.argv[1])
store._connection.execute("PRAGMA cache_size = 1")  # pages are written before the commit
store._connection.execute("PRAGMA cache_spill = 1")
store._connection.execute("BEGIN IMMEDIATE")
store._connection.execute("UPDATE results SET reason = hex(zeroblob(3000)), value = '1'")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_writer_that_is_killed_with_half_a_change_in_the_file(tmp_path):
    path = tmp_path / "results.sqlite"
    with Store.open(path) as store:
        for number in range(60):
            store.put(sample(number))
    before = path.read_bytes()
    subprocess.run([sys.executable, "-c", HALF_DONE, str(path)], cwd=ROOT, check=False)
    assert path.read_bytes() != before
    assert Path(f"{path}-journal").stat().st_size > 0
    with Store.open(path) as store:
        assert verify(store.entries()).bad == ()
        assert looked_up(store, sample(7)) == kept(sample(7))
    assert path.read_bytes() == before


HALF_BEGUN = """
import os, signal, sys
from pathlib import Path
from dmaze_cp.store import database
path = Path(sys.argv[1])
connection = database._open(path, "mode=rwc", 1.0)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
connection.execute("PRAGMA user_version = 1")
connection.execute(database.CREATE_TABLE)
for number in range(100):
    connection.execute(f"CREATE TABLE t{number} (x)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_while_it_begins_the_store(tmp_path):
    path = tmp_path / "results.sqlite"
    subprocess.run([sys.executable, "-c", HALF_BEGUN, str(path)], cwd=ROOT, check=False)
    assert Path(f"{path}-journal").stat().st_size > 0
    assert path.stat().st_size > 0
    with Store.open(path) as store:
        assert store.entries() == []
        store.put(sample(7))
        assert looked_up(store, sample(7)) == kept(sample(7))
