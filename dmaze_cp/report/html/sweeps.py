"""Sweeps over architectures (``dmaze-cp/sweep/1``) as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.report.html.layers import OBJECTIVES, layer_views
from dmaze_cp.report.html.read import (
    View,
    architecture,
    breakdown,
    choice,
    energies,
    flag,
    index,
    indices,
    inside,
    is_finite,
    merge,
    number,
    numbers,
    text,
    texts,
    views,
)
from dmaze_cp.report.html.results import architecture_view, constraints_view
from dmaze_cp.spec import architecture_to_dict
from dmaze_cp.spec.fields import Fields, describe, label

DETAILED_POINTS: Final = 48
"""Points whose layers are shown with their mapping in full: a page has to stay small."""

_STATUSES: Final = ("optimal", "feasible", "skipped", "infeasible", "unknown", "failed")
_FIGURES: Final = (
    *("value", "bound", "gap", "energy_pj", "latency_cycles", "latency_s", "edp"),
    *("area_mm2", "power_mw"),
)
_NETWORK: Final = ("value", "bound", "energy_pj", "latency_cycles")
_COUNTS: Final = ("points", "solved", *_STATUSES, "invalid", "searches", "looked_up")
_CAUSES: Final = ("compute", "noc", "dma")

MOST_INVALID: Final = 1000
"""So many points that are no design are listed."""


def sweep_view(document: object) -> View:
    """A sweep.

    Raises
    ------
    SpecError
        With every problem found.
    """
    spec = Fields(document, "a sweep")
    parameters = texts(spec, "parameters", "a list of names of parameters")
    heads = views(spec, "points", "a list of points", _head)
    known = [head.data["index"] for head in heads]
    if len(set(known)) < len(known):
        spec.note("points", "points with an index of their own", "an index twice")
    spec.raise_problems()
    view = _outline(spec, known)
    in_full = _in_full(view, heads)
    view["parameters"] = parameters
    view["points"] = views(
        spec, "points", "a list of points", lambda item: _point(item, parameters, in_full)
    )
    view["invalid"] = _invalid(spec, parameters)
    spec.raise_problems()
    view["shared"] = _share_architecture(view["points"])
    return view


def _outline(spec: Fields, known: Sequence[object]) -> View:
    """Everything but the points."""
    counts = inside(spec, "counts", "a mapping of counts")
    budgets = inside(spec, "budgets", "a mapping of limits")
    winners = inside(spec, "best_by_model", "a mapping of models to indices")
    proven = inside(spec, "best_by_model_proven", "a mapping of models to true or false")
    causes = inside(counts, "invalid_by_cause", "a mapping of causes to counts")
    pareto = spec.data.get("pareto")
    view = {
        "name": text(spec, "name") or "sweep",
        "objective": choice(spec, "objective", OBJECTIVES),
        "in_seconds": text(spec, "unit") in {"s", "pJ x s"},
        "pareto": None if pareto is None else texts(spec, "pareto", "a list of figures, or null"),
        "budgets": {label(key): number(budgets, str(key)) for key in budgets.data},
        "counts": numbers(counts, *_COUNTS),
        "invalid_by_cause": [[label(key), number(causes, str(key))] for key in causes.data],
        "constraints": constraints_view(spec),
        "base": index(spec, "base_design", known),
        "best": index(spec, "best", known),
        "best_proven": flag(spec, "best_proven"),
        "ties": indices(spec, "best_ties", known) if "best_ties" in spec else [],
        "front": indices(spec, "front", known),
        "front_proven": flag(spec, "front_proven"),
        "best_by_model": {label(key): index(winners, str(key), known) for key in winners.data},
        "best_by_model_proven": {label(key): flag(proven, str(key)) for key in proven.data},
        "interrupted": flag(spec, "interrupted"),
        **numbers(spec, "elapsed_s", "size", "drawn"),
    }
    view["models"] = views(spec, "models", "a list of models", _model)
    merge(counts, causes)
    merge(spec, counts, budgets, winners, proven)
    return view


def _model(record: object) -> View:
    spec = Fields(record, "a model (model, weight, layers)")
    view = {"model": text(spec, "model") or "unnamed", **numbers(spec, "weight", "layers")}
    spec.raise_problems()
    return view


def _head(record: object) -> Fields:
    spec = Fields(record, "a point")
    spec.raise_problems()
    spec.integer("index", 0)
    choice(spec, "status", _STATUSES)
    number(spec, "value")
    spec.raise_problems()
    return spec


def _in_full(view: View, heads: Sequence[Fields]) -> set[object]:
    """The points that a reader asks about first: the winners, the front, then by value."""
    winners = [view["best"], *view["best_by_model"].values(), *view["front"]]
    solved = [head.data for head in heads if head.data.get("value") is not None]
    by_value = [
        data["index"]
        for data in sorted(solved, key=lambda data: data["value"])  # type: ignore[arg-type,return-value]  # numbers, checked
    ]
    ranked = dict.fromkeys(i for i in (*winners, *by_value) if i is not None)
    return set(list(ranked)[:DETAILED_POINTS])


def _point(record: object, parameters: Sequence[str], in_full: set[object]) -> View:
    spec = Fields(record, "a point")
    machine = architecture(spec)
    detailed = spec.data["index"] in in_full
    view = {
        "index": spec.data["index"],
        "status": spec.data["status"],
        "reason": text(spec, "reason"),
        "parameters": _parameters(spec, parameters),
        "breakdown": energies(spec),
        "cycles": breakdown(spec, "latency_breakdown_cycles", _CAUSES),
        "interpolated": texts(spec, "interpolated", "a list of names of figures")
        if "interpolated" in spec
        else [],
        "flat": _flat(architecture_to_dict(machine)),
        "networks": views(
            spec,
            "networks",
            "a list of networks",
            lambda item: _network(item, machine, detailed),
            required=False,
        ),
        **numbers(spec, *_FIGURES),
    }
    if view["status"] == "infeasible":
        # There is nothing that it could cost.
        view["bound"] = None
    if detailed:
        view["architecture"] = architecture_view(machine)
    spec.raise_problems()
    return view


def _parameters(spec: Fields, names: Sequence[str]) -> list[object]:
    """Values of the swept parameters, in their order: numbers or text."""
    given = inside(spec, "parameters", f"a mapping with {', '.join(names)}", required=True)
    values: list[object] = []
    for name in names:
        if given.is_mapping and not given.missing(name, "a number or text"):
            value = given.data[name]
            if not (is_finite(value) or isinstance(value, str | bool)):
                given.note(name, "a number or text", describe(value))
            values.append(str(value).lower() if isinstance(value, bool) else value)
    merge(spec, given)
    return values


def _invalid(spec: Fields, names: Sequence[str]) -> list[View]:
    """Points that are no design, the first of them; `counts` has how many there are."""
    expected = "a list of points that are no design"
    shown = views(
        spec, "invalid", expected, lambda item: _invalid_point(item, names), required=False
    )
    return shown[:MOST_INVALID]


def _invalid_point(record: object, names: Sequence[str]) -> View:
    spec = Fields(record, "a point that is no design (index, parameters, cause, reason)")
    spec.raise_problems()
    view = {
        "index": spec.integer("index", 0),
        "parameters": _parameters(spec, names),
        "cause": text(spec, "cause") or "unknown",
        "reason": text(spec, "reason"),
    }
    spec.raise_problems()
    return view


def _network(record: object, machine: Architecture, detailed: bool) -> View:
    spec = Fields(record, "a network (model, value, layers)")
    spec.raise_problems()
    view = {
        "model": text(spec, "model") or "unnamed",
        **numbers(spec, *_NETWORK),
        "layers": layer_views(spec, machine, detailed=detailed, required=False),
    }
    spec.raise_problems()
    return view


def _flat(record: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _share_architecture(points: Iterable[View]) -> dict[str, object]:
    """Fields of the architecture that all points share, taken out of the points."""
    points = list(points)
    if not points:
        return {}
    first = points[0]["flat"]
    shared = {
        key: value
        for key, value in first.items()
        if all(point["flat"].get(key) == value for point in points)
    }
    for point in points:
        point["flat"] = {k: v for k, v in point["flat"].items() if k not in shared}
    return shared
