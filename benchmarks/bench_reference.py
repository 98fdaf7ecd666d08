"""A fixed amount of exact scoring, timed: a measure of how fast the machine is now.

Seconds from two machines, or from one that is busy, do not compare; multiples of this
reference do. It scores a million random mappings of ResNet's conv5_2 with batch 4 on
dMazeRunner's default accelerator: energy, latency and EDP, in numpy, each mapping a
tiling of its own under a random dataflow that exists.

It is a yardstick, so that it is frozen: it uses nothing of the package and does not
follow it. It takes as long as the package's own batch scorer took when the figures that
are given as multiples of it were first measured. A change here makes all of them void.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

import numpy as np

REFERENCE_MAPPINGS = 1_000_000
CHUNK = 8_192
"""Mappings scored at once: their columns stay in the cache."""

OPERANDS = ("O", "I", "W")
LEVELS = ("DRAM", "SPM", "RF", "PE")
BOUNDS = {"N": 4, "M": 512, "C": 512, "Ox": 7, "Oy": 7, "Fx": 3, "Fy": 3}
WHOLE = BOUNDS | {"x": 9, "y": 9}
NEEDS = {
    "O": ("N", "M", "Ox", "Oy"),
    "I": ("N", "C", "Ox", "Oy", "Fx", "Fy"),
    "W": ("M", "C", "Fx", "Fy"),
}
LAYOUT = {"O": ("Oy", "Ox", "M", "N"), "I": ("y", "x", "C", "N"), "W": ("Fy", "Fx", "C", "M")}
MACS = prod(BOUNDS.values())
MAC_PJ, RF_PJ, NOC_PJ, SPM_PJ, DRAM_PJ = 0.075, 0.96, 2.0, 13.5, 200.0
WORD_BYTES, DMA_STARTUP, DMA_PER_BYTE, CLOCK_RATIO = 2, 291.0, 0.24, 500 / 3200

Tiling = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Block:
    """Mappings with one dataflow: columns of factors by level and dimension."""

    tiling: Tiling
    dram: str
    spm: str
    size: int


def random_blocks(count: int, seed: int = 0) -> list[Block]:
    """Random tilings, valid or not, each under a random dataflow that it has."""
    rng = np.random.default_rng(seed)
    columns: Tiling = {level: {} for level in LEVELS}
    for d, bound in BOUNDS.items():
        options = np.array(_factorisations(bound))[
            rng.integers(len(_factorisations(bound)), size=count)
        ]
        for k, level in enumerate(LEVELS):
            columns[level][d] = options[:, k]
    flows = [(dram, spm) for dram in (*OPERANDS, "none") for spm in (*OPERANDS, "none")]
    exists = np.stack(
        [_exists(columns["DRAM"], dram) & _exists(columns["SPM"], spm) for dram, spm in flows]
    )
    # The largest of random numbers, over the dataflows that exist, is a fair choice.
    chosen = np.argmax(np.where(exists, rng.random(exists.shape), -1.0), axis=0)
    blocks = []
    for number, (dram, spm) in enumerate(flows):
        members = np.flatnonzero(chosen == number)
        for part in np.array_split(members, ceil(len(members) / CHUNK)) if len(members) else ():
            tiling = {a: {d: c[part] for d, c in columns[a].items()} for a in LEVELS}
            blocks.append(Block(tiling, dram, spm, len(part)))
    return blocks


def _factorisations(bound: int) -> list[tuple[int, ...]]:
    divisors = [d for d in range(1, bound + 1) if bound % d == 0]
    return [
        (a, b, c, bound // (a * b * c))
        for a in divisors
        for b in divisors
        for c in divisors
        if bound % (a * b * c) == 0
    ]


def _exists(factors: dict[str, Any], stationary: str) -> Any:
    if stationary == "none":
        return _product(factors.values()) == 1
    return _product(factors[d] for d in BOUNDS if d not in NEEDS[stationary]) > 1


def _product(values: Iterable[Any]) -> Any:
    return prod(values, start=np.int64(1))


def _extents(tile: dict[str, Any]) -> dict[str, Any]:
    """Loop extents of a tile, and those of the input along x and y."""
    axes = {a: (tile[f"O{a}"] - 1) * 1 + (tile[f"F{a}"] - 1) * 1 + 1 for a in "xy"}
    return tile | axes


def _elements(tile: dict[str, Any]) -> dict[str, Any]:
    extents = _extents(tile)
    return {x: _product(extents[d] for d in LAYOUT[x]) for x in OPERANDS}


def _transfer(operand: str, tile: dict[str, Any]) -> tuple[Any, Any]:
    """DMA cycles and elements of an SPM tile."""
    extents = _extents(tile)
    contiguous: Any = np.True_
    burst = invocations = np.int64(1)
    for d in LAYOUT[operand]:
        burst = burst * np.where(contiguous, extents[d], 1)
        invocations = invocations * np.where(contiguous, 1, extents[d])
        contiguous = contiguous & (extents[d] == WHOLE[d])
    cycles = np.ceil((DMA_STARTUP + DMA_PER_BYTE * (burst * WORD_BYTES)) * CLOCK_RATIO)
    return invocations * cycles.astype(np.int64), invocations * burst


@dataclass(frozen=True)
class _Counts:
    """What energy and latency are made of."""

    t: Any  # SPM passes
    a: Any  # RF passes of one
    c: Any  # cycles of an RF pass
    pes: Any
    output_pes: Any
    output_tiles: Any
    rho: Any  # cycles of a reduction
    rf: dict[str, Any]
    array: dict[str, Any]
    dma: dict[str, Any]
    moved: dict[str, Any]
    r_dram: dict[str, Any]
    r_spm: dict[str, Any]
    held: dict[str, Any]


def _counts(block: Block) -> _Counts:
    dram, spm, rf, pe = (block.tiling[level] for level in LEVELS)
    array = {d: rf[d] * pe[d] for d in BOUNDS}
    tile = {d: array[d] * spm[d] for d in BOUNDS}
    in_rf = _elements(rf)
    transfers = {x: _transfer(x, tile) for x in OPERANDS}
    a = _product(spm.values())
    output_pes = _product(pe[d] for d in NEEDS["O"])
    reducing = _product(pe[d] for d in BOUNDS if d not in NEEDS["O"])
    reuse = {}
    for level, kept in (("DRAM", block.dram), ("SPM", block.spm)):
        reuse[level] = dict.fromkeys(OPERANDS, np.int64(1))
        if kept != "none":
            free = (block.tiling[level][d] for d in BOUNDS if d not in NEEDS[kept])
            reuse[level][kept] = _product(free)
    return _Counts(
        t=_product(dram.values()),
        a=a,
        c=_product(rf.values()),
        pes=_product(pe.values()),
        output_pes=output_pes,
        output_tiles=_product(dram[d] for d in NEEDS["O"]),
        rho=in_rf["O"] * (reducing - 1) * output_pes,
        rf=in_rf,
        array=_elements(array),
        dma={x: cycles for x, (cycles, _) in transfers.items()},
        moved={x: elements for x, (_, elements) in transfers.items()},
        r_dram=reuse["DRAM"],
        r_spm=reuse["SPM"],
        held={x: (reuse["SPM"][x] == a) & (reuse["DRAM"][x] > 1) for x in OPERANDS},
    )


def _energy(n: _Counts) -> Any:
    noc = spm = dram = reductions = np.int64(0)
    for x in OPERANDS:
        rare = n.t // n.r_dram[x]
        moves = np.where(n.held[x], rare, n.t * (n.a // n.r_spm[x]))
        if x == "O":
            reductions = moves * n.rho
            moves = np.where(n.held[x], moves, 2 * moves)
            rare = 2 * rare - n.output_tiles
        noc = noc + moves * (n.rf[x] * (n.output_pes if x == "O" else n.pes))
        spm = spm + moves * n.array[x]
        dram = dram + rare * n.moved[x]
    total = (MACS + reductions) * MAC_PJ + (4 * MACS + 3 * reductions) * RF_PJ
    total = total + (noc + reductions) * NOC_PJ
    return np.rint(total + spm * SPM_PJ + dram * DRAM_PJ)


def _spm_pass(n: _Counts) -> tuple[Any, Any]:
    """Cycles of an SPM pass, and of the longest NoC transfer that nothing overlaps."""
    first, late = {}, {}
    for x in OPERANDS:
        first[x] = np.where(~n.held[x] & (n.r_spm[x] == 1), n.array[x], 0)
        late[x] = np.where(~n.held[x] & (n.r_spm[x] != 1), n.array[x], 0)
    slowest = np.maximum(np.maximum(first["O"], first["I"]), first["W"])
    in_turn = ~n.held["O"] & (n.r_spm["O"] == 1)
    done = np.maximum(np.where(in_turn, 0, n.c), slowest)
    cycles = done * n.a + np.where(in_turn, (n.c + n.rho) * n.a, 0)
    for x in OPERANDS:
        extra = np.maximum(late[x] - done, 0)
        if x == "O":
            extra = extra + np.where(~n.held["O"] & (n.r_spm["O"] != 1), n.c + n.rho, 0)
        cycles = cycles + extra * (n.a // n.r_spm[x])
    return cycles, slowest


def _latency(n: _Counts) -> Any:
    cycles, slowest = _spm_pass(n)
    dma = n.dma | {"O": np.where(n.r_dram["O"] == 1, 2 * n.dma["O"], n.dma["O"])}
    always: Any = np.int64(0)
    for x in OPERANDS:
        always = always + np.where(n.r_dram[x] == 1, dma[x], 0)
    base = np.maximum(always, cycles)
    latency = base * n.t
    for x in OPERANDS:
        if np.ndim(n.r_dram[x]) == 0:
            continue
        load = cycles + np.where(n.held[x], n.rho + n.c, 0) * (x == "O")
        load = np.maximum(always + dma[x], load)
        store = cycles + np.where(n.held[x], np.maximum(slowest, n.array[x]) - slowest, 0)
        store = np.maximum(always + (dma[x] if x == "O" else 0), store)
        extra = np.maximum(load - base, 0) + np.maximum(store - base, 0)
        latency = latency + np.where(n.r_dram[x] > 1, extra * (n.t // n.r_dram[x]), 0)
    return latency


def score(block: Block) -> tuple[Any, Any, Any]:
    """Energy (rounded pJ), latency (cycles) and EDP of each mapping."""
    counts = _counts(block)
    energy, latency = _energy(counts), _latency(counts)
    return energy, latency, energy * latency


def reference_seconds(count: int = REFERENCE_MAPPINGS) -> float:
    """Seconds for the reference, per `REFERENCE_MAPPINGS` mappings (one core)."""
    blocks = random_blocks(count)
    score(blocks[0])  # the first call pays for set-up
    began = time.perf_counter()
    for block in blocks:
        score(block)
    return (time.perf_counter() - began) * REFERENCE_MAPPINGS / count
