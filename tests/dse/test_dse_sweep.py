"""Sweeps against brute force over designs and mappings."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp import mapper
from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.desk import RunSettings
from dmaze_cp.dse.capacity import Table
from dmaze_cp.dse.design import Budgets, Sample
from dmaze_cp.dse.energy import EnergyByCapacity
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus, SweepResult, WeightedWorkload
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.dse.sweep import sweep
from dmaze_cp.engine import Engine
from dmaze_cp.objective import Objective
from dmaze_cp.workload import Layer
from tests.kit.adversary import Adversary
from tests.kit.examples import examples
from tests.kit.oracle.sweeps import check_sweep, listed, network

SMALL = Layer.gemm("small", {"X": 4, "Y": 3, "K": 4})
CONV = Layer.conv("conv", {"M": 2, "C": 3, "Ox": 4, "Fx": 2})
TINY = Layer.gemm("tiny", {"X": 6, "Y": 1, "K": 2})
NETWORKS = (
    (network("one", SMALL),),
    (network("two", CONV, replace(TINY, instances=3)),),
    (network("a", SMALL, TINY, weight=0.1), network("b", replace(TINY, name="t", instances=2))),
)

POOL = [
    Architecture(
        f"pes{pes} rf{rf} banks{banks} {spm} {mhz}",
        pes=pes,
        rf_bytes=rf,
        spm_banks=banks,
        spm_bank_bytes=8,
        dma_startup_cycles=5.0,
        accelerator_mhz=mhz,
        energy=AccessEnergy(rf_pj=rf / 32, spm_pj=spm),
    )
    for pes in (1, 4, 8)
    for rf in (4, 8, 24)  # in 4 bytes, no layer fits
    for banks in (4, 20)
    for spm in (3.0, 13.5)
    for mhz in (200.0, 500.0)
]
"""Few figures, so that many designs are ordered and some cost the same."""

SPACE = DesignSpace(
    "random",
    parameters=(
        Parameter("pes", (1, 2, 3, 4, 8, 16)),
        Parameter("rf_bytes", (4, 6, 8, 12, 16, 32)),
        Parameter("word_bytes", (1, 2)),
        Parameter("spm_banks", (3, 4, 6, 12)),
        Parameter("spm_bank_bytes", (4, 8, 12)),
        Parameter("accelerator_mhz", (250.0, 500.0)),
        Parameter("dma_startup_cycles", (0.0, 7.5, 60.0)),
        Parameter("dma_cycles_per_byte", (0.24, 3.0)),
        Parameter("rf_pj", (0.03, 0.1, 0.96)),
        Parameter("spm_pj", (2.0, 6.0, 13.5)),
        Parameter("dram_pj", (20.0, 200.0)),
    ),
    sample=Sample(500, seed=3),
)


@pytest.fixture
def adversary(monkeypatch: pytest.MonkeyPatch) -> Adversary:
    return put_in_place(monkeypatch, Adversary(random.Random(7)))


def put_in_place(patch: pytest.MonkeyPatch, adversary: Adversary) -> Adversary:
    patch.setattr(mapper, "map_layer", adversary)
    return adversary


@st.composite
def spaces(draw: st.DrawFn, most: int = 8, *, with_areas: bool = False):
    """Some designs, often the same more than once, and areas of which many are equal."""
    architectures = draw(st.lists(st.sampled_from(POOL), min_size=1, max_size=most))
    one = st.sampled_from((1.0, 2.0, 3.0, 3.5))
    if not with_areas and draw(st.booleans()):
        one = st.none()
    return listed(architectures, [draw(one) for _ in architectures])


def winners(result: SweepResult):
    """What may not depend on the way to it."""
    mapped = [p for p in (result.best, *result.front) if p is not None]
    return (
        result.best,
        result.best_proven,
        result.front,
        result.front_proven,
        [result.points[p].value for p in mapped],
    )


def swept(space, networks: Iterable[WeightedWorkload], objective: Objective, **options):
    return sweep(space, tuple(networks), objective, **options)


@pytest.mark.parametrize(
    ("objective", "designs"),
    [(Objective.EDP, 50), (Objective.LATENCY, 25), (Objective.ENERGY, 25)]
    + [pytest.param(objective, 500, marks=pytest.mark.slow) for objective in Objective],
)
def test_random_designs(objective: Objective, designs: int) -> None:
    # On layers so small the quickest engine; `test_with_the_real_search` has the usual one.
    space = replace(SPACE, sample=Sample(designs, seed=3))
    result = swept(space, NETWORKS[0], objective, settings=RunSettings(engine=Engine.BOUNDS))
    totals = check_sweep(result)
    assert len(result.points) == designs
    assert 0.6 * designs < len(totals) < designs  # some fit nothing
    assert result.count(PointStatus.SKIPPED) > 0.1 * designs


@pytest.mark.parametrize(
    ("objective", "designs"),
    [
        (Objective.EDP, 30),
        *(pytest.param(objective, 150, marks=pytest.mark.slow) for objective in Objective),
    ],
)
def test_random_designs_with_an_unhelpful_search(adversary, objective, designs) -> None:
    # The default area model: many designs are equally large.
    space = replace(SPACE, sample=Sample(designs, seed=3))
    results = [
        swept(space, NETWORKS[0], objective, pareto=pareto, all_points=all_points)
        for pareto in (False, True)
        for all_points in (False, True)
    ]
    for result in results:
        check_sweep(result)
    best, best_of_all, front, whole_front = map(winners, results)
    assert best == best_of_all
    assert front == whole_front
    assert len(results[2].front) > 3
    assert results[0].count(PointStatus.SKIPPED) > 0.4 * designs
    for result in results[1::2]:
        assert result.count(PointStatus.SKIPPED) == 0
        # Where not one element fits, no search is needed.
        assert result.searches == len(result.points) - result.count(PointStatus.INFEASIBLE)


@given(
    st.data(),
    st.sampled_from(NETWORKS),
    st.sampled_from(Objective),
    st.booleans(),
    st.integers(0, 10**6),
)
@examples(7, 150)
def test_skipping_changes_no_winner(data, networks, objective, pareto, seed) -> None:
    space = data.draw(spaces(with_areas=pareto))
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(patch, Adversary(random.Random(seed)))
        results = [
            swept(space, networks, objective, pareto=pareto, all_points=all_points)
            for all_points in (False, True)
        ]
    for result in results:
        check_sweep(result)
    assert winners(results[0]) == winners(results[1])


@pytest.mark.parametrize("objective", [Objective.EDP, Objective.ENERGY])
def test_with_interpolated_energies(adversary, objective) -> None:
    """What designs learn of each other rests on their prices, wherever these come from."""
    energy = EnergyByCapacity(  # up and down again
        rf=Table(((8, 0.5), (16, 0.1), (32, 2.0))),
        spm=Table(((64, 6.0), (128, 9.0), (512, 3.0))),
    )
    parameters = (Parameter("rf_bytes", (8, 12, 32)), Parameter("spm_banks", (4, 7, 16)))
    base = replace(POOL[0], pes=4)
    space = DesignSpace("interpolated", base=base, parameters=parameters, energy=energy)
    result = swept(space, NETWORKS[0], objective)
    check_sweep(result)
    assert {point.design.interpolated for point in result.points} == {
        *((), ("rf_pj",), ("spm_pj",), ("rf_pj", "spm_pj"))
    }


@given(st.data(), st.sampled_from(NETWORKS), st.sampled_from(Objective), st.booleans())
@examples(5, 25)
def test_with_the_real_search(data, networks, objective, pareto) -> None:
    space = data.draw(spaces(with_areas=pareto, most=6))
    check_sweep(swept(space, networks, objective, pareto=pareto))


@given(
    st.data(),
    st.sampled_from(NETWORKS),
    st.sampled_from(Objective),
    st.booleans(),
    st.sampled_from((0.01, 0.1, 0.5)),
    st.integers(0, 10**6),
)
@examples(10, 100)
def test_with_a_gap(data, networks, objective, pareto, gap, seed) -> None:
    space = data.draw(spaces(with_areas=pareto))
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(patch, Adversary(random.Random(seed)))
        result = swept(space, networks, objective, settings=RunSettings(gap=gap), pareto=pareto)
    totals = check_sweep(result, finished=False)
    assert (result.best is None) == (not totals)
    if totals:
        found, best = result.points[result.best], min(totals.values())
        assert found.value * (1 - gap) <= float(best) * (1 + 1e-12)
    for point in result.points:
        assert point.status is not PointStatus.UNKNOWN
        if point.status is PointStatus.FEASIBLE:
            assert point.gap <= gap


@given(
    st.data(),
    st.sampled_from(NETWORKS),
    st.sampled_from(Objective),
    st.booleans(),
    st.integers(0, 30),
    st.sampled_from((0.0, 0.3, 1.0)),
    st.integers(0, 10**6),
)
@examples(14, 150)
def test_what_is_claimed_after_a_stop_is_true(
    data, networks, objective, pareto, searches, out_of_time, seed
) -> None:
    space = data.draw(spaces(with_areas=pareto))
    all_points = data.draw(st.booleans())
    with pytest.MonkeyPatch.context() as patch:
        adversary = put_in_place(patch, Adversary(random.Random(seed), out_of_time))
        result = swept(
            space,
            networks,
            objective,
            pareto=pareto,
            all_points=all_points,
            stop=lambda: adversary.asked.total() >= searches,
        )
    check_sweep(result, finished=False)
    if not result.interrupted and out_of_time == 0:
        check_sweep(result)


@pytest.mark.parametrize("searches", [6, 12, 20])  # of about 30
def test_how_a_rough_search_ended_is_not_why_a_design_is_left_open(monkeypatch, searches) -> None:
    adversary = put_in_place(monkeypatch, Adversary(random.Random(1)))
    space = listed(POOL[:30], [1.0] * 30)
    stop = lambda: adversary.asked.total() >= searches  # noqa: E731
    result = swept(space, NETWORKS[1], Objective.EDP, stop=stop)
    assert result.interrupted
    reasons = {point.reason for point in result.points}
    assert any("not searched to the end" in str(reason) for reason in reasons)
    assert not any("time limit" in str(reason) or "cutoff" in str(reason) for reason in reasons)


@given(st.data(), st.sampled_from(Objective), st.floats(0.5, 60.0), st.booleans())
@examples(7, 100)
def test_budgets(data, objective, power_mw, pareto) -> None:
    space = data.draw(spaces(with_areas=True))
    limits = Budgets(area_mm2=data.draw(st.sampled_from((None, 2.5, 3.0))), power_mw=power_mw)
    if not replace(space, budgets=limits).survey()[0]:
        return
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(patch, Adversary(random.Random(1)))
        for all_points in (False, True):
            result = swept(
                space, NETWORKS[1], objective, budgets=limits, pareto=pareto, all_points=all_points
            )
            check_sweep(result)
            areas = [point.design.area_mm2 for point in result.points]
            assert limits.area_mm2 is None or max(areas) <= limits.area_mm2


@pytest.mark.parametrize("all_points", [False, True])
def test_of_equal_designs_the_smallest_is_best_and_the_others_are_told(adversary, all_points):
    one, other = POOL[-1], replace(POOL[-1], spm_banks=POOL[-1].spm_banks + 1)
    dear = replace(one, energy=replace(one.energy, dram_pj=1e4))
    space = listed([one, other, dear, other, one], [3.0, 2.0, 1.0, 2.5, 2.0])
    result = swept(space, NETWORKS[1], Objective.EDP, all_points=all_points)
    check_sweep(result)
    assert result.best == 1
    assert {*result.ties, *result.may_tie} == {0, 3, 4}
    assert not result.may_tie or not all_points
