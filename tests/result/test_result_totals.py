"""Totals and shares of a network, against counts by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings

from dmaze_cp.cost.latency import cycles
from dmaze_cp.levels import COMPONENTS
from dmaze_cp.objective import Objective
from dmaze_cp.result import Status, network_cycles, result_record
from dmaze_cp.result.shares import layers_of_most, ranked
from tests.kit.networks import FREE, lost, network, networks
from tests.kit.samples import CONV, DEPTHWISE, GEMM, ONE, sample_result

CONV_RESULT = sample_result(CONV, bound_fraction=0.75)
GEMM_RESULT = sample_result(GEMM)


def test_totals_against_a_count_by_hand() -> None:
    conv, gemm = CONV_RESULT.cost, GEMM_RESULT.cost
    assert conv is not None
    assert gemm is not None
    open_ended = replace(CONV_RESULT, bound=conv.edp - 1000)
    result = network(open_ended, GEMM_RESULT, lost(DEPTHWISE, bound=5), layers=[ONE])
    totals = result.totals(Objective.EDP)
    for component in COMPONENTS:
        by_hand = 3 * conv.energy_breakdown_pj[component] + gemm.energy_breakdown_pj[component]
        assert totals.energy_breakdown_pj[component] == pytest.approx(by_hand)
    assert totals.value == 3 * conv.edp + gemm.edp
    assert totals.bound == 3 * (conv.edp - 1000) + gemm.edp
    assert totals.gap == pytest.approx(3000 / totals.value)
    assert (totals.mapped_layers, totals.unproven_layers) == (2, 1)
    assert (totals.unmapped_layers, totals.missing_layers) == (2, 1)


def test_a_layer_that_was_not_reached_does_not_hide_the_bound() -> None:
    record = result_record(network(GEMM_RESULT, layers=[ONE], interrupted=True))
    totals = record["totals"]["edp"]
    assert (totals["bound"], totals["gap"]) == (GEMM_RESULT.value, 0.0)
    assert (totals["unmapped_layers"], totals["missing_layers"]) == (1, 1)


def test_the_bound_of_a_network_is_never_rounded_up() -> None:
    # Doubles near 7e17 are 128 apart: their sum, as doubles, could exceed the true one.
    assert CONV_RESULT.value is not None
    conv = replace(CONV_RESULT, bound=float(CONV_RESULT.value) - 1024)
    odd = replace(GEMM_RESULT, bound=12_345_678_901.7, status=Status.FEASIBLE)
    totals = network(conv, odd).totals(Objective.EDP)
    exact = 3 * Fraction(conv.bound) + Fraction(odd.bound)
    assert isinstance(totals.bound, int)
    assert exact - 4 < totals.bound <= exact


def test_an_unknown_bound_counts_as_nothing() -> None:
    bounds = (None, float("-inf"), -1.0)
    for bound in bounds:
        result = network(replace(GEMM_RESULT, bound=bound, status=Status.FEASIBLE))
        totals = result.totals(Objective.EDP)
        assert (totals.bound, totals.gap, totals.unproven_layers) == (0, 1.0, 1)


def test_the_cycles_of_a_network_are_those_of_its_layers() -> None:
    split = network_cycles((CONV_RESULT, GEMM_RESULT, lost(DEPTHWISE)))
    assert CONV_RESULT.mapping is not None
    assert GEMM_RESULT.mapping is not None
    assert CONV_RESULT.cost is not None
    assert GEMM_RESULT.cost is not None
    assert split.dma == (
        3 * cycles(CONV_RESULT.mapping, CONV_RESULT.cost).dma
        + cycles(GEMM_RESULT.mapping, GEMM_RESULT.cost).dma
    )


@settings(max_examples=25, deadline=None)
@given(networks())
def test_shares_rank_the_layers_and_add_up(result) -> None:
    for objective in result.objectives:
        results, totals = result.of(objective), result.totals(objective)
        places = ranked(results)
        assert {id(p.result) for p in places} == {id(r) for r in results}
        shares = [p.share for p in places]
        known = [share for share in shares if share is not None]
        assert known == sorted(known, reverse=True)
        assert shares[: len(known)] == known, "layers without a share come last"
        if totals.value:
            assert sum(known) == pytest.approx(1)
            assert places[len(known) - 1].cumulative == 1
            most = layers_of_most(places, 0.9)
            assert sum(known[:most]) >= 0.9 - 1e-9
            assert sum(known[: most - 1]) < 0.9
        else:
            assert known == []


@settings(max_examples=25, deadline=None)
@given(networks())
def test_the_records_add_up(result) -> None:
    record = json.loads(json.dumps(result_record(result), allow_nan=False))
    for objective, totals in record["totals"].items():
        layers = [r for r in record["layers"] if r["objective"] == objective]
        mapped = [r for r in layers if r["value"] is not None]
        for name in ("energy_pj", "latency_cycles", "edp", "value"):
            assert totals[name] == sum(r["instances"] * r[name] for r in mapped)
        assert totals["network_edp"] == totals["energy_pj"] * totals["latency_cycles"]
        assert sum(totals["latency_breakdown_cycles"].values()) == totals["latency_cycles"]
        parts = totals["energy_breakdown_pj"]
        instances = sum(r["instances"] for r in mapped)
        # The layers' totals are rounded to a picojoule, the parts are not.
        slack = 0.5 * instances + 1e-9 * totals["energy_pj"]
        assert abs(sum(parts.values()) - totals["energy_pj"]) <= slack
        energy_shares = totals["energy_share"].values()
        if sum(parts.values()):
            assert sum(energy_shares) == pytest.approx(1)
        else:
            assert set(energy_shares) == {None}
        if totals["value"]:
            assert sum(r["share"] for r in mapped) == pytest.approx(1)
        assert all(r["share"] is None for r in layers if r["value"] is None)
        assert totals["mapped_layers"] == len(mapped)
        asked = len(result.workload)
        assert totals["mapped_layers"] + totals["unmapped_layers"] == asked
        assert totals["missing_layers"] == asked - len(layers)
        if mapped:
            assert 0 <= totals["bound"] <= totals["value"]
            assert (totals["gap"] > 0) == (totals["unproven_layers"] > 0)


def test_a_network_that_costs_nothing_has_no_shares() -> None:
    record = result_record(network(sample_result(GEMM, architecture=FREE)))
    assert record["layers"][0]["share"] is None
    assert set(record["totals"]["edp"]["energy_share"].values()) == {None}


def test_records_are_in_the_order_of_the_model() -> None:
    results = [sample_result(layer, o) for o in Objective for layer in (CONV, GEMM, ONE)]
    mixed = network(*results[::-1], layers=[])
    in_order = replace(
        mixed,
        workload=replace(mixed.workload, layers=(CONV, GEMM, ONE)),
        objectives=tuple(Objective),
    )
    assert [(r["name"], r["objective"]) for r in result_record(in_order)["layers"]] == [
        (layer.name, str(o)) for layer in (CONV, GEMM, ONE) for o in Objective
    ]
    flags = result_record(network(replace(GEMM_RESULT, from_store=True)))["layers"][0]
    assert (flags["from_store"], flags["failed"], flags["share"]) == (True, False, 1.0)
