"""Time one `dmaze-cp map` command with searches one after the other and side by side.

    python benchmarks/jobs.py
    python benchmarks/jobs.py --models mobilenetv2 resnet18 --archs edge server --jobs 4

Maps networks on accelerators with `--jobs 1` and with `--jobs N`, without the store of
earlier results, and compares all layers: status, value and bound must be the same.

Exit code 1 if they are not.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench_command import CommandError, conclude, timed

ARCHITECTURES = ("default", "edge", "eyeriss", "server")
HEAD = ("jobs", "networks", "accelerators", "layers", "proven", "seconds", "speed-up")
SAME = ("status", "value", "bound")
"""What must not depend on the number of jobs; of mappings that cost the same any may be found."""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description="Time `dmaze-cp map` with 1 and with N jobs.")
    parser.add_argument("--models", nargs="+", default=["light_squeezenet"], metavar="MODEL")
    parser.add_argument("--archs", nargs="+", default=list(ARCHITECTURES), metavar="ARCH")
    parser.add_argument("--layer", action="append", default=[], metavar="L")
    parser.add_argument("--objective", default="edp", choices=["edp", "energy", "latency", "all"])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="N (%(default)s)")
    parser.add_argument("--markdown", type=Path, help="also write a section in Markdown")
    options = parser.parse_args(arguments)
    if options.jobs < 2:
        parser.error("--jobs: expected at least 2, to compare with 1")
    return options


def command(options: argparse.Namespace, jobs: int) -> list[str]:
    """The command that is timed."""
    chosen = ["map", *options.models, "--objective", options.objective, "--jobs", str(jobs)]
    for architecture in options.archs:
        chosen += ["--arch", architecture]
    for layer in options.layer:
        chosen += ["--layer", layer]
    return chosen


def layers_of(found: dict[str, Any]) -> dict[tuple[str, ...], dict[str, Any]]:
    """Results by network, accelerator, layer and objective."""
    results = found.get("results", [found])
    return {
        (result["model"], result["architecture"]["name"], layer["name"], layer["objective"]): layer
        for result in results
        for layer in result["layers"]
    }


def row(options: argparse.Namespace, jobs: int, seconds: list[float], found: Any) -> list[str]:
    """One line of the table."""
    layers = layers_of(found).values()
    proven = sum(layer["status"] in ("optimal", "infeasible") for layer in layers)
    counts = (jobs, len(options.models), len(options.archs), len(layers), proven)
    return [*map(str, counts), f"{seconds[-1]:.1f}", f"{seconds[0] / seconds[-1]:.2f}"]


def differences(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """Layers whose results are not the same."""
    first, second = layers_of(one), layers_of(other)
    for key in sorted(first.keys() ^ second.keys()):
        yield f"{'/'.join(key)}: in one of the results only"
    for key in sorted(first.keys() & second.keys()):
        for name in SAME:
            found = first[key][name], second[key][name]
            if found[0] != found[1]:
                yield f"{'/'.join(key)}: {name} {found[0]} and {found[1]}"


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(arguments)
    rows: list[list[str]] = [list(HEAD)]
    results = []
    seconds: list[float] = []
    try:
        for jobs in (1, options.jobs):
            run = timed(command(options, jobs))
            results.append(run.found)
            seconds.append(run.seconds)
            rows.append(row(options, jobs, seconds, run.found))
            print(f"--jobs {jobs}: {run.seconds:.1f} s", flush=True)
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    wrong = list(differences(*results))
    notes = wrong or ["the same status, value and bound for every layer"]
    title = f"Jobs: {', '.join(options.models)}"
    shown = ["python", "benchmarks/jobs.py", *(arguments or sys.argv[1:])]
    conclude(title, shown, rows, notes, options.markdown)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
