"""What commands share when they find out what is asked: problems, names, output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dmaze_cp.errors import Problem, SpecError, printable

if TYPE_CHECKING:
    from dmaze_cp.architecture import Architecture


@contextmanager
def collected(problems: list[Problem]) -> Iterator[None]:
    """Note what is wrong, to say all of it together."""
    try:
        yield
    except SpecError as error:
        problems += error.problems


def say_remarks(architecture: Architecture) -> None:
    """Tell of what is no error in an accelerator, but hardly meant."""
    for remark in architecture.remarks():
        click.echo(f"warning: {printable(architecture.name)}: {remark}", err=True)


def distinct_names(refs: Sequence[str], names: Sequence[str]) -> list[str]:
    """Names that tell things apart.

    Parameters
    ----------
    refs
        What the user called them.
    names
        What they are called; where two have the same name, they get the user's, and a
        number where that is the same as well.
    """
    counts = Counter(names)
    shown = [name if counts[name] == 1 else ref for ref, name in zip(refs, names, strict=True)]
    seen: Counter[str] = Counter()
    distinct = []
    for name in shown:
        seen[name] += 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct
