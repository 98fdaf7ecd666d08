"""What one mapping costs, written anew from the published equations: one number after another.

For a reader who does not trust the mapper: nothing of its cost model, of its bounds or of its
search is used here. Layer, machine, tiling and orders are the objects of a result file. The
letters are those of docs/how-it-works.md: ``A`` RF passes in an SPM pass, ``T`` SPM passes, ``c``
cycles of an RF pass, ``rho`` cycles to add up partial sums, ``V`` cycles of an SPM pass, ``r`` the
reuse of an operand at a level, ``n`` cycles to distribute it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, prod
from typing import Any, Final

from dmaze_cp.levels import (
    DRAM,
    INPUT,
    LEAKAGE,
    MAC,
    NOC,
    OPERANDS,
    OUTPUT,
    PE,
    RF,
    SPM,
    WEIGHTS,
)

Record = Mapping[str, Any]
Factors = Mapping[str, int]
Tiling = Mapping[str, Factors]

_CONV: Final = ("N", "M", "C", "Ox", "Oy", "Fx", "Fy")
DIMENSIONS: Final = {"conv": _CONV, "depthwise": _CONV, "gemm": ("X", "Y", "K")}

DEPENDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "conv": {
        OUTPUT: ("N", "M", "Ox", "Oy"),
        INPUT: ("N", "C", "Ox", "Oy", "Fx", "Fy"),
        WEIGHTS: ("M", "C", "Fx", "Fy"),
    },
    "depthwise": {
        OUTPUT: ("N", "C", "Ox", "Oy"),
        INPUT: ("N", "C", "Ox", "Oy", "Fx", "Fy"),
        WEIGHTS: ("C", "Fx", "Fy"),
    },
    "gemm": {OUTPUT: ("X", "Y"), INPUT: ("X", "K"), WEIGHTS: ("K", "Y")},
}
"""Dimensions of each kind of layer that an operand depends on."""


@dataclass(frozen=True)
class Cost:
    """The cost of a mapping, and what it reuses.

    Attributes
    ----------
    energy_pj, breakdown_pj
        Rounded total, and the doubles by component that it is the sum of.
    latency_cycles, compute_cycles, noc_cycles
        Latency, and the parts of it in which PEs compute, and wait for the network.
    reuse
        By level and operand.
    """

    energy_pj: int
    breakdown_pj: dict[str, float]
    latency_cycles: int
    compute_cycles: int
    noc_cycles: int
    reuse: dict[str, dict[str, int]]


def figure(value: Any, operand: str) -> Any:
    """The figure of an operand: one for all, or one each."""
    return value[operand] if isinstance(value, Mapping) else value


def tile(tiling: Tiling, dims: Sequence[str], *levels: str) -> dict[str, int]:
    """Extents of the tile that the loops of some levels walk."""
    return {d: prod(tiling[level].get(d, 1) for level in levels) for d in dims}


def axes(layer: Record, t: Factors) -> dict[str, list[int]]:
    """Extents of the axes of each operand in a tile, innermost in memory first."""
    if layer["kind"] == "gemm":
        x, y, k = t["X"], t["Y"], t["K"]
        return {OUTPUT: [y, x], INPUT: [k, x], WEIGHTS: [y, k]}
    (sx, sy), (dx, dy) = layer["stride"], layer["dilation"]
    rows = (t["Ox"] - 1) * sx + (t["Fx"] - 1) * dx + 1
    columns = (t["Oy"] - 1) * sy + (t["Fy"] - 1) * dy + 1
    depthwise = layer["kind"] == "depthwise"
    return {
        OUTPUT: [t["Oy"], t["Ox"], t["C"] if depthwise else t["M"], t["N"]],
        INPUT: [columns, rows, t["C"], t["N"]],
        WEIGHTS: [t["Fy"], t["Fx"], t["C"], *([] if depthwise else [t["M"]])],
    }


def elements(layer: Record, t: Factors) -> dict[str, int]:
    """Elements of each operand in a tile."""
    return {operand: prod(extents) for operand, extents in axes(layer, t).items()}


def reuse(kind: str, factors: Factors, order: Sequence[str]) -> dict[str, int]:
    """How often each operand is reused at a level: its loops from the innermost out."""
    found = {}
    for operand in OPERANDS:
        found[operand] = 1
        for d in reversed(order):
            if factors.get(d, 1) > 1 and d in DEPENDS[kind][operand]:
                break
            found[operand] *= factors.get(d, 1)
    return found


def cost(layer: Record, machine: Record, tiling: Tiling, order: Mapping[str, list[str]]) -> Cost:
    """The exact cost of a mapping; whether it fits plays no part."""
    kind = layer["kind"]
    dims, related = DIMENSIONS[kind], DEPENDS[kind][OUTPUT]
    loops = {level: tile(tiling, dims, level) for level in (DRAM, SPM, RF, PE)}
    T, A, c = (prod(loops[level].values()) for level in (DRAM, SPM, RF))
    visits = prod(loops[DRAM][d] for d in related)
    groups = prod(loops[PE][d] for d in related)
    pes = prod(loops[PE].values())
    small = elements(layer, loops[RF])
    array = elements(layer, tile(tiling, dims, RF, PE))
    width = machine.get("noc_elements_per_cycle", 1)
    n = {x: -(-array[x] // figure(width, x)) for x in OPERANDS}
    rho = small[OUTPUT] * (pes // groups - 1) * groups
    r = {level: reuse(kind, loops[level], order[level]) for level in (DRAM, SPM)}
    held = {x: r[SPM][x] == A and r[DRAM][x] > 1 for x in OPERANDS}
    bursts = _bursts(layer, tile(tiling, dims, RF, PE, SPM))

    counts: dict[str, list[tuple[str, int]]] = {NOC: [], SPM: [], DRAM: []}
    reduced = 0
    for x in OPERANDS:
        fetched = T // r[DRAM][x]
        moved = fetched if held[x] else T * A // r[SPM][x]
        if x == OUTPUT:
            reduced = moved * rho
            moved = moved if held[x] else 2 * moved
        counts[NOC].append((x, moved * small[x] * (groups if x == OUTPUT else pes)))
        counts[SPM].append((x, moved * array[x]))
        # Partial sums are read back wherever an output is not visited for the first time.
        transfers = fetched + (fetched - visits if x == OUTPUT else 0)
        counts[DRAM].append((x, transfers * prod(bursts[x])))
    counts[NOC].append((OUTPUT, reduced))
    ops = prod(layer["bounds"].get(d, 1) for d in dims)
    # Both inputs and the partial sum are read, and the sum is written.
    counts[RF] = [(OUTPUT, 2 * ops), (INPUT, ops), (WEIGHTS, ops), (OUTPUT, 3 * reduced)]

    V = _pass_cycles(A, c, rho, n, r[SPM], held)
    latency = _latency(T, V, c + rho, n, r, held, _dma_cycles(machine, bursts))
    breakdown = {MAC: (ops + reduced) * float(machine["energy"]["mac_pj"])}
    breakdown |= {level: _energy(machine, level, counts[level]) for level in (RF, NOC, SPM, DRAM)}
    if machine.get("leakage_mw"):
        per_cycle = machine["leakage_mw"] * 1000 / machine["accelerator_mhz"]
        breakdown[LEAKAGE] = latency * per_cycle
    total = 0.0
    for part in breakdown.values():
        total = total + part
    return Cost(round(total), breakdown, latency, T * A * c, T * V - T * A * c, r)


def _bursts(layer: Record, t: Factors) -> dict[str, tuple[int, int]]:
    """Bursts in which an SPM tile of each operand is moved, and the elements of one.

    A burst goes on while the tile covers whole axes of the operand in memory.
    """
    bounds = {d: layer["bounds"].get(d, 1) for d in DIMENSIONS[layer["kind"]]}
    whole = axes(layer, bounds)
    if layer["kind"] != "gemm":
        rows, columns = layer["padded_input"]
        whole[INPUT][:2] = [columns, rows]
    found = {}
    for x, extents in axes(layer, t).items():
        number, length, contiguous = 1, 1, True
        for extent, all_of_it in zip(extents, whole[x], strict=True):
            if contiguous:
                length *= extent
            else:
                number *= extent
            contiguous = contiguous and extent == all_of_it
        found[x] = (number, length)
    return found


def _dma_cycles(machine: Record, bursts: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """Cycles of the accelerator in which the DMA moves a tile of each operand."""
    ratio = machine["accelerator_mhz"] / machine["dma_mhz"]
    startup, per_byte = machine["dma_startup_cycles"], machine["dma_cycles_per_byte"]
    found = {}
    for x, (number, length) in bursts.items():
        size = length * figure(machine["word_bytes"], x)
        found[x] = number * ceil((startup + per_byte * size) * ratio)
    return found


def _energy(machine: Record, level: str, counts: list[tuple[str, int]]) -> float:
    """Energy of accesses at a level: those of one price are counted before they are priced."""
    name = {RF: "rf_pj", NOC: "noc_pj", SPM: "spm_pj", DRAM: "dram_pj"}[level]
    energy, words = machine["energy"], machine["word_bytes"]
    price = energy[name]
    widest = max(figure(words, x) for x in OPERANDS)
    sums: dict[float, int] = {}
    for x, count in counts:
        if isinstance(price, Mapping):
            each = float(price[x])
        else:
            # One number is for a word of so many bytes.
            each = price * (figure(words, x) / energy.get("word_bytes", widest))
        sums[each] = sums.get(each, 0) + count
    first, *others = (count * each for each, count in sums.items())
    for part in others:
        first = first + part
    return first


def _pass_cycles(A: int, c: int, rho: int, n: Factors, r: Factors, held: Mapping[str, bool]) -> int:
    """``V``: cycles of an SPM pass, in which distribution and computing overlap."""
    moving = [x for x in OPERANDS if not held[x]]
    in_turn = OUTPUT in moving and r[OUTPUT] == 1
    done, V = (0, 0) if in_turn else (c, c * A)
    for rate in sorted({r[x] for x in moving}):
        slowest = max(n[x] for x in moving if r[x] == rate)
        if slowest > done:
            V += (slowest - done) * A // rate
            done = slowest
        if OUTPUT in moving and r[OUTPUT] == rate:
            V += (c + rho) * A // rate
    return V


def _latency(
    T: int,
    V: int,
    work: int,
    n: Factors,
    r: Mapping[str, Factors],
    held: Mapping[str, bool],
    dma: Factors,
) -> int:
    """Cycles of all SPM passes, while the DMA fills the other buffer."""
    first = max((n[x] for x in OPERANDS if not held[x] and r[SPM][x] == 1), default=0)
    # An output that is not reused is loaded and stored.
    always = sum(dma[x] * (2 if x == OUTPUT else 1) for x in OPERANDS if r[DRAM][x] == 1)
    base = max(always, V)
    latency = base * T
    for x in OPERANDS:
        if r[DRAM][x] > 1:
            is_output = x == OUTPUT
            load = max(always + dma[x], V + (work if held[x] and is_output else 0))
            wait = max(first, n[x]) - first if held[x] else 0
            store = max(always + (dma[x] if is_output else 0), V + wait)
            latency += (max(load - base, 0) + max(store - base, 0)) * (T // r[DRAM][x])
    return latency
