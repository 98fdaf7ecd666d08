"""Whether a mapping holds: factors, orders, fit, pins, costs, and what is stationary."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose, prod
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from dmaze_cp.checker.machine import misfits
from dmaze_cp.checker.model import DIMENSIONS, Cost, Record, cost
from dmaze_cp.checker.padding import PaddedRecord, nest_of, padding_problems
from dmaze_cp.checker.pins import broken_pins
from dmaze_cp.errors import Problem
from dmaze_cp.levels import (
    AXES_OF_ARRAY,
    DRAM,
    LEVELS,
    NONE,
    OPERANDS,
    ORDERED_LEVELS,
    PE,
    Stationary,
)
from dmaze_cp.spec.documents import Count, Least, Most, closed

_RELATIVE: Final = 1e-9
"""To which parts of energies and shares agree; totals are integers and agree exactly."""

_MOST_MACS: Final = 2**52
"""No layer that is mapped has more multiply-accumulates."""

Bound = Annotated[int, Least(1), Most(2**20)]
Positive = Annotated[int, Least(1), Most(2**40)]
Pair = Annotated[list[Bound], Count(2)]
Natural = Annotated[int, Least(0), Most(1e100)]
Amount = Annotated[float, Least(0), Most(1e100)]
Share = Annotated[float, Least(0), Most(1)]


class LayerFields(TypedDict):
    """What a layer is, wherever it stands."""

    name: str
    also: NotRequired[list[str]]
    kind: Literal["conv", "depthwise", "gemm"]
    instances: Positive
    bounds: dict[str, Bound]
    stride: Pair
    dilation: Pair
    padded_input: Annotated[list[Positive], Count(2)] | None


@closed
class MissingRecord(LayerFields):
    """A layer that the run did not reach."""

    index: Natural


class MappedFields(TypedDict):
    """A mapping among several of a layer, with what it costs."""

    padded: NotRequired[PaddedRecord]
    tiling: dict[str, dict[str, Positive]]
    loop_order: dict[str, list[str]]
    stationary: dict[str, Stationary]
    energy_pj: Natural
    latency_cycles: Natural
    edp: Natural


def point_problems(
    layer: Record, given: Record, machine: Record, pins: list[str]
) -> tuple[Record, Cost | None, list[Problem]]:
    """One of several mappings of a layer: itself with its layer, its cost, what does not hold.

    Parameters
    ----------
    given
        The fields of the mapping, in place of those of `layer`.
    """
    own: Record = {**layer, "padded": None, "useful_macs_share": None, "constraints": pins, **given}
    problems = list(padding_problems(own))
    own = nest_of(own)
    problems = problems or list(mapping_problems(own))
    if problems:
        return own, None, problems
    found = cost(own, machine, own["tiling"], own["loop_order"])
    problems = [
        *misfits(own, machine, own["tiling"]),
        *broken_pins(own, machine, pins, own["tiling"], found),
        *cost_problems(own, found),
        *stationary_problems(own, found),
    ]
    return own, found, problems


def shape_problems(record: Record) -> Iterator[Problem]:
    """A layer that there is not."""
    kind, bounds = record["kind"], record["bounds"]
    if sorted(bounds) != sorted(DIMENSIONS[kind]):
        yield Problem("bounds", " ".join(bounds), " ".join(DIMENSIONS[kind]))
        return
    if record["instances"] <= len(record.get("also", ())):
        least = f"at least {1 + len(record['also'])}, itself and also"
        yield Problem("instances", str(record["instances"]), least)
    yield from _input_problems(record)
    for name in ("stride", "dilation") if kind == "gemm" else ():
        if record[name] != [1, 1]:
            yield Problem(name, str(record[name]), "[1, 1], as a gemm has none")
    if prod(bounds.values()) > _MOST_MACS:
        found = f"{prod(bounds.values())} multiply-accumulates"
        yield Problem("bounds", found, f"at most {_MOST_MACS}")
    if kind == "depthwise" and bounds["M"] != 1:
        yield Problem("bounds.M", str(bounds["M"]), "1 of a depthwise convolution")


def _input_problems(record: Record) -> Iterator[Problem]:
    """A padded input that the outputs and the filter do not need, or that a gemm does not have."""
    kind, bounds = record["kind"], record["bounds"]
    padded = record["padded_input"]
    if (padded is None) != (kind == "gemm"):
        yield Problem("padded_input", str(padded), "two extents of a convolution, else null")
    elif padded is not None:
        for axis, extent in enumerate(padded):
            out, taps = ((("Ox", "Fx"), ("Oy", "Fy")))[axis]
            stride, dilation = record["stride"][axis], record["dilation"][axis]
            outputs = (extent - dilation * (bounds[taps] - 1) - 1) // stride + 1
            if outputs != bounds[out]:
                found = f"{extent}, which makes {outputs} of {out}"
                yield Problem(f"padded_input[{axis}]", found, f"an extent of {bounds[out]}")


def missing_problems(document: Record) -> Iterator[Problem]:
    """Layers that an interrupted run is said not to have reached, and that cannot be those."""
    missing = document.get("missing", ())
    reached = list(dict.fromkeys(record["name"] for record in document["layers"]))
    names = [*reached, *(record["name"] for record in missing)]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield Problem("missing", f"{name}, which is there already", "a layer without a record")
    if missing and not document.get("interrupted", False):
        yield Problem("missing", f"{len(missing)} layers", "none of a complete run")
    indices = [record["index"] for record in missing]
    if indices != sorted(set(indices)) or any(k >= len(names) for k in indices):
        yield Problem("missing", f"places {indices}", f"rising ones below {len(names)}")
    for place, record in enumerate(missing):
        yield from (problem.under(f"missing[{place}]") for problem in shape_problems(record))


def mapping_problems(record: Record) -> Iterator[Problem]:
    """Factors and orders that are none of the layer's."""
    dims, tiling, orders = DIMENSIONS[record["kind"]], record["tiling"], record["loop_order"]
    known = (*LEVELS, *AXES_OF_ARRAY)
    missing = [level for level in LEVELS if level not in tiling]
    unknown = [level for level in tiling if level not in known]
    if missing or unknown or set(orders) != set(ORDERED_LEVELS):
        yield Problem("tiling", f"levels {' '.join(tiling)}", " ".join(LEVELS))
        return
    for level, row in tiling.items():
        for d in row:
            if d not in dims:
                yield Problem(f"tiling.{level}.{d}", "an unknown loop", " ".join(dims))
    for d in dims:
        factors = [tiling[level].get(d, 1) for level in LEVELS]
        if prod(factors) != record["bounds"][d]:
            found = f"{' x '.join(map(str, factors))} = {prod(factors)}"
            yield Problem(f"tiling.*.{d}", found, f"a product of {record['bounds'][d]}")
    for level in ORDERED_LEVELS:
        looping = {d for d, factor in tiling[level].items() if factor > 1}
        order = orders[level]
        if len(set(order)) < len(order) or not looping <= set(order) <= set(dims):
            expected = f"each of {' '.join(dims)} at most once, and all that loop"
            yield Problem(f"loop_order.{level}", " ".join(order), expected)


def cost_problems(record: Record, own: Cost) -> Iterator[Problem]:
    """Costs that are not the mapping's."""
    names = {
        "energy_pj": own.energy_pj,
        "latency_cycles": own.latency_cycles,
        "edp": own.energy_pj * own.latency_cycles,
    }
    for name, expected in names.items():
        if record[name] != expected:
            yield Problem(name, str(record[name]), f"{expected}, what the mapping costs")


def value_of(objective: str, own: Cost) -> int:
    """What a mapping costs, by an objective."""
    costs = {"energy": own.energy_pj, "latency": own.latency_cycles}
    return costs.get(objective, own.energy_pj * own.latency_cycles)


def ordered(objective: str, own: Cost) -> tuple[int, int]:
    """What mappings are ranked by first: the objective, and what decides between equals."""
    decides = own.latency_cycles if objective == "energy" else own.energy_pj
    return value_of(objective, own), decides


def identity(record: Record, diverse: str | None = None) -> tuple[object, ...]:
    """Which mapping it is: factors, and what is stationary; or only what tells it apart."""
    flow = str(sorted((record.get("stationary") or {}).items()))
    if diverse == "dataflow":
        return (flow,)
    if diverse == "unrolling":
        return tuple(sorted(d for d, n in record["tiling"].get(PE, {}).items() if n > 1))
    factors = {
        (level, d, n)
        for level in LEVELS
        for d, n in record["tiling"].get(level, {}).items()
        if n > 1
    }
    return frozenset(factors), flow


def value_problems(record: Record, own: Cost) -> Iterator[Problem]:
    """A value that is not the objective's cost."""
    expected = value_of(record["objective"], own)
    if record["value"] != expected:
        yield Problem("value", str(record["value"]), f"{expected}, what the mapping costs")


def breakdown_problems(found: Any, expected: dict[str, float]) -> Iterator[Problem]:
    """Parts of an energy that are others."""
    where = "energy_breakdown_pj"
    if set(found) != set(expected):
        yield Problem(where, f"parts {' '.join(found)}", " ".join(expected))
        return
    for part, amount in expected.items():
        if not close(found[part], amount):
            yield Problem(f"{where}.{part}", str(found[part]), str(amount))


def stationary_problems(record: Record, own: Cost) -> Iterator[Problem]:
    """Names of dataflows that are not what the orders reuse."""
    named = record.get("stationary")
    if named is None:
        return
    for level in ORDERED_LEVELS:
        expected = kept_by(own, level)
        if named.get(level) != expected:
            yield Problem(f"stationary.{level}", str(named.get(level)), expected)


def kept_by(own: Cost, level: str) -> str:
    """The operand that a level's order keeps stationary: what it reuses."""
    return next((x for x in OPERANDS if own.reuse[level][x] > 1), NONE)


def smallest_fits(layer: Record, machine: Record) -> bool:
    """Whether one element of each operand fits: nothing is smaller, so else no mapping does."""
    idle: dict[str, dict[str, int]] = {level: {} for level in (*LEVELS, *AXES_OF_ARRAY)}
    return not list(misfits(layer, machine, {**idle, DRAM: layer["bounds"]}))


def close(found: Any, expected: float) -> bool:
    """Whether a number that went through doubles is the one expected."""
    return isclose(found, expected, rel_tol=_RELATIVE, abs_tol=1e-12)


def alike(found: float | None, expected: float | None) -> bool:
    """Whether a number that there may not be is the one expected."""
    if found is None or expected is None:
        return found is expected
    return close(found, expected)


def told(value: object) -> str:
    """A value as JSON has it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
