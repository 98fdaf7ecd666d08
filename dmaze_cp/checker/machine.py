"""Whether a mapping fits its machine: one number after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Annotated, Any, Final, NotRequired, TypedDict

from dmaze_cp.checker.model import (
    DIMENSIONS,
    Record,
    Tiling,
    elements,
    figure,
    tile,
)
from dmaze_cp.errors import Problem
from dmaze_cp.levels import (
    OPERANDS,
    PE,
    PE_COLS,
    PE_ROWS,
    RF,
    SPM,
)
from dmaze_cp.spec.documents import Least, Most, closed

_Count = Annotated[int, Least(1), Most(2**40)]
_Figure = Annotated[float, Least(0), Most(1e12)]
_Clock = Annotated[float, Least(1e-6), Most(1e9)]
_Fraction = Annotated[float, Least(0), Most(1)]


@closed
class EnergyRecord(TypedDict):
    """Energy of one access, in pJ."""

    rf_pj: _Figure | dict[str, _Figure]
    noc_pj: _Figure | dict[str, _Figure]
    spm_pj: _Figure | dict[str, _Figure]
    dram_pj: _Figure | dict[str, _Figure]
    mac_pj: _Figure
    word_bytes: NotRequired[_Count]


@closed
class ArrayRecord(TypedDict):
    """Rows and columns of processing elements, and the loops that each may unroll."""

    rows: _Count
    cols: _Count
    unroll_rows: NotRequired[list[str]]
    unroll_cols: NotRequired[list[str]]


@closed
class MachineRecord(TypedDict):
    """A machine. What is not known here may change a cost, and is not passed over."""

    name: NotRequired[str]
    notes: NotRequired[str]
    pe_pipeline_stages: NotRequired[_Count]
    pes: NotRequired[_Count]
    pe_array: NotRequired[ArrayRecord]
    rf_bytes: _Count | dict[str, _Count]
    word_bytes: _Count | dict[str, _Count]
    spm_banks: _Count | dict[str, _Count]
    spm_bank_bytes: _Count
    noc_elements_per_cycle: NotRequired[_Count | dict[str, _Count]]
    dma_startup_cycles: _Figure
    dma_cycles_per_byte: _Figure
    dma_mhz: _Clock
    accelerator_mhz: _Clock
    energy: EnergyRecord
    leakage_mw: NotRequired[_Figure]


_MOST: Final = 2**40
"""No machine has more processing elements."""
BY_OPERAND: Final = ("word_bytes", "noc_elements_per_cycle")
BY_POOL: Final = ("rf_bytes", "spm_banks")


def machine_problems(machine: Record) -> Iterator[Problem]:
    """What is wrong with a machine whose fields are of their types."""
    if ("pes" in machine) == ("pe_array" in machine):
        yield Problem("pes", "both or none of pes and pe_array", "one of them")
    yield from _array_problems(machine.get("pe_array", {}))
    places = [(name, machine.get(name)) for name in BY_OPERAND]
    places += [(f"energy.{name}", each) for name, each in machine["energy"].items()]
    for where, value in places:
        if isinstance(value, Mapping) and set(value) != set(OPERANDS):
            yield Problem(where, f"figures of {' '.join(value)}", f"of {' '.join(OPERANDS)}")
    for where in BY_POOL:
        letters = "".join(pools(machine[where]))
        if sorted(letters) != sorted(OPERANDS):
            yield Problem(where, f"pools {letters}", "each operand in exactly one")


def _array_problems(array: Record) -> Iterator[Problem]:
    """Rows and columns that are too many, and lists of what is no dimension, or is there twice."""
    count = array.get("rows", 1) * array.get("cols", 1)
    if count > _MOST:
        yield Problem("pe_array", f"{count} processing elements", f"at most {_MOST}")
    known = tuple(dict.fromkeys(d for dims in DIMENSIONS.values() for d in dims))
    for name in ("unroll_rows", "unroll_cols"):
        dims = array.get(name)
        if dims is None:
            continue
        where = f"pe_array.{name}"
        if not dims:
            yield Problem(where, "an empty list", f"dimensions ({' '.join(known)})")
        for d in dict.fromkeys(dims):
            if d not in known:
                yield Problem(where, f"{d}, no dimension", f"one of {' '.join(known)}")
            elif dims.count(d) > 1:
                yield Problem(where, f"{d} {dims.count(d)} times", "each dimension once")


def pools(sizes: Any) -> Mapping[str, int]:
    """Sizes by the operands that share them."""
    return sizes if isinstance(sizes, Mapping) else {"".join(OPERANDS): sizes}


def pe_count(machine: Record) -> int:
    """Processing elements."""
    array = machine.get("pe_array")
    count: int = machine["pes"] if array is None else array["rows"] * array["cols"]
    return count


def misfits(layer: Record, machine: Record, tiling: Tiling) -> Iterator[Problem]:
    """Capacities of a machine that a tiling exceeds."""
    dims = DIMENSIONS[layer["kind"]]
    words = {x: figure(machine["word_bytes"], x) for x in OPERANDS}
    used = prod(tile(tiling, dims, PE).values())
    if used > pe_count(machine):
        yield Problem("tiling.PE", f"{used} PEs", f"at most {pe_count(machine)}")
    if machine.get("pe_array") is not None:
        yield from _places(dims, machine["pe_array"], tiling)
    small = elements(layer, tile(tiling, dims, RF))
    for letters, size in pools(machine["rf_bytes"]).items():
        found = sum(small[x] * words[x] for x in letters)
        if found > size:
            yield Problem("tiling.RF", f"{found} bytes of {letters}", f"at most {size}")
    large = elements(layer, tile(tiling, dims, RF, PE, SPM))
    for letters, size in pools(machine["spm_banks"]).items():
        # An operand occupies whole banks.
        found = sum(-(-large[x] * words[x] // machine["spm_bank_bytes"]) for x in letters)
        if found > size:
            yield Problem("tiling.SPM", f"{found} banks of {letters}", f"at most {size}")


def _places(dims: tuple[str, ...], array: Record, tiling: Tiling) -> Iterator[Problem]:
    """Rows and columns that are not those of the tiling's PE loops, or not there."""
    axes = ((PE_ROWS, "rows", "unroll_rows"), (PE_COLS, "cols", "unroll_cols"))
    for axis, size, unrolled in axes:
        if axis not in tiling:
            yield Problem(f"tiling.{axis}", "nothing", "factors: the machine has a pe_array")
            return
        factors = tile(tiling, dims, axis)
        if prod(factors.values()) > array[size]:
            used = f"{prod(factors.values())} {size}"
            yield Problem(f"tiling.{axis}", used, f"at most {array[size]}")
        for d, factor in factors.items():
            if factor > 1 and d not in array.get(unrolled, dims):
                yield Problem(f"tiling.{axis}.{d}", str(factor), "1, as it is not unrolled there")
    for d, factor in tile(tiling, dims, PE).items():
        split = tiling[PE_ROWS].get(d, 1) * tiling[PE_COLS].get(d, 1)
        if split != factor:
            yield Problem(f"tiling.PE.{d}", str(factor), f"{split}, rows times columns")
