"""Time proofs of random layers on random accelerators, the known hard ones first.

    python benchmarks/random_time.py --count 1000 --seed 1 --jobs 2
    python benchmarks/random_time.py --engine bounds --max-tilings 1e6

Each problem (`random_problems.py`, without limits on the map-space) is proven for one
random objective. Seconds are also given as multiples of a reference that is timed in
the same run (`bench_reference.py`).

Exit code 1 if a search ends without a proof.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from bench_proofs import ENGINES, Proof, prove, random_objective
from bench_reference import reference_seconds
from bench_tasks import side_by_side
from random_problems import RandomProblem, Sizes, draw

from dmaze_cp import Architecture, Constraints, Layer, Objective
from dmaze_cp.engine import DEFAULT_ENGINE

SLOW_S = 5.0
"""Proofs that take longer are listed."""


@dataclass(frozen=True)
class Timed:
    """What is proven for what; `again` is how to see it once more."""

    name: str
    problem: RandomProblem
    objective: Objective
    engine: str
    time_limit_s: float

    @property
    def again(self) -> str:
        """The command that repeats it."""
        return f"python benchmarks/random_time.py {self.problem.repeat} --engine {self.engine}"


def hard(sizes: Sizes) -> Iterator[tuple[str, RandomProblem, Objective]]:
    """Small accelerators with odd capacities, found hard before."""
    gemm = Layer.gemm("gemm", {"X": 96, "Y": 384, "K": 100})
    bounds = {"N": 4, "M": 56, "C": 112, "Ox": 7, "Oy": 7, "Fx": 7, "Fy": 7}
    conv = Layer.conv("conv", bounds)
    three_banks = Architecture(name="3 banks", pes=1024, spm_banks=3, spm_bank_bytes=2 * 1024)
    few_pes = Architecture(name="16 PEs", pes=16)
    none = Constraints()
    for name, layer, arch, objectives in (
        ("gemm 96 x 384 x 100, 1024 PEs, 3 banks", gemm, three_banks, [Objective.LATENCY]),
        ("conv 4 x 56 x 112 x 7 x 7 x 7 x 7, 16 PEs", conv, few_pes, list(Objective)),
    ):
        for objective in objectives:
            yield f"{name}, {objective}", RandomProblem(0, 0, sizes, layer, arch, none), objective


def timed(task: Timed) -> Proof:
    """Prove one problem."""
    return prove(task.problem, task.objective, task.engine, task.time_limit_s)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description="Seconds to proof on random problems.")
    parser.add_argument("--count", type=int, default=1000, help="problems (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="index of the first (%(default)s)")
    parser.add_argument("--engine", choices=ENGINES, default=str(DEFAULT_ENGINE))
    parser.add_argument("--min-tilings", type=float, default=1e4, help="(%(default)g)")
    parser.add_argument("--max-tilings", type=float, default=1e8, help="(%(default)g)")
    parser.add_argument("--time-limit", type=float, default=300.0, metavar="S")
    parser.add_argument("--jobs", type=int, default=1, help="problems side by side (%(default)s)")
    parser.add_argument("--no-hard", action="store_true", help="leave out the known hard ones")
    return parser.parse_args(arguments)


def tasks(options: argparse.Namespace) -> tuple[list[Timed], list[Timed]]:
    """The known hard ones, and the random ones."""
    sizes = Sizes(options.min_tilings, options.max_tilings)
    how = (options.engine, options.time_limit)
    known = [] if options.no_hard else [Timed(*one, *how) for one in hard(sizes)]
    drawn = []
    for index in range(options.first, options.first + options.count):
        problem = replace(draw(options.seed, index, sizes), constraints=Constraints())
        drawn.append(Timed(str(index), problem, random_objective(problem), *how))
    return known, drawn


def line(task: Timed, proof: Proof, reference_s: float) -> str:
    """A proof in one line."""
    ways = ", ".join(f"{way} {n}" for way, n in proof.closed_by.items() if n)
    return (
        f"{task.name}: {proof.status}, {proof.seconds:.2f} s, "
        f"{proof.seconds / reference_s:.1f} x reference; "
        f"{task.problem.tilings:.2g} tilings ({ways})"
    )


def summary(seconds: Sequence[float], reference_s: float) -> str:
    """Median, 95th percentile and maximum, also as multiples of the reference."""
    figures = {
        "median": float(np.median(seconds)),
        "95th percentile": float(np.percentile(seconds, 95)),
        "max": max(seconds),
        "sum": sum(seconds),
    }
    shown = ", ".join(f"{k} {v:.3g} s ({v / reference_s:.3g} x)" for k, v in figures.items())
    slow = sum(s > SLOW_S for s in seconds)
    return f"{len(seconds)} problems: {shown}; {slow} over {SLOW_S:g} s"


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(arguments)
    known, drawn = tasks(options)
    reference_s = reference_seconds()
    print(f"reference: a million mappings scored exactly in {reference_s:.3f} s", flush=True)
    seconds, unproven = [], 0
    proofs = side_by_side(timed, [*known, *drawn], options.jobs)
    for number, (task, proof) in enumerate(zip([*known, *drawn], proofs, strict=True)):
        unproven += not proof.proven
        if number < len(known):
            print(line(task, proof, reference_s), flush=True)
            continue
        seconds.append(proof.seconds)
        if proof.seconds > SLOW_S or not proof.proven:
            print(line(task, proof, reference_s))
            print("\n".join([f"    repeat: {task.again}", f"    {task.problem}"]), flush=True)
            print(*(f"    {text}\n" for text in proof.complaints), sep="", end="", flush=True)
    if seconds:
        print(summary(seconds, reference_s))
    print(f"{unproven} not proven")
    return int(unproven > 0)


if __name__ == "__main__":
    sys.exit(main())
