"""Which layers matter: their shares of a network's total, instances counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dmaze_cp.result import LayerResult


@dataclass(frozen=True)
class Ranked:
    """A layer's place among the layers of its network.

    Attributes
    ----------
    result
        Of the layer.
    share
        Its part of the sum of the objective's values, all instances counted; None without
        a mapping, and where the sum is 0.
    cumulative
        Its share and those of the layers before it.
    """

    result: LayerResult
    share: float | None
    cumulative: float | None


def total_value(results: Sequence[LayerResult]) -> int:
    """Sum of the objective's values, instances counted."""
    return sum(_weight(result) for result in results)


def layer_share(result: LayerResult, total: int) -> float | None:
    """A layer's part of `total`, all its instances counted; None where there is none."""
    return _weight(result) / total if result.value is not None and total else None


def ranked(results: Sequence[LayerResult]) -> tuple[Ranked, ...]:
    """The layers of one objective by share, largest first; those without a mapping last."""
    total, so_far = total_value(results), 0
    places = []
    for result in sorted(results, key=lambda r: (r.value is None, -_weight(r))):
        so_far += _weight(result)
        share = layer_share(result, total)
        places.append(Ranked(result, share, None if share is None else so_far / total))
    return tuple(places)


def layers_of_most(places: Sequence[Ranked], most: float) -> int:
    """How many of the first layers make the fraction `most` of the total."""
    for count, place in enumerate(places, 1):
        if place.cumulative is not None and place.cumulative >= most:
            return count
    return 0


def _weight(result: LayerResult) -> int:
    return 0 if result.value is None else result.layer.instances * result.value
