"""Walk a mapping's loops one iteration at a time and count what really happens.

No reuse formula: an operand moves whenever the index of its tile changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product


def walk(loops: Sequence[tuple[str, str, int]]) -> Iterator[dict[tuple[str, str], int]]:
    """Every iteration of a nest of (level, dimension, trip count), outermost first."""
    names = [(level, dimension) for level, dimension, _ in loops]
    for counters in product(*(range(trips) for _, _, trips in loops)):
        yield dict(zip(names, counters, strict=True))


def tile_changes(
    loops: Sequence[tuple[str, str, int]], depends: frozenset[str]
) -> list[tuple[int, ...]]:
    """The sequence of tiles that an operand visits, with repetitions in a row removed."""
    visited: list[tuple[int, ...]] = []
    for counters in walk(loops):
        tile = tuple(value for (_, d), value in sorted(counters.items()) if d in depends)
        if not visited or visited[-1] != tile:
            visited.append(tile)
    return visited


def contiguous_runs(layout: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """(runs, elements) of a tile at the origin of an array.

    Parameters
    ----------
    layout
        (extent of the tile, extent of the array), innermost dimension first.
    """
    addresses = []
    for index in product(*(range(extent) for extent, _ in layout)):
        address, step = 0, 1
        for i, (_, whole) in zip(index, layout, strict=True):
            address += i * step
            step *= whole
        addresses.append(address)
    addresses.sort()
    runs = 1 + sum(b != a + 1 for a, b in pairwise(addresses))
    return runs, len(addresses)


def window_indices(
    outputs: int, taps: int, stride: int, dilation: int
) -> tuple[int, int, Mapping[int, int]]:
    """First and last input index under a tile, and how often each is touched."""
    touched: dict[int, int] = {}
    for o in range(outputs):
        for f in range(taps):
            index = o * stride + f * dilation
            touched[index] = touched.get(index, 0) + 1
    return min(touched), max(touched), touched
