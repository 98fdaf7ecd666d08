"""Larger layers that a layer may be padded to, each tried in full: the rule restated."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from tests.kit.oracle.brute_force import brute_force, count_tilings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dmaze_cp.architecture import Architecture
    from dmaze_cp.constraints import Constraints
    from dmaze_cp.workload import Layer


def bounds_of(layer: Layer, texts: Sequence[str]) -> list[list[int]]:
    """Every bound that each dimension may have, from what ``--pad`` is given."""
    found = []
    for d, bound in zip(layer.dimensions, layer.extents, strict=True):
        mine = {bound}
        for text in texts:
            if text == "auto" and d not in ("Fx", "Fy"):
                power = 1
                while power < bound:
                    power *= 2
                    mine.add(power * ((bound + power - 1) // power))
            elif text.split("=")[0] == d:
                mine.update(range(bound, bound + int(text.split("=")[1]) + 1))
        if layer.kind == "depthwise" and d == "M":
            mine = {1}
        found.append(sorted(mine))
    return found


def padded_layers(layer: Layer, texts: Sequence[str]) -> Iterator[Layer]:
    """Every layer that it may be padded to, itself first."""
    for extents in product(*bounds_of(layer, texts)):
        window = None
        if layer.padded_input is not None:
            b = dict(zip(layer.dimensions, extents, strict=True))
            window = tuple(
                max(whole, (b[f"O{axis}"] - 1) * s + (b[f"F{axis}"] - 1) * d + 1)
                for axis, whole, s, d in zip(
                    "xy", layer.padded_input, layer.stride, layer.dilation, strict=True
                )
            )
        yield type(layer)("padded", layer.kind, extents, layer.stride, layer.dilation, window)


def tilings_of_all(layer: Layer, texts: Sequence[str]) -> int:
    """How many tilings all of them have together."""
    return sum(count_tilings(extents) for extents in product(*bounds_of(layer, texts)))


def best_of_all(
    layer: Layer, architecture: Architecture, limits: Constraints, texts: Sequence[str]
) -> dict[str, int | None]:
    """The least cost of any mapping of any of them, by objective."""
    every = [brute_force(one, architecture, limits) for one in padded_layers(layer, texts)]
    best: dict[str, int | None] = {}
    for objective in ("energy", "latency", "edp"):
        values = [v for v in (b.value(objective) for b in every) if v is not None]
        best[objective] = min(values, default=None)
    return best
