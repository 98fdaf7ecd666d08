"""Statistics of benchmark rows, and their comparison with dMazeRunner's results."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import exp, log
from typing import Any

import numpy as np
from bench_tasks import Row

PHASES = ("bound_s", "build_s", "solve_s", "rescore_s")


@dataclass(frozen=True)
class Times:
    """Seconds over all rows."""

    total: float
    median: float
    percentile_95: float
    largest: float


@dataclass(frozen=True)
class Comparison:
    """EDP of dMazeRunner's mappings over the proven optimum, layer by layer.

    Attributes
    ----------
    ratios
        By layer.
    """

    ratios: dict[str, float]

    @property
    def mean(self) -> float:
        """Arithmetic mean of the ratios."""
        return float(np.mean(list(self.ratios.values())))

    @property
    def geometric_mean(self) -> float:
        """Geometric mean of the ratios."""
        return exp(sum(log(r) for r in self.ratios.values()) / len(self.ratios))

    @property
    def worst(self) -> tuple[str, float]:
        """The layer with the largest ratio."""
        return max(self.ratios.items(), key=lambda item: item[1])

    @property
    def improved(self) -> int:
        """Layers on which the optimum is better by more than the last digit of a double."""
        return sum(ratio > 1 + 1e-12 for ratio in self.ratios.values())


def times(rows: Sequence[Row]) -> Times:
    """Statistics of the seconds for one layer and objective."""
    seconds = np.array([row.total_s for row in rows])
    return Times(
        total=float(seconds.sum()),
        median=float(np.median(seconds)),
        percentile_95=float(np.percentile(seconds, 95)),
        largest=float(seconds.max()),
    )


def phase_totals(rows: Sequence[Row]) -> dict[str, float]:
    """Seconds by phase over all rows; ``other`` is what no phase accounts for."""
    totals = {phase: sum(getattr(row, phase) for row in rows) for phase in PHASES}
    return totals | {"other_s": sum(row.total_s for row in rows) - sum(totals.values())}


def compare_with_dmazerunner(rows: Sequence[Row], optima: Iterable[dict[str, Any]]) -> Comparison:
    """How much more EDP dMazeRunner's own mappings have, on the layers in `rows`."""
    theirs = {row["name"]: row["dmazerunner"]["edp"] for row in optima}
    return Comparison(
        {
            row.name: theirs[row.name] / row.value
            for row in rows
            if row.objective == "edp" and row.value is not None and row.name in theirs
        }
    )


def differences_from_optima(rows: Sequence[Row], optima: Iterable[dict[str, Any]]) -> list[str]:
    """Rows whose value is not the known optimum, or whose bound is above it."""
    known = {row["name"]: row for row in optima}
    keys = {"edp": "edp", "energy": "energy_pj", "latency": "latency_cycles"}
    wrong = []
    for row in rows:
        if row.name not in known:
            continue
        best = known[row.name][keys[row.objective]]
        if row.status == "optimal" and row.value is not None and abs(row.value / best - 1) > 1e-9:
            wrong.append(f"{row.name} {row.objective}: {row.value} called optimal, best is {best}")
        if row.bound is not None and row.bound > best * (1 + 1e-9):
            wrong.append(f"{row.name} {row.objective}: bound {row.bound} above the best, {best}")
    return wrong


def machine() -> dict[str, str]:
    """What the seconds depend on."""
    return {
        "cores": str(os.cpu_count()),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "ortools": version("ortools"),
    }
