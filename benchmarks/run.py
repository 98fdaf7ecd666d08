"""Map a list of layers and report value, gap and where the time went.

    python benchmarks/run.py --models light_resnet50 vgg16 --jobs 2
    python benchmarks/run.py --models resnet18 --layers 'conv5*' --objective all -o out.json
    python benchmarks/run.py --optima --objective all --engine cp-sat
    python benchmarks/run.py --compare-dmazerunner --markdown benchmarks/RESULTS.md

Seconds are split into the bounds before the solver, building CP-SAT models, solving
them, and exact scoring. They are also given as multiples of a reference that is timed
in the same run: exact scoring of a million mappings (see `bench_reference.py`).

Exit code 1 if a result contradicts a known optimum.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench_reference import REFERENCE_MAPPINGS, reference_seconds
from bench_summary import (
    PHASES,
    compare_with_dmazerunner,
    differences_from_optima,
    machine,
    phase_totals,
    times,
)
from bench_tasks import Row, make_tasks, model_layers, optima_layers, optima_rows, run_tasks

from dmaze_cp import DmazeError, Objective
from dmaze_cp.engine import DEFAULT_ENGINE, Engine

SCHEMA = "dmaze-cp/benchmark/1"
UNITS = {"edp": "pJ x cycles", "energy": "pJ", "latency": "cycles"}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description="Map a list of layers and time it.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--models", nargs="+", metavar="MODEL", default=["light_resnet50"])
    what.add_argument("--optima", action="store_true", help="layers with known optima")
    parser.add_argument(
        "--compare-dmazerunner",
        action="store_true",
        help="with --optima and EDP (implied): ratios to dMazeRunner's own results",
    )
    parser.add_argument("--objective", choices=[*map(str, Objective), "all"], default="edp")
    parser.add_argument("--layers", default="*", metavar="GLOB", help="only these layers")
    parser.add_argument("--arch", default="default", help="built-in name or spec file")
    parser.add_argument("--engine", choices=[*map(str, Engine)], default=str(DEFAULT_ENGINE))
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S")
    parser.add_argument("--jobs", type=int, default=1, help="layers side by side (%(default)s)")
    parser.add_argument(
        "--reference-mappings",
        type=int,
        default=REFERENCE_MAPPINGS,
        help="scored for the reference",
    )
    parser.add_argument("-o", "--output", type=Path, help="also write everything as JSON")
    parser.add_argument("--markdown", type=Path, help="also write a table in Markdown")
    options = parser.parse_args(arguments)
    options.optima = options.optima or options.compare_dmazerunner
    if options.compare_dmazerunner and options.objective not in ("edp", "all"):
        parser.error("--compare-dmazerunner compares EDPs")
    return options


def print_row(row: Row, reference_s: float) -> None:
    """One line."""
    value = "-" if row.value is None else f"{row.value:.6g}"
    gap = "-" if row.gap is None else f"{row.gap:.2%}"
    phases = "".join(f"{getattr(row, phase):8.2f}" for phase in PHASES)
    print(
        f"{row.name[-38:]:38} {row.objective:7} {row.status:10} {value:>12} {gap:>7}"
        f"{row.total_s:8.2f}{phases}{row.total_s / reference_s:8.1f}",
        flush=True,
    )


def report(rows: list[Row], reference_s: float, options: argparse.Namespace) -> dict[str, Any]:
    """Everything about a run as one JSON-ready object."""
    seconds = times(rows)
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "machine": machine() | {"jobs": str(options.jobs)},
        "reference_s": reference_s,
        "rows": [asdict(row) for row in rows],
        "seconds": asdict(seconds),
        "seconds_over_reference": {k: v / reference_s for k, v in asdict(seconds).items()},
        "phases": phase_totals(rows),
        "proven": sum(row.status in ("optimal", "infeasible") for row in rows),
    }
    if options.optima:
        found["contradictions"] = differences_from_optima(rows, optima_rows())
    if options.compare_dmazerunner:
        comparison = compare_with_dmazerunner(rows, optima_rows())
        found["dmazerunner_edp_ratio"] = {
            "mean": comparison.mean,
            "geometric_mean": comparison.geometric_mean,
            "worst": comparison.worst[1],
            "worst_layer": comparison.worst[0],
            "improved": comparison.improved,
            "layers": comparison.ratios,
        }
    return found


def summary_lines(found: dict[str, Any]) -> list[str]:
    """The summary in words."""
    seconds, multiples = found["seconds"], found["seconds_over_reference"]
    lines = [
        f"{found['proven']} of {len(found['rows'])} proven",
        "seconds a layer: "
        + ", ".join(f"{k.replace('_', ' ')} {v:.2f}" for k, v in seconds.items()),
        "as multiples of the reference: "
        + ", ".join(f"{k.replace('_', ' ')} {v:.1f}" for k, v in multiples.items()),
        "seconds by phase: "
        + ", ".join(f"{k.removesuffix('_s')} {v:.2f}" for k, v in found["phases"].items()),
        f"reference: a million mappings scored exactly in {found['reference_s']:.3f} s",
    ]
    if "dmazerunner_edp_ratio" in found:
        ratio = found["dmazerunner_edp_ratio"]
        lines += [
            f"EDP of dMazeRunner's own mappings over the proven optimum, "
            f"{len(ratio['layers'])} layers:",
            f"  mean {ratio['mean']:.3f} (geometric {ratio['geometric_mean']:.3f}), "
            f"worst {ratio['worst']:.3f} ({ratio['worst_layer']}), "
            f"worse on {ratio['improved']}",
        ]
    return lines


def markdown(found: dict[str, Any], command: str) -> str:
    """A table of the rows, and the summary."""
    ratios = found.get("dmazerunner_edp_ratio", {}).get("layers", {})
    head = ["layer", "objective", "tilings", "status", "value", "gap", "seconds", "x reference"]
    head += ["dMazeRunner's / optimum"] if ratios else []
    lines = ["# Results", "", f"Produced by `{command}`.", ""]
    lines += [f"{k}: {v}  " for k, v in found["machine"].items()]
    lines += [
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * 3 + "---|" + "---:|" * (len(head) - 4),
    ]
    for row in found["rows"]:
        gap = "-" if row["gap"] is None else f"{row['gap']:.2%}"
        value = "-" if row["value"] is None else f"{row['value']:,} {UNITS[row['objective']]}"
        cells = [row["name"], row["objective"], f"{row['tilings']:.2e}", row["status"], value, gap]
        cells += [f"{row['total_s']:.2f}", f"{row['total_s'] / found['reference_s']:.1f}"]
        if ratios:
            ratio = ratios.get(row["name"]) if row["objective"] == "edp" else None
            cells.append("" if ratio is None else f"{ratio:.3f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", "```text", *summary_lines(found), "```", ""])


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(arguments)
    try:
        objectives = (
            list(Objective) if options.objective == "all" else [Objective(options.objective)]
        )
        layers = (
            optima_layers(options.layers)
            if options.optima
            else model_layers(options.models, options.layers)
        )
        tasks = make_tasks(
            layers, objectives, options.arch, options.time_limit, Engine(options.engine)
        )
    except DmazeError as error:
        print(error, file=sys.stderr)
        return 1
    if not tasks:
        print(f"--layers: found no layer like {options.layers!r}", file=sys.stderr)
        return 1
    reference_s = reference_seconds(options.reference_mappings)
    print(f"{'layer':38} {'for':7} {'status':10} {'value':>12} {'gap':>7}{'seconds':>8}", end="")
    print("".join(f"{phase.removesuffix('_s'):>8}" for phase in PHASES) + f"{'x ref':>8}")
    rows = []
    for row in run_tasks(tasks, options.jobs):
        print_row(row, reference_s)
        rows.append(row)
    found = report(rows, reference_s, options)
    print("\n".join(["", *summary_lines(found), *found.get("contradictions", [])]))
    if options.output:
        options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if options.markdown:
        command = shlex.join(["python", "benchmarks/run.py", *(arguments or sys.argv[1:])])
        options.markdown.write_text(markdown(found, command), encoding="utf-8")
    return 1 if found.get("contradictions") else 0


if __name__ == "__main__":
    sys.exit(main())
