"""Check results of `dmaze-cp map -o FILE`, or fronts of `pareto -o FILE`, by trying every mapping.

For a reader who does not trust the proof: this script needs numpy and nothing of the
package. It has a cost model of its own (`exhaustive_search.py`), enumerates every valid
tiling of every layer in the file under every dataflow (each operand stationary, and
none, at each level), and compares the best cost with the reported value and bound. The
cost of the reported mapping is recomputed from its own loop orders too.

    python benchmarks/exhaustive.py result.json --max-tilings 1e8

A million valid tilings take about half a second where there is a C compiler, a few seconds
without. Layers with more tilings than the limit are reported as skipped. Exit code 1 if
anything disagrees, 2 if the file is not a result.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from fnmatch import fnmatchcase
from math import prod
from pathlib import Path

import numpy as np
from exhaustive_front import Front, front_complaints, pins_of
from exhaustive_search import Best, cost, fitting, search, search_all, summary
from exhaustive_space import LEVELS, OPERANDS, PRODUCTS, Problem

SCHEMA = "dmaze-cp/result/1"
FRONT_SCHEMA = "dmaze-cp/front/1"
SHAPE = ("kind", "bounds", "stride", "dilation", "padded_input")
OBJECTIVES = ("energy", "latency", "edp")
RELATIVE = 1e-12
"""Room for EDPs and bounds that went through a double."""


def mapping_cost(problem: Problem, tiling: dict, loop_order: dict) -> dict[str, int]:
    """Energy, latency and EDP of one mapping, its reuse found by walking the orders."""
    tables = problem.tables_of(tiling)
    s = summary(problem, tables, [np.zeros(1, np.int64)] * len(tables))
    reuses = reuse_of(problem, tiling, loop_order)
    s |= {f"r{level}{x}": np.array([r], dtype=np.int64) for (level, x), r in reuses.items()}
    reused = {level: stationary_at(level, reuses) for level in ("DRAM", "SPM")}
    energy, latency = (int(column[0]) for column in cost(problem, s, reused["DRAM"], reused["SPM"]))
    return {"energy": energy, "latency": latency, "edp": energy * latency}


def reuse_of(problem: Problem, tiling: dict, loop_order: dict) -> dict[tuple[str, str], int]:
    """How often operands are reused at DRAM and SPM, by walking the orders."""
    reuses = {}
    for level in ("DRAM", "SPM"):
        factors = {d: tiling[level].get(d, 1) for d in problem.nest.dims}
        for x in OPERANDS:
            reuse = 1
            for d in reversed(loop_order[level]):
                if factors[d] > 1 and d in problem.nest.needs(x):
                    break
                reuse *= factors[d]
            reuses[level, x] = reuse
    return reuses


def stationary_at(level: str, reuses: dict[tuple[str, str], int]) -> str:
    """The operand that is reused at a level, or none."""
    return next((x for x in OPERANDS if reuses[level, x] > 1), "none")


def mapping_complaints(problem: Problem, record: dict) -> list[str]:
    """What is wrong with the reported mapping and its costs."""
    tiling = record["tiling"]
    for d, bound in problem.bounds.items():
        if prod(tiling[level].get(d, 1) for level in LEVELS) != bound:
            return [f"the factors of {d} do not multiply up to {bound}"]
    complaints = []
    tables = problem.tables_of(tiling)
    t = {name: prod(table[name] for table in tables) for name in PRODUCTS}
    if not fitting(problem, t, complete=True).all():
        complaints.append("the mapping does not fit")
    complaints += [
        f"the mapping breaks a pin on {d}"
        for d in problem.bounds
        if not problem.allows(d, tuple(tiling[level].get(d, 1) for level in LEVELS))
    ]
    reuses = reuse_of(problem, tiling, record["loop_order"])
    complaints += [
        f"the mapping breaks a pin on what is stationary at {level}"
        for level in ("DRAM", "SPM")
        if stationary_at(level, reuses) not in problem.kept(level)
    ]
    own = mapping_cost(problem, tiling, record["loop_order"])
    reported = {
        "energy": record["energy_pj"],
        "latency": record["latency_cycles"],
        "edp": record["edp"],
    }
    complaints += [
        f"{name} of the mapping is {own[name]}, reported {reported[name]}"
        for name in OBJECTIVES
        if not _same(own[name], reported[name])
    ]
    if not _same(own[record["objective"]], record["value"]):
        complaints.append(f"value is {record['value']}, the mapping's {own[record['objective']]}")
    return complaints


def space_complaints(best: Best, record: dict) -> list[str]:
    """Where the whole space contradicts the reported status, value or bound."""
    status, value, bound = record["status"], record["value"], record["bound"]
    least = best.value(record["objective"])
    if least is None:
        return [] if status in ("infeasible", "unknown") else ["nothing fits"]
    if status == "infeasible":
        return [f"{best.tilings} tilings fit, reported infeasible"]
    complaints = []
    if bound is not None and bound > least * (1 + RELATIVE):
        complaints.append(f"the bound {bound} is above the best cost {least}")
    if value is not None and value < least * (1 - RELATIVE):
        complaints.append(f"the value {value} is below the best cost {least}")
    if status == "optimal" and not _same(least, value):
        complaints.append(f"reported as optimal: {value}, best cost {least}")
    return complaints


def _same(exact: int, reported: float | None) -> bool:
    if reported is None:
        return False
    if isinstance(reported, int):
        return reported == exact
    return abs(reported - exact) <= RELATIVE * exact


def check(result: dict, pattern: str, max_tilings: float) -> tuple[int, int]:
    """Check all records whose layer matches; returns (disagreements, checked)."""
    arch = result["architecture"]
    found: dict[str, tuple[Best, float]] = {}
    wrong = checked = 0
    for record in result["layers"]:
        if not fnmatchcase(record["name"], pattern):
            continue
        problem = Problem(
            {name: record.get(name) for name in SHAPE}, arch, tuple(record.get("constraints", ()))
        )
        complaints = []
        if record["tiling"] is not None:
            complaints = mapping_complaints(problem, record)
        title = f"{record['name']} ({record['objective']})"
        tilings = problem.count()
        if tilings > max_tilings:
            verdict = f"space skipped, {tilings:.3g} tilings"
        else:
            key = json.dumps([problem.layer, problem.pins], sort_keys=True)
            if key not in found:
                started = time.perf_counter()
                found[key] = search(problem), time.perf_counter() - started
            best, seconds = found[key]
            complaints += space_complaints(best, record)
            checked += 1
            verdict = (
                f"{best.tilings} of {tilings} tilings valid, best {best.value(record['objective'])}"
                f" ({seconds:.1f} s)"
            )
        wrong += bool(complaints)
        word = "DISAGREES" if complaints else "agrees" if tilings <= max_tilings else "cost agrees"
        print(f"{title}: {word}; reported {record['value']}, bound {record['bound']}; {verdict}")
        for complaint in complaints:
            print(f"    {complaint}")
    return wrong, checked


def check_fronts(result: dict, pattern: str, max_tilings: float) -> tuple[int, int]:
    """Check the fronts of all layers that match; returns (disagreements, checked)."""
    wrong = checked = 0
    for record in result["layers"]:
        if not fnmatchcase(record["name"], pattern):
            continue
        layer = {name: record.get(name) for name in SHAPE}
        problem = Problem(layer, result["architecture"])
        # M of a depthwise convolution is no loop.
        dims = {d for d in problem.nest.dims if (layer["kind"], d) != ("depthwise", "M")}
        loops = {d: {d} for d in dims} | {x: problem.nest.needs(x) for x in OPERANDS}
        pins = pins_of(record, result["constraints"], loops)
        problem = Problem(layer, result["architecture"], pins)
        told = f"{record['name']}: {record['status']}, {len(record['points'])} points"
        if problem.count() > max_tilings or any("padded" in point for point in record["points"]):
            print(f"{told}: skipped, {problem.count():.3g} tilings")
            continue
        complaints = []
        for place, point in enumerate(record["points"]):
            own = mapping_cost(problem, point["tiling"], point["loop_order"])
            if (own["energy"], own["latency"]) != (point["energy_pj"], point["latency_cycles"]):
                complaints.append(f"point {place} costs something else: {own}")
        started = time.perf_counter()
        front = search_all(problem, Front())
        exact = front.within(pins)
        complaints += front_complaints(exact, record)
        checked += 1
        wrong += bool(complaints)
        word = "DISAGREES" if complaints else "agrees"
        seconds = time.perf_counter() - started
        print(
            f"{told}: {word}; {front.tilings} of {problem.count()} tilings valid ({seconds:.1f} s)"
        )
        for complaint in complaints:
            print(f"    {complaint}")
    return wrong, checked


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Check a result file by trying every mapping.")
    parser.add_argument("file", type=Path, help="written by dmaze-cp map -o or pareto -o")
    parser.add_argument("--layer", default="*", help="only layers whose name matches this glob")
    parser.add_argument(
        "--max-tilings", type=float, default=2e7, help="skip larger spaces (default %(default)g)"
    )
    options = parser.parse_args(arguments)
    try:
        result = json.loads(options.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 2
    checks = {SCHEMA: check, FRONT_SCHEMA: check_fronts}
    if not isinstance(result, dict) or result.get("schema") not in checks:
        print(f"{options.file}: schema: expected {' or '.join(checks)}", file=sys.stderr)
        return 2
    wrong, checked = checks[result["schema"]](result, options.layer, options.max_tilings)
    print(f"{checked} spaces tried in full, {wrong} records disagree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
