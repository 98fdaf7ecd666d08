"""Why there is no mapping of a layer, and what it takes for there to be one."""

from __future__ import annotations

import time

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cp.clash import Capacity, Demand, FitModel, demands_on
from dmaze_cp.cp.relaxing import clash_text, demand_text, relaxed, with_demand
from dmaze_cp.engine import DEFAULT_TIME_LIMIT_S, Engine
from dmaze_cp.explanation.costs import CostClash, relaxation_of
from dmaze_cp.mapper import map_layer
from dmaze_cp.objective import Objective
from dmaze_cp.pinning import check_pins
from dmaze_cp.result import Clash, ClashMember
from dmaze_cp.workload import Layer


def explain(
    layer: Layer,
    architecture: Architecture,
    constraints: Constraints = NO_CONSTRAINTS,
    objective: Objective | str = Objective.EDP,
    *,
    time_limit: float = DEFAULT_TIME_LIMIT_S,
    engine: Engine | str = Engine.AUTO,
) -> Clash | None:
    """Why a layer has no mapping; None where it has one.

    Parameters
    ----------
    layer, architecture, constraints
        As in `map_layer`.
    objective
        What the mappings are found for that there are once a part of the clash gives way.
    time_limit
        Wall seconds. When they are over, the clash may have more parts than it needs
        (`Clash.irreducible`), and parts may have no relaxation or one without a cost.
    engine
        What proves these costs.

    Raises
    ------
    SpecError
        When a pin cannot hold for the layer.
    NoSolutionError
        When time ran out before it was known whether there is a mapping.
    """
    deadline = time.monotonic() + time_limit
    constraints = check_pins(layer, constraints)
    model = FitModel(
        layer, architecture, demands_on(architecture, constraints), constraints.padding
    )
    found = model.clash(deadline)
    if found is None:
        return CostClash(
            layer, architecture, constraints, Objective(objective), deadline, Engine(engine)
        ).explained()
    demands, irreducible = found
    text = clash_text(model, demands, deadline)
    relaxations = [relaxed(model, demand, deadline) for demand in demands]
    members: list[ClashMember] = []
    for demand, instead in zip(demands, relaxations, strict=True):
        cost = None
        if instead is not None:
            arch, pins = _instead(architecture, constraints, demand, instead)
            left = (deadline - time.monotonic()) / (len(demands) - len(members))
            best = map_layer(
                layer,
                arch,
                objective,
                constraints=pins,
                time_limit=max(left, 0.01),
                engine=engine,
            )
            cost = relaxation_of(demand_text(instead, architecture), best)
        members.append(ClashMember(demand_text(demand, architecture), cost))
    return Clash(text, tuple(members), irreducible)


def _instead(
    architecture: Architecture, constraints: Constraints, demand: Demand, instead: Demand
) -> tuple[Architecture, Constraints]:
    """Machine and pins with a demand replaced by another of its kind."""
    if isinstance(instead, Capacity):
        return with_demand(architecture, instead), constraints
    assert not isinstance(demand, Capacity)  # noqa: S101 - they are of one kind
    return architecture, constraints.without([demand]).and_also(instead)
