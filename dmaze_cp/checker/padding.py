"""The larger layer that a record's mapping is of: whether it is one that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated, NotRequired, TypedDict

from dmaze_cp.checker.model import DIMENSIONS, Record
from dmaze_cp.errors import Problem
from dmaze_cp.spec.documents import Count, Least, Most, closed

_Bound = Annotated[int, Least(1), Most(2**20)]
_Extent = Annotated[int, Least(1), Most(2**40)]


@closed
class PaddedRecord(TypedDict):
    """Raised bounds, and the input that they need."""

    bounds: dict[str, _Bound]
    padded_input: NotRequired[Annotated[list[_Extent], Count(2)] | None]


def nest_of(record: Record) -> Record:
    """The record with the bounds and the input of the layer whose loops are tiled."""
    padded = record.get("padded")
    if padded is None:
        return record
    input_of = {} if record["padded_input"] is None else {"padded_input": _window(record, padded)}
    return {**record, "bounds": {**record["bounds"], **padded["bounds"]}, **input_of}


def _window(record: Record, padded: Record) -> list[int]:
    """The padded input, or more where raised bounds need it."""
    bounds, found = {**record["bounds"], **padded["bounds"]}, []
    for axis, (out, taps) in enumerate((("Ox", "Fx"), ("Oy", "Fy"))):
        stride, dilation = record["stride"][axis], record["dilation"][axis]
        needed = (bounds[out] - 1) * stride + (bounds[taps] - 1) * dilation + 1
        found.append(max(record["padded_input"][axis], needed))
    return found


def padding_problems(record: Record) -> Iterator[Problem]:
    """Raised bounds that were not asked for, and what does not follow from them."""
    padded = record.get("padded")
    if padded is None:
        own = 1
    else:
        unknown = [d for d in padded["bounds"] if d not in DIMENSIONS[record["kind"]]]
        for d in unknown:
            dims = " ".join(DIMENSIONS[record["kind"]])
            yield Problem(f"padded.bounds.{d}", "an unknown loop", f"one of {dims}")
        if unknown:
            return
        for d, bound in padded["bounds"].items():
            if not _is_asked(record, d, bound, _asked(record)):
                expected = f"{record['bounds'][d]}, or what its pins permit"
                yield Problem(f"padded.bounds.{d}", str(bound), expected)
        expected = nest_of(record)["padded_input"]
        if padded.get("padded_input", expected) != expected:
            yield Problem("padded.padded_input", str(padded["padded_input"]), str(expected))
        own = prod(record["bounds"].values()) / prod(nest_of(record)["bounds"].values())
    share = record.get("useful_macs_share")
    if share is not None and abs(share - own) > 1e-9 * own:
        yield Problem("useful_macs_share", str(share), f"{own}")


def may_loop(record: Record, dimension: str) -> bool:
    """Whether a loop has more than one iteration, or may be padded to more."""
    own: int = record["bounds"][dimension]
    if own > 1 or (record["kind"] == "depthwise" and dimension == "M"):
        return own > 1
    # Powers of two are multiples of 1: only a number raises it.
    return _is_asked(record, dimension, own + 1, _asked(record))


def _asked(record: Record) -> list[str]:
    """What the record's pins permit, as ``auto`` or ``DIM=N``."""
    pins = record.get("constraints", [])
    return [text[4:] for text in pins if text.startswith(("pad=", "pad."))]


def _is_asked(record: Record, dimension: str, bound: int, asked: list[str]) -> bool:
    """Whether a bound is the layer's own or one that it may be raised to."""
    own = record["bounds"][dimension]
    if bound == own:
        return True
    if bound < own or (record["kind"] == "depthwise" and dimension == "M"):
        return False
    for text in asked:
        if text == "auto" and dimension not in ("Fx", "Fy"):
            # Multiples of powers of two, none of them above the least that is not below.
            steps = [2**k for k in range(1, (own - 1).bit_length() + 1)]
            if any(bound == -(-own // step) * step for step in steps):
                return True
        name, _, most = text.partition("=")
        if name == dimension and most.isdigit() and bound <= own + int(most):
            return True
    return False
