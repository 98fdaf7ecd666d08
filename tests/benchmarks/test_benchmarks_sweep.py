"""Benchmarks of sweeps and jobs: what they call wrong, and a short run of each."""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from tests.kit.scripts import run_script

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import bench_command
import jobs
import sweep as sweep_script

NETWORK = "name: one\nlayers:\n  - {name: a, kind: gemm, bounds: {X: 8, Y: 12, K: 16}}\n"


def record(values: list[float | None], bounds: list[float]) -> dict:
    """A sweep over one parameter, as `dmaze-cp dse` writes it; None is a skipped design."""
    mapped = [(value, k) for k, value in enumerate(values) if value is not None]
    return {
        "parameters": ["pes"],
        "points": [
            {"index": k, "parameters": {"pes": 2**k}, "value": value, "bound": bound}
            for k, (value, bound) in enumerate(zip(values, bounds, strict=True))
        ],
        "best": min(mapped)[1],
        "best_proven": True,
        "models": [{"layers": 2}, {"layers": 3}],
        "counts": {
            "points": len(values),
            "optimal": len(mapped),
            "infeasible": 0,
            "skipped": len(values) - len(mapped),
            "searches": 7,
        },
    }


EVERY = record([3.0, 2.0, 5.0], [3.0, 2.0, 5.0])
SKIPPING = record([None, 2.0, None], [2.5, 2.0, 4.9])


def test_sweeps_that_agree():
    assert list(sweep_script.contradictions(EVERY, SKIPPING)) == []
    shown = sweep_script.row(SKIPPING, 1.25, every=False)
    assert shown == ("on", "3", "5", "1", "2", "7", "1.2", "pes=2")
    assert len(shown) == len(sweep_script.HEAD)


def changed(found: dict, **changes: object) -> dict:
    return deepcopy(found) | changes


@pytest.mark.parametrize(
    ("every", "skipping", "expected"),
    [
        (EVERY, record([3.0, None, None], [3.0, 1.9, 4.9]), "the best design differs: pes=2"),
        (EVERY, record([None, 2.1, None], [2.5, 1.0, 4.9]), "cost differs: 2.0 and 2.1"),
        (EVERY, record([None, 2.0, None], [3.1, 2.0, 4.9]), "pes=1: its bound 3.1 with skipping"),
        (record([3.0, 2.0, None], [3.0, 2.0, 4.0]), SKIPPING, "1 of 3 designs are not proven"),
        (changed(EVERY, best_proven=False), SKIPPING, "skipping off: the best design is not"),
        (EVERY, changed(SKIPPING, best_proven=False), "skipping on: the best design is not"),
    ],
)
def test_what_is_wrong_with_sweeps(every, skipping, expected):
    (line,) = sweep_script.contradictions(every, skipping)
    assert expected in line


def result(**changes: object) -> dict:
    layer = {"name": "a", "objective": "edp", "status": "optimal", "value": 7, "bound": 7}
    return {"model": "m", "architecture": {"name": "x"}, "layers": [layer | changes]}


def test_differences_between_jobs():
    both = {"results": [result(), result(name="b")]}
    assert list(jobs.differences(both, both)) == []
    assert list(jobs.differences(result(), result(solve_time_s=3))) == []
    assert list(jobs.differences(result(), result(value=8))) == ["m/x/a/edp: value 7 and 8"]
    (line,) = jobs.differences(result(), both)
    assert line == "m/x/b/edp: in one of the results only"


def test_tables_have_aligned_columns():
    lines = bench_command.table([("name", "n"), ("a", "1234")])
    assert lines == ["| name | n    |", "|------|------|", "| a    | 1234 |"]


def test_short_sweep(tmp_path):
    (tmp_path / "one.yaml").write_text(NETWORK)
    space = {"name": "two", "parameters": {"pes": [1, 16]}}
    (tmp_path / "two.yaml").write_text(json.dumps(space))
    options = ("--space", "two.yaml", "--models", "one.yaml", "--jobs", 1, "--markdown", "s.md")
    done = run_script("benchmarks/sweep.py", tmp_path, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| o")]
    assert [row.split()[1] for row in rows] == ["on", "off"]
    assert all(row.endswith("| pes=16      |") for row in rows)
    assert "the same best design, proven both times" in done.stdout
    section = (tmp_path / "s.md").read_text()
    assert section.startswith("## The sweep two.yaml, least edp\n")
    assert all(row in section for row in rows)


def test_short_jobs(tmp_path):
    (tmp_path / "one.yaml").write_text(NETWORK)
    options = ("--models", "one.yaml", "--archs", "edge", "server", "--jobs", 2)
    done = run_script("benchmarks/jobs.py", tmp_path, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith(("| 1", "| 2"))]
    # Jobs, networks, accelerators, layers, proven.
    assert [row[1:10:2] for row in rows] == [["1", "1", "2", "2", "2"], ["2", "1", "2", "2", "2"]]
    assert "the same status, value and bound for every layer" in done.stdout


@pytest.mark.parametrize("script", ["sweep.py", "jobs.py"])
def test_what_cannot_be_run_is_an_error(script, tmp_path):
    done = run_script(f"benchmarks/{script}", tmp_path, "--models", "no_such_network")
    assert done.returncode == 1
    assert "no_such_network" in done.stderr
    assert "Traceback" not in done.stderr
