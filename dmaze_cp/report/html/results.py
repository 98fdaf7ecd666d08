"""Mapping results (``dmaze-cp/result/1``, ``dmaze-cp/results/1``) as the page shows them."""

from __future__ import annotations

from typing import Final

from dmaze_cp.architecture import Architecture
from dmaze_cp.errors import Problem
from dmaze_cp.levels import MAC, SPM
from dmaze_cp.report import numbers as shown
from dmaze_cp.report.html.layers import OBJECTIVES, layer_views
from dmaze_cp.report.html.read import (
    View,
    architecture,
    choice,
    flag,
    inside,
    merge,
    number,
    numbers,
    text,
    texts,
    views,
)
from dmaze_cp.report.limits import setting_text
from dmaze_cp.report.machine import figure_text, pes_text, rf_text, scratchpad_text
from dmaze_cp.spec.fields import Fields
from dmaze_cp.spec.sizes import size_text

_TOTALS: Final = ("energy_pj", "latency_cycles", "edp", "network_edp", "bound", "gap")
_TOTAL_OF: Final = {"edp": "edp", "energy": "energy_pj", "latency": "latency_cycles"}
_COMPARED: Final = (
    *("value", "bound", "gap", "energy_pj", "latency_cycles", "edp", "network_edp"),
    *("unmapped_layers", "ratio_to_best"),
)


def result_view(document: object) -> View:
    """The result of mapping a network.

    Raises
    ------
    SpecError
        With every problem found.
    """
    spec = Fields(document, "a result")
    spec.raise_problems()
    objectives = texts(spec, "objectives", "a list of objectives")
    if not objectives or any(objective not in OBJECTIVES for objective in objectives):
        spec.note("objectives", f"a list of {', '.join(OBJECTIVES)}")
        objectives = []
    machine = architecture(spec)
    layers = layer_views(spec, machine)
    totals = inside(spec, "totals", "a mapping of objectives to totals", required=True)
    by_objective = {name: _totals_view(totals, name) for name in objectives}
    merge(spec, totals)
    view = {
        "model": text(spec, "model") or "unnamed",
        "architecture": architecture_view(machine),
        "objectives": objectives,
        "interrupted": flag(spec, "interrupted"),
        "constraints": constraints_view(spec),
        "layers": layers,
        "totals": by_objective,
        "unmapped": views(
            spec, "unmapped_operators", "a list of operators", _operator, required=False
        ),
    }
    spec.raise_problems()
    return view


def architecture_view(machine: Architecture) -> View:
    """A machine: its figures as text, and those that the roofs of a plot follow from."""
    energy = machine.energy
    cycles_per_byte = machine.dma_cycles_per_byte * machine.clock_ratio
    return {
        "name": machine.name,
        "pes": machine.pe_count,
        "bytes_per_cycle": 1 / cycles_per_byte if cycles_per_byte else None,
        "mhz": machine.accelerator_mhz,
        "facts": [
            ["PEs", pes_text(machine)],
            ["RF of a PE", rf_text(machine)],
            [SPM, scratchpad_text(machine)],
            ["word", figure_text(machine.word_bytes, size_text)],
            ["clock", f"{machine.accelerator_mhz:g} MHz"],
            ["DMA clock", f"{machine.dma_mhz:g} MHz"],
            ["DMA start-up", f"{machine.dma_startup_cycles:g} DMA cycles"],
            ["DMA", f"{machine.dma_cycles_per_byte:g} DMA cycles/B"],
            [MAC, f"{energy.mac_pj:g} pJ"],
            ["RF access", figure_text(energy.rf_pj, "{:g} pJ".format)],
            ["NoC transfer", figure_text(energy.noc_pj, "{:g} pJ".format)],
            ["SPM access", figure_text(energy.spm_pj, "{:g} pJ".format)],
            ["DRAM access", figure_text(energy.dram_pj, "{:g} pJ".format)],
            *([["leakage", f"{machine.leakage_mw:g} mW"]] if machine.leakage_mw else []),
        ],
    }


def _totals_view(totals: Fields, objective: str) -> View:
    row = inside(totals, objective, "the totals of an objective", required=True)
    view = numbers(row, *_TOTALS, "unmapped_layers")
    view["value"] = number(row, "value")
    if view["value"] is None:
        # Older files leave it out: it is the objective's own total.
        view["value"] = view[_TOTAL_OF[objective]]
    for key in ("value", "bound", "energy_pj", "latency_cycles", "network_edp"):
        view[f"{key}_text"] = None if view[key] is None else shown.exact(view[key])
    merge(totals, row)
    return view


def constraints_view(spec: Fields) -> list[list[str]]:
    """The user's limits on the map-space that are set: on what, and what is allowed."""
    limits = inside(spec, "constraints", "a mapping of limits")
    merge(spec, limits)
    return [list(setting_text(str(key), value)) for key, value in limits.data.items() if value]


def _operator(record: object) -> View:
    spec = Fields(record, "an operator")
    view: View = {key: text(spec, key) for key in ("name", "operator", "reason")}
    view |= numbers(spec, "macs", "count")
    spec.raise_problems()
    return view


def results_view(document: object) -> View:
    """Several results side by side.

    Raises
    ------
    SpecError
        With every problem found.
    """
    spec = Fields(document, "results")
    view = {
        "results": views(spec, "results", "a list of results", result_view),
        "comparison": views(spec, "comparison", "a list of records", _compared),
    }
    records = spec.data.get("results")
    count = len(records) if isinstance(records, list) else 0
    if not count and not spec.problems:
        spec.note("results", "at least one result")
    for position, record in enumerate(view["comparison"] if count else ()):
        if not -1 <= record["result"] < count:
            found, expected = str(record["result"]), f"the index of one of {count} results"
            spec.problems.append(Problem(f"comparison[{position}].result", found, expected))
    spec.raise_problems()
    return view


def _compared(record: object) -> View:
    spec = Fields(record, "a record of the comparison")
    spec.raise_problems()
    view = {
        "model": text(spec, "model") or "unnamed",
        "architecture": text(spec, "architecture") or "unnamed",
        "objective": choice(spec, "objective", OBJECTIVES),
        **numbers(spec, *_COMPARED),
        "best": flag(spec, "best"),
        "best_proven": flag(spec, "best_proven"),
        "result": spec.integer("result", -1, required=False),
    }
    spec.raise_problems()
    return view
