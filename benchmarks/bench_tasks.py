"""What is mapped in a benchmark, in a process of its own, and what is noted of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from dmaze_cp import (
    Architecture,
    Layer,
    Objective,
    load_architecture,
    load_workload,
    map_layer,
)
from dmaze_cp.engine import DEFAULT_ENGINE, Engine
from dmaze_cp.execution.processes import processes
from dmaze_cp.mapspace import tilings_count

T, R = TypeVar("T"), TypeVar("R")

OPTIMA = Path(__file__).resolve().parents[1] / "tests" / "data" / "optima.jsonl"


@dataclass(frozen=True)
class Task:
    """One layer and objective to map; `group` is the model it belongs to."""

    group: str
    layer: Layer
    objective: Objective
    architecture: Architecture
    time_limit_s: float
    engine: Engine = DEFAULT_ENGINE

    @property
    def name(self) -> str:
        """Model and layer."""
        return f"{self.group}/{self.layer.name}" if self.group else self.layer.name


@dataclass(frozen=True)
class Row:
    """What came of a task; seconds by phase, costs exact."""

    name: str
    kind: str
    objective: str
    engine: str
    status: str
    energy_pj: int | None
    latency_cycles: int | None
    value: int | None
    bound: float | None
    gap: float | None
    tilings: int
    total_s: float
    bound_s: float
    build_s: float
    solve_s: float
    rescore_s: float
    candidates: int
    cp_calls: int

    @property
    def edp(self) -> int | None:
        """Energy times latency, pJ x cycles."""
        if self.energy_pj is None or self.latency_cycles is None:
            return None
        return self.energy_pj * self.latency_cycles


def model_layers(models: Iterable[str], pattern: str) -> list[tuple[str, Layer]]:
    """Layers of models (built-in names or files) whose name matches a glob."""
    return [
        (model, layer)
        for model in models
        for layer in load_workload(model)
        if any(fnmatchcase(name, pattern) for name in (layer.name, *layer.also))
    ]


def optima_rows() -> list[dict[str, Any]]:
    """Layers with known optima, and dMazeRunner's own results on them."""
    return [json.loads(line) for line in OPTIMA.read_text(encoding="utf-8").splitlines()]


def optima_layers(pattern: str) -> list[tuple[str, Layer]]:
    """The layers of the table of known optima; their names already have their model."""
    found = []
    for row in optima_rows():
        if not fnmatchcase(row["name"], pattern):
            continue
        if row["kind"] == "gemm":
            layer = Layer.gemm(row["name"], row["bounds"])
        else:
            make = Layer.conv if row["kind"] == "conv" else Layer.depthwise
            stride, padded = (row["stride"],) * 2, (row["padded_input"],) * 2
            layer = make(row["name"], row["bounds"], stride=stride, padded_input=padded)
        found.append(("", layer))
    return found


def make_tasks(
    layers: Sequence[tuple[str, Layer]],
    objectives: Sequence[Objective],
    architecture: str,
    time_limit_s: float,
    engine: Engine = DEFAULT_ENGINE,
) -> list[Task]:
    """Every layer with every objective."""
    arch = load_architecture(architecture)
    return [
        Task(group, layer, objective, arch, time_limit_s, engine)
        for group, layer in layers
        for objective in objectives
    ]


def run_task(task: Task) -> Row:
    """Map one layer."""
    result = map_layer(
        task.layer,
        task.architecture,
        task.objective,
        time_limit=task.time_limit_s,
        engine=task.engine,
    )
    cost, stats = result.cost, result.stats
    return Row(
        name=task.name,
        kind=str(task.layer.kind),
        objective=str(task.objective),
        engine=result.engine,
        status=str(result.status),
        energy_pj=None if cost is None else cost.energy_pj,
        latency_cycles=None if cost is None else cost.latency_cycles,
        value=result.value,
        bound=result.bound,
        gap=result.gap,
        tilings=tilings_count(task.layer),
        total_s=result.solve_time_s,
        bound_s=stats.bound_s,
        build_s=stats.build_s,
        solve_s=stats.solve_s,
        rescore_s=stats.rescore_s,
        candidates=stats.candidates,
        cp_calls=stats.cp_calls,
    )


def run_tasks(tasks: Sequence[Task], jobs: int) -> Iterator[Row]:
    """Map layers side by side, each in a process with one thread; in the order of the tasks.

    A process goes on with the objectives of a layer, as those of `dmaze-cp` do: they share what
    is prepared before a search.
    """
    of_layers = groupby(tasks, lambda task: (task.layer.shape, task.architecture))
    for rows in side_by_side(_run_several, [list(several) for _, several in of_layers], jobs):
        yield from rows


def _run_several(tasks: Sequence[Task]) -> list[Row]:
    return [run_task(task) for task in tasks]


def side_by_side(work: Callable[[T], R], items: Sequence[T], jobs: int) -> Iterator[R]:
    """Do work in the processes that `dmaze-cp` starts; results in the order of the items."""
    with processes(jobs) as backend:
        futures = [backend.executor.submit(work, item) for item in items]
        yield from (future.result() for future in futures)
