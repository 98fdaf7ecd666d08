"""Of mappings of least cost one with least of what decides between them, against brute force."""

from __future__ import annotations

import random

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.engine import Engine
from dmaze_cp.loading import load_architecture, load_workload
from dmaze_cp.mapper import map_layer
from dmaze_cp.objective import CostLimit, Objective
from dmaze_cp.result import Known, Status
from dmaze_cp.search import SearchSettings, search
from dmaze_cp.search.prepared import prepared
from dmaze_cp.workload import Layer
from tests.kit.examples import PARTS, share
from tests.kit.oracle.brute_force import every_cost
from tests.kit.patience import HANG_S
from tests.kit.random_layers import random_layer
from tests.search.test_soundness import random_architecture, random_constraints

SETTINGS: tuple[dict[str, object], ...] = (
    {"engine": "cp-sat"},
    {"engine": "auto"},
    # Nodes are bounded, pruned and split although scoring them would be quicker.
    {"engine": "bounds", "settings": SearchSettings(scored=16, head=8)},
    # Nothing is scored whole and incumbents are poor: CP-SAT has to prove it all.
    {"engine": "cp-sat", "settings": SearchSettings(head=4, block=8)},
)


def question(seed: int, most: int = 2500):
    """A random layer, accelerator and limits, with all costs of all mappings."""
    rng = random.Random(seed)
    layer = random_layer(rng, (30, most))
    arch = random_architecture(rng, layer)
    limits = random_constraints(rng) if rng.random() < 0.3 else NO_CONSTRAINTS
    return rng, layer, arch, limits, every_cost(layer, arch, limits)


def least(costs, objective):
    """The least cost, and the least of what decides among those that have it."""
    return min((objective.of(*cost), objective.tie_break.of(*cost)) for cost in costs)


def check_ties(seed: int) -> None:
    """A random question, for all objectives, each by one of the engines."""
    _, layer, arch, limits, costs = question(seed)
    for objective in Objective:
        options = SETTINGS[(seed + len(objective)) % len(SETTINGS)]
        found = map_layer(layer, arch, objective, constraints=limits, time_limit=HANG_S, **options)
        where = f"seed {seed}, {objective}, {options}: {layer} on {arch} within {limits}"
        if not costs:
            assert found.status is Status.INFEASIBLE, where
            continue
        assert found.status is Status.OPTIMAL, where
        assert (found.value, found.tie_value) == least(costs, objective), where
        assert found.tie_bound == found.tie_value, where


def check_limits(seed: int) -> None:
    """Least cost with another cost limited, for all pairs of costs."""
    rng, layer, arch, limits, costs = question(seed)
    ready = prepared(layer.shape, arch, limits)
    if ready is None or not costs:
        return
    for objective in Objective:
        for other in Objective:
            values = sorted(other.of(*cost) for cost in costs)
            most = rng.choice(values[: max(1, len(values) // 2)]) + rng.choice((-1, 0, 0, 1))
            within = (CostLimit(other, most),)
            allowed = [cost for cost in costs if other.of(*cost) <= most]
            options = rng.choice(SETTINGS)
            chosen = {**options, "engine": Engine(options["engine"]), "within": within}
            found = search(
                ready, objective, time_limit=HANG_S, tie_break=objective.tie_break, **chosen
            )
            where = f"seed {seed}, {objective} within {within}, {options}: {layer} on {arch}"
            if not allowed:
                assert found.best is None, where
                assert found.complete, where
                assert found.bound == float("inf"), where
                continue
            assert found.best is not None, where
            value, tie = least(allowed, objective)
            assert found.best.value(objective) == found.bound == value, where
            assert found.best.value(objective.tie_break) == found.tie_bound == tie, where


@pytest.mark.parametrize("seed", range(8))
def test_ties_are_broken_as_by_brute_force(seed):
    check_ties(seed)


@pytest.mark.parametrize("seed", range(100, 104))
def test_optima_within_limits_on_costs_equal_brute_force(seed):
    check_limits(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_ties_of_many_random_problems(part):
    for seed in share(1000, part):
        check_ties(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_limits_of_many_random_problems(part):
    for seed in share(2000, part):
        check_limits(seed)


CONV = load_workload("mobilenetv2")["block12.depthwise"]
DEFAULT = load_architecture("default")


def test_ties_are_left_out_where_it_is_asked_or_a_gap_is():
    for options in ({"tie_break": False}, {"gap": 0.01}):
        found = map_layer(CONV, DEFAULT, "latency", **options)
        assert found.tie_bound is None
        assert found.status in {Status.OPTIMAL, Status.FEASIBLE}
    plain = map_layer(CONV, DEFAULT, "energy", tie_break=False)
    broken = map_layer(CONV, DEFAULT, "energy")
    assert (plain.value, plain.bound) == (broken.value, broken.bound)
    assert broken.tie_value < plain.tie_value
    assert broken.breaks_ties
    assert not plain.breaks_ties


def test_a_proven_optimum_is_where_breaking_ties_starts():
    plain = map_layer(CONV, DEFAULT, "latency", tie_break=False)
    known = Known(plain.mapping, plain.value)
    for engine in ("cp-sat", "bounds"):
        again = map_layer(CONV, DEFAULT, "latency", known=known, engine=engine)
        assert again.value == plain.value
        assert again.tie_bound == again.tie_value <= plain.tie_value


def test_out_of_time_the_bound_of_what_decides_is_honest():
    """The first search has its proof; the second is stopped at once."""
    layer = Layer.conv("c", {"M": 16, "C": 16, "Ox": 8, "Oy": 8, "Fx": 3, "Fy": 3})
    arch = Architecture(pes=16)
    whole = map_layer(layer, arch, "latency")
    proven = []

    def note(incumbent):
        if incumbent.value is not None and incumbent.bound >= incumbent.value:
            proven.append(incumbent)

    cut = map_layer(layer, arch, "latency", stop=lambda: bool(proven), on_progress=note)
    assert cut.value >= whole.value
    if cut.status is Status.OPTIMAL:
        assert cut.tie_bound <= whole.tie_value <= cut.tie_value
    else:
        assert cut.tie_bound is None
