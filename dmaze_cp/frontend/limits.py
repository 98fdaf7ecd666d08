"""How large a model may be, and how much is done to find its shapes.

Far above real models, these limits make sure that no file takes long: what is past one is
refused with a line that names it. Work is counted, so that the answer is the same on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dmaze_cp.errors import Problem, SpecError

MAX_OPERATORS: Final = 200_000
"""Operators of a model, those of nested graphs included, with functions put in place."""

MAX_NESTING: Final = 32
"""Graphs in operators of graphs, and calls of functions in functions."""

MAX_RANK: Final = 64
"""Dimensions of a tensor that a file states."""

MAX_LIST: Final = 1024
"""Integers in an attribute that is read, and characters in one that is text."""

MAX_FOLDED_ELEMENTS: Final = 1024
"""Elements of a constant whose values are kept: shapes may be computed from it."""

MAX_COMPUTED_ELEMENTS: Final = 2**20
"""Elements of the result of an operator on such constants, of which fewer may be kept."""

MAX_PROPAGATED_ELEMENTS: Final = 4096
"""Elements of a vector whose unknown values ONNX's inference may carry along."""

MAX_WIDENINGS: Final = 8
"""Analyses of one body of a loop: no step is unrolled, but shapes of its state lose a known
size in each analysis until they hold in all steps. After that many, they are unknown."""

MAX_LAYERS: Final = 1024
"""Layers that one operator becomes, and filter taps along an axis of a transposed convolution."""

MAX_SEARCHED: Final = 1000
"""Tensors looked at to say which input decides a branch."""

WORK: Final = 200_000
WORK_PER_OPERATOR: Final = 200
"""The work that a model may take: so much, and so much more for each of its operators.

A unit is one operator in one round of inference; a constant that is computed counts as
`FOLDING`, and vectors count by their length. Real models take 1 to 120 units an operator.
"""

FOLDING: Final = 10
"""Units of computing the outputs of one operator."""


class LimitError(SpecError):
    """A model is past a limit."""


def past(what: str, found: object, limit: int, where: str = "graph") -> LimitError:
    """The error that says that a limit is passed."""
    return LimitError(Problem(where, f"{found} {what}", f"at most {limit}"))


@dataclass
class Work:
    """The work done on one model.

    Attributes
    ----------
    limit
        The most that may be done.
    done
        What has been.
    """

    limit: int
    done: int = 0

    @classmethod
    def on(cls, operators: int) -> Work:
        """None yet, on a model with so many operators."""
        return cls(WORK + WORK_PER_OPERATOR * operators)

    def spend(self, units: int) -> None:
        """Count work before it is done.

        Raises
        ------
        LimitError
            When it is more than the model may take.
        """
        self.done += units
        if self.done > self.limit:
            raise past("units of work to find its shapes", f"more than {self.limit}", self.limit)
