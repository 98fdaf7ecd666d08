"""Costs and capacities of many mappings against those of one and an independent model."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.cost.array import Unplaced
from dmaze_cp.cost.batch import BatchCost, OptionTable, Picked
from dmaze_cp.cost.capacity import spm_banks
from dmaze_cp.cost.expression import Evaluation
from dmaze_cp.cost.limits import capacities
from dmaze_cp.cost.model import cost_model
from dmaze_cp.cost.scalar import flow_of
from dmaze_cp.cost.terms import elements
from dmaze_cp.cost.values import TilingValues
from dmaze_cp.levels import LEVELS, OPERANDS
from dmaze_cp.mapping import Mapping, stationary_order
from dmaze_cp.mapspace import MapSpace, build, dataflow_exists, dataflows
from dmaze_cp.relaxation.cases import cases
from dmaze_cp.workload import Kind, Layer
from tests.kit.enumeration import is_member, reuse_of, tilings_at
from tests.kit.examples import examples
from tests.kit.oracle import brute_force as oracle
from tests.kit.strategies import layers, mappings, wide_architectures

ROOMY = {"pes": 2**40, "rf_bytes": 2**40, "spm_banks": 2**40}


def whole_space(layer: Layer, arch: Architecture) -> MapSpace:
    """The space of all tilings, also of those that do not fit."""
    roomy = build(layer, replace(arch, **ROOMY, pe_array=None), NO_CONSTRAINTS)
    return MapSpace(layer, arch, NO_CONSTRAINTS, roomy.groups, capacities(layer, arch))


def some_picked(space: MapSpace, rng: np.random.Generator, most: int) -> list[np.ndarray]:
    """Random options of every group, as columns."""
    return [rng.integers(len(g), size=most) for g in space.groups]


def by_level(layer, tilings):
    """Columns by level and dimension of tilings of shape (n, levels, dimensions)."""
    return {
        level: {d: tilings[:, k, j] for j, d in enumerate(layer.dimensions)}
        for k, level in enumerate(LEVELS)
    }


def mapping_of(layer, tiling, flow):
    factors = tuple(tuple(int(f) for f in row) for row in tiling)
    return Mapping(
        layer, factors, stationary_order(layer, flow.dram), stationary_order(layer, flow.spm)
    )


@examples(15, 120)
@given(layers(), wide_architectures(), st.integers(0, 2**32))
def test_equals_the_scalar_model(layer, arch, seed):
    space = whole_space(layer, arch)
    picked = some_picked(space, np.random.default_rng(seed), 40)
    tilings = tilings_at(space, np.stack(picked, axis=1))
    for flow in dataflows(layer.kind):
        exists = dataflow_exists(layer.kind, flow, by_level(layer, tilings))
        for i in np.flatnonzero(exists)[:4]:
            mapping = mapping_of(layer, tilings[i], flow)
            model = cost_model(layer, arch, flow_of(mapping))
            cost = BatchCost(space.table, model, picked)
            one = evaluate(mapping, arch)
            assert cost.energy_pj.shape == cost.latency_cycles.shape == (40,)
            assert (one.energy_pj, one.latency_cycles) == (
                cost.energy_pj[i],
                cost.latency_cycles[i],
            )
            assert one.edp == pytest.approx(cost.edp[i], rel=1e-15)


@examples(12, 100)
@given(layers(), wide_architectures(), st.integers(0, 2**32))
def test_cases_cost_what_an_independent_implementation_says(layer, arch, seed):
    """The expression of a case is the cost of every mapping of the case."""
    space = whole_space(layer, arch)
    picked = some_picked(space, np.random.default_rng(seed), 200)
    tilings = tilings_at(space, np.stack(picked, axis=1))
    for case in cases(layer.kind):
        mine = is_member(layer, case, tilings)
        if not mine.any():
            continue
        model = cost_model(layer, arch, case.flow(layer.kind))
        cost = BatchCost(space.table, model, [p[mine] for p in picked])
        energy, latency = oracle.costs(
            layer, arch, tilings[mine], *(reuse[mine] for reuse in reuse_of(layer, case, tilings))
        )
        assert (cost.energy_pj == energy).all(), case
        assert (cost.latency_cycles == latency).all(), case


@examples(13, 40)
@given(layers(), wide_architectures(), st.integers(0, 2**32))
def test_validity_equals_an_independent_implementation(layer, arch, seed):
    space = whole_space(layer, arch)
    picked = some_picked(space, np.random.default_rng(seed), 300)
    tilings = tilings_at(space, np.stack(picked, axis=1))
    at = Evaluation(Picked(space.table, picked))
    holds = [np.broadcast_to(limit.holds(at), len(tilings)) for limit in space.limits]
    got = np.all(holds, axis=0)
    assert (got == oracle.is_valid(layer, arch, tilings)).all()
    for i in range(0, 300, 60):
        mapping = mapping_of(layer, tilings[i], dataflows(layer.kind)[0])
        assert (fits(mapping, arch) == ()) == got[i]


@examples(15, 60)
@given(layers(), wide_architectures(), st.integers(0, 2**32))
def test_axes_of_their_own_give_what_columns_give(layer, arch, seed):
    """Dimensions may be broadcast against each other."""
    rng = np.random.default_rng(seed)
    lists = [np.array(oracle.factorisations(bound)) for bound in layer.extents]
    grids = np.ix_(*(rng.choice(len(rows), min(3, len(rows)), replace=False) for rows in lists))
    apart = {
        level: {d: lists[j][grids[j], k] for j, d in enumerate(layer.dimensions)}
        for k, level in enumerate(LEVELS)
    }
    shape = np.broadcast_shapes(*(g.shape for g in grids))
    columns = {
        level: {d: np.broadcast_to(f, shape).ravel() for d, f in row.items()}
        for level, row in apart.items()
    }
    wide, flat = (Evaluation(TilingValues(layer, arch, t)) for t in (apart, columns))

    def same(node):
        return (np.broadcast_to(wide(node), shape).ravel() == flat(node)).all()

    assert all(same(limit.node) for limit in capacities(layer, arch))
    for case in cases(layer.kind):
        model = cost_model(layer, arch, case.flow(layer.kind))
        assert same(model.latency)
        assert all(same(access.count) for access in model.accesses)


@examples(10, 30)
@given(layers(), wide_architectures(), st.integers(0, 2**32))
def test_missing_groups_are_bounded_by_all_their_completions(layer, arch, seed):
    """Where a group has no option yet, its smallest and largest stand for all of them."""
    rng = np.random.default_rng(seed)
    space = whole_space(layer, arch)
    missing = rng.random(len(space.groups)) < 0.5
    picked = some_picked(space, rng, 12)
    partial = [None if gone else p for gone, p in zip(missing, picked, strict=True)]
    low, high = (Evaluation(Picked(space.table, partial, most)) for most in (False, True))
    full = Evaluation(Picked(space.table, picked))
    for limit in space.limits:
        assert np.all(low(limit.node) <= full(limit.node))
        if not isinstance(limit.node, Unplaced):  # only what is at least something needs it
            assert np.all(full(limit.node) <= high(limit.node))
    for x in OPERANDS:
        for tile in ("RF", "array", "SPM"):
            powers = elements(layer.kind, x, tile)
            least, most = low.product(powers), high.product(powers)
            assert np.all((least <= full.product(powers)) & (full.product(powers) <= most))
            free = [c for g, c in space.table.parts(powers) if missing[g]]
            span = prod(int(c.max()) for c in free), prod(int(c.min()) for c in free)
            assert np.all(least * span[0] == most * span[1]), "one of them is not reached"


@given(st.data())
def test_nothing_picked_gives_the_extremes_of_a_product(data):
    layer, arch = data.draw(layers(max_tilings=300)), data.draw(wide_architectures())
    space = whole_space(layer, arch)
    every = np.indices([len(g) for g in space.groups]).reshape(len(space.groups), -1)
    full = Picked(space.table, list(every))
    none = [None] * len(space.groups)
    for x in OPERANDS:
        powers = elements(layer.kind, x, "array")
        found = np.atleast_1d(full.product(powers))
        assert Picked(space.table, none).product(powers) == found.min()
        assert Picked(space.table, none, largest=True).product(powers) == found.max()


@given(st.data())
def test_elements_and_banks_of_single_tiles(data):
    layer, arch = data.draw(layers()), data.draw(wide_architectures())
    mapping = data.draw(mappings(layer))
    cost = evaluate(mapping, arch)
    at = Evaluation(TilingValues(layer, arch, mapping.tiling))
    for tile, found in (
        ("RF", cost.rf_elements),
        ("array", cost.array_elements),
        ("SPM", cost.spm_elements),
    ):
        assert found == {x: at.product(elements(layer.kind, x, tile)) for x in OPERANDS}
    banks = [limit for limit in capacities(layer, arch) if limit.name.startswith("SPM banks")]
    nodes = {x: node for limit in banks for x, node in limit.parts.items()}
    for x, count in cost.spm_elements.items():
        held = at(nodes[x]) * arch.spm_bank_bytes
        assert held - arch.spm_bank_bytes < count * arch.word_of(x) <= held
        assert spm_banks(cost.spm_elements, arch)[x] == at(nodes[x])


def test_a_product_of_nothing_is_one():
    space = whole_space(Layer.gemm("g", {"X": 4}), Architecture())
    assert Picked(space.table, [np.array([0, 1])] * 3).product(()) == 1
    assert (
        TilingValues(
            space.layer, space.architecture, {level: dict.fromkeys("XYK", 3) for level in LEVELS}
        ).product(())
        == 1
    )


def test_large_counts_do_not_overflow():
    """The largest layers that are mapped: counts near the limit, energies beyond 2^53."""
    layer = Layer.gemm("huge", {"X": 2**17, "Y": 2**17, "K": 2**17})
    arch = Architecture(leakage_mw=20.0)
    space = whole_space(layer, arch)
    tiling = np.array([[2**17, 2**17, 2**17], [1, 1, 1], [1, 1, 1], [1, 1, 1]])
    picked = [
        np.flatnonzero((tiling[:, j] == g.factors[:, 0].T).all(axis=1))
        for j, g in enumerate(space.groups)
    ]
    seen = 0
    for flow in dataflows(Kind.GEMM):
        if not dataflow_exists(Kind.GEMM, flow, by_level(layer, tiling[None]))[0]:
            continue
        mapping = mapping_of(layer, tiling, flow)
        one = evaluate(mapping, arch)
        cost = BatchCost(space.table, cost_model(layer, arch, flow_of(mapping)), picked)
        assert int(cost.latency_cycles[0]) == one.latency_cycles > 2**52
        assert float(cost.energy_pj[0]) == pytest.approx(one.energy_pj, rel=1e-12)
        seen += 1
    assert seen == 3


LARGE = (
    Layer.conv("wide", dict.fromkeys(("N", "M", "C", "Ox", "Oy"), 2**8) | {"Fx": 7, "Fy": 7}),
    Layer.conv("strided", {"M": 2**10, "C": 2**10, "Ox": 2**9, "Oy": 2**9}, stride=(4, 8)),
    Layer.depthwise("dilated", {"C": 2**20, "Ox": 2**6, "Oy": 2**6, "Fx": 60}, dilation=(8, 8)),
    Layer.gemm("gemm", {"X": 2**17, "Y": 2**16, "K": 3**10}),
)


@pytest.mark.parametrize("layer", LARGE, ids=lambda layer: layer.name)
def test_large_layers_cost_exactly_what_python_integers_say(layer):
    arch = Architecture(leakage_mw=3.5)
    space = whole_space(layer, arch)
    picked = some_picked(space, np.random.default_rng(1), 400)
    tilings = tilings_at(space, np.stack(picked, axis=1))
    for case in cases(layer.kind):
        mine = np.flatnonzero(is_member(layer, case, tilings))[:12]
        model = cost_model(layer, arch, case.flow(layer.kind))
        cost = BatchCost(space.table, model, [p[mine] for p in picked])
        for i, at in enumerate(mine):
            one = evaluate(mapping_of(layer, tilings[at], case.dataflow), arch)
            assert (one.energy_pj, one.latency_cycles) == (
                cost.energy_pj[i],
                cost.latency_cycles[i],
            )


def test_costs_are_computed_when_they_are_asked_for():
    layer, arch = Layer.gemm("g", {"X": 4, "Y": 4, "K": 4}), Architecture()
    space = whole_space(layer, arch)
    picked = [np.array([0, 1])] * 3
    at = Evaluation(Picked(space.table, picked))
    case = cases(Kind.GEMM)[0]
    model = cost_model(layer, arch, case.flow(Kind.GEMM))
    shared = BatchCost(space.table, model, picked, at)
    alone = BatchCost(space.table, model, picked)
    assert "latency_cycles" not in vars(shared)
    assert (shared.latency_cycles == alone.latency_cycles).all()
    assert (shared.energy_pj == alone.energy_pj).all()


def test_a_table_reads_products_over_all_groups():
    layer, arch = Layer.conv("c", {"M": 4, "Ox": 6, "Fx": 3}, stride=(2, 1)), Architecture()
    space = whole_space(layer, arch)
    table = OptionTable(layer, arch, space.groups)
    parts = dict(table.parts((("RF.M", 2), ("halo.RF.x", 1))))
    assert (parts[1] == space.groups[1].factor("RF", "M") ** 2).all()
    outputs, taps = (space.groups[3].factor("RF", d) for d in ("Ox", "Fx"))
    assert (parts[3] == (outputs - 1) * 2 + taps).all()
    assert sorted(parts) == [1, 3]
