"""Names that have to be short, and still tell apart what they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import Final

_ROUNDS: Final = 3
_LONGEST: Final = 28


def short_names(names: Iterable[str], longest: int = _LONGEST) -> dict[str, str]:
    """A label of at most `longest` letters for each name; no two are the same.

    A name that is too long loses its middle. Where that is what tells some names apart, they
    lose what they begin and end with alike instead; where nothing helps, they are numbered.
    """
    labels = {name: _without_middle(name, longest) for name in names}
    for _ in range(_ROUNDS):
        for group in _alike(labels):
            # The more are told apart, the more the others have in common.
            head = _alike_at_first(group)
            tail = _alike_at_first([name[head:][::-1] for name in group])
            labels |= {name: _between(name, head, tail, longest) for name in group}
    for number, name in enumerate(chain(*_alike(labels)), 1):
        end = f"…#{number}"
        labels[name] = name[: longest - len(end)] + end
    return labels


def _alike(labels: dict[str, str]) -> list[list[str]]:
    """Names that have the same label."""
    groups = defaultdict(list)
    for name, label in labels.items():
        groups[label].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _alike_at_first(names: list[str]) -> int:
    """How many letters all names begin with."""
    first, last = min(names), max(names)
    pairs = zip(first, last, strict=False)
    return next((k for k, (one, other) in enumerate(pairs) if one != other), len(first))


def _without_middle(name: str, longest: int) -> str:
    """Ends of names say more than beginnings."""
    if len(name) <= longest:
        return name
    head = (longest - 1) // 3
    return f"{name[:head]}…{name[len(name) - (longest - 1 - head) :]}"


def _between(name: str, head: int, tail: int, longest: int) -> str:
    """A name without so many letters at its ends, or as many as it has to lose."""
    lost = len(name) - (longest - 2)
    if lost <= 2:
        return _without_middle(name, longest)
    head = min(head, lost)
    tail = min(tail, lost - head)
    before, after = "…" * (head > 0), "…" * (tail > 0)
    kept = _without_middle(name[head : len(name) - tail], longest - len(before + after))
    return f"{before}{kept}{after}"
