"""Time whole commands on whole networks, beside dMazeRunner's guess and the targets.

    python benchmarks/networks.py --jobs 2
    python benchmarks/networks.py --networks alexnet bert_base --markdown networks.md

Each row is `dmaze-cp map NETWORK --objective all`, a process of its own from start to
exit, without the store of earlier results and, without `--ties`, with `--no-tie-break`:
what the guess and earlier releases did not decide is not timed. Seconds are compared as multiples
of a reference that is timed in the same run (`bench_reference.py`); the guess was timed
where that takes 0.21 s.

Exit code 1 if a command fails or a layer is not proven.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench_command import CommandError, Run, conclude, timed
from bench_reference import reference_seconds

from dmaze_cp.engine import DEFAULT_ENGINE, Engine

REFERENCE_S = 0.21
"""The reference on the machine on which all figures below were taken."""


@dataclass(frozen=True)
class Known:
    """Seconds with two jobs: dMazeRunner's guess, our earlier proofs, and what is wanted."""

    guess: float
    earlier: float
    target: float


NETWORKS = {
    "alexnet": Known(4.9, 7.0, 2.4),
    "efficientnet_b0": Known(28, 41, 10),
    "mobilenetv2": Known(33, 15, 6),
    "resnet18": Known(31, 12, 5),
    "resnet50": Known(43, 15, 7),
    "transformer_base": Known(4.9, 5.7, 2.4),
    "bert_base": Known(2.0, 3.0, 1.7),
    "vgg16": Known(178, 17, 9),
}
ALL = Known(325, 116, 43)
HEAD = ("network", "proven", "seconds", "x reference", "guess", "earlier", "target", "of target")


@dataclass(frozen=True)
class Measured:
    """One network: seconds of the command, and how many of its searches were proven."""

    seconds: float
    searches: int
    proven: int


def measured(run: Run) -> Measured:
    """What counts of a run."""
    layers = run.found["layers"]
    proven = sum(layer["status"] in ("optimal", "infeasible") for layer in layers)
    return Measured(run.seconds, len(layers), proven)


def row(name: str, known: Known | None, found: Measured, reference_s: float) -> list[str]:
    """One line of the table; the figures in brackets are multiples of the reference."""
    multiple = found.seconds / reference_s
    cells = [name, f"{found.proven} of {found.searches}", f"{found.seconds:.1f}", f"{multiple:.1f}"]
    if known is None:
        return [*cells, *["-"] * 4]
    figures = (known.guess, known.earlier, known.target)
    cells += [f"{figure:g} ({figure / REFERENCE_S:.1f})" for figure in figures]
    return [*cells, f"{multiple / (known.target / REFERENCE_S):.2f}"]


def table_rows(found: Mapping[str, Measured], reference_s: float) -> list[list[str]]:
    """The head, one row a network, and their sum; known figures for all eight only."""
    lines = [row(name, NETWORKS.get(name), one, reference_s) for name, one in found.items()]
    total = Measured(
        sum(one.seconds for one in found.values()),
        sum(one.searches for one in found.values()),
        sum(one.proven for one in found.values()),
    )
    known = ALL if found.keys() == NETWORKS.keys() else None
    return [list(HEAD), *lines, row("all", known, total, reference_s)]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description="Time `dmaze-cp map` on whole networks.")
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), metavar="NETWORK")
    parser.add_argument("--jobs", type=int, default=2, help="as in dmaze-cp (%(default)s)")
    parser.add_argument("--engine", choices=[*map(str, Engine)], default=str(DEFAULT_ENGINE))
    parser.add_argument("--time-limit", type=float, default=600.0, metavar="S")
    parser.add_argument("--ties", action="store_true", help="also decide ties, as `map` does")
    parser.add_argument("--markdown", type=Path, help="also write a section in Markdown")
    return parser.parse_args(arguments)


def notes(references: Sequence[float]) -> list[str]:
    """How to read the table."""
    return [
        f"reference: a million mappings scored exactly in {median(references):.3f} s "
        f"(median of {len(references)}, {min(references):.3f} to {max(references):.3f})",
        f"in brackets and 'of target': multiples of the reference, which took {REFERENCE_S:g} s "
        "where the guess was timed",
    ]


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(arguments)
    found: dict[str, Measured] = {}
    references = [reference_seconds()]
    shared = ["--objective", "all", "--jobs", str(options.jobs)]
    shared += ["--engine", options.engine, "--time-limit", f"{options.time_limit:g}"]
    shared += [] if options.ties else ["--no-tie-break"]
    for name in options.networks:
        try:
            found[name] = measured(timed(["map", name, *shared]))
        except CommandError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        references.append(reference_seconds())
        print(f"{name}: {found[name].seconds:.1f} s", flush=True)
    rows = table_rows(found, median(references))
    command = ["python", "benchmarks/networks.py", *(arguments or sys.argv[1:])]
    conclude("Whole networks", command, rows, notes(references), options.markdown)
    return int(any(one.proven < one.searches for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
