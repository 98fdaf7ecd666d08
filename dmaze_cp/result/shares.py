"""Which layers matter: their shares of a network's total, instances counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dmaze_cp.result.layer import LayerResult
from dmaze_cp.result.totals import layer_share, total_value, weighed_value


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


def ranked(results: Sequence[LayerResult]) -> tuple[Ranked, ...]:
    """The layers of one objective by share, largest first; those without a mapping last."""
    total, so_far = total_value(results), 0
    places = []
    for result in sorted(results, key=lambda r: (r.value is None, -weighed_value(r))):
        so_far += weighed_value(result)
        share = layer_share(result, total)
        places.append(Ranked(result, share, None if share is None else so_far / total))
    return tuple(places)


def layers_of_most(places: Sequence[Ranked], most: float) -> int:
    """How many of the first layers make the fraction `most` of the total."""
    for count, place in enumerate(places, 1):
        if place.cumulative is not None and place.cumulative >= most:
            return count
    return 0
