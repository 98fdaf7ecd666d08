"""Dask for real: a scheduler and two worker processes on loopback, some of them killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest

from dmaze_cp.errors import MissingExtraError, SpecError
from dmaze_cp.execution import cluster as module
from dmaze_cp.execution import connection
from dmaze_cp.execution.backend import in_this_process
from dmaze_cp.execution.cluster import cluster
from dmaze_cp.execution.task import PROTOCOL, Message, run_task
from dmaze_cp.result import Incumbent, Status
from dmaze_cp.workload import Layer
from tests.kit.dask_cluster import ROOT, DaskProcesses, dask_processes
from tests.kit.examples import first
from tests.kit.missing import without
from tests.kit.patience import HANG_S, wait_for
from tests.kit.works import ENDLESS, run, searching, session, task

pytest.importorskip("distributed", reason="needs the extra 'distributed'")
pytestmark = [
    pytest.mark.dask,
    pytest.mark.skipif(os.name != "posix", reason="sends signals"),
]

BRIEF_S = 0.3
"""So long is waited for what never answers."""

SMALL = [Layer.gemm(f"g{x}", {"X": x, "Y": 6, "K": 4}) for x in (4, 8, 12, 16)]


@pytest.fixture(autouse=True)
def asked_often(monkeypatch) -> None:
    """Workers that come or go are noticed at once."""
    monkeypatch.setattr(module, "WIDTH_EVERY_S", 0.05)


@pytest.fixture(scope="module")
def dask(tmp_path_factory) -> Iterator[DaskProcesses]:
    """Two workers with nannies, which replace a dead worker."""
    with dask_processes(tmp_path_factory.mktemp("dask"), 2) as started:
        yield started


def test_the_results_are_those_of_one_process(dask: DaskProcesses) -> None:
    tasks = [searching(layer) for layer in SMALL]
    with in_this_process() as backend:
        alone = run(backend, tasks, work=run_task).results
    with cluster(dask.address, 1) as backend:
        wait_for(lambda: backend.width() == 2, "the second worker")
        elsewhere = run(backend, tasks, work=run_task).results
    assert {t: (r.value, r.bound, r.status, r.mapping) for t, r in alone.items()} == {
        t: (r.value, r.bound, r.status, r.mapping) for t, r in elsewhere.items()
    }


def test_what_goes_wrong_costs_only_its_task(dask: DaskProcesses, tmp_path: Path, capfd) -> None:
    names = {
        "ok": None,
        f"die-once {tmp_path / 'once'}": None,
        "die 0.5": "its worker died twice (killed, or out of memory)",
        "raise two\nlines": "ValueError: two lines",
        "sleep 0.5": None,
        "search": None,
    }
    with cluster(dask.address, 1) as backend:
        log = run(backend, [task(name) for name in names])
    assert log.reasons() == list(names.values())
    assert log.results[len(names) - 1].status is Status.OPTIMAL
    assert capfd.readouterr().err == ""


def test_a_worker_killed_in_the_middle_of_a_search(dask: DaskProcesses, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    killed = []

    def stop(log) -> bool:
        if not killed and 1 in log.begun and mark.exists() and mark.read_text():
            killed.append(int(mark.read_text()))
            mark.unlink()
            os.kill(killed[0], signal.SIGKILL)
        return bool(killed) and mark.exists() and bool(mark.read_text())

    with cluster(dask.address, 1) as backend:
        log = run(backend, [task("ok"), task(f"mark {mark}")], stop)
    assert not log.results[1].failed
    assert log.results[1].bound == float(mark.read_text()) != killed[0]
    assert log.begun.count(1) == 2


def test_searches_end_with_what_they_have(dask: DaskProcesses) -> None:
    with cluster(dask.address, 1) as backend:
        log = run(
            backend,
            [searching(ENDLESS)] * 5,
            lambda log: any(m.incumbent is not None for m in log.messages),
        )
    assert 1 <= len(log.results) <= 2
    assert {r.reason for r in log.results.values()} <= {
        "interrupted",
        "interrupted: no mapping found yet",
    }


def test_an_exception_frees_the_workers(dask: DaskProcesses, tmp_path: Path) -> None:
    marks = [tmp_path / "a", tmp_path / "b"]

    def interrupt(_log) -> bool:
        if all(mark.exists() for mark in marks):
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt), cluster(dask.address, 1) as backend:
        run(backend, [task(f"mark {mark}") for mark in marks], interrupt)
    with pytest.raises(SpecError), cluster(dask.address, 1) as backend:
        run(backend, [task("wait"), task("refuse")])
    assert_free(dask)


def assert_free(dask: DaskProcesses) -> None:
    """Both workers take something new: what they did would not have ended by itself."""
    until = time.monotonic() + HANG_S
    with cluster(dask.address, 1) as backend:
        log = run(backend, [task("sleep 0.2")] * 2, lambda _: time.monotonic() > until)
    assert [r.failed for r in log.results.values()] == [False, False]


def test_a_killed_coordinator_frees_the_workers(dask: DaskProcesses, tmp_path: Path) -> None:
    marks = [tmp_path / "a", tmp_path / "b"]
    path = tmp_path / "script.py"
    tasks = ", ".join(f"task('mark {mark}')" for mark in marks)
    path.write_text(
        "from dmaze_cp.execution.cluster import cluster\n"
        "from tests.kit.works import run, task\n"
        f"with cluster({dask.address!r}, 1) as backend:\n"
        f"    run(backend, [{tasks}])\n"
    )
    process = subprocess.Popen([sys.executable, path], env=os.environ | {"PYTHONPATH": str(ROOT)})
    wait_for(lambda: all(mark.exists() for mark in marks), "the tasks")
    process.kill()
    process.wait(HANG_S)
    assert_free(dask)


def test_workers_that_come_late_and_go_for_good(tmp_path: Path) -> None:
    """No nanny starts new ones."""
    mark, killed = tmp_path / "pid", []
    with dask_processes(tmp_path, 0) as dask:
        with cluster(dask.address, 1) as backend:
            assert backend.width() == 0
            asked = count()
            log = run(backend, [task("ok")] * 3, lambda _: next(asked) == 5)
            assert log.results == {}

        def kill(log) -> bool:
            if 0 in log.results and len(killed) < 2 and mark.exists() and mark.read_text():
                killed.append(int(mark.read_text()))
                mark.unlink()
                os.kill(killed[-1], signal.SIGKILL)
            return len(killed) == 2

        for _ in range(2):
            dask.add_worker("--no-nanny")
        with cluster(dask.address, 1) as backend:
            wait_for(lambda: backend.width() == 2, "the second worker")
            log = run(backend, [task("ok"), task(f"mark {mark}")], kill)
        assert not log.results[0].failed
        assert log.results[1].failed
        assert "its worker died" in log.results[1].reason


@pytest.fixture
def impatient(monkeypatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_S", BRIEF_S)


def test_a_scheduler_killed_in_the_middle(tmp_path: Path, monkeypatch, capfd) -> None:
    with dask_processes(tmp_path, 1) as dask, cluster(dask.address, 1) as backend:

        def kill(log) -> bool:
            if log.begun and dask.scheduler.poll() is None:
                monkeypatch.setattr(connection, "CONNECT_S", BRIEF_S)
                dask.scheduler.kill()
                dask.scheduler.wait(HANG_S)
            return False

        log = run(backend, [task("ok"), task("wait"), task("ok")], kill)
        assert len(log.results) == 3
        lost = [r.reason for r in log.results.values() if r.failed]
        assert lost
        assert set(lost) == {f"the Dask scheduler {dask.address} does not answer"}
    assert capfd.readouterr().err == ""


def another_version(folder: Path, **modules: str) -> dict[str, str]:
    """The variables of a process that finds another package of our name."""
    other = folder / "other" / "dmaze_cp"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    for name, text in modules.items():
        (other / "execution").mkdir(exist_ok=True)
        (other / "execution" / f"{name}.py").write_text(text)
    return {"PYTHONPATH": str(other.parent)}


def test_another_version_of_the_scheduler(tmp_path: Path) -> None:
    with dask_processes(tmp_path, 0, **another_version(tmp_path)) as dask:
        with pytest.raises(SpecError) as error, cluster(dask.address, 1):
            pass
        (problem,) = error.value.problems
        assert problem.found == "No module named 'dmaze_cp.execution' at the scheduler"


def test_another_version_of_a_worker(tmp_path: Path) -> None:
    with dask_processes(tmp_path, 0) as dask:
        dask.add_worker("--no-nanny", **another_version(tmp_path, __init__="", task="PROTOCOL = 0"))
        with cluster(dask.address, 1) as backend:  # before the worker is there
            wait_for(lambda: backend.width() == 1, "the worker")
        with pytest.raises(SpecError) as error, cluster(dask.address, 1):
            pass
        (problem,) = error.value.problems
        found = f"protocol 0 instead of {PROTOCOL} at worker tcp://127.0.0.1:"
        assert problem.found.startswith(found)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("garbage", "no scheduler answers"),
        ("", "no scheduler answers"),
        ("tcp://127.0.0.1:port", "no scheduler answers"),
        ("nope://127.0.0.1:1", "no scheduler answers"),
        ("tcp://127.0.0.1:9", "no scheduler answers"),
        ("tcp://nowhere.invalid:8786", "no scheduler answers"),
    ],
)
def test_addresses_without_a_scheduler(address: str, found: str, impatient, capfd) -> None:
    with pytest.raises(SpecError) as error, cluster(address, 1):
        pass
    (problem,) = error.value.problems
    assert (problem.where, problem.found.split(" (")[0]) == (
        "scheduler",
        f"{address!r}, where {found}",
    )
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_another_service_at_the_address(impatient, capfd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)
            time.sleep(0.5)
            connection.close()

        threading.Thread(target=greet, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(SpecError, match="answers"), cluster(address, 1):
            pass
    assert capfd.readouterr().err == ""


def test_dask_missing(monkeypatch) -> None:
    without(monkeypatch, "distributed")
    with pytest.raises(MissingExtraError, match=r"dmaze-cp\[distributed\]"), cluster("local", 1):
        pass


def test_a_worker_that_goes_while_it_is_asked_is_no_other_version() -> None:
    class Client:
        others: ClassVar[dict[str, object]] = {}
        run_on_scheduler = staticmethod(lambda *_: PROTOCOL)

        def run(self, *_question, **_options):
            return {"tcp://a": OSError("closed"), "tcp://b": PROTOCOL} | self.others

    client = Client()
    connection._check_versions(client)
    Client.others = {f"tcp://c{n}": PROTOCOL + 1 for n in range(5)}
    with pytest.raises(SpecError, match=r"at worker tcp://c0, .* and 2 more, expected") as error:
        connection._check_versions(client)
    assert len(error.value.problems) == 1


@pytest.mark.parametrize("bound", [0.0, 2.0**70, float("inf")])
@pytest.mark.parametrize("value", [None, 2**80])
def test_messages_survive_the_way(value, bound) -> None:
    for message in (Message(3), Message(4, Incumbent(value, bound, 0.5))):
        assert module._decoded(module._encoded(message)) == message


LOCAL = """
import signal
from pathlib import Path
from dmaze_cp.execution.cluster import cluster
from tests.kit.works import run, task
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with cluster("local", 2) as backend:
        log = run(backend, [task("{name}")] * 2 + [task("die 0.5"), task("raise x")],
                  lambda _log: Path("{stop}").exists())
    print(log.reasons())
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("how", first(1, [signal.SIGINT, signal.SIGKILL]))
def test_a_local_cluster(tmp_path: Path, how) -> None:
    """The terminal's Ctrl-C is not for its workers; they end with the coordinator."""
    mark, stop = tmp_path / "mark", tmp_path / "stop"
    path = tmp_path / "script.py"
    path.write_text(LOCAL.format(name=f"mark {mark}", stop=stop))
    process = subprocess.Popen(
        [sys.executable, path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(mark.exists, "the task")
    if how is signal.SIGINT:
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.5)
        stop.touch()
        out, err = process.communicate(timeout=HANG_S)
        assert process.returncode == 0
        assert "None" in out
    else:
        process.kill()
        _, err = process.communicate(timeout=HANG_S)
    assert err == ""
    wait_for(lambda: session(process.pid) == [], "the end of all processes")
