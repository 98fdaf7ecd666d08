"""What the exact model and the lists of options can hold, and what no layer fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from dmaze_cp.architecture import Architecture
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.figures import Pool
from dmaze_cp.levels import OPERANDS
from dmaze_cp.mapspace.factorisations import count_of_extents
from dmaze_cp.mapspace.groups import GROUPS
from dmaze_cp.padding import NO_PADDING, Padding
from dmaze_cp.workload import MAX_BOUND, MAX_MACS, Layer

MAX_OPTIONS = 2_000_000
"""Longest list of options of one group that is searched."""


def check_sizes(
    layers: Iterable[Layer], architecture: Architecture, padding: Padding = NO_PADDING
) -> None:
    """Refuse layers that the exact model's integers or the lists of options cannot hold.

    A layer whose bounds may be raised has to fit with the largest of them.

    Raises
    ------
    SpecError
        With every problem of every layer.
    """
    problems = [p for layer in layers for p in _size_problems(layer, architecture, padding)]
    if problems:
        raise SpecError(problems)


def _size_problems(layer: Layer, arch: Architecture, padding: Padding) -> Iterator[Problem]:
    largest = padding.largest(layer)
    yield from padding_problems(layer, padding)
    if any(bound > MAX_BOUND for bound in largest.values()):
        return
    layer = layer.raised(largest)
    overlap = prod(s + d for s, d in zip(layer.stride, layer.dilation, strict=True))
    slowest = (
        arch.dma_startup_cycles + arch.dma_cycles_per_byte * arch.widest_word
    ) * arch.clock_ratio
    cycles = layer.macs * overlap * 8 * (slowest + 2)
    if layer.macs <= MAX_MACS and cycles > 2.0**62:
        found = f"{cycles:.3g} cycles of DMA and NoC at worst"
        yield Problem(f"layer {layer.name}", found, f"at most {2.0**62:.3g}")
    if layer.macs > MAX_MACS:
        found = f"{layer.macs:.3g} multiply-accumulates"
        yield Problem(f"layer {layer.name}", found, f"at most {MAX_MACS:.3g}")


def padding_problems(layer: Layer, padding: Padding) -> Iterator[Problem]:
    """Bounds that are raised above what any layer may have, and lists that are too long."""
    over = {d: most for d, most in padding.largest(layer).items() if most > MAX_BOUND}
    for d, most in over.items():
        found = f"{most} for {d}, raised from {layer.bounds[d]}"
        yield Problem(f"layer {layer.name}", found, f"at most {MAX_BOUND}")
    if not over:
        # Only then: there may be a million bounds to count.
        yield from _list_problems(layer, padding)


def _list_problems(layer: Layer, padding: Padding) -> Iterator[Problem]:
    for dims in GROUPS[layer.kind]:
        count = prod(count_of_extents(layer, d, padding) for d in dims)
        if count > MAX_OPTIONS:
            found = f"{count} factorisations of {' and '.join(dims)}"
            yield Problem(f"layer {layer.name}", found, f"at most {MAX_OPTIONS}")


def why_infeasible(architecture: Architecture) -> str | None:
    """What makes it impossible to map a layer at all, or None.

    Without further constraints a layer fits exactly if the tiling with every loop at
    DRAM does: it has the smallest tiles at every level.
    """
    for pool in architecture.rf_pools:
        words = [architecture.word_of(x) for x in pool.operands]
        if sum(words) > pool.size:
            field = f"rf_bytes{_of(pool)}"
            equal = len(set(words)) == 1
            size = f" ({pool.size // words[0]} words of {words[0]} bytes)" if equal else ""
            return f"{field}: found {pool.size}{size}, expected at least {sum(words)} {_ONE_EACH}"
    for pool in architecture.spm_pools:
        bank = architecture.spm_bank_bytes
        need = sum(-(-architecture.word_of(x) // bank) for x in pool.operands)
        if need > pool.size:
            found = f"{pool.size} of {bank} bytes"
            return f"spm_banks{_of(pool)}: found {found}, expected at least {need} {_ONE_EACH}"
    return None


_ONE_EACH = "for one element of each operand"


def _of(pool: Pool) -> str:
    return "" if pool.operands == OPERANDS else f".{pool.name}"
