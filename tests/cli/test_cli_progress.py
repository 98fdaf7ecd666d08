"""The lines on a terminal while searches run."""

from __future__ import annotations

import itertools
from contextlib import contextmanager

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.cli import live
from dmaze_cp.cli.progress import Progress
from dmaze_cp.desk import Inquiry, desk
from dmaze_cp.execution import engine
from dmaze_cp.execution.backend import in_this_process
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from tests.kit.samples import GEMM


@pytest.mark.parametrize(
    ("total_s", "left"), [(None, None), (60.0, "about 0:50 left"), (5.0, "about 0:00 left")]
)
def test_no_more_is_left_than_the_total_time_limit(monkeypatch, total_s, left) -> None:
    now = 0.0
    monkeypatch.setattr(live.time, "monotonic", lambda: now)
    progress = Progress(verbose=False, several=False, total_s=total_s)
    progress.planned(3, 3)
    searches = [Inquiry(Question(GEMM, Architecture(), objective)) for objective in Objective]
    now = 10.0
    (line,) = progress.lines()
    assert ("left" in line.plain) == (left is not None)
    assert left is None or left in line.plain
    # One of three equal searches took 10 s: two more take 20 s.
    progress.searched(searches[0], last=True)
    (line,) = progress.lines()
    assert (left or "about 0:20 left").replace("0:50", "0:20") in line.plain


def test_a_wait_for_workers_is_one_line(run, model, monkeypatch) -> None:
    asked = itertools.count()

    @contextmanager
    def late(_settings, _tasks):
        widths = (0 if turn < 8 else 1 for turn in asked)
        with in_this_process() as backend:
            yield engine.Backend(**(vars(backend) | {"width": lambda: next(widths)}))

    monkeypatch.setattr(desk, "backend_for", late)
    monkeypatch.setattr(engine, "NO_WORKER_S", 0.0)
    layers = [f"fc{i}" for i in range(8)]
    result = run("map", model(*layers), "--no-store", "--summary")
    assert next(asked) > 3
    waits = [line for line in result.stderr.splitlines() if "no worker" in line]
    assert len(waits) == 1
    assert waits[0].startswith("warning: the cluster has no worker; waiting for one")
