"""Proven-optimal mappings of neural-network layers onto spatial accelerators.

>>> import dmaze_cp as dm
>>> workload = dm.load_workload("resnet18")
>>> result = dm.map_layer(workload[0], dm.load_architecture("default"), objective="edp")
>>> result.status, result.gap
(<Status.OPTIMAL: 'optimal'>, 0.0)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dmaze_cp.architecture import AccessEnergy, Architecture, PEArray
    from dmaze_cp.constraints import ConstraintRules, Constraints
    from dmaze_cp.cost import Cost, evaluate, fits
    from dmaze_cp.desk import RunSettings
    from dmaze_cp.dse.design import Budgets
    from dmaze_cp.dse.parameters import parse_parameter
    from dmaze_cp.dse.result import SweepPoint, SweepResult, WeightedWorkload
    from dmaze_cp.dse.rules import Rule
    from dmaze_cp.dse.space import DesignSpace
    from dmaze_cp.dse.space_files import load_space
    from dmaze_cp.dse.sweep import sweep
    from dmaze_cp.dse.sweep_files import load_sweep, save_sweep
    from dmaze_cp.errors import (
        DmazeError,
        InfeasibleError,
        MissingExtraError,
        NoSolutionError,
        Problem,
        SpecError,
    )
    from dmaze_cp.explanation import explain
    from dmaze_cp.given import Distance, distance
    from dmaze_cp.loading import load_architecture, load_workload
    from dmaze_cp.loopnest import loop_nest
    from dmaze_cp.mapper import map_layer, top_k
    from dmaze_cp.mapping import Dataflow, Mapping
    from dmaze_cp.network import map_networks, map_workload
    from dmaze_cp.objective import Objective
    from dmaze_cp.padding import Padding
    from dmaze_cp.perturbation import Sensitivity, sensitivity
    from dmaze_cp.question import Options, Question
    from dmaze_cp.result import (
        Clash,
        Ending,
        Known,
        LayerResult,
        Slice,
        Status,
        Totals,
        Unpadded,
        WorkloadResult,
        load_result,
        load_results,
    )
    from dmaze_cp.slices import per_dataflow, per_unrolling
    from dmaze_cp.spec.constraint_files import load_constraints
    from dmaze_cp.store import Store, default_store_path
    from dmaze_cp.tradeoff import WorkloadFront, load_front, pareto, save_front
    from dmaze_cp.verification import Verification, verify
    from dmaze_cp.workload import Kind, Layer, UnmappedOperator, Workload

_HOMES = {
    "architecture": ("AccessEnergy", "Architecture", "PEArray"),
    "constraints": ("ConstraintRules", "Constraints"),
    "desk": ("RunSettings",),
    "cost": ("Cost", "evaluate", "fits"),
    "dse.design": ("Budgets",),
    "dse.parameters": ("parse_parameter",),
    "dse.result": ("SweepPoint", "SweepResult", "WeightedWorkload"),
    "dse.rules": ("Rule",),
    "dse.space": ("DesignSpace",),
    "dse.space_files": ("load_space",),
    "dse.sweep": ("sweep",),
    "dse.sweep_files": ("load_sweep", "save_sweep"),
    "errors": (
        "DmazeError",
        "InfeasibleError",
        "MissingExtraError",
        "NoSolutionError",
        "Problem",
        "SpecError",
    ),
    "given": ("Distance", "distance"),
    "loading": ("load_architecture", "load_workload"),
    "loopnest": ("loop_nest",),
    "explanation": ("explain",),
    "mapper": ("map_layer", "top_k"),
    "mapping": ("Dataflow", "Mapping"),
    "network": ("map_networks", "map_workload"),
    "objective": ("Objective",),
    "padding": ("Padding",),
    "question": ("Options", "Question"),
    "result": (
        "Clash",
        "Ending",
        "Known",
        "LayerResult",
        "Slice",
        "Status",
        "Totals",
        "Unpadded",
        "WorkloadResult",
        "load_result",
        "load_results",
    ),
    "tradeoff": ("WorkloadFront", "load_front", "pareto", "save_front"),
    "perturbation": ("Sensitivity", "sensitivity"),
    "slices": ("per_dataflow", "per_unrolling"),
    "spec.constraint_files": ("load_constraints",),
    "store": ("Store", "default_store_path"),
    "verification": ("Verification", "verify"),
    "workload": ("Kind", "Layer", "UnmappedOperator", "Workload"),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "AccessEnergy",
    "Architecture",
    "Budgets",
    "Clash",
    "ConstraintRules",
    "Constraints",
    "Cost",
    "Dataflow",
    "DesignSpace",
    "Distance",
    "DmazeError",
    "Ending",
    "InfeasibleError",
    "Kind",
    "Known",
    "Layer",
    "LayerResult",
    "Mapping",
    "MissingExtraError",
    "NoSolutionError",
    "Objective",
    "Options",
    "PEArray",
    "Padding",
    "Problem",
    "Question",
    "Rule",
    "RunSettings",
    "Sensitivity",
    "Slice",
    "SpecError",
    "Status",
    "Store",
    "SweepPoint",
    "SweepResult",
    "Totals",
    "UnmappedOperator",
    "Unpadded",
    "Verification",
    "WeightedWorkload",
    "Workload",
    "WorkloadFront",
    "WorkloadResult",
    "default_store_path",
    "distance",
    "evaluate",
    "explain",
    "fits",
    "load_architecture",
    "load_constraints",
    "load_front",
    "load_result",
    "load_results",
    "load_space",
    "load_sweep",
    "load_workload",
    "loop_nest",
    "map_layer",
    "map_networks",
    "map_workload",
    "pareto",
    "parse_parameter",
    "per_dataflow",
    "per_unrolling",
    "save_front",
    "save_sweep",
    "sensitivity",
    "sweep",
    "top_k",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used: the solver takes a while to load."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'dmaze_cp' has no attribute {name!r}")
    return getattr(import_module(f"dmaze_cp.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    """Public names."""
    return sorted([*globals(), *__all__])
