"""A mapping as pseudo-code: the loop nest with its levels and transfers marked.

The text is Python but for ``parallel_for``: reading that as ``for`` and running the
nest computes the layer.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from math import prod

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import Cost, evaluate
from dmaze_cp.cost.cost import PerOperand
from dmaze_cp.levels import (
    AXES_OF_ARRAY,
    DRAM,
    INPUT,
    LEVELS,
    OPERANDS,
    OUTPUT,
    PE,
    PE_COLS,
    PE_ROWS,
    RF,
    SPM,
    WEIGHTS,
)
from dmaze_cp.mapping import Mapping
from dmaze_cp.workload import Kind, Layer

_CONTINUED = " " * 4
"""How much further the rest of a line begins that is broken."""
_LEAST = 16
"""Columns of text beyond the margin, however deep the nest is."""
_SUFFIX = {DRAM: "3", SPM: "2", RF: "1", PE: "0", PE_ROWS: "r", PE_COLS: "c"}


@dataclass
class _Writer:
    """Lines of the nest; what follows a loop's body is kept until the nest is closed."""

    width: int
    indent: int
    depth: int = 0
    lines: list[str] = field(default_factory=list)
    closing: list[tuple[int, str]] = field(default_factory=list)

    def statement(self, text: str) -> None:
        margin = " " * (self.indent * self.depth)
        # With room for a backslash at the end of all lines but the last.
        room = max(self.width - len(" \\"), len(margin) + _LEAST)
        if len(margin + text) <= self.width:
            self.lines.append(margin + text)
            return
        first, *more = textwrap.wrap(
            text,
            room,
            initial_indent=margin,
            subsequent_indent=margin + _CONTINUED,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines = [first, *more]
        self.lines += [f"{line} \\" for line in lines[:-1]] + lines[-1:]

    def comment(self, text: str, depth: int | None = None) -> None:
        margin = " " * (self.indent * (self.depth if depth is None else depth)) + "# "
        width = max(self.width, len(margin) + _LEAST)
        self.lines += textwrap.wrap(
            text, width, initial_indent=margin, subsequent_indent=margin + "  "
        )

    def loop(self, text: str) -> None:
        self.statement(text)
        self.depth += 1

    def afterwards(self, text: str) -> None:
        self.closing.append((self.depth, text))

    def close(self) -> None:
        for depth, text in reversed(self.closing):
            self.comment(text, depth)


def loop_nest(
    mapping: Mapping, architecture: Architecture, *, cost: Cost | None = None, width: int = 80
) -> str:
    """A mapping as pseudo-code.

    Only loops with more than one iteration are written. Suffixes of loop variables
    tell the level: 3 DRAM, 2 SPM, 1 RF, 0 PE. Comments stand where an operand's tile
    moves, which is where its reuse at that level ends.

    Parameters
    ----------
    mapping, architecture
        The mapping and its machine.
    cost
        What it costs there, where that is known.
    width
        Columns that lines are broken to fit in.
    """
    cost = evaluate(mapping, architecture) if cost is None else cost
    loops = sum(factor > 1 for row in mapping.factors for factor in row)
    writer = _Writer(width, indent=2 if 2 * loops + 44 <= width else 1)
    _dram_loops(writer, mapping, cost)
    _spm_loops(writer, mapping, cost)
    _rf_loops(writer, mapping)
    _pe_loops(writer, mapping, architecture)
    _body(writer, mapping)
    writer.close()
    return "\n".join(writer.lines)


def _dram_loops(writer: _Writer, mapping: Mapping, cost: Cost) -> None:
    loops = _looping(mapping, DRAM)
    _level_comment(writer, DRAM, loops, cost.reuse_dram)
    depths = _transfer_depths(mapping.layer, loops)
    for position in range(len(loops) + 1):
        moving = [x for x in OPERANDS if depths[x] == position]
        _dma_comments(writer, mapping, cost, moving)
        if cost.held in moving:
            _noc_comments(writer, mapping, cost, [cost.held])
        if position < len(loops):
            writer.loop(_loop(mapping, DRAM, loops[position]))


def _spm_loops(writer: _Writer, mapping: Mapping, cost: Cost) -> None:
    loops = _looping(mapping, SPM)
    _level_comment(writer, SPM, loops, cost.reuse_spm)
    depths = _transfer_depths(mapping.layer, loops)
    for position in range(len(loops) + 1):
        moving = [x for x in OPERANDS if depths[x] == position and x != cost.held]
        _noc_comments(writer, mapping, cost, moving)
        if position < len(loops):
            writer.loop(_loop(mapping, SPM, loops[position]))


def _rf_loops(writer: _Writer, mapping: Mapping) -> None:
    loops = _looping(mapping, RF)
    writer.comment("RF loops: in time, inside each PE" if loops else "RF: no loops")
    for dimension in loops:
        writer.loop(_loop(mapping, RF, dimension))


def _pe_loops(writer: _Writer, mapping: Mapping, architecture: Architecture) -> None:
    loops = _looping(mapping, PE)
    used = prod(mapping.level(PE).values())
    axes = (PE,) if mapping.row_factors is None else AXES_OF_ARRAY
    text = f"PE loops: in space, {used} of {architecture.pe_count} PEs"
    if mapping.row_factors is not None:
        rows, columns = (prod(mapping.level(axis).values()) for axis in axes)
        text += f" ({rows} rows x {columns} columns)"
    summed = [d for d in loops if d not in mapping.layer.depends[OUTPUT]]
    if summed:
        text += f"; O is summed across {', '.join(summed)}"
    writer.comment(text if loops else f"PE: no loops, 1 of {architecture.pe_count} PEs")
    for axis in axes:
        for dimension in _looping(mapping, axis):
            writer.loop(_loop(mapping, axis, dimension))


def _body(writer: _Writer, mapping: Mapping) -> None:
    sums = []
    for dimension in mapping.layer.dimensions:
        levels = _levels_of(mapping, dimension)
        if len(levels) > 1:
            terms = " + ".join(dimension.lower() + _SUFFIX[level] for level in levels)
            sums.append(f"{dimension.lower()} = {terms}")
    room = writer.width - writer.indent * writer.depth
    line = ""
    for term in sums:
        if line and len(line) + len(term) + 2 > room:
            writer.statement(line)
            line = ""
        line = f"{line}; {term}" if line else term
    if line:
        writer.statement(line)
    _guard(writer, mapping)
    target, left, right = _mac_terms(mapping.layer)
    room = writer.width - writer.indent * writer.depth
    if len(whole := f"{target} += {left} * {right}") <= room:
        writer.statement(whole)
        return
    writer.statement(f"{target} += (")
    writer.statement(f"  {left}")
    writer.statement(f"  * {right})")


def _guard(writer: _Writer, mapping: Mapping) -> None:
    """Leave out what the larger layer computes beyond the one that is mapped."""
    own = mapping.of_layer.bounds
    edges = [
        f"{d.lower()} < {own[d]}" for d, bound in mapping.layer.bounds.items() if bound > own[d]
    ]
    if edges:
        writer.loop(f"if {' and '.join(edges)}:")


def _looping(mapping: Mapping, level: str) -> list[str]:
    """Loops of a level with more than one iteration, outermost first."""
    factors = mapping.level(level)
    order = mapping.loop_order.get(level, list(mapping.layer.dimensions))
    return [d for d in order if factors[d] > 1]


def _levels_of(mapping: Mapping, dimension: str) -> list[str]:
    levels = LEVELS if mapping.row_factors is None else (DRAM, SPM, RF, *AXES_OF_ARRAY)
    return [level for level in levels if mapping.level(level)[dimension] > 1]


def _loop(mapping: Mapping, level: str, dimension: str) -> str:
    # Inside a tile the RF loops are contiguous, as the halo of the input requires.
    inner = {
        DRAM: (SPM, PE, RF),
        SPM: (PE, RF),
        PE: (RF,),
        PE_ROWS: (PE_COLS, RF),
        PE_COLS: (RF,),
        RF: (),
    }[level]
    step = prod(mapping.level(other)[dimension] for other in inner)
    trips = mapping.level(level)[dimension]
    several = len(_levels_of(mapping, dimension)) > 1
    name = dimension.lower() + (_SUFFIX[level] if several else "")
    keyword = "parallel_for" if level in (PE, *AXES_OF_ARRAY) else "for"
    span = f"{trips}" if step == 1 else f"0, {trips * step}, {step}"
    return f"{keyword} {name} in range({span}):"


def _transfer_depths(layer: Layer, loops: list[str]) -> dict[str, int]:
    """How many of a level's loops are outside of each operand's transfer."""
    return {
        x: max((i + 1 for i, d in enumerate(loops) if d in layer.depends[x]), default=0)
        for x in OPERANDS
    }


def _level_comment(writer: _Writer, level: str, loops: list[str], reuse: PerOperand) -> None:
    if not loops:
        writer.comment(f"{level}: no loops")
        return
    stationary = [x for x in OPERANDS if reuse[x] > 1]
    text = "nothing stationary"
    if stationary:
        text = f"{stationary[0]} stationary for {reuse[stationary[0]]:,} iterations"
    writer.comment(f"{level} loops: {text}")


def _dma_comments(writer: _Writer, mapping: Mapping, cost: Cost, moving: list[str]) -> None:
    loads = [x for x in (INPUT, WEIGHTS) if x in moving]
    if loads:
        writer.comment(f"DMA: load {' and '.join(loads)} to the SPM")
    if OUTPUT not in moving:
        return
    factors = mapping.level(DRAM)
    visits = prod(factors.values()) // cost.reuse_dram[OUTPUT]
    if visits > prod(factors[d] for d in mapping.layer.depends[OUTPUT]):
        writer.comment("DMA: load partial sums of O to the SPM, but on a tile's first visit")
    writer.afterwards("DMA: store O")


def _noc_comments(writer: _Writer, mapping: Mapping, cost: Cost, moving: list[str]) -> None:
    held = ", held there across SPM passes" if cost.held in moving else ""
    inputs = [x for x in (INPUT, WEIGHTS) if x in moving]
    if inputs:
        writer.comment(f"NoC: send {' and '.join(inputs)} to the RFs{held}")
    if OUTPUT not in moving:
        return
    writer.comment("O is held in the RFs across SPM passes" if held else "NoC: send O to the RFs")
    factors = mapping.level(PE)
    ways = prod(
        factors[d] for d in mapping.layer.dimensions if d not in mapping.layer.depends[OUTPUT]
    )
    reduce = f"sum O across {ways} PEs each, " if ways > 1 else ""
    writer.afterwards(f"NoC: {reduce}collect O in the SPM")


def _mac_terms(layer: Layer) -> tuple[str, str, str]:
    """The multiply-accumulate: target and the two factors, with their indices."""
    bounds = layer.bounds

    def at(dimension: str) -> str:
        return dimension.lower() if bounds[dimension] > 1 else "0"

    def element(operand: str, *indices: str) -> str:
        return operand + "".join(f"[{index}]" for index in indices)

    def position(axis: int, name: str) -> str:
        terms = []
        for dimension, factor in ((f"O{name}", layer.stride), (f"F{name}", layer.dilation)):
            if bounds[dimension] > 1:
                times = f"*{factor[axis]}" if factor[axis] > 1 else ""
                terms.append(dimension.lower() + times)
        return " + ".join(terms) or "0"

    if layer.kind is Kind.GEMM:
        x, y, k = at("X"), at("Y"), at("K")
        return element(OUTPUT, x, y), element(INPUT, x, k), element(WEIGHTS, k, y)
    read = element(INPUT, at("N"), at("C"), position(0, "x"), position(1, "y"))
    if layer.kind is Kind.DEPTHWISE:
        target = element(OUTPUT, at("N"), at("C"), at("Ox"), at("Oy"))
        return target, read, element(WEIGHTS, at("C"), at("Fx"), at("Fy"))
    target = element(OUTPUT, at("N"), at("M"), at("Ox"), at("Oy"))
    return target, read, element(WEIGHTS, at("M"), at("C"), at("Fx"), at("Fy"))
