"""Hold proofs of random problems against a search that tries every mapping.

    python benchmarks/soundness.py --count 200 --seed 1 --jobs 2
    python benchmarks/soundness.py --count 2000 --engine cp-sat bounds --max-tilings 1e6
    python benchmarks/soundness.py --wide --count 300

Every problem (`random_problems.py`) is proven for three objectives by each engine. The
optimum has to be that of the exhaustive search (`exhaustive_search.py`, which shares
nothing with the package), the bound must not be above it, and where nothing fits the
status has to say so; the mapping has to fit, and to cost, by a cost model of its own,
what is reported. With `--wide` machines have all that one may have, every second layer may
be padded, and the brute force of the tests is the judge (`wide_problems.py`).

Exit code 1 on any disagreement, and where a search ends without a proof; each is
printed with the command that repeats it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from bench_proofs import ENGINES, WAYS, Checked, Proof, Trial, check
from bench_tasks import side_by_side
from random_problems import Sizes
from wide_problems import SIZES


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description="Proofs of random problems, checked.")
    parser.add_argument("--count", type=int, default=100, help="problems (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="index of the first (%(default)s)")
    parser.add_argument("--engine", nargs="+", action="extend", choices=ENGINES, help="(all)")
    parser.add_argument("--min-tilings", type=float, help="(1e5, with --wide 1e2)")
    parser.add_argument("--max-tilings", type=float, help="(1e7, with --wide 2e4)")
    parser.add_argument("--wide", action="store_true", help="machines with all that one may have")
    parser.add_argument("--time-limit", type=float, default=600.0, metavar="S")
    parser.add_argument("--jobs", type=int, default=1, help="problems side by side (%(default)s)")
    options = parser.parse_args(arguments)
    usual = SIZES if options.wide else Sizes(1e5, 1e7)
    options.min_tilings = options.min_tilings or usual.least
    options.max_tilings = options.max_tilings or usual.most
    if not 1 <= options.min_tilings <= options.max_tilings / 2:
        parser.error("expected 1 <= --min-tilings, and --max-tilings at least twice as many")
    return options


def questions(options: argparse.Namespace) -> list[Trial]:
    """The problems that are asked for."""
    sizes = Sizes(options.min_tilings, options.max_tilings)
    engines = tuple(dict.fromkeys(options.engine or ENGINES))
    return [
        Trial(options.seed, index, sizes, engines, options.time_limit, options.wide)
        for index in range(options.first, options.first + options.count)
    ]


def disagreements(checked: Checked, wide: str = "") -> list[str]:
    """What is wrong with the proofs of a problem, and how to see it again."""
    lines = []
    for proof in checked.proofs:
        if proof.complaints:
            lines.append(f"{proof.engine}, {proof.objective}: {'; '.join(proof.complaints)}")
            again = f"{checked.problem.repeat} --engine {proof.engine}{wide}"
            lines.append(f"    repeat: python benchmarks/soundness.py {again}")
    return [*lines, f"    {checked.problem}"] if lines else []


def summary(found: Sequence[Checked]) -> list[str]:
    """What came of all problems, and of each engine."""
    proofs = [proof for checked in found for proof in checked.proofs]
    spaces = [checked.problem.tilings for checked in found]
    lines = [
        f"{len(found)} problems of {min(spaces):.2g} to {max(spaces):.2g} tilings, "
        f"{sum(c.valid == 0 for c in found)} of them infeasible; "
        f"tried in full in {sum(c.exhaustive_s for c in found):.1f} s"
    ]
    engines = dict.fromkeys(proof.engine for proof in proofs)
    lines += [f"{e}: {_of_proofs([p for p in proofs if p.engine == e])}" for e in engines]
    return [*lines, f"all: {_of_proofs(proofs)}"]


def _of_proofs(proofs: Sequence[Proof]) -> str:
    seconds = [proof.seconds for proof in proofs]
    ways = ", ".join(f"{w} in {sum(p.closed_by.get(w, 0) > 0 for p in proofs)}" for w in WAYS)
    return (
        f"{sum(p.proven for p in proofs)} of {len(proofs)} proven, "
        f"{sum(bool(p.complaints) for p in proofs)} disagreements; parts closed by {ways}; "
        f"split in {sum(p.split for p in proofs)}, pruned in {sum(p.pruned for p in proofs)}; "
        f"seconds: median {np.median(seconds):.3f}, worst {max(seconds):.2f}, "
        f"sum {sum(seconds):.0f}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(arguments)
    found = []
    for checked in side_by_side(check, questions(options), options.jobs):
        found.append(checked)
        for line in disagreements(checked, " --wide" if options.wide else ""):
            print(line, flush=True)
        if len(found) % 100 == 0:
            print(f"{len(found)} of {options.count} problems", file=sys.stderr, flush=True)
    print("\n".join(summary(found)))
    return int(any(proof.complaints for checked in found for proof in checked.proofs))


if __name__ == "__main__":
    sys.exit(main())
