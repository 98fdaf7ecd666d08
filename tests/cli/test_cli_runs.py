"""Whole runs: processes that are stopped and killed, and runs in this process that go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dmaze_cp.cli.app import cli
from dmaze_cp.store import Store
from tests.kit.patience import HANG_S, wait_for
from tests.kit.program import ROOT, environment
from tests.kit.works import session


@pytest.fixture
def endless(tmp_path: Path) -> list[str]:
    """A network with a layer that no search proves, so that a run with it does not end."""
    bounds = {"N": 16, "M": 720, "C": 720, "Ox": 240, "Oy": 240, "Fx": 3, "Fy": 3}
    layers = [{"name": "endless", "kind": "conv", "bounds": bounds}]
    path = tmp_path / "endless.json"
    path.write_text(json.dumps({"name": "endless", "layers": layers}))
    return [str(path), "--time-limit", str(HANG_S)]


@pytest.fixture
def networks(tmp_path: Path) -> list[str]:
    """Two networks with a layer in common."""
    shared = {"M": 24, "C": 16, "Ox": 14, "Oy": 1, "Fx": 1, "Fy": 1}
    names = []
    for name, channels in (("one", (20, 30, 40)), ("two", (36, 45, 50))):
        layers = [{"name": "shared", "kind": "conv", "bounds": shared}]
        for count in channels:
            bounds = shared | {"M": count}
            layers.append({"name": f"conv{count}", "kind": "conv", "bounds": bounds})
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"name": name, "layers": layers}))
        names.append(str(path))
    return names


SEARCHES = 7
"""Distinct layers of the two networks."""


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "dmaze_cp", *map(str, arguments)]


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """The program in a process group of its own; nothing of it survives the block."""
    process = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def run(*arguments: object) -> Result:
    """The program in this process, which has all loaded; its workers have not."""
    return CliRunner().invoke(cli, [*map(str, arguments)], prog_name="dmaze-cp")


def wait_for_lines(process: subprocess.Popen[str], number: int) -> None:
    assert process.stderr is not None
    seen = 0
    for line in process.stderr:
        seen += "/" in line.split(" ")[0]
        if seen >= number:
            return
    pytest.fail(f"only {seen} layers were finished")


def records(path: Path) -> list[dict[str, Any]]:
    return [r for result in json.loads(path.read_text())["results"] for r in result["layers"]]


def solves(path: Path) -> list[int]:
    with Store.open(path, create=False) as store:
        return [entry.solves for entry in store.entries()]


def answers(path: Path) -> list[tuple[Any, ...]]:
    return [(r["name"], r["status"], r["value"], r["bound"]) for r in records(path)]


def test_a_killed_run_is_finished_without_solving_anything_twice(
    networks, endless, tmp_path: Path
) -> None:
    store, out = tmp_path / "store.sqlite", tmp_path / "out.json"
    asked = ["map", *networks, "--engine", "bounds", "--store", store, "-o", out]
    with started(*asked, *endless, "--jobs", 2, "--verbose") as process:
        wait_for_lines(process, 3)
        process.kill()
        process.wait()
        workers_end_with(process.pid)
    kept = solves(store)
    assert 3 <= len(kept) <= SEARCHES
    assert not out.exists()

    again = run(*asked, "--jobs", 1)
    assert again.exit_code == 0, again.output
    assert solves(store) == [1] * SEARCHES
    looked_up = [r for r in records(out) if r["from_store"]]
    assert len(looked_up) >= len(kept)
    assert {r["status"] for r in records(out)} == {"optimal"}
    first = answers(out)

    assert run(*asked, "--jobs", 1).exit_code == 0
    assert all(r["from_store"] for r in records(out))
    assert solves(store) == [1] * SEARCHES
    assert answers(out) == first


def workers_end_with(group: int) -> None:
    """The worker processes notice that their coordinator is gone."""

    def gone() -> bool:
        if Path("/proc/self/stat").exists():  # who has ended may be there for some time
            return session(group) == []
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        return False

    wait_for(gone, "the end of the worker processes")


def test_jobs_change_no_answer(networks, tmp_path: Path) -> None:
    found = []
    for jobs in (1, 2):
        out = tmp_path / f"{jobs}.json"
        done = run("map", *networks, "--jobs", jobs, "--no-store", "-o", out)
        assert done.exit_code == 0, done.output
        found.append(answers(out))
    assert found[0] == found[1]


def test_an_interrupted_run_goes_on_where_it_was(networks, endless, tmp_path: Path) -> None:
    store, out = tmp_path / "store.sqlite", tmp_path / "out.json"
    asked = ["map", *networks, "--engine", "bounds", "--store", store, "-o", out]
    with started(*asked, *endless, "--jobs", 2, "--verbose") as process:
        wait_for_lines(process, 2)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
        assert process.stderr is not None
        err = process.stderr.read()
        assert process.wait() == 130
    assert "Traceback" not in err
    assert any(result["interrupted"] for result in json.loads(out.read_text())["results"])
    before = {(r["name"], r["value"]) for r in records(out) if r["status"] == "optimal"}
    assert before
    assert run(*asked, "--jobs", 1).exit_code == 0
    assert before <= {(r["name"], r["value"]) for r in records(out)}
    assert {r["status"] for r in records(out)} == {"optimal"}


def test_a_second_interrupt_ends_the_workers_at_once(networks, endless) -> None:
    asked = ["map", *networks, *endless, "--engine", "bounds", "--jobs", "2"]
    with started(*asked, "--no-store", "--verbose") as process:
        wait_for_lines(process, 1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.6)
        process.send_signal(signal.SIGINT)
        # Which a shell calls 130, too: by then the run may be writing what it has.
        assert process.wait(timeout=HANG_S) in {130, -signal.SIGINT}
        workers_end_with(process.pid)


def test_lines_without_a_terminal_only_if_asked(run_in: Callable[..., Any]) -> None:
    quiet = run_in("--summary")
    assert quiet.stderr == ""
    lines = run_in("--summary", "--verbose").stderr.splitlines()
    assert len(lines) == 2
    assert all("(energy): optimal, gap 0 %" in line for line in lines)


@pytest.fixture
def run_in(tmp_path: Path) -> Callable[..., Result]:
    path = tmp_path / "net.json"
    layers = [
        {"name": f"fc{x}", "kind": "gemm", "bounds": {"X": x, "Y": 2, "K": 5}} for x in (3, 4)
    ]
    path.write_text(json.dumps({"name": "net", "layers": layers}))

    def call(*options: str) -> Result:
        return run("map", path, "--objective", "energy", "--no-store", "--jobs", 1, *options)

    return call
