"""How far given mappings are from the best, and their best single moves."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmaze_cp as dm
from dmaze_cp.errors import SpecError
from dmaze_cp.given import distance, distance_record, moves, start
from dmaze_cp.levels import LEVELS
from dmaze_cp.result import Known, Status
from tests.kit.strategies import architectures, layers, mappings

LAYER = dm.Layer.gemm("fc", {"X": 12, "Y": 8, "K": 6})
ARCH = dm.Architecture(pes=8, rf_bytes=32, spm_banks=8, spm_bank_bytes=64)
SLOW = dm.Mapping.from_tiling(LAYER, {"DRAM": {"X": 12, "Y": 8, "K": 6}}, {"DRAM": ["X", "Y", "K"]})


@given(st.data())
def test_moves_are_the_mappings_one_step_away(data: st.DataObject) -> None:
    mapping = data.draw(mappings(data.draw(layers())))
    seen = set()
    for move in moves(mapping):
        changed = move.mapping
        assert changed not in seen
        seen.add(changed)
        if move.stationary is not None:
            assert changed.factors == mapping.factors
            continue
        assert changed.loop_order == mapping.loop_order
        place = mapping.layer.dimensions.index(move.dimension)
        for level, before, after in zip(LEVELS, mapping.factors, changed.factors, strict=True):
            rest = [n for k, n in enumerate(after) if k != place]
            assert rest == [n for k, n in enumerate(before) if k != place]
            ratio = {move.source: 1 / move.factor, move.level: move.factor}.get(level, 1)
            assert after[place] == before[place] * ratio
    primes = sum(
        len({p for p in range(2, n + 1) if n % p == 0 and all(p % q for q in range(2, p))})
        for row in mapping.factors
        for n in row
    )
    assert sum(move.stationary is None for move in moves(mapping)) == 3 * primes


@given(st.data())
def test_the_best_move_is_the_best_of_all(data: st.DataObject) -> None:
    mapping, arch = data.draw(mappings(data.draw(layers()))), data.draw(architectures())
    objective = data.draw(st.sampled_from(list(dm.Objective)))
    result = dm.LayerResult(mapping.layer, arch, objective, Status.UNKNOWN)
    found = distance(mapping, result)

    def value(of: dm.Mapping) -> int:
        cost = dm.evaluate(of, arch)
        return objective.of(cost.energy_pj, cost.latency_cycles)

    fitting = [value(m.mapping) for m in moves(mapping) if not dm.fits(m.mapping, arch)]
    if not found.misfits:
        fitting = [each for each in fitting if each < value(mapping)]
    assert (found.move is None) is (not fitting)
    if found.move is not None:
        assert value(found.move.mapping) == min(fitting)
    assert found.value == value(mapping)
    assert found.ratio is None


@pytest.mark.parametrize("objective", list(dm.Objective))
def test_a_distance_is_proven(objective: dm.Objective) -> None:
    result = dm.map_layer(LAYER, ARCH, objective)
    found = distance(SLOW, result)
    assert found.ratio == found.value / result.value > 1
    assert found.at_most == found.ratio
    assert found.is_valid
    best = distance(result.mapping, result)
    assert (best.ratio, best.move) == (1, None)
    record = distance_record(found)
    assert record["optimum"]["value"] == result.value
    assert record["best_move"]["value"] < record["value"]
    tiling = record["best_move"]["tiling"]
    assert all(prod(tiling[level][d] for level in LEVELS) == LAYER.bounds[d] for d in "XYK")


def test_without_a_proof_a_distance_is_an_interval() -> None:
    result = dm.map_layer(LAYER, ARCH, "edp", known=Known(SLOW, 0), quick=True)
    found = distance(SLOW, replace(result, status=Status.FEASIBLE, bound=result.value / 2))
    assert found.ratio is not None
    assert found.at_most == pytest.approx(2 * found.ratio)


def test_a_mapping_of_another_layer_is_refused() -> None:
    other = dm.Layer.gemm("fc", {"X": 12, "Y": 8, "K": 3})
    result = dm.LayerResult(other, ARCH, dm.Objective.EDP, Status.UNKNOWN)
    with pytest.raises(SpecError) as caught:
        distance(SLOW, result)
    assert [problem.where for problem in caught.value.problems] == ["mapping"]


def test_what_is_not_valid_is_no_start() -> None:
    limits = dm.Constraints.parse("util.PE>=0.5")
    assert start(SLOW, LAYER, ARCH, dm.Objective.EDP) is not None
    assert start(SLOW, LAYER, ARCH, dm.Objective.EDP, limits) is None
    tiny = replace(ARCH, rf_bytes=4)
    assert start(SLOW, LAYER, tiny, dm.Objective.EDP) is None
    found = distance(SLOW, dm.LayerResult(LAYER, tiny, dm.Objective.EDP, Status.INFEASIBLE))
    assert not found.is_valid
    assert found.misfits


def test_a_run_starts_from_what_is_given() -> None:
    """A run that is stopped at once has nothing better than the mapping that it was given."""
    network = dm.Workload("net", (LAYER,))
    (run,) = dm.map_networks([network], [ARCH], given=[SLOW], stop=lambda: True)
    (layer,) = run.layers
    assert layer.status is Status.FEASIBLE
    assert layer.value is not None
    assert layer.value <= distance(SLOW, layer).value
    (done,) = dm.map_networks([network], [ARCH], given=[SLOW])
    assert done.layers[0].status is Status.OPTIMAL
    assert done.layers[0].value == dm.map_layer(LAYER, ARCH).value
