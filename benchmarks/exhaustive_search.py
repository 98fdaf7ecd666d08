"""A cost model and an enumeration of all mappings of a layer, for `exhaustive.py`.

Independent of the package, so that it can check it. All arrays are columns over many
tilings; a tiling is a dictionary from (level, dimension) to a column of factors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np

LEVELS = ("DRAM", "SPM", "RF", "PE")
OPERANDS = ("O", "I", "W")
CHUNK = 150_000
"""Tilings in memory at once, per group of dimensions that is being added."""


@dataclass(frozen=True)
class LoopNest:
    """Layouts (innermost first; x and y are input axes) and the groups of dimensions."""

    dims: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    layout: dict[str, tuple[str, ...]]

    def needs(self, operand: str) -> set[str]:
        """Loop dimensions that the operand's index depends on."""
        halo = {"x": {"Ox", "Fx"}, "y": {"Oy", "Fy"}}
        return set().union(*(halo.get(a, {a}) for a in self.layout[operand]))


_CONV_DIMS = ("N", "M", "C", "Ox", "Oy", "Fx", "Fy")
_CONV_GROUPS = (("Ox", "Fx"), ("Oy", "Fy"), ("M",), ("C",), ("N",))
NESTS = {
    "conv": LoopNest(
        _CONV_DIMS,
        _CONV_GROUPS,
        {"O": ("Oy", "Ox", "M", "N"), "I": ("y", "x", "C", "N"), "W": ("Fy", "Fx", "C", "M")},
    ),
    "depthwise": LoopNest(
        _CONV_DIMS,
        _CONV_GROUPS,
        {"O": ("Oy", "Ox", "C", "N"), "I": ("y", "x", "C", "N"), "W": ("Fy", "Fx", "C")},
    ),
    "gemm": LoopNest(
        ("X", "Y", "K"),
        (("X",), ("Y",), ("K",)),
        {"O": ("Y", "X"), "I": ("K", "X"), "W": ("Y", "K")},
    ),
}


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
        if not energy.size:
            return
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


@dataclass
class Problem:
    """A layer on an architecture: records as in a result file, looked up by name."""

    layer: dict
    arch: dict
    limits: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nest = NESTS[self.layer["kind"]]
        self.bounds = {d: int(self.layer["bounds"].get(d, 1)) for d in self.nest.dims}
        self.stride = _pair(self.layer.get("stride"))
        self.dilation = _pair(self.layer.get("dilation"))
        self.whole = dict(self.bounds)
        if self.layer["kind"] != "gemm":
            self.whole |= dict(zip("xy", self.layer["padded_input"], strict=True))
        self.tables = [self.options(group) for group in self.nest.groups]

    def extents(self, tile: dict) -> dict:
        """Loop extents of a tile, and the input's x and y under it."""
        result = dict(tile)
        for axis, name in enumerate("xy" if self.layer["kind"] != "gemm" else ""):
            if f"O{name}" in tile and f"F{name}" in tile:
                outputs, taps = tile[f"O{name}"] - 1, tile[f"F{name}"] - 1
                result[name] = outputs * self.stride[axis] + taps * self.dilation[axis] + 1
        return result

    def options(self, group: tuple[str, ...]) -> dict:
        """All factorisations of a group's dimensions: columns (level, dimension)."""
        rows = list(product(*(factorisations(self.bounds[d]) for d in group)))
        columns = np.array(rows, dtype=np.int64).reshape(len(rows), len(group), 4)
        table = {
            (level, d): columns[:, j, k]
            for j, d in enumerate(group)
            for k, level in enumerate(LEVELS)
        }
        return self._keep(table, group)

    def _keep(self, table: dict, group: tuple[str, ...]) -> dict:
        keep = np.ones(len(next(iter(table.values()))), dtype=bool)
        for d in group:
            if self.limits.get("no_feature_dram") and d in ("Fx", "Fy"):
                keep &= table["DRAM", d] == 1
            if self.limits.get("no_spatial_reduction") and d not in self.nest.needs("O"):
                keep &= table["PE", d] == 1
        return {key: column[keep] for key, column in table.items()}

    def count(self) -> int:
        """Number of tilings, valid or not."""
        return prod(len(next(iter(table.values()))) for table in self.tables)


def _pair(value: object) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value or (1, 1))


def factorisations(bound: int) -> list[tuple[int, int, int, int]]:
    """Every (DRAM, SPM, RF, PE) whose product is the bound."""
    low = [d for d in range(1, int(bound**0.5) + 1) if bound % d == 0]
    divisors = sorted({*low, *(bound // d for d in low)})
    return [
        (a, b, c, bound // (a * b * c))
        for a in divisors
        for b in divisors
        if bound % (a * b) == 0
        for c in divisors
        if bound % (a * b * c) == 0
    ]


def tile_sizes(problem: Problem, t: dict, levels: tuple[str, ...]) -> tuple[dict, dict]:
    """Elements of each operand in a tile, and the tile's extents (missing ones are 1)."""
    dims = [d for d in problem.nest.dims if (levels[0], d) in t]
    extents = problem.extents({d: _times(t[level, d] for level in levels) for d in dims})
    sizes = {
        x: _times(extents[a] for a in axes if a in extents)
        for x, axes in problem.nest.layout.items()
    }
    return sizes, extents


def _times(values: object) -> object:
    return prod(values, start=np.int64(1))


def capacity(problem: Problem, t: dict) -> tuple:
    """PEs, RF words, SPM bytes and SPM banks that (partial) tilings use at least."""
    word, bank = problem.arch["word_bytes"], problem.arch["spm_bank_bytes"]
    rf, _ = tile_sizes(problem, t, ("RF",))
    spm, _ = tile_sizes(problem, t, ("RF", "PE", "SPM"))
    pes = _times(column for (level, _), column in t.items() if level == "PE")
    return (
        pes,
        sum(rf.values()),
        sum(spm.values()) * word,
        sum(-(-size * word // bank) for size in spm.values()),
    )


def fitting(problem: Problem, t: dict, *, complete: bool) -> np.ndarray:
    """Which tilings fit. Sizes only grow with more dimensions: partial ones may be cut."""
    arch, limits = problem.arch, problem.limits
    pes, words, size, banks = capacity(problem, t)
    rf_words = arch["rf_bytes"] // arch["word_bytes"]
    fits = (pes <= arch["pes"]) & (words <= rf_words) & (banks <= arch["spm_banks"])
    if complete and rf_words:
        buffer = arch["spm_banks"] * arch["spm_bank_bytes"]
        fits = fits & (pes / arch["pes"] >= limits.get("min_pe_utilization", 0))
        fits = fits & (words / rf_words >= limits.get("min_rf_utilization", 0))
        fits = fits & (size / buffer >= limits.get("min_spm_utilization", 0))
    return fits


def valid_tilings(problem: Problem):
    """Blocks of valid tilings: columns by (level, dimension)."""

    def extend(block: dict, depth: int):
        if depth == len(problem.tables):
            yield block
            return
        table = problem.tables[depth]
        rows = len(next(iter(block.values()))) if block else 1
        options = len(next(iter(table.values())))
        step = max(1, CHUNK // max(options, 1))
        for start in range(0, rows, step):
            stop = min(start + step, rows)
            left = np.repeat(np.arange(start, stop), options)
            right = np.tile(np.arange(options), stop - start)
            grown = {key: column[left] for key, column in block.items()}
            grown |= {key: column[right] for key, column in table.items()}
            good = fitting(problem, grown, complete=depth + 1 == len(problem.tables))
            if good.any():
                yield from extend({key: column[good] for key, column in grown.items()}, depth + 1)

    yield from extend({}, 0)


def summary(problem: Problem, t: dict) -> dict:
    """Everything about tilings that does not depend on the loop orders."""
    arch, nest = problem.arch, problem.nest
    needs = {x: nest.needs(x) for x in OPERANDS}
    out = needs["O"]
    rf, _ = tile_sizes(problem, t, ("RF",))
    array, _ = tile_sizes(problem, t, ("RF", "PE"))
    _, extents = tile_sizes(problem, t, ("RF", "PE", "SPM"))

    def loops(level: str, dims) -> np.ndarray:
        return _times(t[level, d] for d in nest.dims if d in dims)

    every = set(nest.dims)
    s = {"T": loops("DRAM", every), "A": loops("SPM", every), "c": loops("RF", every)}
    s["visits"] = loops("DRAM", out)
    pes, groups = loops("PE", every), loops("PE", out)
    s["rho"] = rf["O"] * (pes // groups - 1) * groups
    ratio = arch["accelerator_mhz"] / arch["dma_mhz"]
    shared = set.intersection(*needs.values())
    s["freeDRAM"], s["freeSPM"] = loops("DRAM", shared), loops("SPM", shared)
    for x in OPERANDS:
        s["n" + x] = array[x]
        s["hop" + x] = rf[x] * (groups if x == "O" else pes)
        burst, count, whole = np.int64(1), np.int64(1), True
        for axis in nest.layout[x]:
            burst = burst * np.where(whole, extents[axis], 1)
            count = count * np.where(whole, 1, extents[axis])
            whole = whole & (extents[axis] == problem.whole[axis])
        clocks = arch["dma_startup_cycles"] + arch["dma_cycles_per_byte"] * (
            burst * arch["word_bytes"]
        )
        s["dma" + x] = count * np.ceil(clocks * ratio).astype(np.int64)
        s["size" + x] = count * burst
        s["rDRAM" + x], s["rSPM" + x] = (
            loops("DRAM", every - needs[x]),
            loops("SPM", every - needs[x]),
        )
    return s


def cost(problem: Problem, s: dict, dram: str, spm: str) -> tuple[np.ndarray, np.ndarray]:
    """Energy (rounded pJ) and latency (cycles) with these operands reused ('none': none).

    The reuse is in ``s["rDRAM" + operand]`` and ``s["rSPM" + operand]``.
    """
    one = np.int64(1)
    r_dram = {x: s["rDRAM" + x] if x == dram else one for x in OPERANDS}
    r_spm = {x: s["rSPM" + x] if x == spm else one for x in OPERANDS}
    held = {x: (r_spm[x] == s["A"]) & (r_dram[x] > 1) for x in OPERANDS}
    energy = _energy(problem, s, r_dram, r_spm, held)
    latency = _latency(s, r_dram, r_spm, held, dram, spm)
    leakage = problem.arch.get("leakage_mw", 0)
    if leakage:
        energy = energy + latency * (leakage * 1000 / problem.arch["accelerator_mhz"])
    return np.rint(energy), latency


def _energy(problem: Problem, s: dict, r_dram: dict, r_spm: dict, held: dict) -> np.ndarray:
    macs, price = prod(problem.bounds.values()), problem.arch["energy"]
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
    return total + words * price["dram_pj"]


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


def search(problem: Problem) -> Best:
    """The best energy, latency and EDP of a layer, over all that is valid."""
    best = Best()
    for block in valid_tilings(problem):
        rows = len(next(iter(block.values())))
        best.tilings += rows
        s = {k: np.broadcast_to(v, rows) for k, v in summary(problem, block).items()}
        for spm in (*OPERANDS, "none"):
            at_spm = np.flatnonzero(exists(s, "SPM", spm))
            if not at_spm.size:
                continue
            some = {k: v[at_spm] for k, v in s.items()}
            for dram in (*OPERANDS, "none"):
                at_both = np.flatnonzero(exists(some, "DRAM", dram))
                if at_both.size:
                    part = {k: v[at_both] for k, v in some.items()}
                    best.update(*cost(problem, part, dram, spm))
    return best
