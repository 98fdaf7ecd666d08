"""Whether the sums over the records of a result hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor
from typing import Any, NotRequired, TypedDict

from dmaze_cp.checker.layer import cost_of
from dmaze_cp.checker.mapped import Amount, Natural, Share, alike, breakdown_problems
from dmaze_cp.checker.model import Cost, Record
from dmaze_cp.errors import Problem
from dmaze_cp.levels import COMPONENTS, LEAKAGE
from dmaze_cp.spec.documents import closed


@closed
class TotalsRecord(TypedDict):
    """The sums for one objective."""

    energy_pj: Natural
    energy_breakdown_pj: NotRequired[dict[str, Amount]]
    energy_share: NotRequired[dict[str, Share | None]]
    latency_cycles: Natural
    latency_breakdown_cycles: NotRequired[dict[str, Natural]]
    edp: Natural
    network_edp: Natural
    value: NotRequired[Natural]
    bound: Amount | None
    gap: Share | None
    mapped_layers: NotRequired[Natural]
    unproven_layers: NotRequired[Natural]
    unmapped_layers: Natural
    missing_layers: NotRequired[Natural]


def sum_problems(document: Record) -> Iterator[Problem]:
    """Totals and shares of a result, whose records all hold, that are others."""
    for objective, totals in document["totals"].items():
        own = objective_sums(document, objective)
        for problem in _totals_problems(totals, own):
            yield problem.under(f"totals.{objective}")
        for index, record in enumerate(document["layers"]):
            if record["objective"] == objective and "share" in record:
                whole, value = own["value"], record["value"]
                share = record["instances"] * value / whole if value is not None and whole else None
                if not alike(record["share"], share):
                    yield Problem(f"layers[{index}].share", str(record["share"]), str(share))


def objective_sums(document: Record, objective: str) -> dict[str, Any]:
    """Sums over the records of a result for an objective, all of which hold."""
    machine = document["architecture"]
    layers = len({record["name"] for record in document["layers"]})
    layers += len(document.get("missing", ()))
    records = [r for r in document["layers"] if r["objective"] == objective]
    costs = [cost_of(r, machine) if r["tiling"] is not None else None for r in records]
    own = _sums(records, costs, layers)
    # Sums over no mapping at all have every component, too.
    for name in components(machine):
        own["energy_breakdown_pj"].setdefault(name, 0.0)
    return own


def _sums(records: Sequence[Record], costs: Sequence[Cost | None], layers: int) -> dict[str, Any]:
    """Sums over the records of one objective, each counted with its instances."""
    mapped = [(r, c, r["instances"]) for r, c in zip(records, costs, strict=True) if c is not None]
    bounds = [floor(r["bound"] or 0) for r, _, _ in mapped]
    sums: dict[str, Any] = {
        "energy_pj": sum(c.energy_pj * n for _, c, n in mapped),
        "latency_cycles": sum(c.latency_cycles * n for _, c, n in mapped),
        "edp": sum(c.energy_pj * c.latency_cycles * n for _, c, n in mapped),
        "value": sum(r["value"] * n for r, _, n in mapped),
        "mapped_layers": len(mapped),
        "unproven_layers": sum(b < r["value"] for (r, _, _), b in zip(mapped, bounds, strict=True)),
        "missing_layers": max(0, layers - len(records)),
    }
    sums["network_edp"] = sums["energy_pj"] * sums["latency_cycles"]
    sums["unmapped_layers"] = sums["missing_layers"] + len(records) - len(mapped)
    bound = sum(b * n for (_, _, n), b in zip(mapped, bounds, strict=True))
    value = sums["value"]
    sums["bound"] = bound if mapped else None
    sums["gap"] = ((value - bound) / value if value else 0.0) if mapped else None
    compute = sum(c.compute_cycles * n for _, c, n in mapped)
    noc = sum(c.noc_cycles * n for _, c, n in mapped)
    dma = sums["latency_cycles"] - compute - noc
    sums["latency_breakdown_cycles"] = {"compute": compute, "noc": noc, "dma": dma}
    parts: dict[str, float] = {}
    for _, c, n in mapped:
        for name, energy in c.breakdown_pj.items():
            parts[name] = parts.get(name, 0.0) + n * energy
    sums["energy_breakdown_pj"] = parts
    return sums


def _totals_problems(totals: Record, own: Record) -> Iterator[Problem]:
    for name, expected in own.items():
        found = totals.get(name, expected)
        if name == "energy_breakdown_pj":
            yield from breakdown_problems(found, expected)
        elif name == "gap":
            if not alike(found, expected):
                yield Problem(name, str(found), str(expected))
        elif found != expected:
            yield Problem(name, str(found), f"{expected}, what the layers add up to")
    if "energy_share" in totals:
        yield from _share_problems(totals["energy_share"], own["energy_breakdown_pj"])


def _share_problems(shares: Record, parts: Record) -> Iterator[Problem]:
    """Shares of the energy that are not those of its parts; without any energy there are none."""
    if set(shares) != set(parts):
        yield Problem("energy_share", f"parts {' '.join(shares)}", " ".join(parts))
        return
    whole = sum(parts.values())
    for name, part in parts.items():
        share = part / whole if whole else None
        if not alike(shares[name], share):
            yield Problem(f"energy_share.{name}", str(shares[name]), str(share))


def components(machine: Record) -> tuple[str, ...]:
    """Where energy goes on a machine."""
    return (*COMPONENTS, LEAKAGE) if machine.get("leakage_mw") else COMPONENTS
