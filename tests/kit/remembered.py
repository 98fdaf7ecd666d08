"""The mapper, which does equal searches once: for tests of what is made of its answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from dmaze_cp.mapper import map_layer as search
from dmaze_cp.result import LayerResult

LEAST_S = 1.0
"""Searches with less time are not ended by themselves, and done anew."""

_found: dict[Hashable, LayerResult] = {}


def map_layer(
    *question: Any,
    time_limit: float,
    on_progress: Callable[..., None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    **options: Any,
) -> LayerResult:
    """In the place of `dmaze_cp.mapper.map_layer`."""
    key = (question, tuple(sorted(options.items(), key=lambda item: item[0])))
    if time_limit >= LEAST_S and key in _found:
        return _found[key]
    result = search(*question, time_limit=time_limit, on_progress=on_progress, stop=stop, **options)
    if time_limit >= LEAST_S and not stop():
        _found[key] = result
    return result
