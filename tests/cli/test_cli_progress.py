"""The lines on a terminal while searches run."""

from __future__ import annotations

import itertools
from contextlib import contextmanager

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.cli import live, slicing
from dmaze_cp.cli.progress import Progress
from dmaze_cp.cli.slicing import SlicesProgress
from dmaze_cp.desk import Inquiry, desk
from dmaze_cp.execution import engine
from dmaze_cp.execution.backend import in_this_process
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import LayerResult
from tests.kit.networks import network
from tests.kit.samples import CONV, GEMM, sample_result


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


def test_while_tables_are_made_it_is_said_of_how_many_layers_they_are(monkeypatch) -> None:
    """On a terminal the display is drawn while each layer's tables are made."""
    seen: list[list[str]] = []

    class Seen(SlicesProgress):
        def begin(self, result: LayerResult) -> None:
            super().begin(result)
            seen.append([line.plain for line in self.lines()])

    monkeypatch.setattr(slicing, "SlicesProgress", Seen)
    asked = {"per_dataflow": False, "per_unrolling": True, "time_limit": 60.0, "engine": "bounds"}
    found = network(*(sample_result(a, bound_fraction=0.0) for a in (GEMM, CONV)))
    (with_tables,) = slicing.with_slices([found], asked)
    assert all(layer.unrollings for layer in with_tables.layers)
    assert [lines[0].split("  ")[0] for lines in seen] == [
        "tables of 0/2 layer results done",
        "tables of 1/2 layer results done",
    ]
    assert [lines[1].split()[0] for lines in seen] == [GEMM.name, CONV.name]


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
