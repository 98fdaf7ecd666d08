"""How far a demand has to give way for there to be a mapping, and what a clash is in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import (
    FactorPin,
    PaddingPin,
    Relation,
    SpatialPin,
    StationaryPin,
    UtilizationPin,
)
from dmaze_cp.cp.clash import Capacity, Demand, FitModel
from dmaze_cp.levels import NONE, OPERANDS, PE, PE_COLS, PE_ROWS, RF, SPM
from dmaze_cp.mapspace import usable, used_share, utilization_limit


def relaxed(model: FitModel, demand: Demand, deadline: float) -> Demand | None:
    """The nearest demand of its kind with which all others leave a mapping; None: there is none."""
    others = [each for each in model.literals if each is not demand]
    match demand:
        case Capacity():
            use = model.use(demand)
            size = model.best(others, use, deadline, lambda s: s.value(use))
            return None if size is None else replace(demand, size=int(size))
        case UtilizationPin():
            use = model.use(demand)
            most = model.best(others, -use, deadline, lambda s: s.value(use))
            return (
                None
                if most is None
                else UtilizationPin(
                    demand.level, used_share(model.layer, model.architecture, demand.level, most)
                )
            )
        case FactorPin():
            return _other_factor(model, demand, others, deadline)
        case SpatialPin():
            return _more_unrolled(model, demand, others, deadline)
        case StationaryPin():
            kept = [x for x in (*OPERANDS, NONE) if _can_keep(model, demand, x, others, deadline)]
            return StationaryPin(demand.level, tuple(kept)) if kept else None
        case PaddingPin():
            return None  # it demands nothing


def _can_keep(
    model: FitModel, pin: StationaryPin, operand: str, others: Sequence[Demand], deadline: float
) -> bool:
    kept = model.kept[pin.level, operand]
    return bool(model.best(others, 1 - kept, deadline, lambda s: s.value(kept)))


def _other_factor(
    model: FitModel, pin: FactorPin, others: Sequence[Demand], deadline: float
) -> FactorPin | None:
    factor = model.factors[pin.level, pin.dimension]
    bound = model.bounds[pin.dimension]
    value = bound if pin.value is None else pin.value
    goal = factor if pin.relation is Relation.AT_MOST else -factor
    if pin.relation is Relation.EQUAL:
        goal = model.model.new_int_var(0, bound, "")
        model.model.add(goal >= factor - value)
        model.model.add(goal >= value - factor)
    found = model.best(others, goal, deadline, lambda s: s.value(factor))
    return None if found is None else replace(pin, value=int(found))


def _more_unrolled(
    model: FitModel, pin: SpatialPin, others: Sequence[Demand], deadline: float
) -> SpatialPin | None:
    listed = pin.unrolled(model.layer.kind)
    free = [d for d in model.layer.dimensions if d not in listed]
    looping = {d: model.model.new_bool_var("") for d in free}
    for d in free:
        model.model.add(model.factors[PE, d] == 1).only_enforce_if(~looping[d])
    # As few as there can be; of several the first.
    goal = sum((1000 + k) * looping[d] for k, d in enumerate(free))
    found = model.best(others, goal, deadline, lambda s: [d for d in free if s.value(looping[d])])
    return None if found is None else SpatialPin((*pin.dimensions, *found))


def needed(model: FitModel, clash: Iterable[Demand], demand: Demand, deadline: float) -> int | None:
    """How much of a capacity the rest of a clash needs, or how much of it can be used at most."""
    if not isinstance(demand, Capacity | UtilizationPin):
        return None
    use = model.use(demand)
    others = [each for each in clash if each is not demand]
    goal = use if isinstance(demand, Capacity) else -use
    found = model.best(others, goal, deadline, lambda s: s.value(use))
    return None if found is None else int(found)


def clash_text(model: FitModel, clash: Sequence[Demand], deadline: float) -> str:
    """A clash as a sentence, with the numbers."""
    arch = model.architecture
    first = next((d for d in clash if isinstance(d, Capacity)), None) or next(
        (d for d in clash if isinstance(d, UtilizationPin)), None
    )
    count = None if first is None else needed(model, clash, first, deadline)
    rest = [demand_text(d, arch) for d in clash if d is not first]
    if first is None or count is None:
        return f"{_listed([demand_text(d, arch) for d in clash])} exclude each other"
    head = demand_text(first, arch)
    if isinstance(first, UtilizationPin):
        least = utilization_limit(model.layer, arch, first).least
        limits = f"{_listed(rest)} leave{'s' * (len(rest) == 1)}" if rest else "the layer has"
        of = usable(model.layer, arch, first.level)
        return f"{head} asks for {least} of {of}; {limits} {count} at most"
    if first.level in (RF, SPM):
        rest = ["one element of each operand", *rest]
    unit = _unit(arch, first)
    number = -(-count // unit)
    return f"{head}; {_listed(rest)} need{'s' if len(rest) == 1 else ''} {number}"


def demand_text(demand: Demand, architecture: Architecture) -> str:
    """A demand in the user's words."""
    if not isinstance(demand, Capacity):
        return str(demand)
    size = demand.size // _unit(architecture, demand)
    of = "" if len(demand.pool) in (0, len(OPERANDS)) else f" for {' and '.join(demand.pool)}"
    texts = {
        RF: f"an RF holds {size} {_rf_unit(architecture, demand)}",
        SPM: f"an SPM buffer has {size} banks of {architecture.spm_bank_bytes} bytes",
        PE: f"there are {size} PEs",
        PE_ROWS: f"the array has {size} rows",
        PE_COLS: f"the array has {size} columns",
    }
    return texts[demand.level] + of


def _unit(architecture: Architecture, capacity: Capacity) -> int:
    """Bytes of what a capacity is counted in, for people."""
    words = {architecture.word_of(x) for x in capacity.pool}
    return words.pop() if capacity.level == RF and len(words) == 1 else 1


def _rf_unit(architecture: Architecture, capacity: Capacity) -> str:
    return "bytes" if len({architecture.word_of(x) for x in capacity.pool}) > 1 else "words"


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def with_demand(architecture: Architecture, demand: Capacity) -> Architecture:
    """An architecture that has this much of something."""
    array = architecture.pe_array
    changes: dict[str, Any]
    if demand.level in (RF, SPM):
        name = "rf_bytes" if demand.level == RF else "spm_banks"
        sizes = getattr(architecture, name)
        if not isinstance(sizes, int):
            own = set(demand.pool)
            sizes = {k: demand.size if set(k) == own else size for k, size in sizes.items()}
        changes = {name: demand.size if isinstance(sizes, int) else sizes}
    elif array is None:
        changes = {"pes": demand.size}
    elif demand.level == PE_ROWS:
        changes = {"pe_array": replace(array, rows=demand.size)}
    else:
        changes = {"pe_array": replace(array, cols=demand.size)}
    return replace(architecture, **changes)
