"""What the user's constraints demand, and which of it a mapping does not satisfy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints, CostPin, UtilizationPin
from dmaze_cp.constraints.parsing import UTILIZED
from dmaze_cp.cost import evaluate
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.limits import Limit, rf_use, spm_bytes_used, used_pes
from dmaze_cp.cost.reuse import loop_reuse
from dmaze_cp.cost.values import TilingValues
from dmaze_cp.errors import Problem
from dmaze_cp.levels import NONE, OPERANDS, ORDERED_LEVELS, PE, RF, SPM
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.workload import Layer


def demanded(layer: Layer, arch: Architecture, constraints: Constraints) -> tuple[Limit, ...]:
    """The user's minimum utilisations."""
    return tuple(
        utilization_limit(layer, arch, UtilizationPin(level, constraints.least(level)))
        for level in UTILIZED
        if constraints.least(level) > 0
    )


def utilization_limit(layer: Layer, arch: Architecture, pin: UtilizationPin) -> Limit:
    """The least number of PEs, words of an RF or words of an SPM buffer that a share comes to."""
    if pin.level == PE:
        return Limit(str(pin), used_pes(layer), least=at_least(pin.least, arch.pe_count))
    if pin.level == RF:
        in_rf = rf_use(layer, arch)
        return Limit(str(pin), in_rf.node, least=at_least(pin.least, in_rf.most or 0))
    in_spm, unit = spm_bytes_used(layer, arch)
    return Limit(str(pin), in_spm, least=-(-at_least(pin.least, arch.spm_bytes) // unit))


def usable(layer: Layer, arch: Architecture, level: str) -> int:
    """So many PEs, words of an RF or words of an SPM buffer there are for a layer: at least 1."""
    if level == PE:
        return arch.pe_count
    if level == RF:
        return rf_use(layer, arch).most or 1
    return max(arch.spm_bytes // _spm_unit(arch), 1)


def used_share(layer: Layer, arch: Architecture, level: str, count: int) -> float:
    """The share of them that so many are: as a fraction of all bytes of an SPM buffer."""
    if level != SPM:
        return count / usable(layer, arch, level)
    return count * _spm_unit(arch) / arch.spm_bytes


def _spm_unit(arch: Architecture) -> int:
    """Bytes of a word, where all operands have words of one width; else 1."""
    words = {arch.word_of(x) for x in OPERANDS}
    return words.pop() if len(words) == 1 else 1


def at_least(fraction: float, whole: int) -> int:
    """Smallest count whose share of a whole is at least this fraction."""
    count = round(fraction * whole)
    while count > 0 and (count - 1) / whole >= fraction:
        count -= 1
    while count / whole < fraction:
        count += 1
    return count


def cost_limits(constraints: Constraints) -> tuple[CostLimit, ...]:
    """What a mapping may cost at most, beside what is minimised."""
    pins = [pin for pin in constraints.pins if isinstance(pin, CostPin)]
    return tuple(CostLimit(Objective(pin.cost), pin.most) for pin in pins)


def is_allowed(mapping: Mapping, architecture: Architecture, constraints: Constraints) -> bool:
    """Whether a mapping satisfies the user's constraints, in Python integers."""
    return not any(broken_constraints(mapping, architecture, constraints))


def broken_constraints(
    mapping: Mapping, architecture: Architecture, constraints: Constraints
) -> Iterator[Problem]:
    """Pins that a mapping does not satisfy, in Python integers."""
    layer = mapping.layer
    at = Evaluation(TilingValues(layer, architecture, mapping.tiling))
    for d, bound in layer.bounds.items():
        if bound not in constraints.padding.extents(mapping.of_layer, d):
            yield Problem(f"{d} = {bound}", "a bound that padding does not permit", "another")
    for limit in demanded(layer, architecture, constraints):
        if not limit.holds(at):
            yield Problem(limit.name, str(at(limit.node)), f"at least {limit.least}")
    for pin in constraints.pins:
        for each in pin.factors(layer.kind):
            factor = mapping.level(each.level)[each.dimension]
            if not each.holds(factor, layer.bounds[each.dimension]):
                yield Problem(str(pin), f"{each.level}.{each.dimension}={factor}", str(each))
    yield from _too_dear(mapping, architecture, cost_limits(constraints))
    for level in ORDERED_LEVELS:
        found, allowed = stationary_of(mapping, level), constraints.stationary(level)
        if found not in allowed:
            expected = " or ".join(x for x in (*OPERANDS, NONE) if x in allowed) or "nothing"
            yield Problem(f"stationary.{level}", found, expected)


def _too_dear(
    mapping: Mapping, architecture: Architecture, limits: Sequence[CostLimit]
) -> Iterator[Problem]:
    """Limits on costs that a mapping exceeds."""
    if limits:
        cost = evaluate(mapping, architecture)
        for limit in limits:
            value = limit.objective.of(cost.energy_pj, cost.latency_cycles)
            if not limit.allows(value):
                yield Problem(str(limit.objective), str(value), f"at most {limit.most}")


def stationary_of(mapping: Mapping, level: str) -> str:
    """The operand that a mapping's loop order reuses at a level, or none."""
    reuse = loop_reuse(mapping.layer, mapping.level(level), mapping.loop_order[level])
    return next((x for x in OPERANDS if reuse[x] > 1), NONE)
