"""What goes wrong for one design costs only that design."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp import mapper
from dmaze_cp.architecture import Architecture
from dmaze_cp.desk import RunSettings, desk
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.sweep import PointDone
from dmaze_cp.execution.engine import run_tasks
from dmaze_cp.execution.task import run_task
from dmaze_cp.objective import Objective
from dmaze_cp.workload import Layer
from tests.dse.test_dse_sweep import NETWORKS, POOL, SMALL, put_in_place, spaces, swept, winners
from tests.kit.adversary import Adversary
from tests.kit.examples import examples
from tests.kit.oracle.sweeps import check_sweep, listed, network
from tests.kit.problems import refused

FITTING = [arch for arch in POOL if arch.rf_bytes > 4]
UNLUCKY = 7
"""PEs of a design that no search survives."""


class Unreliable(Adversary):
    """Raises for some questions, now and then or always."""

    def __init__(self, rng: random.Random, share: float) -> None:
        super().__init__(rng)
        self._whims = random.Random(rng.random())
        self._share = share

    def __call__(self, layer, architecture, objective, **options):
        if self._whims.random() < self._share:
            raise MemoryError("none left")
        return super().__call__(layer, architecture, objective, **options)


@given(
    st.data(),
    st.sampled_from(NETWORKS),
    st.sampled_from(Objective),
    st.booleans(),
    st.sampled_from((0.05, 0.3, 1.0)),
    st.integers(0, 10**6),
)
@examples(8, 100)
def test_searches_that_raise(data, networks, objective, pareto, share, seed) -> None:
    space = data.draw(spaces(with_areas=pareto))
    all_points = data.draw(st.booleans())
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(patch, Unreliable(random.Random(seed), share))
        result = swept(space, networks, objective, pareto=pareto, all_points=all_points)
    check_sweep(result, finished=False)
    for point in result.points:
        assert point.status is not PointStatus.UNKNOWN
        if point.status in {PointStatus.FAILED, PointStatus.FEASIBLE}:
            assert "MemoryError: none left" in point.reason
    if not result.count(PointStatus.FAILED) and not result.count(PointStatus.FEASIBLE):
        check_sweep(result)


def _deadly(ticket, task, link):
    if task.question.architecture.pes == UNLUCKY:
        os.kill(os.getpid(), signal.SIGKILL)
    return run_task(ticket, task, link)


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_a_worker_that_dies(monkeypatch) -> None:
    monkeypatch.setattr(desk, "run_tasks", partial(run_tasks, work=_deadly))
    unlucky = replace(FITTING[0], pes=UNLUCKY)
    space = listed([FITTING[0], unlucky, *FITTING[5::6]], [None] * (2 + len(FITTING[5::6])))
    events = []
    result = swept(
        space, NETWORKS[0], Objective.EDP, settings=RunSettings(jobs=2), on_event=events.append
    )
    check_sweep(result, finished=False)
    assert result.points[1].status is PointStatus.FAILED
    assert "its worker died twice" in result.points[1].reason
    assert result.count(PointStatus.FAILED) == 1
    others = [design.architecture for design in space.listed if design.index != 1]
    without = listed(others, [None] * len(others))
    assert result.points[result.best].value == _least(without)
    assert not result.best_proven  # the unlucky one may be better, for all that is known
    done = [event.position for event in events if isinstance(event, PointDone)]
    assert sorted(done) == list(range(len(space.listed)))


def _least(space) -> float:
    result = swept(space, NETWORKS[0], Objective.EDP)
    check_sweep(result)
    return result.points[result.best].value


def test_a_layer_too_large_for_one_design() -> None:
    """Its cycles are beyond the exact model's integers; the others go on."""
    slow = replace(FITTING[3], dma_cycles_per_byte=1e12, dma_startup_cycles=1e12, dma_mhz=1e-6)
    space = listed([FITTING[3], slow, FITTING[9]], [1.0, 1.0, 2.0])
    others = listed([FITTING[3], FITTING[9]], [1.0, 2.0])
    alone = swept(others, NETWORKS[1], Objective.EDP, pareto=True)
    check_sweep(alone)
    for all_points in (False, True):
        result = swept(space, NETWORKS[1], Objective.EDP, pareto=True, all_points=all_points)
        assert result.points[1].status is PointStatus.FAILED
        assert "expected" in result.points[1].reason
        assert result.points[1].value is None
        assert result.best in {0, 2}
        assert not result.best_proven
        assert not result.front_proven
        assert [2 * p for p in alone.front] == list(result.front)


def test_designs_that_fit_no_layer_take_no_search(monkeypatch) -> None:
    adversary = put_in_place(monkeypatch, Adversary(random.Random(1)))
    small = replace(FITTING[0], name="small", rf_bytes=4)
    space = listed([small, FITTING[0], replace(small, spm_banks=1), FITTING[-1]], [1.0] * 4)
    for pareto in (False, True):
        result = swept(space, NETWORKS[2], Objective.EDP, pareto=pareto)
        check_sweep(result)
        for position in (0, 2):
            assert result.points[position].status is PointStatus.INFEASIBLE
            assert result.points[position].reason
    assert {arch.rf_bytes for _, arch in adversary.asked} == {8, 24}


def test_a_space_where_nothing_fits() -> None:
    space = listed([Architecture(pes=n, rf_bytes=4) for n in (1, 2)], [1.0, 2.0])
    for options in ({}, {"pareto": True}, {"all_points": True}):
        result = swept(space, NETWORKS[2], Objective.EDP, **options)
        check_sweep(result)
        assert winners(result) == (None, False, (), False, [])
        assert result.count(PointStatus.INFEASIBLE) == 2
        assert not result.interrupted


def test_no_layer_at_all_and_no_area() -> None:
    space = listed(FITTING[:2], [None, None])
    with refused("models"):
        swept(space, [network("none")], Objective.EDP)
    with refused("--pareto area"):
        swept(space, NETWORKS[0], Objective.EDP, pareto=True)


def test_a_contradiction_is_no_result(monkeypatch) -> None:
    """A bound above the cost of a mapping shows that a proof is wrong."""
    adversary = Adversary(random.Random(1))

    def wrong(layer, architecture, objective, **options):
        result = adversary(layer, architecture, objective, **options)
        return result if result.bound is None else replace(result, bound=2 * result.value + 9)

    monkeypatch.setattr(mapper, "map_layer", wrong)
    with pytest.raises(RuntimeError, match="proven bound"):
        swept(listed([FITTING[0]], [None]), NETWORKS[0], Objective.EDP)


def test_large_costs_stay_exact() -> None:
    """Costs that doubles cannot tell apart."""
    layer = Layer.gemm("large", {"X": 2**20, "Y": 1, "K": 2**10})
    dear = replace(FITTING[-1], rf_bytes=64, spm_banks=64)
    energy = replace(dear.energy, dram_pj=1e6)
    space = listed([replace(dear, energy=energy), replace(dear, energy=energy)], [2.0, 1.0])
    result = swept(space, [network("n", layer), network("m", SMALL, weight=1e-9)], Objective.EDP)
    best = result.points[result.best]
    found = best.networks[0].layers[0]
    assert result.best == 1
    assert result.best_proven
    assert found.value > 2**53
    assert type(found.bound) is int
    assert found.bound == found.value
    assert best.status is PointStatus.OPTIMAL
