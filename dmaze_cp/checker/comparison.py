"""Whether the comparison of several results follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any, Final, Literal, TypedDict

from dmaze_cp.checker.mapped import Amount, Natural, alike, told
from dmaze_cp.checker.model import Record
from dmaze_cp.checker.totals import objective_sums
from dmaze_cp.errors import Problem, printable
from dmaze_cp.spec.documents import closed


@closed
class ComparisonRecord(TypedDict):
    """The totals of a result for one objective, beside the other accelerators of its network."""

    result: Natural
    model: str
    architecture: str
    objective: Literal["edp", "energy", "latency"]
    layers: Natural
    instances: Natural
    value: Natural | None
    bound: Amount | None
    gap: Amount | None
    energy_pj: Natural | None
    latency_cycles: Natural | None
    latency_s: Amount | None
    edp: Natural | None
    network_edp: Natural | None
    unmapped_layers: Natural
    missing_layers: Natural
    unproven_layers: Natural
    ratio_to_best: Amount | None
    best: bool
    best_proven: bool


_COSTS: Final = (
    *("value", "bound", "gap", "energy_pj", "latency_cycles", "edp", "network_edp"),
    "latency_s",
)
"""What there is not where no layer has a mapping."""

_LAYER: Final = ("name", "kind", "instances", "bounds", "stride", "dilation", "padded_input")


@dataclass(frozen=True)
class _Entry:
    """A result for one objective.

    Attributes
    ----------
    own
        Its record, but for its place among the others.
    total
        Its value in a unit that does not depend on the clock; None where a layer has no mapping.
    least
        What the network costs on the accelerator at least, in that unit; None where it is proven
        to have no mapping.
    """

    own: dict[str, Any]
    total: Fraction | None
    least: Fraction | None


def comparison_problems(document: Record) -> Iterator[Problem]:
    """A comparison that does not follow from the results, all of which hold."""
    found = document.get("comparison")
    if found is None:
        # A release that wrote no digests may not have compared either.
        if "digest" in document:
            yield Problem("comparison", "nothing", "a record for each result and objective")
        return
    entries = _entries(document["results"])
    if len(found) != len(entries):
        expected = f"{len(entries)}, one for each result and objective"
        yield Problem("comparison", f"{len(found)} records", expected)
        return
    for place, (given, entry) in enumerate(zip(found, entries, strict=True)):
        same = ("model", "objective")
        group = [e for e in entries if all(e.own[name] == entry.own[name] for name in same)]
        for name, expected in {**entry.own, **_placed(entry, group)}.items():
            is_exact = isinstance(expected, bool | int | str)
            if given[name] != expected if is_exact else not alike(given[name], expected):
                where = f"comparison[{place}].{name}"
                yield Problem(where, told(given[name]), f"{told(expected)}, as the results are")


def _entries(results: Sequence[Record]) -> list[_Entry]:
    """One for each result and objective, in order."""
    networks = [_network(result) for result in results]
    models = _labels(networks, [result["model"] for result in results])
    machines = [result["architecture"] for result in results]
    names = _labels(machines, [machine.get("name", "") for machine in machines])
    return [
        _entry(result, objective, {"result": k, "model": models[k], "architecture": names[k]})
        for k, result in enumerate(results)
        for objective in result["objectives"]
    ]


def _entry(result: Record, objective: str, names: Record) -> _Entry:
    """The totals of a result for an objective."""
    layers, sums = _network(result)[1], objective_sums(result, objective)
    clock = result["architecture"]["accelerator_mhz"]
    sums["latency_s"] = sums["latency_cycles"] / (clock * 1e6)
    counts = ("unmapped_layers", "missing_layers", "unproven_layers")
    own = {
        **names,
        "objective": objective,
        "layers": len(layers),
        "instances": sum(layer["instances"] for layer in layers),
        **{name: sums[name] if sums["mapped_layers"] else None for name in _COSTS},
        **{name: sums[name] for name in counts},
    }
    records = [record for record in result["layers"] if record["objective"] == objective]
    # Cycles of different clocks are not of one length: microseconds are compared.
    unit = Fraction(1) if objective == "energy" else 1 / Fraction(clock)
    least = sum(floor(record["bound"] or 0) * record["instances"] for record in records)
    is_complete = sums["mapped_layers"] > 0 and sums["unmapped_layers"] == 0
    is_possible = all(record["status"] != "infeasible" for record in records)
    return _Entry(
        own,
        sums["value"] * unit if is_complete else None,
        least * unit if is_possible else None,
    )


def _placed(entry: _Entry, group: Sequence[_Entry]) -> dict[str, Any]:
    """The place of an entry among the accelerators of its network."""
    own = entry.total
    if own is None:
        return {"ratio_to_best": None, "best": False, "best_proven": False}
    least = min(each.total for each in group if each.total is not None)
    others = [each.least for each in group if each is not entry]
    is_best = own == least
    return {
        "ratio_to_best": float(own / least) if least else None if own else 1.0,
        "best": is_best,
        "best_proven": is_best and all(other is None or own <= other for other in others),
    }


def _network(result: Record) -> tuple[str, list[dict[str, Any]], list[Any]]:
    """The network of a result: its name, its layers in their order, and what is not mapped."""
    layers = list({record["name"]: record for record in result["layers"]}.values())
    for record in result.get("missing", ()):
        layers.insert(record["index"], record)
    own = [{**{name: r[name] for name in _LAYER}, "also": r.get("also", [])} for r in layers]
    return result["model"], own, result.get("unmapped_operators", [])


def _labels(items: Sequence[object], names: Sequence[str]) -> list[str]:
    """A name for each item: one for equal ones, another for different ones."""
    labels: list[str] = []
    for place, (item, name) in enumerate(zip(items, names, strict=True)):
        before = items.index(item)
        if before < place:
            labels.append(labels[before])
            continue
        plain = label = printable(name)
        number = 1
        while label in labels:
            number += 1
            label = f"{plain} ({number})"
        labels.append(label)
    return labels
