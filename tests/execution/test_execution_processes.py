"""Worker processes of this machine, for real: they die, fail, and are asked to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from dmaze_cp.errors import SpecError
from dmaze_cp.execution.backend import in_this_process
from dmaze_cp.execution.processes import Slots, _Call, processes
from dmaze_cp.execution.task import TaskError, run_task
from dmaze_cp.result import Status
from dmaze_cp.workload import Layer
from tests.kit.patience import HANG_S, wait_for
from tests.kit.works import (
    ENDLESS,
    run,
    searching,
    session,
    task,
)

ROOT = Path(__file__).parents[2]
SMALL = [Layer.gemm(f"g{x}", {"X": x, "Y": 6, "K": 4}) for x in (4, 8, 12, 16)]

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
posix = pytest.mark.skipif(os.name != "posix", reason="sends signals")


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_what_goes_wrong_costs_only_its_task(tmp_path: Path) -> None:
    names = {
        "ok": None,
        f"die-once {tmp_path / 'once'}": None,
        "die": "its worker died twice (SIGKILL: killed, or out of memory)",
        "exit 3": "its worker died twice (exit code 3)",
        "raise two\nlines": "ValueError: two lines",
        "memory": "MemoryError: no message",
        "unpicklable": "RuntimeError: <unlocked _thread.lock",
        "one-way": "TypeError: TwoPartError",
        "odd-result": "TypeError: cannot pickle",
        "search": None,
    }
    if os.name != "posix":
        names = {name: reason for name, reason in names.items() if "SIG" not in str(reason)}
    with processes(2) as backend:
        log = run(backend, [task(name) for name in names])
    for (name, reason), (_, result) in zip(names.items(), sorted(log.results.items()), strict=True):
        assert result.failed == (reason is not None), name
        assert (result.reason or "").startswith(reason or ""), name
    assert log.results[len(names) - 1].status is Status.OPTIMAL


def test_the_results_are_those_of_one_process() -> None:
    tasks = [searching(layer) for layer in SMALL]
    with in_this_process() as backend:
        alone = run(backend, tasks, work=run_task).results
    with processes(2) as backend:
        side_by_side = run(backend, tasks, work=run_task).results
    assert {t: (r.value, r.bound, r.status, r.mapping) for t, r in alone.items()} == {
        t: (r.value, r.bound, r.status, r.mapping) for t, r in side_by_side.items()
    }


def test_a_process_goes_on_with_what_it_has_prepared() -> None:
    """Of the tasks that wait it takes one of its own case, else one that no other works on."""
    slots = Slots(2)
    mine, other = slots._slots
    of = {name: _Call((), case) for name, case in zip("pqrs", "abab", strict=True)}
    slots._waiting = list(of.values())
    slots._free, mine.case, other.case = [], "b", "a"
    assert [slots._next_for(mine) for _ in range(4)] == [of[name] for name in "qspr"]
    slots._waiting, mine.case = list(of.values()), "c"
    assert slots._next_for(mine) is of["q"]
    slots.shutdown()


@posix
def test_a_worker_killed_from_outside(tmp_path: Path) -> None:
    """Once: the task is tried again. It ends, as it is asked to."""
    killed = []

    def stop(log) -> bool:
        mark = tmp_path / "pid"
        if not killed and mark.exists() and mark.read_text():
            killed.append(int(mark.read_text()))
            mark.unlink()
            os.kill(killed[0], signal.SIGKILL)
        return bool(killed) and mark.exists() and bool(mark.read_text())

    with processes(2) as backend:
        log = run(backend, [task(f"mark {tmp_path / 'pid'}"), task("ok")], stop)
    assert not log.results[0].failed
    assert log.begun.count(0) == 2
    assert log.results[0].bound != killed[0]


def test_searches_end_with_what_they_have() -> None:
    with processes(2) as backend:
        log = run(
            backend,
            [searching(ENDLESS)] * 5,
            lambda log: len({m.ticket for m in log.messages if m.incumbent is not None}) == 2,
        )
    assert len(log.results) == 2
    for result in log.results.values():
        assert (result.status, result.reason) == (Status.FEASIBLE, "interrupted")
        assert 0 < result.gap < 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_exception_ends_the_processes(error, tmp_path: Path) -> None:
    mark = tmp_path / "pid"

    def interrupt(_log) -> bool:
        if mark.exists() and mark.read_text():
            raise error
        return False

    with pytest.raises(error), processes(2) as backend:
        run(backend, [task(f"stuck {mark}"), task("ok")], interrupt)
    wait_for(lambda: gone(int(mark.read_text())), "the worker's end")


def test_a_refusal_ends_the_processes(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with pytest.raises(SpecError), processes(2) as backend:
        run(backend, [task("refuse"), task(f"stuck {mark}")])
    if mark.exists() and mark.read_text():
        wait_for(lambda: gone(int(mark.read_text())), "the worker's end")


@posix
def test_a_worker_that_dies_with_nothing_to_do_is_replaced() -> None:
    with processes(1) as backend:
        pid = backend.executor.submit(os.getpid).result()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: gone(pid))
        assert backend.executor.submit(os.getpid).result() != pid


def test_what_cannot_be_sent_is_the_tasks_own_failure() -> None:
    with processes(1) as backend:
        with pytest.raises(Exception, match="pickle"):
            backend.executor.submit(lambda: 1).result()
        assert backend.executor.submit(abs, -1).result() == 1


def test_many_tiny_tasks() -> None:
    with processes(2) as backend:
        log = run(backend, [task("ok")] * 1000)
    assert len(log.results) == 1000


def test_errors_keep_their_traceback_as_text() -> None:
    with processes(1) as backend:
        future = backend.executor.submit(run_task, 0, "no task", backend.link)
        error = future.exception()
    assert error is not None
    error = TaskError.of(error)
    assert error.reason.startswith("AttributeError: ")
    assert "Traceback" in error.details


def script(tmp_path: Path, body: str, *before: str, guard: bool = True) -> Path:
    """A program that runs two tasks side by side."""
    lines = [
        *before,
        "from dmaze_cp.execution.processes import Slots, _Call, processes",
        "from tests.kit.works import run, task",
        'if __name__ == "__main__":' if guard else "if True:",
        "    with processes(2) as backend:",
        f"        {body}",
    ]
    path = tmp_path / "script.py"
    path.write_text("\n".join(lines))
    return path


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@linux
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_workers_end_with_the_coordinator(tmp_path: Path, how) -> None:
    marks = [tmp_path / "a", tmp_path / "b"]
    tasks = ", ".join(f"task('stuck {mark}')" for mark in marks)
    process = start(script(tmp_path, f"run(backend, [{tasks}])"))
    wait_for(lambda: all(m.exists() and m.read_text() for m in marks), "the tasks")
    assert len(session(process.pid)) >= 2
    process.send_signal(how)
    process.wait(HANG_S)
    wait_for(lambda: session(process.pid) == [], "the end of all processes")
    _, err = process.communicate()
    assert err == ""


@linux
def test_ctrl_c_of_the_terminal_reaches_only_the_coordinator(tmp_path: Path) -> None:
    """The terminal sends it to every process of the group."""
    mark = tmp_path / "a"
    done = tmp_path / "done"
    stop = f"lambda _log: Path({str(done)!r}).exists()"
    path = script(
        tmp_path,
        f"run(backend, [task('mark {mark}')], {stop})",
        "import signal",
        "from pathlib import Path",
        "signal.signal(signal.SIGINT, signal.SIG_IGN)",
    )
    process = start(path)
    wait_for(lambda: mark.exists() and bool(mark.read_text()), "the task")
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.3)
    assert not gone(int(mark.read_text()))
    done.touch()
    _, err = process.communicate(timeout=HANG_S)
    assert (process.returncode, err) == (0, "")


def test_a_script_without_a_guard_is_told(tmp_path: Path) -> None:
    process = start(script(tmp_path, "run(backend, [task('ok')] * 3)", guard=False))
    try:
        _, err = process.communicate(timeout=HANG_S)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    assert process.returncode == 1
    assert '`if __name__ == "__main__":` around what the script does' in err
    assert "no worker process starts here (exit code 1)" in err.splitlines()[-1]
