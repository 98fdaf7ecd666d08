"""Einstein sums that are one matrix product -> loop nests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.frontend.attributes import Attributes, Sizes
from dmaze_cp.frontend.operators import Refusal
from dmaze_cp.workload import Layer


@dataclass(frozen=True)
class _Equation:
    """Operand and output terms, each a tuple of indices; those of an ellipsis are integers."""

    terms: tuple[tuple[str | int, ...], ...]
    output: tuple[str | int, ...]


def lower_einsum(name: str, shapes: Sequence[Sizes], attributes: Attributes) -> Layer | Refusal:
    """The loop nest of an Einstein sum of two operands that is a batch of matrix products.

    An index is a row (of the first operand and the output), a column (of the second
    and the output), summed (of both operands alone), or one of the batch (of all
    three). Where an operand has size 1 in a shared index, it is broadcast along it:
    then the index is a row or a column.

    Raises
    ------
    SpecError
        When equation and operands contradict each other.
    """
    equation = _parse(attributes.text("equation", ""), shapes)
    extents = _extents(equation, shapes)
    work = prod(extents.values())
    if len(shapes) == 1:
        return Refusal("Einstein sum of one operand: no product")
    if len(shapes) > 2:
        return Refusal(f"Einstein sum of {len(shapes)} operands: the order of products is open")
    if any(len(set(term)) < len(term) for term in equation.terms):
        return Refusal("Einstein sum over a diagonal")
    if min(extents.values(), default=1) < 1:
        sizes = " and ".join(str(list(shape)) for shape in shapes)
        raise SpecError(Problem("inputs", sizes, "sizes of at least 1"))
    return _product(name, equation, shapes, extents, work)


def _product(
    name: str,
    equation: _Equation,
    shapes: Sequence[Sizes],
    extents: dict[str | int, int],
    work: int,
) -> Layer | Refusal:
    left, right = (
        {index for index, size in zip(term, shape, strict=True) if size == extents[index]}
        for term, shape in zip(equation.terms, shapes, strict=True)
    )
    roles: dict[str, list[int]] = {"X": [], "Y": [], "K": [], "batch": []}
    for index, extent in extents.items():
        if index in left and index in right:
            roles["batch" if index in equation.output else "K"].append(extent)
        elif index in equation.output:
            roles["X" if index in left else "Y"].append(extent)
        elif extent > 1:
            return Refusal("Einstein sum that sums one operand before the product", work)
    bounds = {dimension: prod(roles[dimension]) for dimension in "XYK"}
    if bounds["K"] == 1 and 1 in (bounds["X"], bounds["Y"]):
        return Refusal("Einstein sum that only multiplies elements", work)
    return Layer.gemm(name, bounds, instances=prod(roles["batch"]))


def _parse(text: str, shapes: Sequence[Sizes]) -> _Equation:
    """Terms and output; the dimensions of an ellipsis are counted from the last, -1."""
    inputs, arrow, stated = text.replace(" ", "").partition("->")
    words = inputs.split(",")
    if len(words) != len(shapes):
        expected = f"a term for each of {len(shapes)} operands"
        raise SpecError(Problem("equation", repr(text), expected))
    terms = []
    for word, shape in zip(words, shapes, strict=True):
        hidden = len(shape) - len(word.replace("...", ""))
        letters = word.replace("...", "", 1)
        if ("..." not in word and hidden) or hidden < 0 or (letters and not letters.isalpha()):
            expected = f"letters for the {len(shape)} dimensions of {list(shape)}"
            raise SpecError(Problem("equation", repr(word), expected))
        terms.append(_indices(word, hidden))
    dots = max((-i for term in terms for i in term if isinstance(i, int)), default=0)
    if arrow:
        output = _indices(stated, dots)
    else:
        letters_used = [i for term in terms for i in term if isinstance(i, str)]
        once = sorted(i for i in set(letters_used) if letters_used.count(i) == 1)
        output = (*range(-dots, 0), *once)
    unknown = set(output) - {index for term in terms for index in term}
    if unknown:
        raise SpecError(Problem("equation", repr(text), "an output of the operands' indices"))
    return _Equation(tuple(terms), output)


def _indices(word: str, hidden: int) -> tuple[str | int, ...]:
    before, dots, after = word.partition("...")
    return (*before, *(range(-hidden, 0) if dots else ()), *after)


def _extents(equation: _Equation, shapes: Sequence[Sizes]) -> dict[str | int, int]:
    """Extent of each index; a size of 1 is broadcast."""
    extents: dict[str | int, int] = {}
    for term, shape in zip(equation.terms, shapes, strict=True):
        for index, size in zip(term, shape, strict=True):
            known = extents.get(index, 1)
            if size != known and 1 not in (size, known):
                found = f"{known} and {size} for index {index}"
                raise SpecError(Problem("equation", found, "one size"))
            extents[index] = size if known == 1 else known
    return extents
