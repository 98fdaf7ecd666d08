"""A search that has only to look below a cutoff, against brute force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.mapper import map_layer
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.result import Ending, Known, Status
from dmaze_cp.search import SearchSettings
from dmaze_cp.workload import Layer
from tests.kit import strategies
from tests.kit.examples import examples
from tests.kit.oracle.brute_force import all_tilings, brute_force, is_allowed, is_valid

SETTINGS: tuple[dict[str, object], ...] = (
    {},
    # Every case is bounded, pruned and split before anything is scored whole.
    {"engine": "bounds", "settings": SearchSettings(scored=8, head=4)},
    # Incumbents are poor, and CP-SAT has to prove it all.
    {"engine": "cp-sat", "settings": SearchSettings(head=2, block=4)},
)
LAYER = Layer.conv("c", {"M": 6, "C": 4, "Ox": 4, "Fx": 3}, stride=(2, 1))
ARCH = Architecture(pes=6, rf_bytes=48, spm_banks=10, spm_bank_bytes=32)
OPTIMA = {objective: brute_force(LAYER, ARCH).value(objective) for objective in Objective}


def near(optimum: int) -> st.SearchStrategy[int]:
    """Costs around an optimum, far below and far above it."""
    return st.one_of(
        st.sampled_from((0, 1, optimum - 1, optimum, optimum + 1, optimum // 2, 3 * optimum)),
        st.integers(0, 2 * optimum),
    ).filter(lambda cost: cost >= 0)


def some_mapping(draw, layer, arch, limits) -> Mapping | None:
    """A valid mapping, seldom a good one."""
    tilings = all_tilings(layer)
    allowed = is_valid(layer, arch, tilings) & is_allowed(layer, arch, limits, tilings)
    if not allowed.any():
        return None
    factors = tilings[draw(st.sampled_from(list(allowed.nonzero()[0])))]
    return Mapping(layer, tuple(map(tuple, factors.tolist())), layer.dimensions, layer.dimensions)


@given(st.data(), st.sampled_from(Objective), st.sampled_from(SETTINGS))
@examples(18, 200)
def test_results_with_a_cutoff_are_true(data, objective, sizes):
    layer = data.draw(strategies.layers(max_tilings=600))
    arch = data.draw(strategies.architectures())
    limits = data.draw(st.just(NO_CONSTRAINTS) | strategies.constraints())
    optimum = brute_force(layer, arch, limits).value(objective)
    mapping = some_mapping(data.draw, layer, arch, limits) if data.draw(st.booleans()) else None
    bound = data.draw(st.just(0) | st.integers(0, optimum or 0))
    cutoff = data.draw(near(optimum or 1000))
    gap = data.draw(st.sampled_from((0.0, 0.0, 0.05, 0.5)))
    quick = data.draw(st.booleans())
    limit = data.draw(st.sampled_from((60.0, 60.0, 60.0, 1e-9, 0.01)))
    result = map_layer(
        layer, arch, objective, **sizes, constraints=limits, cutoff=cutoff, gap=gap, quick=quick,
        time_limit=limit, known=Known(mapping, bound),
    )  # fmt: skip
    if optimum is None:
        assert result.status in {Status.INFEASIBLE, Status.UNKNOWN}
        assert result.mapping is None
        return
    # Always true.
    assert result.status is not Status.INFEASIBLE
    assert result.bound <= optimum
    assert result.bound >= bound
    assert result.value is None or result.value >= optimum
    assert (result.status is Status.OPTIMAL) == (result.bound == result.value == optimum)
    assert (result.status is Status.UNKNOWN) == (result.mapping is None)
    if result.mapping is not None:
        assert fits(result.mapping, arch) == ()
    if mapping is not None and limit == 60.0:
        known = evaluate(mapping, arch)
        assert result.value <= objective.of(known.energy_pj, known.latency_cycles)
    assert result.ended is not Ending.CUTOFF or result.bound >= cutoff
    # What the search was asked for, given the time.
    if quick or limit < 60.0:
        return
    if cutoff > optimum:
        assert result.status is Status.OPTIMAL or result.gap <= gap
    else:
        assert result.bound >= cutoff or result.gap <= gap
        assert result.status is Status.OPTIMAL or result.ended in {Ending.CUTOFF, Ending.GAP}
    if gap == 0 and cutoff > optimum:
        assert result.status is Status.OPTIMAL


@pytest.mark.parametrize("sizes", SETTINGS)
@pytest.mark.parametrize("objective", list(Objective))
def test_one_above_the_optimum_is_solved_and_the_optimum_is_not_improved_on(objective, sizes):
    optimum = OPTIMA[objective]
    above = map_layer(LAYER, ARCH, objective, cutoff=optimum + 1, **sizes)
    assert (above.status, above.value, above.bound) == (Status.OPTIMAL, optimum, optimum)
    at = map_layer(LAYER, ARCH, objective, cutoff=optimum, **sizes)
    assert at.bound == optimum
    assert at.status is Status.OPTIMAL if at.value == optimum else at.ended is Ending.CUTOFF


def test_a_cutoff_that_is_known_to_be_reached_takes_no_search():
    optimum = OPTIMA[Objective.EDP]
    result = map_layer(LAYER, ARCH, cutoff=optimum // 2, known=Known(None, optimum // 2))
    assert (result.status, result.bound) == (Status.UNKNOWN, optimum // 2)
    assert result.ended is Ending.CUTOFF
    assert result.stats.candidates == result.stats.cp_calls == 0


@pytest.mark.parametrize("cutoff", [0, 1])
def test_a_cutoff_that_nothing_is_below(cutoff):
    result = map_layer(LAYER, ARCH, Objective.LATENCY, cutoff=cutoff, **SETTINGS[1])
    assert cutoff <= result.bound <= OPTIMA[Objective.LATENCY]


def test_a_cutoff_makes_no_claim_where_nothing_fits():
    tiny = Architecture(pes=1, rf_bytes=4, spm_banks=2, spm_bank_bytes=2)
    assert brute_force(LAYER, tiny).energy is None
    for cutoff in (1, 10**9):
        result = map_layer(LAYER, tiny, cutoff=cutoff)
        assert result.status is Status.INFEASIBLE
        assert result.mapping is None


@given(st.integers(2**53, 2**80))
def test_bounds_beyond_the_integers_of_doubles_stay_as_they_are(bound):
    result = map_layer(LAYER, ARCH, cutoff=bound, known=Known(None, bound))
    assert result.bound == bound
    assert isinstance(result.bound, int)
