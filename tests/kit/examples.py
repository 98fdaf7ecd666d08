"""How many examples of a property are tried: few in fast tests, many in slow ones."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
from hypothesis import settings

Test = Callable[..., None]

MANY = int(os.environ.get("DMAZE_MANY", "16"))
"""So many random problems a slow test tries; `DMAZE_MANY=200` is for a night."""
PARTS = 4
"""Tests that share them."""

_SLOW = re.compile(r"(?<!not )\bslow\b")
_chosen: list[str] = []


def choose(markers: str) -> None:
    """Tests are chosen by this expression of markers: before their files are imported."""
    _chosen[:] = [markers]


def is_slow_run() -> bool:
    """Whether slow tests are run."""
    return bool(_SLOW.search("".join(_chosen)))


def examples(few: int, many: int) -> Callable[[Test], Test]:
    """Settings of a property that is tried with few examples, and in slow tests with many."""

    def decorate(test: Test) -> Test:
        if is_slow_run():
            return pytest.mark.slow(settings(max_examples=many)(test))
        return settings(max_examples=few)(test)

    return decorate


def first(few: int, values: Iterable[Any]) -> list[Any]:
    """Parameters of a test of which only the first so many are for fast runs."""
    return [
        value if place < few else pytest.param(value, marks=pytest.mark.slow)
        for place, value in enumerate(values)
    ]


def share(start: int, part: int) -> range:
    """The seeds of one of `PARTS` tests, from a first seed on."""
    each = MANY // PARTS
    return range(start + each * part, start + each * (part + 1))


def complaints_of(check: Callable[[int], list[str]], seeds: range) -> list[str]:
    """What a check, a function of a module or a part of one, says of seeds, on all cores."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        return [text for one in pool.map(check, seeds, chunksize=10) for text in one]
