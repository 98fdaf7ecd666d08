"""Fronts of layers and of networks, against all mappings and all choices."""

from __future__ import annotations

import itertools
import random

import pytest

import dmaze_cp as dm
from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.errors import SpecError
from dmaze_cp.question import Options
from dmaze_cp.tradeoff import FrontStatus, network_front, pareto
from dmaze_cp.tradeoff.front import layer_front
from dmaze_cp.tradeoff.front_checks import order_problems, walk_problems
from dmaze_cp.tradeoff.walk import Walk, below
from tests.kit.examples import PARTS, share
from tests.kit.fronts import SMALL, searched
from tests.kit.patience import HANG_S
from tests.kit.verified import LAYERS
from tests.search.test_search_ties import question
from tests.search.test_soundness import patience


def front_of(costs):
    """What no other is at least as good as in both, and better in one: (energy, latency)."""
    left, least = [], None
    for energy, latency in sorted(costs, key=lambda cost: (cost[1], cost[0])):
        if least is None or energy < least:
            left.append((energy, latency))
            least = energy
    return left


def check_front(seed: int) -> None:
    rng, layer, arch, limits, costs = question(seed)
    engine = rng.choice(("cp-sat", "bounds", "auto"))
    epsilon = rng.choice((0.0, 0.0, 0.01, 0.1, 1.0))
    where = f"seed {seed}, {engine}, epsilon {epsilon}: {layer} on {arch} within {limits}"
    options = Options(HANG_S, engine=engine)
    found = layer_front(layer, arch, epsilon=epsilon, constraints=limits, options=options)
    assert found.status is FrontStatus.COMPLETE, where
    assert found.open is None, where
    assert found.proven == len(found.points), where
    mine = [(p.cost.energy_pj, p.cost.latency_cycles) for p in found.points]
    exact = front_of(costs)
    assert bool(exact) == (found.reason is None), where
    for point in found.points:
        assert fits(point.mapping, arch) == (), where
        assert evaluate(point.mapping, arch).energy_pj == point.cost.energy_pj, where
    if epsilon == 0:
        assert mine == exact, where
        return
    assert set(mine) <= set(exact), where
    for energy, latency in exact:
        assert any(t <= latency and e <= energy * (1 + epsilon) for e, t in mine), where


@pytest.mark.parametrize("seed", range(10))
def test_fronts_are_those_of_all_mappings(seed):
    check_front(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_fronts_of_many_random_problems(part):
    for seed in share(4000, part):
        check_front(seed)


def choices(fronts):
    """Totals of every choice of the layers' points."""
    for picked in itertools.product(*(front.points for front in fronts)):
        pairs = list(zip(fronts, picked, strict=True))
        yield (
            sum(front.layer.instances * point.cost.energy_pj for front, point in pairs),
            sum(front.layer.instances * point.cost.latency_cycles for front, point in pairs),
        )


@pytest.mark.parametrize("largest", [20_000, 6])
def test_the_front_of_a_network_is_that_of_all_choices(largest):
    fronts = searched().layers
    found = network_front(fronts, largest)
    assert found.status is FrontStatus.COMPLETE
    totals = list(choices(fronts))
    exact = front_of(totals)
    mine = [(p.energy_pj, p.latency_cycles) for p in found.points]
    if largest > len(exact):
        assert found.epsilon == 0
        assert mine == exact
    else:
        assert len(mine) <= largest < len(exact)
        assert found.epsilon > 0
        for energy, latency in exact:
            assert any(t <= latency and e <= energy * (1 + found.epsilon) for e, t in mine)
    for point in found.points:
        chosen = [front.points[place] for front, place in zip(fronts, point.choice, strict=True)]
        weights = [front.layer.instances for front in fronts]
        assert point.energy_pj == sum(
            w * p.cost.energy_pj for w, p in zip(weights, chosen, strict=True)
        )


def test_a_front_that_is_cut_off_says_what_is_proven_and_where_there_may_be_more():
    layer = dm.load_workload("resnet18")["fc"]
    arch = dm.load_architecture("default")
    whole = layer_front(layer, arch)
    assert whole.status is FrontStatus.COMPLETE
    all_points = [(p.cost.energy_pj, p.cost.latency_cycles) for p in whole.points]
    assert len(all_points) > 3
    seen = []
    cut = layer_front(layer, arch, on_point=seen.append, stop=lambda: len(seen) >= 2)
    assert cut.status is FrontStatus.PARTIAL
    assert cut.reason == "interrupted"
    mine = [(p.cost.energy_pj, p.cost.latency_cycles) for p in cut.points]
    assert cut.proven == 2
    assert mine[:2] == all_points[:2]
    for energy, latency in all_points[2:]:
        assert energy <= cut.open.energy_pj
        assert latency >= cut.open.latency_cycles
    late = layer_front(layer, arch, options=Options(1e-9))
    assert (late.points, late.proven, late.reason) == ((), 0, "time limit")
    assert network_front([cut, late]).status is FrontStatus.PARTIAL


@pytest.mark.parametrize(("stopped", "ending"), [(True, "interrupted"), (False, "time limit")])
def test_a_least_latency_whose_least_energy_is_open_is_no_end(stopped, ending):
    layer, arch = LAYERS[2], dm.load_architecture("default")
    walk = Walk(layer, arch, NO_CONSTRAINTS, 0.0, Options(HANG_S))
    known = dm.map_layer(layer, arch, "latency", tie_break=False)
    assert known.status is dm.Status.OPTIMAL
    assert walk.note(known, stopped=stopped) is None
    front = walk.front
    assert (front.status, front.proven, front.reason) == (FrontStatus.PARTIAL, 0, ending)
    assert front.open.latency_cycles == known.value


def cut_anywhere(seed: int, most: int) -> None:
    """However soon a walk is stopped, what it says is true."""
    rng, layer, arch, limits, costs = question(seed)
    exact = front_of(costs)
    engine = rng.choice(("cp-sat", "bounds", "auto"))
    for polls in range(most):
        front = layer_front(
            layer,
            arch,
            constraints=limits,
            options=Options(HANG_S, engine=engine),
            stop=patience(polls),
        )
        where = f"seed {seed}, {engine}, {polls} polls: {front}"
        mine = [(p.cost.energy_pj, p.cost.latency_cycles) for p in front.points]
        assert mine[: front.proven] == exact[: front.proven], where
        assert not [*order_problems([p.cost for p in front.points])], where
        proven = [place < front.proven for place in range(len(mine))]
        assert not [*walk_problems(front, proven)], where
        if front.status is FrontStatus.COMPLETE:
            assert mine == exact, where
            return
        for energy, latency in exact[front.proven :]:
            assert front.open.energy_pj is None or energy <= front.open.energy_pj, where
            assert latency >= front.open.latency_cycles, where


@pytest.mark.parametrize("seed", range(3))
def test_a_walk_that_is_stopped_anywhere_says_what_is_true(seed):
    cut_anywhere(seed, 40)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_many_walks_that_are_stopped_anywhere_say_what_is_true(part):
    for seed in share(3000, part):
        cut_anywhere(seed, 60)


def test_a_layer_that_does_not_fit_has_no_points():
    found = pareto(LAYERS[2], dm.Architecture(rf_bytes=4))
    (front,) = found.layers
    assert (front.status, front.points) == (FrontStatus.COMPLETE, ())
    assert "rf_bytes" in front.reason
    assert found.network.status is FrontStatus.PARTIAL


def test_what_is_no_epsilon_is_refused():
    for epsilon in (-0.1, float("nan"), float("inf")):
        with pytest.raises(SpecError, match="epsilon"):
            pareto(LAYERS[2], dm.Architecture(), epsilon=epsilon)


def test_the_next_point_is_not_matched_by_the_last():
    rng = random.Random(5)
    for _ in range(200):
        energy, epsilon = rng.randrange(10**12), rng.choice((0.0, 1e-9, 0.01, 0.5, 3.0))
        most = below(energy, epsilon)
        assert most * (1 + epsilon) < energy * (1 + 1e-12)
        assert (most + 1) * (1 + epsilon) >= energy * (1 - 1e-12)


def costs_of(found):
    return [
        [(p.cost.energy_pj, p.cost.latency_cycles) for p in front.points] for front in found.layers
    ]


def test_a_store_knows_the_way_and_what_was_cut_off_goes_on(tmp_path):
    exact = costs_of(searched())
    seen = []
    with dm.Store.open(tmp_path / "store.sqlite") as store:
        cut = pareto(
            searched().workload,
            SMALL,
            engine="auto",
            store=store,
            on_point=lambda layer, point: seen.append(point),
            stop=lambda: len(seen) >= 3,
        )
        assert cut.interrupted
        assert len(seen) == 3
        asked = []
        rest = pareto(
            searched().workload,
            SMALL,
            engine="auto",
            store=store,
            on_point=lambda layer, point: asked.append(point),
        )
        assert costs_of(rest) == exact
        assert asked[:3] == seen
        searches = sum(front.searches for front in rest.layers)
        assert searches == sum(front.searches for front in searched().layers) - 3
        again = pareto(searched().workload, SMALL, engine="auto", store=store)
        assert costs_of(again) == exact
        assert [(f.searches, f.solve_time_s) for f in again.layers] == [(0, 0.0)] * 3
        least = dm.map_workload(searched().workload, SMALL, "latency", store=store)
        assert all(result.from_store for result in least), "its first point is a usual question"


def test_layers_are_searched_side_by_side():
    found = pareto(searched().workload, SMALL, engine="auto", jobs=2)
    assert costs_of(found) == costs_of(searched())
    assert found.network.points == searched().network.points
