"""The package's one family of exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class DmazeError(Exception):
    """Base class of every error this package raises on purpose."""


def printable(text: str) -> str:
    """The text on one line, with control characters escaped: names come from anywhere."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input.

    Attributes
    ----------
    where
        The field, as a dotted path inside the source (may be empty).
    found
        What was found there.
    expected
        What would have been accepted.
    source
        The file or object that the field belongs to (may be empty).
    """

    where: str
    found: str
    expected: str
    source: str = ""

    def __str__(self) -> str:
        head = ": ".join(part for part in (self.source, self.where) if part)
        body = f"found {self.found}, expected {self.expected}"
        return printable(f"{head}: {body}" if head else body)

    def inside(self, source: str) -> Problem:
        """The same problem, attributed to `source` where it names none yet."""
        return self if self.source else Problem(self.where, self.found, self.expected, source)

    def under(self, prefix: str) -> Problem:
        """The same problem, its field seen from one level further up."""
        where = f"{prefix}.{self.where}" if self.where else prefix
        return Problem(where, self.found, self.expected, self.source)


class SpecError(DmazeError):
    """Bad input. Carries every problem found, one line each."""

    def __init__(self, problems: Iterable[Problem] | Problem) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)

    def inside(self, source: str) -> SpecError:
        """The same error, attributed to the file `source`."""
        return SpecError(problem.inside(source) for problem in self.problems)

    def under(self, prefix: str) -> SpecError:
        """The same error, its fields seen from one level further up."""
        return SpecError(problem.under(prefix) for problem in self.problems)


class InfeasibleError(DmazeError):
    """No mapping of the layer fits the architecture: this is proven."""


class NoSolutionError(DmazeError):
    """Time ran out before any mapping was found; one may exist."""


class ProofError(DmazeError):
    """A bound contradicts a mapping: one of them is wrong, so that nothing is proven.

    The message has all that is needed to repeat it.
    """


class MissingExtraError(DmazeError):
    """An optional dependency is not installed; the message names the extra."""
