"""Compare the time of a proof with that of trying every mapping.

    python benchmarks/against_exhaustive.py --count 218

Random layers on random accelerators, one core: seconds for the proofs for three
objectives, one after the other, against those of the exhaustive search
(`exhaustive_search.py`), which finds all three at once. The proofs are checked on the
way.

Exit code 1 if a proof is wrong, or missing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise

import exhaustive_kernel
import numpy as np
from bench_command import table
from bench_proofs import ENGINES, Checked, Trial, check
from bench_reference import reference_seconds
from bench_tasks import side_by_side
from random_problems import Sizes
from soundness import disagreements

from dmaze_cp.engine import DEFAULT_ENGINE

DECADES = (1e4, 1e5, 1e6, 1e7, 1e8)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description="Proofs against trying every mapping.")
    parser.add_argument("--count", type=int, default=218, help="problems (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=ENGINES, default=str(DEFAULT_ENGINE))
    parser.add_argument("--min-tilings", type=float, default=3e4, help="(%(default)g)")
    parser.add_argument("--max-tilings", type=float, default=3e7, help="(%(default)g)")
    parser.add_argument("--time-limit", type=float, default=600.0, metavar="S")
    return parser.parse_args(arguments)


def rows(found: Sequence[Checked]) -> list[list[str]]:
    """A table by number of tilings, and of all."""
    head = ["tilings", "problems", "proofs: median s", "mean s", "exhaustive: median s", "mean s"]
    lines = [[*head, "proofs faster"]]
    for low, high in pairwise(DECADES):
        part = [c for c in found if low <= c.problem.tilings < high]
        if part:
            lines.append(_row(f"{low:.0e} to {high:.0e}", part))
    return [*lines, _row("all", found)]


def _row(name: str, found: Sequence[Checked]) -> list[str]:
    ours = [sum(proof.seconds for proof in checked.proofs) for checked in found]
    theirs = [checked.exhaustive_s for checked in found]
    figures = (np.median(ours), np.mean(ours), np.median(theirs), np.mean(theirs))
    faster = sum(a < b for a, b in zip(ours, theirs, strict=True))
    return [name, str(len(found)), *(f"{figure:.3f}" for figure in figures), str(faster)]


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(arguments)
    sizes = Sizes(options.min_tilings, options.max_tilings)
    reference_s = reference_seconds()
    questions = [
        Trial(options.seed, index, sizes, (options.engine,), options.time_limit)
        for index in range(options.count)
    ]
    found = []
    for checked in side_by_side(check, questions, 1):
        found.append(checked)
        print(*(f"{text}\n" for text in disagreements(checked)), sep="", end="", flush=True)
    how = "in numpy" if exhaustive_kernel.load() is None else "compiled"
    print("\n".join(table(rows(found))))
    print(f"exhaustive search {how}, three objectives at once; proofs with engine {options.engine}")
    print(f"reference: a million mappings scored exactly in {reference_s:.3f} s")
    return int(any(proof.complaints for checked in found for proof in checked.proofs))


if __name__ == "__main__":
    sys.exit(main())
