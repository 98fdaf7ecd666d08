"""The vectorised cost model against the scalar one and against an independent one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.cost.batch import banks, fits_batch, operand_elements, product, score_batch
from dmaze_cp.mapping import LEVELS, Mapping, stationary_order
from dmaze_cp.mapspace import dataflow_exists, dataflows
from dmaze_cp.workload import Kind, Layer
from tests.oracle import brute_force as oracle
from tests.strategies import architectures, layers, mappings


def as_batch(tilings, layer):
    """Columns by level and dimension of tilings of shape (n, levels, dimensions)."""
    return {
        level: {d: tilings[:, k, j] for j, d in enumerate(layer.dimensions)}
        for k, level in enumerate(LEVELS)
    }


def some_tilings(layer, rng, most=300):
    tilings = oracle.all_tilings(layer)
    return tilings[rng.choice(len(tilings), min(most, len(tilings)), replace=False)]


def mapping_of(layer, tiling, flow):
    factors = tuple(tuple(int(f) for f in row) for row in tiling)
    return Mapping(
        layer, factors, stationary_order(layer, flow.dram), stationary_order(layer, flow.spm)
    )


@settings(max_examples=120)
@given(layers(), architectures(), st.integers(0, 2**32))
def test_equals_the_scalar_model(layer, arch, seed):
    tilings = some_tilings(layer, np.random.default_rng(seed), 40)
    batch = as_batch(tilings, layer)
    valid = fits_batch(layer, arch, batch)
    for flow in dataflows(layer.kind):
        exists = dataflow_exists(layer.kind, flow, batch)
        cost = score_batch(layer, arch, batch, flow)
        energy = np.broadcast_to(cost.energy_pj, len(tilings))
        latency = np.broadcast_to(cost.latency_cycles, len(tilings))
        edp = np.broadcast_to(cost.edp, len(tilings))
        for i in np.flatnonzero(exists)[:4]:
            mapping = mapping_of(layer, tilings[i], flow)
            one = evaluate(mapping, arch)
            assert (one.energy_pj, one.latency_cycles) == (energy[i], latency[i])
            assert one.edp == pytest.approx(edp[i], rel=1e-15)
            assert (fits(mapping, arch) == ()) == valid[i]


@settings(max_examples=80)
@given(layers(), architectures(), st.integers(0, 2**32))
def test_validity_equals_an_independent_implementation(layer, arch, seed):
    tilings = some_tilings(layer, np.random.default_rng(seed))
    got = np.broadcast_to(fits_batch(layer, arch, as_batch(tilings, layer)), len(tilings))
    assert (got == oracle.is_valid(layer, arch, tilings)).all()


@settings(max_examples=60)
@given(layers(), architectures(), st.integers(0, 2**32))
def test_axes_of_their_own_give_what_columns_give(layer, arch, seed):
    """Groups of dimensions may be broadcast against each other."""
    rng = np.random.default_rng(seed)
    lists = [np.array(oracle.factorisations(bound)) for bound in layer.extents]
    picks = [rng.choice(len(rows), min(3, len(rows)), replace=False) for rows in lists]
    grids = np.ix_(*picks)
    batch = {
        level: {d: lists[j][grids[j], k] for j, d in enumerate(layer.dimensions)}
        for k, level in enumerate(LEVELS)
    }
    shape = np.broadcast_shapes(*(g.shape for g in grids))
    columns = {
        level: {d: np.broadcast_to(f, shape).ravel() for d, f in row.items()}
        for level, row in batch.items()
    }
    wide = np.broadcast_to(fits_batch(layer, arch, batch), shape).ravel()
    assert (wide == fits_batch(layer, arch, columns)).all()
    for flow in dataflows(layer.kind):
        apart, flat = (score_batch(layer, arch, b, flow) for b in (batch, columns))
        for name in ("energy_pj", "latency_cycles"):
            got = np.broadcast_to(getattr(apart, name), shape).ravel()
            assert (got == getattr(flat, name)).all()


@given(st.data())
def test_elements_and_banks_of_single_tiles(data):
    layer, arch = data.draw(layers()), data.draw(architectures())
    mapping = data.draw(mappings(layer))
    cost = evaluate(mapping, arch)
    tile = {d: np.int64(e) for d, e in mapping.tile("SPM").items()}
    elements = operand_elements(layer, tile)
    assert {x: int(e) for x, e in elements.items()} == cost.spm_elements
    for count in cost.spm_elements.values():
        used = int(banks(arch, np.int64(count)))
        held = used * arch.spm_bank_bytes
        assert held - arch.spm_bank_bytes < count * arch.word_bytes <= held


def test_a_product_of_nothing_is_one():
    assert product([]) == 1
    assert product([np.array([2, 3]), np.int64(5)]).tolist() == [10, 15]


def test_large_counts_do_not_overflow():
    """The largest layers that are mapped: counts near the limit, energies beyond 2^53."""
    layer = Layer.gemm("huge", {"X": 2**18, "Y": 2**17, "K": 2**17})
    arch = Architecture()
    tiling = np.array([[[2**18, 2**17, 2**17], [1, 1, 1], [1, 1, 1], [1, 1, 1]]])
    for flow in dataflows(Kind.GEMM):
        batch = as_batch(tiling, layer)
        if not dataflow_exists(Kind.GEMM, flow, batch)[0]:
            continue
        one = evaluate(mapping_of(layer, tiling[0], flow), arch)
        cost = score_batch(layer, arch, batch, flow)
        assert int(np.ravel(cost.latency_cycles)[0]) == one.latency_cycles > 2**52
        assert float(np.ravel(cost.energy_pj)[0]) == pytest.approx(one.energy_pj, rel=1e-12)
