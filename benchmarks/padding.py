"""What padding gains, and what its proofs cost: networks on accelerators without it and with it.

    python benchmarks/padding.py
    python benchmarks/padding.py --table
    python benchmarks/padding.py --models bert_base --shape tokens=107 --archs edge gemmini

Maps every layer of the networks on every accelerator twice, with its own bounds and with
`--pad auto`, in one process and without the store. `--table` maps BERT-base with 107 tokens
on all built-in accelerators that are given and prints its EDP without and with padding.

Exit code 1 where a layer is not proven, padding makes one cost more, a search takes longer
than 30 s, or the median with padding is over 5 times that without.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench_command import conclude

from dmaze_cp import LayerResult, Objective, Status, load_architecture, load_workload, map_layer
from dmaze_cp.engine import DEFAULT_ENGINE, Engine

CHIPS = ("eyeriss_v1", "gemmini", "nvdla_large", "tpu_like")
TABLE = ("default", "edge", *CHIPS)
MODELS = ("resnet18", "mobilenetv2", "bert_base")
HEAD = ("accelerator", "network", "layers", "proven", "median s", "worst s", "padded", "saved")
TABLE_HEAD = ("accelerator", "EDP (pJ x cycles)", "with padding", "times", "useful MACs", "proven")
LONGEST_S = 30.0
TIMES = 5.0


@dataclass(frozen=True)
class Pair:
    """Results of a layer without padding and with it."""

    without: LayerResult
    padded: LayerResult

    @property
    def both(self) -> tuple[LayerResult, LayerResult]:
        """The two."""
        return self.without, self.padded


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description="What padding gains and what it costs.")
    parser.add_argument("--models", nargs="+", default=list(MODELS), metavar="MODEL")
    parser.add_argument("--archs", nargs="+", metavar="ARCH")
    parser.add_argument("--tokens", type=int, default=107, help="of BERT-base (%(default)s)")
    parser.add_argument("--engine", default=str(DEFAULT_ENGINE), choices=list(map(str, Engine)))
    parser.add_argument("--objective", default="edp", choices=list(map(str, Objective)))
    parser.add_argument("--table", action="store_true", help="EDP of BERT-base only")
    parser.add_argument("--markdown", type=Path, help="also write a section in Markdown")
    options = parser.parse_args(arguments)
    options.archs = options.archs or list(TABLE if options.table else CHIPS)
    if options.table:
        options.models, options.objective = ["bert_base"], "edp"
    return options


def pairs(model: str, arch: str, options: argparse.Namespace) -> list[Pair]:
    """Every layer of a network on an accelerator, twice."""
    shapes = {"tokens": options.tokens} if model == "bert_base" else {}
    accelerator = load_architecture(arch)
    found = []
    for layer in load_workload(model, shapes=shapes):
        results = [
            map_layer(layer, accelerator, options.objective, engine=options.engine, padding=padding)
            for padding in (None, "auto")
        ]
        found.append(Pair(*results))
    return found


def complaints(found: Iterable[Pair]) -> list[str]:
    """What must not be."""
    lines = []
    for pair in found:
        for result in pair.both:
            name = f"{result.layer.name} on {result.architecture.name}"
            if result.status is not Status.OPTIMAL:
                lines.append(f"{name}: {result.status}")
            if result.solve_time_s > LONGEST_S:
                lines.append(f"{name}: {result.solve_time_s:.1f} s")
        if (pair.padded.value or 0) > (pair.without.value or 0):
            lines.append(f"{pair.padded.layer.name}: padding makes it cost more")
    return lines


def total(results: Iterable[LayerResult]) -> int:
    """Sum of the layers' costs, all instances counted."""
    return sum((result.value or 0) * result.layer.instances for result in results)


def proven(results: Sequence[LayerResult]) -> str:
    """How many of them are."""
    return f"{sum(r.status is Status.OPTIMAL for r in results)}/{len(results)}"


def row(arch: str, model: str, found: Sequence[Pair]) -> list[str]:
    """One line of the table of times."""
    both = list(zip(*(pair.both for pair in found), strict=True))
    seconds = [[r.solve_time_s for r in results] for results in both]
    raised = sum(r.mapping is not None and r.mapping.padded_from is not None for r in both[1])
    saved = 1 - total(both[1]) / total(both[0])
    return [
        *(arch, model, str(len(found))),
        " and ".join(proven(results) for results in both),
        " and ".join(f"{median(s):.2f}" for s in seconds),
        " and ".join(f"{max(s):.2f}" for s in seconds),
        *(str(raised), f"{100 * saved:.1f} %"),
    ]


def table_row(arch: str, found: Sequence[Pair]) -> list[str]:
    """One line of the table of EDPs."""
    without, padded = zip(*(pair.both for pair in found), strict=True)
    before, after = total(without), total(padded)
    useful = sum(r.layer.macs * r.layer.instances for r in padded)
    done = sum(r.mapping.layer.macs * r.layer.instances for r in padded if r.mapping is not None)
    return [
        *(arch, f"{before:.3e}", f"{after:.3e}", f"{before / after:.2f}"),
        f"{100 * useful / done:.1f} %",
        f"{proven(without)} and {proven(padded)}",
    ]


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(arguments)
    rows = [list(TABLE_HEAD if options.table else HEAD)]
    every: list[Pair] = []
    for arch in options.archs:
        for model in options.models:
            found = pairs(model, arch, options)
            every += found
            rows.append(table_row(arch, found) if options.table else row(arch, model, found))
            print(" | ".join(rows[-1]), file=sys.stderr, flush=True)
    without, padded = (median(pair.both[k].solve_time_s for pair in every) for k in (0, 1))
    wrong = complaints(every)
    if padded > TIMES * without:
        wrong.append(f"the median with padding is {padded:.2f} s, without {without:.2f} s")
    notes = wrong or [
        f"{len(every)} layers, all proven twice; median {without:.2f} s without padding and "
        f"{padded:.2f} s with it ({padded / without:.2f} times as long)"
    ]
    shown = ["python", "benchmarks/padding.py", *(arguments or sys.argv[1:])]
    title = "BERT-base with padding" if options.table else "Padding"
    conclude(title, shown, rows, notes, options.markdown)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
