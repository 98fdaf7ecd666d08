"""Measure how the time of a proof grows with the number of tilings.

    python benchmarks/growth.py --jobs 2
    python benchmarks/growth.py --decades 3 6 --per-decade 2 --csv growth.csv --no-plot

Draws random layers with 10^3 to 10^12 tilings, equally many in each decade, maps them,
and fits ``seconds ~ tilings^exponent`` by least squares on the logarithms. Writes the
points as CSV and a plot (for which matplotlib is needed: the extra ``plot``).
Layers that were not proven within the time limit count with the time they took, which
makes the exponent too small: their number is printed.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench_tasks import Row, make_tasks, run_tasks

from dmaze_cp import Layer, Objective
from dmaze_cp.mapspace import tilings_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).resolve().parent
SIZES = (1, 2, 3, 4, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 55, 56, 64, 80, 96, 112, 128)
CHANNELS = (*SIZES, 144, 160, 192, 256, 320, 384, 512, 576, 768, 960, 1024, 2048)
COLUMNS = ("name", "kind", "objective", "tilings", "status", "gap", "total_s")


@dataclass(frozen=True)
class Fit:
    """``seconds = factor * tilings ** exponent``."""

    exponent: float
    factor: float


def random_layer(name: str, rng: np.random.Generator) -> Layer:
    """A layer of a random kind, with extents as in real networks."""
    kind = rng.choice(["conv", "depthwise", "gemm"], p=[0.6, 0.15, 0.25])
    if kind == "gemm":
        return Layer.gemm(name, {d: int(rng.choice(CHANNELS)) for d in "XYK"})
    size, taps = int(rng.choice(SIZES)), int(rng.choice([1, 1, 3, 3, 5, 7]))
    stride = int(rng.choice([1, 1, 2]))
    bounds = {"C": int(rng.choice(CHANNELS)), "Ox": size, "Oy": size, "Fx": taps, "Fy": taps}
    bounds["N"] = int(rng.choice([1, 1, 1, 2, 4]))
    if kind == "depthwise":
        return Layer.depthwise(name, bounds, stride=(stride, stride))
    return Layer.conv(name, bounds | {"M": int(rng.choice(CHANNELS))}, stride=(stride, stride))


def random_layers(first: int, last: int, per_decade: int, seed: int) -> list[Layer]:
    """So many layers with 10^k to 10^(k+1) tilings, for each k in [first, last)."""
    rng = np.random.default_rng(seed)
    found: dict[int, list[Layer]] = {decade: [] for decade in range(first, last)}
    for _ in range(200_000):
        if all(len(layers) == per_decade for layers in found.values()):
            break
        layer = random_layer("", rng)
        mine = found.get(int(np.log10(tilings_count(layer))), [])
        if len(mine) < per_decade and layer.extents not in [other.extents for other in mine]:
            mine.append(layer)
    return [
        Layer(f"1e{decade}_{i}", layer.kind, layer.extents, layer.stride)
        for decade, layers in found.items()
        for i, layer in enumerate(layers)
    ]


def fit(tilings: Sequence[float], seconds: Sequence[float]) -> Fit:
    """Least squares on the logarithms of both."""
    slope, offset = np.polyfit(np.log10(tilings), np.log10(seconds), 1)
    return Fit(float(slope), float(10**offset))


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """The points, one a line."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([getattr(row, column) for column in COLUMNS] for row in rows)


def write_plot(rows: Sequence[Row], fits: dict[str, Fit], path: Path) -> None:
    """Seconds over tilings on logarithmic axes, with the fitted lines."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    for number, (objective, line) in enumerate(fits.items()):
        _plot_objective(axes, [r for r in rows if r.objective == objective], line, f"C{number}")
    axes.set(xscale="log", yscale="log", xlabel="tilings of the layer", ylabel="seconds to proof")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _plot_objective(axes: Axes, rows: Sequence[Row], line: Fit, colour: str) -> None:
    for proven, marker in ((True, "o"), (False, "x")):
        points = [r for r in rows if (r.status == "optimal") is proven]
        axes.scatter(
            [r.tilings for r in points], [r.total_s for r in points], s=16, c=colour, marker=marker
        )
    ends = np.array([min(r.tilings for r in rows), max(r.tilings for r in rows)], dtype=float)
    label = f"{rows[0].objective}: exponent {line.exponent:.2f}"
    axes.plot(ends, line.factor * ends**line.exponent, c=colour, label=label)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description="Growth of the time to proof with map-space size.")
    parser.add_argument("--decades", type=int, nargs=2, default=(3, 12), metavar=("FROM", "TO"))
    parser.add_argument("--per-decade", type=int, default=4, help="layers (%(default)s)")
    parser.add_argument("--objective", choices=[*map(str, Objective), "all"], default="edp")
    parser.add_argument("--time-limit", type=float, default=120.0, metavar="S")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--csv", type=Path, default=HERE / "growth.csv")
    parser.add_argument("--plot", type=Path, default=HERE / "growth.png")
    parser.add_argument("--no-plot", action="store_true")
    options = parser.parse_args(arguments)
    if options.decades[0] >= options.decades[1] or options.per_decade < 1:
        parser.error("expected decades FROM < TO, and at least one layer in each")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(arguments)
    if not options.no_plot:
        try:
            import matplotlib as mpl  # noqa: F401 - found out before the long part
        except ImportError:
            print("no matplotlib: install the extra 'plot', or use --no-plot", file=sys.stderr)
            return 1
    objectives = list(Objective) if options.objective == "all" else [Objective(options.objective)]
    first, last = options.decades
    layers = random_layers(first, last, options.per_decade, options.seed)
    tasks = make_tasks([("", a) for a in layers], objectives, "default", options.time_limit)
    rows = []
    for row in run_tasks(tasks, options.jobs):
        print(f"{row.name:8} {row.kind:9} {row.objective:7} {row.tilings:9.2e} tilings", end="  ")
        print(f"{row.status:10} {row.total_s:8.2f} s", flush=True)
        rows.append(row)
    write_csv(rows, options.csv)
    fits = {}
    for objective in map(str, objectives):
        mine = [row for row in rows if row.objective == objective]
        fits[objective] = fit([r.tilings for r in mine], [r.total_s for r in mine])
        unproven = sum(r.status not in ("optimal", "infeasible") for r in mine)
        print(
            f"{objective}: seconds ~ tilings^{fits[objective].exponent:.3f}; "
            f"{len(mine)} layers, {unproven} not proven in {options.time_limit:g} s"
        )
    if not options.no_plot:
        write_plot(rows, fits, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
