"""What a batch makes of the layers of a network file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.fields import Fields, is_integer
from dmaze_cp.workload import MAX_BOUND, MAX_INSTANCES, Kind, Layer

BATCH_FIELD: Final = "batch"
"""Field of a gemm in a network file: what a batch multiplies."""

BATCH_WORDS: Final = (*Kind.GEMM.dimensions, "instances", "none")
_SHOWN: Final = 3


@dataclass(frozen=True)
class StatedLayer:
    """A layer as a file states it, as far as it could be read.

    Attributes
    ----------
    where
        Its path in the file.
    name
        Its name, if it has one.
    layer
        The layer, if it is one.
    batch
        What a batch multiplies, one of `BATCH_WORDS`, if the file says so.
    """

    where: str
    name: str | None
    layer: Layer | None = None
    batch: str | None = None


def batch_word(spec: Fields) -> str | None:
    """What a batch multiplies in a layer, where its file says so; else None."""
    if BATCH_FIELD not in spec:
        return None
    value = spec.data[BATCH_FIELD]
    if spec.data.get("kind") in (Kind.CONV, Kind.DEPTHWISE):
        spec.note(BATCH_FIELD, "none for a convolution (its batch is N)")
        return None
    if value not in BATCH_WORDS:
        spec.note(BATCH_FIELD, f"what a batch multiplies, one of {', '.join(BATCH_WORDS)}")
        return None
    return str(value)


def batch_problems(batch: object) -> list[Problem]:
    """What is wrong with a batch, whatever it is for."""
    if is_integer(batch) and 1 <= batch <= MAX_BOUND:  # type: ignore[operator]  # an integer
        return []
    return [Problem("--batch", repr(batch), f"an integer from 1 to {MAX_BOUND}")]


def with_batch(stated: Sequence[StatedLayer], batch: int) -> list[Layer]:
    """The layers of a file with another batch.

    It is the bound ``N`` of convolutions. In a gemm it multiplies what its file says: a
    dimension (rows of a fully connected layer), or the instances (products of activations, as
    in attention). Beside gemms, convolutions have ``N`` 1, as the gemms have no batch.

    Parameters
    ----------
    stated
        Not folded: layers that are equal may grow unlike. Those that are none are left out.
    batch
        A bound.

    Raises
    ------
    SpecError
        When a gemm says nothing, convolutions have another batch, or a bound gets too large.
    """
    pairs = [(one.layer, one.batch) for one in stated if one.layer is not None]
    problems = list(_problems(pairs, batch))
    if problems:
        raise SpecError(problems)
    found = []
    for layer, word in pairs:
        try:
            found.append(_batched(layer, word, batch))
        except SpecError as error:
            problems += [problem.under(f"--batch, {layer.name}") for problem in error.problems]
    if problems:
        raise SpecError(problems)
    return found


def _problems(pairs: Sequence[tuple[Layer, str | None]], batch: int) -> Iterator[Problem]:
    silent = [layer.name for layer, word in pairs if layer.kind is Kind.GEMM and word is None]
    if silent:
        found = f"{batch}, without {BATCH_FIELD!r} in gemm layers {_some(silent)}"
        yield Problem("--batch", found, f"what it multiplies in each ({', '.join(BATCH_WORDS)})")
    convolutions = [layer for layer, _ in pairs if layer.kind is not Kind.GEMM]
    stated = {layer.bounds["N"] for layer in convolutions}
    if len(stated) > 1 or (stated - {1} and len(convolutions) < len(pairs)):
        odd = [layer.name for layer in convolutions if layer.bounds["N"] != 1]
        expected = "one N in all convolutions, and 1 beside gemm layers"
        yield Problem("--batch", f"{batch}, with N not 1 in layers {_some(odd)}", expected)


def _batched(layer: Layer, word: str | None, batch: int) -> Layer:
    if word == "none":
        return layer
    if word == "instances":
        instances = layer.instances * batch
        if instances > MAX_INSTANCES:
            expected = f"at most {MAX_INSTANCES}"
            raise SpecError(Problem("instances", str(instances), expected))
        return replace(layer, instances=instances)
    bounds = layer.bounds
    changed = {"N": batch} if word is None else {word: bounds[word] * batch}
    return replace(layer, extents=tuple((bounds | changed).values()))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
