"""Commands that are stopped at any moment, again and again, and then finished."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dmaze_cp.result import Status
from dmaze_cp.store import Entry, Store, verify
from tests.cli.test_cli_runs import workers_end_with
from tests.kit.program import ROOT, environment

CHAINS, SIGNALS = 5, 5
"""So often each command is begun on a new store, and stopped before it may finish."""

PROGRAM = """
import os
from dmaze_cp.cli import main
from dmaze_cp.cli.interrupt import end_at_interrupt
end_at_interrupt()
os.write(2, b"up\\n")
main()
"""
"""Says when the start-up of Python, during which it answers signals itself, is over."""

KINDS = (signal.SIGINT,) * 6 + (signal.SIGTERM,) * 3 + (signal.SIGKILL,)


@dataclass(frozen=True)
class Case:
    """A command, and what its answer is without being stopped."""

    arguments: list[str]
    figures: Callable[[dict[str, Any]], Any]
    right: Any = None
    seconds: float = 0.0


def mapped(record: dict[str, Any]) -> Any:
    return [(r["name"], r["status"], r["value"], r["bound"]) for r in record["layers"]]


def swept(record: dict[str, Any]) -> Any:
    return record["best"], record["best_proven"], record["counts"]["solved"]


@pytest.fixture
def network(tmp_path: Path) -> str:
    """Five layers, each a search of its own that takes some ten milliseconds."""
    bounds = {"M": 24, "C": 16, "Ox": 14, "Oy": 1, "Fx": 3, "Fy": 1}
    counts = (20, 24, 30, 36, 40)
    layers = [{"name": f"c{m}", "kind": "conv", "bounds": bounds | {"M": m}} for m in counts]
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"name": "net", "layers": layers}))
    return str(path)


class Run:
    """The program on a store, in a process group of its own."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.store, self.out = folder / "store.sqlite", folder / "out.json"
        command = [sys.executable, "-c", PROGRAM, *case.arguments, "--verbose"]
        self.process = subprocess.Popen(
            [*command, "--store", str(self.store), "-o", str(self.out)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            cwd=ROOT,
            start_new_session=True,
        )
        assert self.process.stderr is not None
        assert self.process.stderr.readline() == "up\n"
        self.began = time.monotonic()

    def send(self, number: signal.Signals, to_group: bool) -> None:
        with suppress(ProcessLookupError):
            (os.killpg if to_group else os.kill)(self.process.pid, number)

    def end(self) -> tuple[int, str]:
        """Exit code, and what was said."""
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            said = stream.read()
        code = self.process.wait()
        workers_end_with(self.process.pid)
        return code, said


def undisturbed(case: Case, folder: Path) -> Case:
    folder.mkdir()
    run = Run(case, folder)
    code, said = run.end()
    assert code == 0, said
    right = case.figures(json.loads(run.out.read_text()))
    return Case(case.arguments, case.figures, right, time.monotonic() - run.began)


def stop_and_finish(case: Case, folder: Path, chance: random.Random) -> None:
    """Stop a command several times on one store, and let it finish then."""
    folder.mkdir()
    (folder / "out.json").write_text("old")
    before = b"old"
    for _ in range(SIGNALS):
        number, to_group = chance.choice(KINDS), chance.random() < 0.5
        moment = chance.random() * case.seconds
        run = Run(case, folder)
        time.sleep(moment)
        run.send(number, to_group and number == signal.SIGINT)
        code, said = run.end()
        allowed = {0, 130 if number == signal.SIGINT else -number}
        assert code in allowed, (number, code, said)
        assert "Traceback" not in said
        assert "internal error" not in said
        after = run.out.read_bytes()
        assert after == before or json.loads(after)["schema"], (number, code)
        assert code != 0 or case.figures(json.loads(after)) == case.right
        check_store(run.store, said)
        before = after
        if number == signal.SIGINT:
            assert {path.name for path in folder.iterdir()} <= {"store.sqlite", "out.json"}
    last = Run(case, folder)
    code, said = last.end()
    assert code == 0, said
    assert case.figures(json.loads(last.out.read_text())) == case.right


def check_store(path: Path, said: str) -> None:
    """It is whole, and has what was said to be finished."""
    finished = sum(": optimal" in line for line in said.splitlines())
    if not path.exists():
        assert not finished
        return
    with Store.open(path) as store:
        entries = [entry for entry in store.entries() if isinstance(entry, Entry)]
        assert store.damage() == []
        assert verify(store.entries()).bad == ()
    assert finished <= sum(entry.answer.status is Status.OPTIMAL for entry in entries)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("command", ["map", "dse"])
def test_no_signal_at_any_moment_loses_or_spoils_anything(network, tmp_path, command, jobs) -> None:
    """A hundred signals in all, of moments that are drawn, as shares of an undisturbed run."""
    if command == "map":
        case = Case(["map", network, "--jobs", jobs], mapped)
    else:
        space = ["--layer", "c36", "--param", "pes=16,64", "--param", "rf_bytes=64,128"]
        case = Case(["dse", "-", network, *space, "--all", "--jobs", jobs], swept)
    case = undisturbed(case, tmp_path / "undisturbed")
    chances = [random.Random(f"{command} {jobs} {chain}") for chain in range(CHAINS)]
    with ThreadPoolExecutor(2) as threads:
        chains = [
            threads.submit(stop_and_finish, case, tmp_path / str(chain), chance)
            for chain, chance in enumerate(chances)
        ]
    for chain in chains:
        chain.result()
