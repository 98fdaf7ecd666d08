"""`map_layer`: answers, refusals, and layers at the edges."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp import mapper
from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.errors import InfeasibleError, NoSolutionError, ProofError, SpecError
from dmaze_cp.mapper import map_layer
from dmaze_cp.objective import Objective
from dmaze_cp.result import Known, Status
from dmaze_cp.workload import Kind, Layer, Workload
from tests.kit import strategies
from tests.kit.examples import examples
from tests.kit.oracle.brute_force import brute_force
from tests.kit.patience import HANG_S
from tests.kit.problems import refused
from tests.kit.works import ENDLESS

SMALL = Layer.gemm("small", {"X": 8, "Y": 6, "K": 4})
TINY = Architecture(name="tiny", pes=4, rf_bytes=32, spm_banks=6, spm_bank_bytes=32)
OBJECTIVES = list(Objective)
LARGE = Layer.conv(
    "c", {"M": 512, "C": 512, "Ox": 112, "Oy": 112, "Fx": 3, "Fy": 3}, padded_input=(114, 114)
)


@cache
def tried(layer, arch, limits=NO_CONSTRAINTS):
    """The answers of brute force, for all objectives."""
    return brute_force(layer, arch, limits)


def assert_optimal(layer, arch, objective, **options):
    result = map_layer(layer, arch, objective, **options)
    best = tried(layer, arch, options.get("constraints", NO_CONSTRAINTS))
    assert result.status is Status.OPTIMAL
    assert result.value == best.value(objective)
    assert result.bound == result.value
    return result


ONES = [
    Layer.conv("conv", {}),
    Layer.depthwise("depthwise", {}),
    Layer.gemm("gemm", {}),
    Layer.conv("strided", {}, stride=(3, 2), padded_input=(3, 2)),
]
PRIMES = [
    Layer.gemm("primes", {"X": 13, "Y": 7, "K": 11}),
    Layer.conv("primes", {"M": 7, "C": 5, "Ox": 3, "Oy": 2, "Fx": 3}, stride=(2, 1)),
    Layer.depthwise("primes", {"N": 2, "C": 7, "Ox": 5, "Oy": 3, "Fx": 3}),
]
ODD_ARCHITECTURES = {
    "one PE": Architecture(pes=1, rf_bytes=24, spm_banks=5, spm_bank_bytes=16),
    "all fits in a PE": Architecture(pes=4, rf_bytes=2**20, spm_banks=64, spm_bank_bytes=2**16),
    "all fits everywhere": Architecture("vast", 2**40, 2**40, 1, 2**40, 2**40),
    "no energy": Architecture(energy=AccessEnergy(0, 0, 0, 0, 0)),
    "only DRAM energy": Architecture(energy=AccessEnergy(0, 0, 0, 1e12, 0)),
    "next to no energy": Architecture(energy=AccessEnergy(1e-9, 0, 1e-8, 1e-7, 0)),
    "free DMA": Architecture(pes=4, dma_startup_cycles=0, dma_cycles_per_byte=0),
    "DMA by the byte": Architecture(pes=4, dma_startup_cycles=0),
    "slow DMA": Architecture(pes=4, dma_startup_cycles=1e6, dma_mhz=1, accelerator_mhz=1000),
    "smallest memories": Architecture(
        pes=8, rf_bytes=3, word_bytes=1, spm_banks=3, spm_bank_bytes=1
    ),
}


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("layer", ONES, ids=lambda layer: layer.name)
def test_a_layer_of_ones_has_one_mapping(layer, objective):
    result = assert_optimal(layer, Architecture(), objective)
    assert set(result.mapping.factors) == {(1,) * len(layer.dimensions)}
    assert (result.dataflow.dram, result.dataflow.spm) == ("none", "none")


def odd_questions():
    """Each layer on half of the accelerators, for one objective; the others in slow tests."""
    for n, (layer, name) in enumerate(product(PRIMES, ODD_ARCHITECTURES)):
        every_other = (n + n // len(ODD_ARCHITECTURES)) % 2 == 0
        for k, objective in enumerate(OBJECTIVES):
            marks = [] if every_other and k == n % 3 else [pytest.mark.slow]
            yield pytest.param(layer, name, objective, marks=marks)


@pytest.mark.parametrize(("layer", "name", "objective"), list(odd_questions()))
def test_odd_architectures(layer, name, objective):
    assert_optimal(layer, ODD_ARCHITECTURES[name], objective)


def test_no_energy_is_a_value_of_zero():
    arch = ODD_ARCHITECTURES["no energy"]
    result = map_layer(PRIMES[0], arch, "energy")
    assert (result.value, result.bound, result.gap) == (0, 0, 0.0)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_largest_bounds_get_an_answer(objective):
    layer = Layer.gemm("long", {"X": 2**20, "Y": 4, "K": 1})
    result = map_layer(layer, Architecture(), objective, time_limit=HANG_S)
    assert result.status in (Status.OPTIMAL, Status.FEASIBLE)
    assert result.bound <= result.value


def test_a_large_prime_is_mapped():
    layer = Layer.gemm("prime", {"X": 1_048_573, "Y": 1_048_573, "K": 31})
    result = map_layer(layer, Architecture(), "edp", time_limit=HANG_S)
    assert result.status is Status.OPTIMAL
    # More than 2**53 in every part: the value is still that of the exact model.
    cost = evaluate(result.mapping, Architecture())
    assert result.value == cost.energy_pj * cost.latency_cycles > 2**63


@pytest.mark.parametrize(
    "bounds", [{"X": 2**20, "Y": 2**20, "K": 2**20}, {"X": 2**20, "Y": 2**20, "K": 2**13}]
)
def test_products_beyond_integers_are_refused(bounds):
    with refused("layer vast"):
        map_layer(Layer.gemm("vast", bounds), Architecture(), "edp")


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"objective": "power"}, ["objective"]),
        ({"time_limit": 0}, ["time_limit"]),
        ({"time_limit": float("nan")}, ["time_limit"]),
        ({"gap": -0.1}, ["gap"]),
        ({"gap": 1}, ["gap"]),
        ({"gap": float("nan")}, ["gap"]),
        ({"time_limit": "10"}, ["time_limit"]),
        ({"time_limit": None, "gap": "0", "top_k": "3"}, ["time_limit", "gap", "top_k"]),
        ({"top_k": 2.5}, ["top_k"]),
        ({"workers": 0}, ["workers"]),
        ({"workers": 10_001, "seed": 2**31}, ["workers", "seed"]),
        ({"workers": 2**40, "seed": -1}, ["workers", "seed"]),
        ({"workers": "2", "seed": None}, ["workers", "seed"]),
        ({"objective": "x", "time_limit": -1, "gap": 2, "workers": -1},
         ["objective", "time_limit", "gap", "workers"]),
    ],
)  # fmt: skip
def test_senseless_options_are_refused_all_at_once(options, fields):
    with pytest.raises(SpecError) as error:
        map_layer(SMALL, TINY, **options)
    assert [problem.where for problem in error.value.problems] == fields


@pytest.mark.parametrize(
    ("layer", "architecture", "where", "found"),
    [
        (SMALL, "edge", "architecture", "'edge'"),
        ("fc8", TINY, "layer", "'fc8'"),
        (Workload("net", (SMALL,)), TINY, "layer", "a Workload"),
    ],
)
def test_what_is_no_layer_or_architecture_is_one_line(layer, architecture, where, found):
    with pytest.raises(SpecError) as error:
        map_layer(layer, architecture)
    (problem,) = error.value.problems
    assert (problem.where, problem.found) == (where, found)


def test_a_layer_that_cannot_fit_says_why():
    for arch, field in (
        (replace(TINY, rf_bytes=5), "rf_bytes"),
        (replace(TINY, spm_banks=2), "spm_banks"),
    ):
        result = map_layer(SMALL, arch)
        assert (result.status, result.mapping, result.cost) == (Status.INFEASIBLE, None, None)
        assert result.value is None
        assert result.gap is None
        assert field in result.reason
        with pytest.raises(InfeasibleError, match=f"small: {field}"):
            result.raise_for_status()


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Constraints.of_options(min_pe_utilization=1.0), "util.PE>=1.0"),
        (
            Constraints.of_options(min_rf_utilization=0.99, no_spatial_reduction=True),
            "util.RF>=0.99",
        ),
        (Constraints.of_options(min_spm_utilization=1.0), "util.SPM>=1.0"),
    ],
)
def test_limits_that_leave_nothing_are_named(limits, words):
    layer = Layer.gemm("odd", {"X": 5, "Y": 7, "K": 3})
    result = map_layer(layer, replace(TINY, rf_bytes=33), constraints=limits)
    assert brute_force(layer, replace(TINY, rf_bytes=33), limits).edp is None
    assert result.status is Status.INFEASIBLE
    assert words in result.reason


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(
    "limits",
    [
        Constraints.of_options(min_pe_utilization=1.0),
        Constraints.of_options(min_rf_utilization=0.7),
        Constraints.of_options(min_spm_utilization=0.8),
        Constraints.of_options(0.5, 0.5, 0.5, True, True),
    ],
)
def test_the_optimum_within_limits(limits, objective):
    layer = Layer.conv("c", {"M": 4, "C": 4, "Ox": 4, "Oy": 2, "Fx": 3})
    free = tried(layer, TINY).value(objective)
    result = assert_optimal(layer, TINY, objective, constraints=limits)
    assert result.value >= free
    assert result.constraints == limits


def test_a_result_knows_its_question():
    result = map_layer(SMALL, TINY, "latency")
    assert (result.layer, result.architecture, result.objective) == (SMALL, TINY, Objective.LATENCY)
    assert result.solve_time_s > 0
    assert result.stats.candidates > 0
    assert result.raise_for_status() is result


def test_out_of_time_before_any_mapping():
    layer = Layer.conv(
        "c", {"M": 64, "C": 64, "Ox": 56, "Oy": 56, "Fx": 3, "Fy": 3}, padded_input=(58, 58)
    )
    result = map_layer(layer, Architecture(), stop=lambda: True)
    assert result.status is Status.UNKNOWN
    assert result.bound is not None
    assert "interrupted" in result.reason
    with pytest.raises(NoSolutionError, match="c: interrupted"):
        result.raise_for_status()
    late = map_layer(layer, Architecture(), time_limit=1e-9)
    assert late.status is Status.UNKNOWN
    assert "time limit" in late.reason


def test_the_time_limit_is_kept():
    """Otherwise it would be proven, some time."""
    result = map_layer(ENDLESS, Architecture(), "edp", time_limit=0.5)
    assert result.status in {Status.FEASIBLE, Status.UNKNOWN}
    assert "time limit" in result.reason


@given(st.data())
@examples(4, 40)
def test_what_is_known_before_does_not_change_the_answer(data):
    """From any mapping, fitting or not, and any bound up to the optimum."""
    layer, arch = (
        data.draw(strategies.layers(max_tilings=300)),
        data.draw(strategies.architectures()),
    )
    mapping = data.draw(st.none() | strategies.mappings(layer))
    best = brute_force(layer, arch)
    for objective in OBJECTIVES:
        optimum = best.value(objective)
        bound = 0.0 if optimum is None else data.draw(st.floats(0, 1)) * optimum
        result = map_layer(layer, arch, objective, known=Known(mapping, bound))
        assert result.value == optimum
        assert result.status is (Status.INFEASIBLE if optimum is None else Status.OPTIMAL)


@given(st.data())
@examples(5, 40)
def test_a_cutoff_hides_nothing_that_costs_less(data):
    layer = data.draw(strategies.layers(max_tilings=300))
    arch = data.draw(strategies.architectures())
    best = brute_force(layer, arch)
    for objective in OBJECTIVES:
        optimum = best.value(objective)
        cutoff = int(data.draw(st.floats(0.5, 1.5)) * (optimum or 100))
        result = map_layer(layer, arch, objective, cutoff=cutoff)
        if optimum is None:
            assert result.status is Status.INFEASIBLE
        elif optimum < cutoff:
            assert (result.status, result.value) == (Status.OPTIMAL, optimum)
        else:
            assert cutoff <= result.bound <= optimum


@given(st.data())
@examples(8, 40)
def test_a_quick_answer_is_a_mapping_and_a_bound(data):
    layer, arch = (
        data.draw(strategies.layers(max_tilings=300)),
        data.draw(strategies.architectures()),
    )
    best = brute_force(layer, arch)
    for objective in OBJECTIVES:
        optimum = best.value(objective)
        result = map_layer(layer, arch, objective, quick=True, time_limit=1e-9)
        if optimum is None:
            assert result.status is Status.INFEASIBLE
        else:
            assert result.bound <= optimum <= result.value
            assert not fits(result.mapping, arch)


def test_a_quick_answer_is_found_where_the_likeliest_cases_have_none():
    """The five cases with the least bounds have no mapping that fits."""
    layer = Layer.gemm("gemm", {"X": 1, "Y": 8, "K": 9})
    free = AccessEnergy(0.0, 0.0, 0.0, 0.0, 0.0)
    arch = Architecture(
        pes=4,
        rf_bytes=88,
        word_bytes=4,
        spm_banks=6,
        spm_bank_bytes=64,
        dma_startup_cycles=64.0,
        dma_cycles_per_byte=0.0,
        dma_mhz=300.0,
        accelerator_mhz=200.0,
        energy=free,
    )
    assert map_layer(layer, arch, "latency", quick=True, time_limit=1e-9).mapping is not None


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_known_optimum_with_its_bound_answers_at_once(objective):
    layer = PRIMES[1]
    first = map_layer(layer, TINY, objective)
    again = map_layer(
        layer, TINY, objective, known=Known(first.mapping, first.bound, first.tie_bound)
    )
    assert (again.status, again.value, again.bound) == (
        Status.OPTIMAL,
        first.value,
        first.value,
    )
    assert (again.stats.cp_calls, again.stats.candidates) == (0, 0)


def test_a_known_mapping_is_there_when_time_is_up():
    found = map_layer(LARGE, Architecture(), quick=True)
    late = map_layer(
        LARGE, Architecture(), time_limit=1e-9, known=Known(found.mapping, found.bound)
    )
    assert late.status is Status.FEASIBLE
    assert late.value <= found.value
    assert late.bound >= found.bound


def test_a_known_mapping_that_does_not_fit_is_ignored():
    roomy = map_layer(PRIMES[1], ODD_ARCHITECTURES["all fits in a PE"])
    assert fits(roomy.mapping, TINY)
    for limits in (NO_CONSTRAINTS, Constraints.of_options(no_spatial_reduction=True)):
        assert_optimal(PRIMES[1], TINY, "edp", known=Known(roomy.mapping), constraints=limits)


def test_a_quick_answer_for_a_large_layer_is_quick():
    result = map_layer(LARGE, Architecture(), quick=True, time_limit=1e-9)
    assert result.stats.cp_calls == 0
    assert result.status is Status.FEASIBLE
    assert 0 < result.gap < 1


def test_cost_models_that_disagree_are_an_error(monkeypatch):
    """Every answer is scored once more by itself, in integers of any size."""
    right = mapper.evaluate

    def wrong(mapping, architecture):
        cost = right(mapping, architecture)
        return replace(cost, energy_pj=cost.energy_pj + 1)

    monkeypatch.setattr(mapper, "evaluate", wrong)
    with pytest.raises(ProofError, match="as in the search"):
        map_layer(SMALL, TINY, "energy")


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_scored_whole_needs_no_solver(kind):
    layer = next(one for one in ONES if one.kind is kind)
    assert map_layer(layer, Architecture(), engine="auto").stats.cp_calls == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("engine", ["bounds", "cp-sat"])
def test_no_mapping_costs_nothing(objective, engine):
    layer = Layer.conv("c", {"N": 2, "M": 8, "C": 4, "Ox": 6, "Oy": 6, "Fx": 3, "Fy": 3})
    limits = Constraints.parse("latency<=0")
    result = map_layer(layer, Architecture(), objective, engine=engine, constraints=limits)
    assert result.status is Status.INFEASIBLE
