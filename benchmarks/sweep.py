"""Time the published sweep, with every design mapped to the end and with skipping.

    python benchmarks/sweep.py
    python benchmarks/sweep.py --jobs 2 --markdown sweep.md
    python benchmarks/sweep.py --layer conv5_1a --param rf_bytes=64,128 --param spm_kb=64,128

Runs `dmaze-cp dse memory_tuning --all` and the same without `--all`, neither with the store
of earlier results. Both must find the same best design at the same cost, proven, and with
`--all` every design must be proven.

Exit code 1 if that is not so.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench_command import CommandError, conclude, timed

HEAD = ("skipping", "designs", "layers", "proven", "skipped", "searches", "seconds", "best design")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Command line options."""
    parser = argparse.ArgumentParser(description="Time a sweep with and without skipping.")
    parser.add_argument("--space", default="memory_tuning", help="built-in or file (%(default)s)")
    parser.add_argument("--models", nargs="+", default=[], metavar="MODEL[=WEIGHT]")
    parser.add_argument("--layer", action="append", default=[], metavar="L")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUES")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="(%(default)s)")
    parser.add_argument("--markdown", type=Path, help="also write a section in Markdown")
    return parser.parse_args(arguments)


def command(options: argparse.Namespace, *, every: bool) -> list[str]:
    """The command that is timed."""
    chosen = ["dse", options.space, *options.models, "--jobs", str(options.jobs)]
    for layer in options.layer:
        chosen += ["--layer", layer]
    for parameter in options.param:
        chosen += ["--param", parameter]
    return [*chosen, "--all"] if every else chosen


def best_point(found: dict[str, Any]) -> dict[str, Any] | None:
    """The best design of a sweep."""
    return next((p for p in found["points"] if p["index"] == found["best"]), None)


def design(point: dict[str, Any] | None, names: list[str]) -> str:
    """The parameters that vary, with the values of a design."""
    if point is None:
        return "none"
    return " ".join(f"{name}={point['parameters'][name]}" for name in names)


def row(found: dict[str, Any], seconds: float, *, every: bool) -> tuple[str, ...]:
    """One line of the table."""
    counts = found["counts"]
    layers = sum(model["layers"] for model in found["models"])
    figures = (counts["points"], layers, counts["optimal"], counts["skipped"], counts["searches"])
    return (
        "off" if every else "on",
        *map(str, figures),
        f"{seconds:.1f}",
        design(best_point(found), found["parameters"]),
    )


def contradictions(every: dict[str, Any], skipping: dict[str, Any]) -> Iterator[str]:
    """What is not as it must be."""
    counts = every["counts"]
    # That no mapping fits is proven as well.
    unproven = counts["points"] - counts["optimal"] - counts["infeasible"]
    if unproven:
        yield f"skipping off: {unproven} of {counts['points']} designs are not proven"
    for name, found in (("off", every), ("on", skipping)):
        if not found["best_proven"]:
            yield f"skipping {name}: the best design is not proven to be best"
    best = [best_point(found) for found in (every, skipping)]
    if every["best"] != skipping["best"]:
        names = every["parameters"]
        yield f"the best design differs: {design(best[0], names)} and {design(best[1], names)}"
    elif best[0] and best[1] and best[0]["value"] != best[1]["value"]:
        yield f"the best design's cost differs: {best[0]['value']} and {best[1]['value']}"
    yield from _refuted(every, skipping)


def _refuted(every: dict[str, Any], skipping: dict[str, Any]) -> Iterator[str]:
    """Bounds of skipped designs that are above what they cost."""
    values = {point["index"]: point["value"] for point in every["points"]}
    for point in skipping["points"]:
        value, bound = values[point["index"]], point["bound"]
        if value is not None and bound is not None and bound > value * (1 + 1e-9):
            shown = design(point, every["parameters"])
            yield f"{shown}: its bound {bound:.6g} with skipping is above its cost {value:.6g}"


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(arguments)
    rows: list[tuple[str, ...]] = [HEAD]
    runs = []
    try:
        for every in (False, True):
            run = timed(command(options, every=every))
            runs.append(run)
            rows.append(row(run.found, run.seconds, every=every))
            print("  ".join(f"{name} {text}" for name, text in zip(HEAD, rows[-1], strict=True)))
            sys.stdout.flush()
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    skipping, every_design = runs
    wrong = list(contradictions(every_design.found, skipping.found))
    ratio = every_design.seconds / skipping.seconds
    notes = [f"skipping takes 1/{ratio:.1f} of the time", *wrong]
    notes += [] if wrong else ["the same best design, proven both times"]
    title = f"The sweep {options.space}, least {skipping.found['objective']}"
    shown = ["python", "benchmarks/sweep.py", *(arguments or sys.argv[1:])]
    conclude(title, shown, rows, notes, options.markdown)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
