"""Best mapping of a small layer by trying every tiling and every loop order.

An implementation of the published model that shares nothing with the package but
the attributes of layers, architectures and constraints. Loop orders are tried by
walking them from the innermost loop out, orders with the same reuse once only;
operands that are reused in part are included.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dmaze_cp.architecture import Architecture
    from dmaze_cp.constraints import Constraints
    from dmaze_cp.workload import Layer

O, I, W = range(3)  # noqa: E741 - the field's names
CHUNK = 400_000
"""Mappings that are scored at once, for bounded memory."""

DEPENDS = {
    "conv": ("N M Ox Oy", "N C Ox Oy Fx Fy", "M C Fx Fy"),
    "depthwise": ("N M C Ox Oy", "N M C Ox Oy Fx Fy", "M C Fx Fy"),
    "gemm": ("X Y", "X K", "K Y"),
}
# Depthwise M is 1 everywhere: whether an operand depends on it makes no difference.


@dataclass(frozen=True)
class Best:
    """A mapping with the least cost: factors by level and dimension, and its reuse."""

    value: int
    tiling: dict[str, dict[str, int]]
    reuse_spm: tuple[int, ...]
    reuse_dram: tuple[int, ...]


@dataclass(frozen=True)
class BruteForce:
    """Best energy, latency and EDP (None where nothing fits) and what was tried."""

    tilings: int
    valid_tilings: int
    mappings: int
    energy: Best | None
    latency: Best | None
    edp: Best | None

    def value(self, objective: str) -> int | None:
        best = getattr(self, objective)
        return None if best is None else best.value


def brute_force(
    layer: Layer, architecture: Architecture, constraints: Constraints | None = None
) -> BruteForce:
    """Try everything; meant for layers with up to some ten thousand tilings."""
    tilings = all_tilings(layer)
    valid = tilings[is_valid(layer, architecture, tilings)]
    if constraints is not None:
        valid = valid[is_allowed(layer, architecture, constraints, valid)]
    best: dict[str, Best | None] = {"energy": None, "latency": None, "edp": None}
    mappings = 0
    for index, reuse_spm, reuse_dram in _mappings(layer, valid, constraints):
        mappings += len(index)
        energy, latency = costs(layer, architecture, valid[index], reuse_spm, reuse_dram)
        if float(energy.max()) * float(latency.max()) < 2.0**62:
            edp = energy.astype(np.int64) * latency
        else:
            edp = np.array([int(e) * int(t) for e, t in zip(energy, latency, strict=True)], object)
        for name, cost in (("energy", energy), ("latency", latency), ("edp", edp)):
            at = int(np.argmin(cost))
            if best[name] is None or int(cost[at]) < best[name].value:
                best[name] = Best(
                    int(cost[at]),
                    _named(layer, valid[index[at]]),
                    tuple(int(r) for r in reuse_spm[at]),
                    tuple(int(r) for r in reuse_dram[at]),
                )
    return BruteForce(len(tilings), len(valid), mappings, **best)


def every_cost(
    layer: Layer, architecture: Architecture, constraints: Constraints | None = None
) -> list[tuple[int, int]]:
    """Energy and latency of every mapping, each pair once."""
    tilings = all_tilings(layer)
    valid = tilings[is_valid(layer, architecture, tilings)]
    if constraints is not None:
        valid = valid[is_allowed(layer, architecture, constraints, valid)]
    found: set[tuple[int, int]] = set()
    for index, reuse_spm, reuse_dram in _mappings(layer, valid, constraints):
        energy, latency = costs(layer, architecture, valid[index], reuse_spm, reuse_dram)
        found.update((int(e), int(t)) for e, t in zip(energy, latency, strict=True))
    return sorted(found)


def every_pair(
    layer: Layer, architecture: Architecture
) -> list[tuple[int, int, tuple[int, ...], str, str]]:
    """Every pair of a tiling and a dataflow that it can have.

    Energy, latency, factors (dimension by dimension, those of x with x and of y with y; each
    from DRAM to the PEs), and what is stationary at DRAM and at SPM.
    """
    tilings = all_tilings(layer)
    valid = tilings[is_valid(layer, architecture, tilings)]
    pairs = [
        (index, spm, dram, names)
        for index, tiling in enumerate(valid)
        for at_dram, dram in _whole_reuse(layer, tiling[0])
        for at_spm, spm in _whole_reuse(layer, tiling[1])
        for names in [(at_dram, at_spm)]
    ]
    if not pairs:
        return []
    index, spm, dram = _columns([pair[:3] for pair in pairs])
    energy, latency = costs(layer, architecture, valid[index], spm, dram)
    dims = list(layer.dimensions)
    order = sorted(range(len(dims)), key=lambda d: (dims[d][1:], d) if len(dims) > 3 else ("", d))
    rows = valid[index][:, :, order].transpose(0, 2, 1).reshape(len(index), -1)
    return [
        (int(e), int(t), tuple(row.tolist()), *pair[3])
        for e, t, row, pair in zip(energy, latency, rows, pairs, strict=True)
    ]


def _whole_reuse(layer: Layer, factors: np.ndarray) -> list[tuple[str, tuple[int, int, int]]]:
    """Operands that can be wholly stationary at a level, and the reuse of O, I and W then."""
    depends = _depends(layer)
    found = []
    for x, name in enumerate("OIW"):
        reuse = int(np.prod(factors[~depends[x]]))
        if reuse > 1:
            found.append((name, tuple(reuse if y == x else 1 for y in range(3))))
    by_all = int(np.prod(factors[depends.all(axis=0)]))
    if int(np.prod(factors)) == 1 or by_all > 1:
        found.append(("none", (1, 1, 1)))
    return found


def all_tilings(layer: Layer) -> np.ndarray:
    """Every tiling: shape (tilings, 4 levels DRAM SPM RF PE, dimensions)."""
    rows = [np.array(factorisations(bound)) for bound in layer.extents]
    grid = np.meshgrid(*(np.arange(len(r)) for r in rows), indexing="ij")
    columns = [r[g.ravel()] for r, g in zip(rows, grid, strict=True)]
    return np.stack(columns, axis=2).astype(np.int64)


def count_tilings(extents: tuple[int, ...]) -> int:
    """How many tilings `all_tilings` would make."""
    return int(np.prod([len(factorisations(bound)) for bound in extents], dtype=object))


@cache
def factorisations(bound: int) -> tuple[tuple[int, int, int, int], ...]:
    """Every (DRAM, SPM, RF, PE) whose product is the bound."""
    divisors = [d for d in range(1, bound + 1) if bound % d == 0]
    return tuple(
        (a, b, c, bound // (a * b * c))
        for a, b, c in product(divisors, repeat=3)
        if bound % (a * b * c) == 0
    )


def is_valid(layer: Layer, architecture: Architecture, tilings: np.ndarray) -> np.ndarray:
    """Which tilings fit the PEs, the register files and the scratchpad."""
    _, spm, rf, pe = np.moveaxis(tilings, 1, 0)
    bank = architecture.spm_bank_bytes
    in_rf = [e * w for e, w in zip(_elements(layer, rf), _words(architecture), strict=True)]
    in_spm = _elements(layer, rf * pe * spm)
    banks = [-(-(e * w) // bank) for e, w in zip(in_spm, _words(architecture), strict=True)]
    good = _fit_pes(layer, architecture, pe)
    for used, sizes in ((in_rf, architecture.rf_bytes), (banks, architecture.spm_banks)):
        if isinstance(sizes, int):
            good &= used[O] + used[I] + used[W] <= sizes
            continue
        for letters, size in sizes.items():
            good &= sum(used["OIW".index(letter)] for letter in letters) <= size
    return good


def _words(architecture: Architecture) -> list[int]:
    """Bytes of an element of O, I and W."""
    return [_of(architecture.word_bytes, x) for x in (O, I, W)]


def _of(figure, x: int):
    """The figure of an operand: all have one, or each its own."""
    return figure if isinstance(figure, int | float) else figure["OIW"[x]]


def _pe_count(architecture: Architecture) -> int:
    array = architecture.pe_array
    return architecture.pes if array is None else array.rows * array.cols


def _fit_pes(layer: Layer, architecture: Architecture, pe: np.ndarray) -> np.ndarray:
    """Which PE factors fit: on an array, by trying every way to split them in rows and columns."""
    if architecture.pe_array is None:
        return pe.prod(1) <= architecture.pes
    array = architecture.pe_array
    known: dict[tuple[int, ...], bool] = {}
    for factors in {tuple(row) for row in pe.tolist()}:
        reached = {(1, 1)}
        for d, factor in zip(layer.dimensions, factors, strict=True):
            rows = [r for r in range(1, factor + 1) if factor % r == 0]
            if array.unroll_rows is not None and d not in array.unroll_rows:
                rows = [1]
            if array.unroll_cols is not None and d not in array.unroll_cols:
                rows = [r for r in rows if r == factor]
            reached = {
                (a * r, b * (factor // r))
                for a, b in reached
                for r in rows
                if a * r <= array.rows and b * (factor // r) <= array.cols
            }
        known[factors] = bool(reached)
    return np.array([known[tuple(row)] for row in pe.tolist()], dtype=bool)


def is_allowed(
    layer: Layer, architecture: Architecture, constraints: Constraints, tilings: np.ndarray
) -> np.ndarray:
    """Which tilings satisfy the user's pins, apart from those on what is stationary."""
    good = np.ones(len(tilings), dtype=bool)
    for text in map(str, constraints.pins):
        name, sign, value = re.fullmatch(r"([A-Za-z.]+)(=|<=|>=)(.*)", text).groups()
        if name == "spatial":
            good &= _unrolled_only(layer, value.split(","), tilings)
        elif name.startswith("util."):
            used, whole = _use(layer, architecture, name[5:], tilings)
            good &= used / max(whole, 1) >= float(value)
        elif not name.startswith(("stationary.", "pad")):
            level, dimension = name.split(".")
            if dimension not in layer.dimensions:
                continue  # a factor of 1, which is all that such pins say
            j = layer.dimensions.index(dimension)
            factor = tilings[:, ("DRAM", "SPM", "RF", "PE").index(level), j]
            wanted = layer.extents[j] if value == "full" else int(value)
            good &= {"=": factor == wanted, "<=": factor <= wanted, ">=": factor >= wanted}[sign]
    return good


def _unrolled_only(layer: Layer, names: list[str], tilings: np.ndarray) -> np.ndarray:
    """Which tilings unroll these dimensions, and those that these operands depend on, only."""
    good = np.ones(len(tilings), dtype=bool)
    depends = _depends(layer)
    for j, dimension in enumerate(layer.dimensions):
        named = dimension in names or any(depends["OIW".index(x), j] for x in names if x in "OIW")
        if not named:
            good &= tilings[:, 3, j] == 1
    return good


def _use(layer: Layer, architecture: Architecture, level: str, tilings: np.ndarray):
    """How much of the PEs, of an RF or of the SPM tilings use, and how much there is."""
    _, spm, rf, pe = np.moveaxis(tilings, 1, 0)
    words = _words(architecture)
    if level == "PE":
        return pe.prod(1), _pe_count(architecture)
    if level == "RF":
        # Whole words where all are equal, else bytes.
        unit = words[0] if len(set(words)) == 1 else 1
        used = sum(e * w for e, w in zip(_elements(layer, rf), words, strict=True)) // unit
        return used, _whole(architecture.rf_bytes) // unit
    in_spm = _elements(layer, rf * pe * spm)
    used = sum(e * w for e, w in zip(in_spm, words, strict=True))
    return used, _whole(architecture.spm_banks) * architecture.spm_bank_bytes


def may_keep(constraints: Constraints | None, level: str) -> set[str]:
    """What pins let a level keep stationary."""
    allowed = {"O", "I", "W", "none", "part"}
    for text in () if constraints is None else map(str, constraints.pins):
        if text.startswith(f"stationary.{level}="):
            allowed &= set(text.split("=")[1].split("|"))
    return allowed


def kept_by(layer: Layer, factors: tuple[int, ...], reuse: tuple[int, ...]) -> str:
    """What a level with this reuse keeps stationary: an operand, none, or one in part."""
    if max(reuse) == 1:
        return "none"
    (x,) = (x for x in (O, I, W) if reuse[x] > 1)
    free = [f for f, used in zip(factors, _depends(layer)[x], strict=True) if not used]
    return "OIW"[x] if reuse[x] == math.prod(free) else "part"


def _whole(sizes) -> int:
    """All pools of a memory together."""
    return sizes if isinstance(sizes, int) else sum(sizes.values())


def reuse_triples(layer: Layer, factors: tuple[int, ...]) -> tuple[tuple[int, int, int], ...]:
    """The reuse (O, I, W) of every loop order of a level with these trip counts."""
    depends = _depends(layer)
    looping = tuple(
        (f, tuple(bool(x) for x in depends[:, j])) for j, f in enumerate(factors) if f > 1
    )
    return _triples(looping)


@lru_cache(maxsize=100_000)
def _triples(
    looping: tuple[tuple[int, tuple[bool, ...]], ...],
) -> tuple[tuple[int, int, int], ...]:
    found = set()

    def walk(left: tuple[int, ...], reuse: tuple[int, ...], alive: tuple[bool, ...]) -> None:
        if not left or not any(alive):
            found.add(reuse)
            return
        for k in left:
            trip, stops = looping[k]
            still = tuple(a and not s for a, s in zip(alive, stops, strict=True))
            grown = tuple(r * trip if a else r for r, a in zip(reuse, still, strict=True))
            walk(tuple(j for j in left if j != k), grown, still)

    walk(tuple(range(len(looping))), (1, 1, 1), (True, True, True))
    return tuple(sorted(found))


def costs(
    layer: Layer,
    architecture: Architecture,
    tilings: np.ndarray,
    reuse_spm: np.ndarray,
    reuse_dram: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Energy (pJ, rounded, as doubles) and latency (cycles) of many mappings.

    `tilings` has shape (n, 4, dimensions); the reuses (n, 3), operands O I W.
    """
    dram, spm, rf, pe = np.moveaxis(tilings, 1, 0)
    of_output = _depends(layer)[O]
    passes, steps, cycles = dram.prod(1), spm.prod(1), rf.prod(1)
    visits = dram[:, of_output].prod(1)
    pes, groups = pe.prod(1), pe[:, of_output].prod(1)
    small, array = _elements(layer, rf), _elements(layer, rf * pe)
    reduction = small[O] * (pes // groups - 1) * groups
    bursts = _bursts(layer, rf * pe * spm)
    held = (reuse_spm == steps[:, None]) & (reuse_dram > 1)
    energy = _energy(
        architecture, layer.macs, passes, steps, visits, pes, groups, small, array, reduction,
        bursts, held, reuse_spm, reuse_dram,
    )  # fmt: skip
    words = _words(architecture)
    dma = [n * _burst_cycles(architecture, b * w) for (n, b), w in zip(bursts, words, strict=True)]
    width = architecture.noc_elements_per_cycle
    spread = [-(-array[x] // _of(width, x)) for x in (O, I, W)]
    busy, slow = _pass_cycles(steps, cycles, spread, reduction, held, reuse_spm)
    # Load and store of an output that is not reused; a reused operand waits for its turn.
    fixed = [np.where(reuse_dram[:, x] == 1, dma[x] * (2 if x == O else 1), 0) for x in (O, I, W)]
    always = fixed[O] + fixed[I] + fixed[W]
    base = np.maximum(always, busy)
    latency = base * passes
    for x in (O, I, W):
        drain = (reduction + cycles) * held[:, x] if x == O else 0
        load = np.maximum(always + dma[x], busy + drain)
        store = np.maximum(
            always + (dma[x] if x == O else 0),
            busy + held[:, x] * np.maximum(spread[x] - slow, 0),
        )
        extra = np.maximum(load - base, 0) + np.maximum(store - base, 0)
        latency = latency + np.where(reuse_dram[:, x] > 1, extra * passes // reuse_dram[:, x], 0)
    if architecture.leakage_mw:
        energy = energy + latency * (architecture.leakage_mw * 1000 / architecture.accelerator_mhz)
    return np.rint(energy), latency


def _energy(
    architecture, macs, passes, steps, visits, pes, groups, small, array, reduction,
    bursts, held, reuse_spm, reuse_dram,
):  # fmt: skip
    noc, spm, dram, compute = [], [], [], []
    for x in (O, I, W):
        refills = passes // reuse_dram[:, x]
        moves = np.where(held[:, x], refills, passes * steps // reuse_spm[:, x])
        both_ways = np.where(held[:, x], 1, 2) if x == O else 1
        noc.append((x, moves * both_ways * small[x] * (groups if x == O else pes)))
        spm.append((x, moves * both_ways * array[x]))
        n, burst = bursts[x]
        dram.append((x, (refills + (refills - visits if x == O else 0)) * n * burst))
        compute.append((x, (2 if x == O else 1) * macs))
        if x == O:
            reduced = moves * reduction
    price = architecture.energy
    words = _words(architecture)

    def each(given, x):
        """The price of one element: a number is for a word of so many bytes."""
        if not isinstance(given, int | float):
            return given["OIW"[x]]
        return given * (words[x] / (price.word_bytes or max(words)))

    def energy(given, counts):
        """Whole counts of one price first, then one product each, in their order."""
        sums: dict[float, object] = {}
        for x, count in counts:
            sums[each(given, x)] = sums.get(each(given, x), 0) + count
        first, *rest = (count * pj for pj, count in sums.items())
        for more in rest:
            first = first + more
        return first

    # The components are added in this order: the rounding of the model is defined to the last bit.
    total = (macs + reduced) * price.mac_pj
    total = total + energy(price.rf_pj, [*compute, (O, 3 * reduced)])
    total = total + energy(price.noc_pj, [*noc, (O, reduced)])
    total = total + energy(price.spm_pj, spm)
    return total + energy(price.dram_pj, dram)


def _pass_cycles(steps, cycles, spread, reduction, held, reuse):
    """Cycles of an SPM pass, and the slowest distribution with nothing to hide it."""
    moving = ~held
    slow = np.max([np.where(moving[:, x] & (reuse[:, x] == 1), spread[x], 0) for x in (O, I, W)], 0)
    serial = moving[:, O] & (reuse[:, O] == 1)
    done = np.where(serial, slow, np.maximum(slow, cycles))
    busy = done * steps + np.where(serial, (cycles + reduction) * steps, 0)
    for x in (O, I, W):
        late = moving[:, x] & (reuse[:, x] > 1)
        extra = np.maximum(spread[x] - done, 0) + (cycles + reduction if x == O else 0)
        busy = busy + np.where(late, extra * (steps // reuse[:, x]), 0)
    return busy, slow


def _elements(layer: Layer, t: np.ndarray) -> list[np.ndarray]:
    if layer.kind == "gemm":
        x, y, k = t.T
        return [x * y, x * k, k * y]
    n, m, c, ox, oy, fx, fy = t.T
    rows, columns = _window(layer, 0, ox, fx), _window(layer, 1, oy, fy)
    channels = c if layer.kind == "depthwise" else m
    weights = c * fx * fy * (1 if layer.kind == "depthwise" else m)
    return [n * channels * ox * oy, n * c * rows * columns, weights]


def _window(layer: Layer, axis: int, o: np.ndarray, f: np.ndarray) -> np.ndarray:
    return (o - 1) * layer.stride[axis] + (f - 1) * layer.dilation[axis] + 1


def _bursts(layer: Layer, t: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(invocations, elements of one) for O, I and W."""
    if layer.kind == "gemm":
        (x, y, k), (bx, by, bk) = t.T, layer.extents
        walks = [[(y, by), (x, bx)], [(k, bk), (x, bx)], [(y, by), (k, bk)]]
    else:
        (n, m, c, ox, oy, fx, fy), (bn, bm, bc, box, boy, bfx, bfy) = t.T, layer.extents
        rows, columns = _window(layer, 0, ox, fx), _window(layer, 1, oy, fy)
        whole_rows, whole_columns = layer.padded_input
        channel = (c, bc) if layer.kind == "depthwise" else (m, bm)
        walks = [
            [(oy, boy), (ox, box), channel, (n, bn)],
            [(columns, whole_columns), (rows, whole_rows), (c, bc), (n, bn)],
            [(fy, bfy), (fx, bfx), (c, bc), (m, bm)],
        ]
    result = []
    for walk in walks:
        burst = count = np.ones(len(t), np.int64)
        whole = np.ones(len(t), bool)
        for extent, bound in walk:
            burst = np.where(whole, burst * extent, burst)
            count = np.where(whole, count, count * extent)
            whole = whole & (extent == bound)
        result.append((count, burst))
    return result


def _burst_cycles(architecture: Architecture, size: np.ndarray) -> np.ndarray:
    ratio = architecture.accelerator_mhz / architecture.dma_mhz
    clocks = architecture.dma_startup_cycles + architecture.dma_cycles_per_byte * size
    return np.ceil(clocks * ratio).astype(np.int64)


def _depends(layer: Layer) -> np.ndarray:
    """Shape (3, dimensions): does the operand depend on the dimension?"""
    return _dependence(str(layer.kind), layer.dimensions)


@cache
def _dependence(kind: str, dimensions: tuple[str, ...]) -> np.ndarray:
    rows = [names.split() for names in DEPENDS[kind]]
    return np.array([[d in row for d in dimensions] for row in rows])


def _mappings(layer: Layer, valid: np.ndarray, constraints: Constraints | None):
    """Blocks of (index of the tiling, reuse at SPM, reuse at DRAM) of all mappings."""
    block: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []
    allowed = [may_keep(constraints, level) for level in ("DRAM", "SPM")]

    @cache
    def kept(level: int, loops: tuple[int, ...]) -> list[tuple[int, int, int]]:
        triples = reuse_triples(layer, loops)
        return [r for r in triples if kept_by(layer, loops, r) in allowed[level]]

    for index, (dram, spm) in enumerate(valid[:, :2].tolist()):
        at_dram, at_spm = kept(0, tuple(dram)), kept(1, tuple(spm))
        block.extend((index, s, d) for s in at_spm for d in at_dram)
        if len(block) >= CHUNK:
            yield _columns(block)
            block = []
    if block:
        yield _columns(block)


def _columns(block):
    index, spm, dram = zip(*block, strict=True)
    return np.array(index), np.array(spm, np.int64), np.array(dram, np.int64)


def _named(layer: Layer, tiling: np.ndarray) -> dict[str, dict[str, int]]:
    return {
        level: dict(zip(layer.dimensions, map(int, row), strict=True))
        for level, row in zip(("DRAM", "SPM", "RF", "PE"), tiling, strict=True)
    }
