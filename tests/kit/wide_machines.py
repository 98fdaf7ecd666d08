"""Random machines with every figure that one may have: words, pools, networks, rows and columns."""

from __future__ import annotations

import random
from dataclasses import replace

from dmaze_cp.architecture import DIMENSIONS, AccessEnergy, Architecture, PEArray
from dmaze_cp.mapspace import why_infeasible
from dmaze_cp.workload import Layer

ENERGIES = (0.0, 0.03, 0.075, 0.48, 0.96, 2.0, 13.5, 68.3475, 200.0)
POOLS = (("OIW",), ("O", "IW"), ("OI", "W"), ("OW", "I"), ("O", "I", "W"))
SIDES = (1, 2, 3, 4, 5, 6, 7, 8, 12)


def wide_machine(rng: random.Random, layer: Layer) -> Architecture:
    """A small machine that a layer nearly always fits."""
    while True:
        words = figure(rng, lambda: rng.choice((1, 2, 4)))
        arch = Architecture(
            name="random",
            **pes(rng, layer),
            rf_bytes=pools(rng, lambda: rng.choice((1, 2, 4)) * rng.choice(few_or_many(rng))),
            word_bytes=words,
            spm_banks=pools(rng, lambda: rng.choice((*few_or_many(rng), 32))),
            spm_bank_bytes=rng.choice((4, 6, 16, 30, 64, 256)),
            dma_startup_cycles=rng.choice((0.0, 1.0, 7.5, 64.0, 291.0)),
            dma_cycles_per_byte=rng.choice((0.0, 0.1, 0.24, 0.5, 3.0)),
            dma_mhz=rng.choice((300.0, 1600.0, 2400.0, 3200.0)),
            accelerator_mhz=rng.choice((200.0, 500.0, 700.0, 1000.0)),
            energy=energies(rng),
            leakage_mw=rng.choice((0.0, 0.0, 0.1, 3.5, 250.0)),
            noc_elements_per_cycle=figure(rng, lambda: rng.choice((1, 1, 2, 3, 4, 16))),
        )
        if why_infeasible(arch) is None or rng.random() < 0.04:
            return arch


def few_or_many(rng: random.Random) -> tuple[int, int]:
    """A number that is often too small, and one that is not."""
    return rng.randint(2, 12), rng.randint(3, 100)


def figure(rng: random.Random, draw):
    """One for all operands, or one by operand."""
    return draw() if rng.random() < 0.4 else {x: draw() for x in "OIW"}


def pools(rng: random.Random, draw):
    """One for all operands, or one by pool, their letters in any order."""
    found = rng.choice(POOLS)
    if len(found) == 1:
        return draw()
    return {"".join(rng.sample(name, len(name))): draw() for name in found}


def energies(rng: random.Random) -> AccessEnergy:
    """Energies for a word, of some size or the widest, or by operand."""

    def draw():
        return rng.choice((rng.choice(ENERGIES), round(rng.random() * 100, 3)))

    word = rng.choice((None, None, 1, 2, 3, 4))
    return AccessEnergy(*(figure(rng, draw) for _ in range(4)), mac_pj=draw(), word_bytes=word)


def pes(rng: random.Random, layer: Layer) -> dict[str, object]:
    """A number of PEs, or rows and columns, with or without lists of what is unrolled on them."""
    if rng.random() < 0.2:
        return {"pes": rng.choice((1, 4, 9, 16, 25, 64))}
    array = PEArray(
        rng.choice(SIDES), rng.choice(SIDES), unrolled(rng, layer), unrolled(rng, layer)
    )
    return {"pe_array": array}


def unrolled(rng: random.Random, layer: Layer) -> tuple[str, ...] | None:
    """Some dimensions, mostly of the layer."""
    if rng.random() < 0.35:
        return None
    names = rng.sample(layer.dimensions, rng.randint(1, len(layer.dimensions)))
    return tuple(dict.fromkeys((*names, rng.choice(DIMENSIONS))))


def larger(rng: random.Random, arch: Architecture) -> tuple[str, Architecture]:
    """What is more on another machine that is otherwise equal, and that machine."""
    array = arch.pe_array
    changes: dict[str, dict[str, object]] = {
        "RF": {"rf_bytes": more(rng, arch.rf_bytes)},
        "banks": {"spm_banks": more(rng, arch.spm_banks)},
        "all networks": {"noc_elements_per_cycle": scaled(arch.noc_elements_per_cycle, 2)},
        "network of O": {"noc_elements_per_cycle": widened(arch.noc_elements_per_cycle, "O")},
    }
    if not isinstance(arch.rf_bytes, int):
        changes["a shared RF"] = {"rf_bytes": sum(arch.rf_bytes.values())}
    if not isinstance(arch.spm_banks, int):
        changes["shared banks"] = {"spm_banks": sum(arch.spm_banks.values())}
    if array is None:
        changes["PEs"] = {"pes": (arch.pes or 1) + rng.randint(1, 8)}
    else:
        changes["rows"] = {"pe_array": replace(array, rows=array.rows + rng.randint(1, 4))}
        changes["columns"] = {"pe_array": replace(array, cols=array.cols + rng.randint(1, 4))}
        for name in ("unroll_rows", "unroll_cols"):
            if getattr(array, name) is not None:
                longer = tuple(dict.fromkeys((*getattr(array, name), *rng.sample(DIMENSIONS, 3))))
                changes[f"longer {name}"] = {"pe_array": replace(array, **{name: longer})}
                changes[f"no {name}"] = {"pe_array": replace(array, **{name: None})}
    name = rng.choice(list(changes))
    return name, replace(arch, **changes[name])


def more(rng: random.Random, sizes):
    """One of some sizes is larger."""
    if isinstance(sizes, int):
        return sizes + rng.randint(1, 2 * sizes)
    name = rng.choice(list(sizes))
    return {**sizes, name: sizes[name] + rng.randint(1, 2 * sizes[name])}


def scaled(widths, times: int):
    """All networks are some times as wide."""
    return widths * times if isinstance(widths, int) else {x: n * times for x, n in widths.items()}


def widened(widths, operand: str):
    """One network is wider."""
    every = dict.fromkeys("OIW", widths) if isinstance(widths, int) else dict(widths)
    return {**every, operand: every[operand] + 1}
