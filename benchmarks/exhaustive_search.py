"""A cost model and a search over all mappings of a layer, for `exhaustive.py`.

Independent of the package, so that it can check it. The tables of `exhaustive_space.py`
are joined group by group; what cannot fit is dropped as soon as the groups so far show
it. Where there is a C compiler, `search` does the same in C (`exhaustive_kernel.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import exhaustive_kernel
import numpy as np
from exhaustive_front import Front
from exhaustive_space import OPERANDS, PRODUCTS, SIZES, Problem, Table

Kept = TypeVar("Kept", "Best", Front)

CHUNK = 1_000_000
"""Tilings in memory at once, per group of dimensions that is being added."""

BLOCK = 8_192
"""Tilings whose costs are computed at once: their columns stay in the cache."""

_CAPACITY = tuple(name for name in SIZES if not name.startswith("array"))
_CAPACITY_PES = (*_CAPACITY, "groups", "reduced")
"""Columns that decide whether a tiling fits."""


@dataclass
class Best:
    """Least costs over what was tried (None: nothing fits)."""

    tilings: int = 0
    energy: int | None = None
    latency: int | None = None
    edp: int | None = None

    def value(self, objective: str) -> int | None:
        """Least cost for one objective."""
        return getattr(self, objective)

    def update(self, energy: np.ndarray, latency: np.ndarray) -> None:
        """Take in the costs of more mappings; EDP is compared in exact integers."""
        edp = energy * latency
        near = np.flatnonzero(edp <= edp.min() * (1 + 1e-12))
        candidates = {
            "energy": int(energy.min()),
            "latency": int(latency.min()),
            "edp": min(int(energy[i]) * int(latency[i]) for i in near),
        }
        for name, new in candidates.items():
            old = getattr(self, name)
            setattr(self, name, new if old is None else min(old, new))


def fitting(problem: Problem, t: Table, *, complete: bool) -> np.ndarray:
    """Which tilings fit. Sizes only grow with more groups: partial ones may be cut."""
    arch = problem.arch
    word, bank = arch["word_bytes"], arch["spm_bank_bytes"]
    pes = t["groups"] * t["reduced"]
    words = sum(t["rf" + x] for x in OPERANDS)
    banks = sum(-(-(t["spm" + x] * word) // bank) for x in OPERANDS)
    fits = (pes <= arch["pes"]) & (words <= problem.rf_words) & (banks <= arch["spm_banks"])
    if complete and problem.rf_words:
        size = sum(t["spm" + x] for x in OPERANDS) * word
        buffer = arch["spm_banks"] * bank
        fits = fits & (pes / arch["pes"] >= problem.least("PE"))
        fits = fits & (words / problem.rf_words >= problem.least("RF"))
        fits = fits & (size / buffer >= problem.least("SPM"))
    return fits


def valid_tilings(problem: Problem, tables: list[Table]) -> Iterator[list[np.ndarray]]:
    """Blocks of valid tilings: for each table, a column of places in it."""

    def extend(block: Table, places: list[np.ndarray], depth: int) -> Iterator[list[np.ndarray]]:
        if depth == len(tables):
            yield places
            return
        table = tables[depth]
        rows, options = len(block["groups"]), len(table["groups"])
        step = max(1, CHUNK // max(options, 1))
        for start in range(0, rows, step):
            part = {name: block[name][start : start + step, None] for name in _CAPACITY_PES}
            grown = {name: column * table[name] for name, column in part.items()}
            good = fitting(problem, grown, complete=depth + 1 == len(tables))
            left, right = np.nonzero(good)
            if left.size:
                kept = {name: column[left, right] for name, column in grown.items()}
                before = [column[start + left] for column in places]
                yield from extend(kept, [*before, right], depth + 1)

    yield from extend({name: np.ones(1, np.int64) for name in _CAPACITY_PES}, [], 0)


def summary(problem: Problem, tables: list[Table], places: list[np.ndarray]) -> Table:
    """Everything about tilings that does not depend on the loop orders."""
    arch = problem.arch
    t: Table = {}
    for name in PRODUCTS:
        t[name] = tables[0][name][places[0]]
        for table, place in zip(tables[1:], places[1:], strict=True):
            t[name] = t[name] * table[name][place]
    s = {"T": t["freeDRAMO"] * t["needDRAMO"], "A": t["freeSPMO"] * t["needSPMO"]}
    s |= {"c": t["cycles"], "visits": t["needDRAMO"]}
    s |= {"freeDRAM": t["sharedDRAM"], "freeSPM": t["sharedSPM"]}
    s["rho"] = t["rfO"] * (t["reduced"] - 1) * t["groups"]
    ratio = arch["accelerator_mhz"] / arch["dma_mhz"]
    for x in OPERANDS:
        s["n" + x] = t["array" + x]
        s["hop" + x] = t["rf" + x] * t["groups"] * (1 if x == "O" else t["reduced"])
        burst, whole = np.ones(len(places[0]), np.int64), np.ones(len(places[0]), bool)
        for g in problem.nest.walk(x):
            burst = np.where(whole, burst * tables[g]["spm" + x][places[g]], burst)
            whole = whole & (tables[g]["whole" + x][places[g]] == 1)
        clocks = arch["dma_startup_cycles"] + arch["dma_cycles_per_byte"] * (
            burst * arch["word_bytes"]
        )
        count = t["spm" + x] // burst
        s["dma" + x] = count * np.ceil(clocks * ratio).astype(np.int64)
        s["size" + x] = t["spm" + x]
        s["rDRAM" + x], s["rSPM" + x] = t["freeDRAM" + x], t["freeSPM" + x]
    return s


def cost(problem: Problem, s: dict, dram: str, spm: str) -> tuple[np.ndarray, np.ndarray]:
    """Energy (rounded pJ) and latency (cycles) with these operands reused ('none': none).

    The reuse is in ``s["rDRAM" + operand]`` and ``s["rSPM" + operand]``.
    """
    one = np.int64(1)
    r_dram = {x: s["rDRAM" + x] if x == dram else one for x in OPERANDS}
    r_spm = {x: s["rSPM" + x] if x == spm else one for x in OPERANDS}
    held = {x: (r_spm[x] == s["A"]) & (r_dram[x] > 1) for x in OPERANDS}
    latency = _latency(s, r_dram, r_spm, held, dram, spm)
    return _energy(problem, s, r_dram, r_spm, held, latency), latency


def _energy(
    problem: Problem, s: dict, r_dram: dict, r_spm: dict, held: dict, latency: np.ndarray
) -> np.ndarray:
    macs, price = problem.macs, problem.arch["energy"]
    hops = accesses = words = 0
    for x in OPERANDS:
        stays = s["T"] // r_dram[x]
        moves = np.where(held[x], stays, s["T"] * (s["A"] // r_spm[x]))
        reduced = moves * s["rho"] if x == "O" else None
        if x == "O":
            reductions, stays = reduced, 2 * stays - s["visits"]
            moves = np.where(held[x], moves, 2 * moves)
        hops = hops + moves * s["hop" + x]
        accesses = accesses + moves * s["n" + x]
        words = words + stays * s["size" + x]
    total = (macs + reductions) * price["mac_pj"]
    total = total + (4 * macs + 3 * reductions) * price["rf_pj"]
    total = total + (hops + reductions) * price["noc_pj"]
    total = total + accesses * price["spm_pj"]
    total = total + words * price["dram_pj"]
    leaked = problem.arch.get("leakage_mw", 0) * 1000 / problem.arch["accelerator_mhz"]
    return np.rint(total + latency * leaked)


def _latency(s: dict, r_dram: dict, r_spm: dict, held: dict, dram: str, spm: str) -> np.ndarray:
    c, a, work = s["c"], s["A"], s["c"] + s["rho"]
    # Distribution that happens at every RF pass; the operand reused at SPM comes later.
    first = [s["n" + x] * ~held[x] for x in OPERANDS if x != spm]
    if spm != "none":
        first.append(np.where(r_spm[spm] == 1, s["n" + spm] * ~held[spm], 0))
    slowest = np.maximum.reduce(np.broadcast_arrays(*first))
    in_turn = ~held["O"] & (r_spm["O"] == 1)
    ready = np.where(in_turn, slowest, np.maximum(slowest, c))
    busy = ready * a + np.where(in_turn, work * a, 0)
    if spm != "none":
        later = np.maximum(s["n" + spm] - ready, 0) + (work if spm == "O" else 0)
        busy = busy + np.where(held[spm] | (r_spm[spm] == 1), 0, later * (a // r_spm[spm]))
    always = sum(s["dma" + x] * (2 if x == "O" else 1) for x in OPERANDS if x != dram)
    base = np.maximum(always, busy)
    total = base * s["T"]
    if dram == "none":
        return total
    own = s["dma" + dram]
    load = np.maximum(always + own, busy + held[dram] * work * (dram == "O"))
    idle = np.maximum(s["n" + dram] - slowest, 0) * held[dram]
    store = np.maximum(always + own * (dram == "O"), busy + idle)
    waits = np.maximum(load - base, 0) + np.maximum(store - base, 0)
    return total + waits * (s["T"] // r_dram[dram])


def exists(s: dict, level: str, operand: str) -> np.ndarray:
    """Where a level has loop orders that keep the operand ('none': no operand)."""
    if operand != "none":
        return s[f"r{level}{operand}"] > 1
    return (s["T" if level == "DRAM" else "A"] == 1) | (s["free" + level] > 1)


def is_any_kept(problem: Problem) -> bool:
    """Whether pins leave open what is stationary: the search in C tries everything."""
    return all(problem.kept(level) == {*OPERANDS, "none"} for level in ("DRAM", "SPM"))


def search(problem: Problem) -> Best:
    """The best energy, latency and EDP of a layer, over all that is valid."""
    kernel = exhaustive_kernel.load() if is_any_kept(problem) else None
    return search_with_numpy(problem) if kernel is None else Best(*kernel.search(problem))


def search_with_numpy(problem: Problem) -> Best:
    """The same without a compiler."""
    return search_all(problem, Best())


def search_all(problem: Problem, best: Kept) -> Kept:
    """Every mapping's costs taken in by `best`: a `Best`, or a `Front`."""
    tables = problem.tables()
    for found in valid_tilings(problem, tables):
        best.tilings += len(found[0])
        for start in range(0, len(found[0]), BLOCK):
            places = [column[start : start + BLOCK] for column in found]
            _score(problem, summary(problem, tables, places), best)
    return best


def _score(problem: Problem, s: Table, best: Best | Front) -> None:
    for spm in problem.kept("SPM"):
        at_spm = np.flatnonzero(exists(s, "SPM", spm))
        some = {k: v[at_spm] for k, v in s.items()}
        for dram in problem.kept("DRAM"):
            at_both = np.flatnonzero(exists(some, "DRAM", dram))
            if at_both.size:
                best.update(*cost(problem, {k: v[at_both] for k, v in some.items()}, dram, spm))
