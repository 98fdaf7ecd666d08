"""Whether a mapping satisfies the pins that its record says held: one after another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import Final

from dmaze_cp.checker.machine import pe_count, pools
from dmaze_cp.checker.model import DEPENDS, DIMENSIONS, Cost, Record, Tiling, elements, figure, tile
from dmaze_cp.errors import Problem
from dmaze_cp.levels import NONE, OPERANDS, OUTPUT, PE, RF, SPM

_TEXT: Final = re.compile(
    r"(?P<level>DRAM|SPM|RF|PE)\.(?P<loop>[A-Z][xy]?)(?P<sign>=|<=|>=)(?P<factor>[0-9]+|full)"
    r"|spatial=(?P<spatial>[A-Z][xy]?(,[A-Z][xy]?)*)"
    r"|stationary\.(?P<order>DRAM|SPM)=(?P<kept>(O|I|W|none)(\|(O|I|W|none))*)"
    r"|(?P<cost>latency|energy)<=(?P<most>[0-9]+)"
    r"|util\.(?P<part>PE|RF|SPM)>=(?P<share>[0-9.e-]+)"
    r"|pad(?P<padded>=auto|\.[A-Z][xy]?=[0-9]+)"
)


def concerns(kind: str, text: str) -> bool:
    """Whether layers of a kind have a dimension that a pin names.

    What is no pin, or names a dimension that there is not, is said to: it is a problem of them.
    """
    parts = _TEXT.fullmatch(text)
    if parts is None:
        return True
    # M of a depthwise convolution has one iteration, and is no loop.
    loops = [d for d in DIMENSIONS[kind] if (kind, d) != ("depthwise", "M")]
    if parts["spatial"]:
        named = parts["spatial"].split(",")
        return any(d in loops for name in named for d in DEPENDS[kind].get(name, {name}))
    loop = parts["loop"]
    if parts["padded"] and parts["padded"].startswith("."):
        loop = parts["padded"][1:].partition("=")[0]
    known = any(loop in every for every in DIMENSIONS.values())
    return loop is None or loop in loops or not known


def broken_pins(
    layer: Record,
    machine: Record,
    pins: Sequence[str],
    tiling: Tiling,
    own: Cost,
) -> Iterator[Problem]:
    """Pins that a mapping does not satisfy, or that say nothing.

    Parameters
    ----------
    own
        What the mapping reuses and costs.
    """
    for k, text in enumerate(pins):
        parts = _TEXT.fullmatch(text)
        found = "no pin" if parts is None else _broken(layer, machine, parts, tiling, own)
        if found:
            yield Problem(f"constraints[{k}]", found, text)


def _broken(
    layer: Record,
    machine: Record,
    parts: re.Match[str],
    tiling: Tiling,
    own: Cost,
) -> str:
    """What a mapping has instead of what a pin says; empty if it satisfies it."""
    dims = DIMENSIONS[layer["kind"]]
    if parts["padded"]:  # which bounds it permits is asked of `padded`
        return ""
    if parts["loop"]:
        if parts["loop"] not in dims:
            return f"a layer without {parts['loop']}"
        factor, whole = tiling[parts["level"]].get(parts["loop"], 1), layer["bounds"][parts["loop"]]
        wanted = whole if parts["factor"] == "full" else int(parts["factor"])
        good = {"=": factor == wanted, "<=": factor <= wanted, ">=": factor >= wanted}
        return "" if good[parts["sign"]] else f"factor {factor}"
    if parts["spatial"]:
        named = parts["spatial"].split(",")
        allowed = {d for name in named for d in DEPENDS[layer["kind"]].get(name, {name})}
        bad = [d for d in dims if tiling[PE].get(d, 1) > 1 and d not in allowed]
        return f"{' '.join(bad)} unrolled" if bad else ""
    if parts["order"]:
        kept = next((x for x in OPERANDS if own.reuse[parts["order"]][x] > 1), NONE)
        return "" if kept in parts["kept"].split("|") else f"{kept} stationary"
    if parts["cost"]:
        value = own.latency_cycles if parts["cost"] == "latency" else own.energy_pj
        return "" if value <= int(parts["most"]) else f"{parts['cost']} {value}"
    used, whole = _use(layer, machine, parts["part"], tiling)
    return "" if used / max(whole, 1) >= float(parts["share"]) else f"{used} of {whole}"


def _use(layer: Record, machine: Record, level: str, tiling: Tiling) -> tuple[int, int]:
    """How much of a level is used, and how much there is."""
    dims = DIMENSIONS[layer["kind"]]
    words = {x: figure(machine["word_bytes"], x) for x in OPERANDS}
    if level == PE:
        return prod(tile(tiling, dims, PE).values()), pe_count(machine)
    if level == SPM:
        large = elements(layer, tile(tiling, dims, RF, PE, SPM))
        buffer = sum(pools(machine["spm_banks"]).values()) * machine["spm_bank_bytes"]
        return sum(large[x] * words[x] for x in OPERANDS), buffer
    # Where all words are equal, a register file counts in whole words.
    unit = words[OUTPUT] if len(set(words.values())) == 1 else 1
    small = elements(layer, tile(tiling, dims, RF))
    used = sum(small[x] * words[x] for x in OPERANDS)
    return used // unit, sum(pools(machine["rf_bytes"]).values()) // unit
