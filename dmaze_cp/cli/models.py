"""The models that a command is given, with sizes that may be meant for some of them only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dmaze_cp.cli.questions import collected
from dmaze_cp.errors import Problem, SpecError

if TYPE_CHECKING:
    from dmaze_cp.workload import Workload


@dataclass(frozen=True)
class Wanted:
    """A model, and the sizes it is to be loaded with.

    Attributes
    ----------
    ref
        Built-in name or file.
    batch
        Batch size, if any.
    shapes
        Sizes that are meant for it alone.
    """

    ref: str
    batch: int | None = None
    shapes: Mapping[str, int] = field(default_factory=dict)


def load_models(
    wanted: Sequence[Wanted], shapes: Mapping[str, int], problems: list[Problem]
) -> list[tuple[int, Workload]]:
    """The networks that can be loaded, with their places among those that are wanted.

    Parameters
    ----------
    wanted
        Built-in names and files.
    shapes
        Of several models each has its own dimensions: a size is for those that have
        its dimension, and at least one has to. They go before those of a model.
    problems
        Is added to: whatever is wrong.
    """
    found: list[tuple[int, Workload]] = []
    refused: dict[str, list[Problem]] = {name: [] for name in shapes}
    taken: set[str] = set()
    for place, model in enumerate(wanted):
        with collected(problems):
            foreign = _foreign(model, shapes) if shapes and len(wanted) > 1 else {}
            own = {name: size for name, size in shapes.items() if name not in foreign}
            taken.update(own)
            for name, problem in foreign.items():
                refused[name].append(problem)
            found.append((place, _load(model, own)))
    problems += [p for name, several in refused.items() if name not in taken for p in several]
    return found


def distinct_files(refs: Iterable[str]) -> list[str]:
    """Without what names the same file or built-in as one before it."""
    distinct: dict[str, str] = {}
    for ref in refs:
        place = ref
        with suppress(OSError, ValueError):
            place = os.path.realpath(ref)
        distinct.setdefault(place, ref)
    return list(distinct.values())


def _foreign(model: Wanted, shapes: Mapping[str, int]) -> dict[str, Problem]:
    """What a model says to sizes that are not of its dimensions."""
    from dmaze_cp.spec.open_sizes import size_range

    try:
        _load(model, shapes)
    except SpecError as error:
        return {
            name: problem
            for problem in error.problems
            for name in shapes
            if problem.where == f"--shape {name}"
            # What is no size at all is so for every model that has the dimension.
            and problem.expected not in {size_range(0), size_range(1)}
        }
    return {}


def _load(model: Wanted, shapes: Mapping[str, int]) -> Workload:
    from dmaze_cp.loading import load_workload

    return load_workload(model.ref, batch=model.batch, shapes={**model.shapes, **shapes})
