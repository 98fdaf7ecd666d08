"""The cost model against independent references, on random mappings."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from math import prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.cost import COMPONENTS, evaluate, fits, loop_reuse
from dmaze_cp.cost.energy import components
from dmaze_cp.cost.values import tile_extents
from dmaze_cp.levels import LEAKAGE, OPERANDS
from dmaze_cp.workload import Kind
from tests.kit.examples import examples
from tests.kit.oracle import brute_force as oracle
from tests.kit.oracle.loop_walk import contiguous_runs, tile_changes, window_indices
from tests.kit.strategies import architectures, layers, mappings

ENOUGH = examples(60, 300)


@ENOUGH
@given(st.data())
def test_equals_an_independent_implementation(data):
    layer = data.draw(layers())
    mapping, arch = data.draw(mappings(layer)), data.draw(architectures())
    cost = evaluate(mapping, arch)
    tilings = np.array([mapping.factors], dtype=np.int64)
    reuse = [np.array([[r[x] for x in OPERANDS]]) for r in (cost.reuse_spm, cost.reuse_dram)]
    energy, latency = oracle.costs(layer, arch, tilings, *reuse)
    assert (cost.energy_pj, cost.latency_cycles) == (energy[0], latency[0])
    assert (fits(mapping, arch) == ()) == oracle.is_valid(layer, arch, tilings)[0]
    assert tuple(cost.reuse_spm.values()) in oracle.reuse_triples(layer, mapping.factors[1])
    assert tuple(cost.reuse_dram.values()) in oracle.reuse_triples(layer, mapping.factors[0])


def nest(mapping, *levels):
    """The loops of some ordered levels, outermost first."""
    orders = {"DRAM": mapping.dram_order, "SPM": mapping.spm_order}
    return [(level, d, mapping.level(level)[d]) for level in levels for d in orders[level]]


@examples(13, 40)
@given(st.data())
def test_movements_equal_those_of_a_walk_through_the_loops(data):
    layer = data.draw(layers())
    mapping = data.draw(mappings(layer))
    both = nest(mapping, "DRAM", "SPM")
    assume(prod(trips for _, _, trips in both) <= 600)
    unit = Architecture(energy=AccessEnergy(1, 1, 1, 1, 1))
    cost = evaluate(mapping, unit)
    for x in OPERANDS:
        depends = layer.depends[x]
        for level, reuse in (("DRAM", cost.reuse_dram), ("SPM", cost.reuse_spm)):
            alone = nest(mapping, level)
            total = prod(trips for _, _, trips in alone)
            assert len(tile_changes(alone, depends)) * reuse[x] == total
        # A tile is loaded into the RFs when it changes; an output is also stored, unless
        # it is held.
        changes = len(tile_changes(both, depends))
        ways = 2 if x == "O" and cost.held != "O" else 1
        assert cost.energy_by_operand_pj["SPM"][x] == ways * changes * cost.array_elements[x]
        visits = tile_changes(nest(mapping, "DRAM"), depends)
        loads = len(visits) - len(set(visits)) if x == "O" else 0
        moved = cost.dma_invocations[x] * cost.dma_burst_elements[x]
        assert cost.energy_by_operand_pj["DRAM"][x] == (len(visits) + loads) * moved


@ENOUGH
@given(st.data())
def test_dma_bursts_are_the_contiguous_runs_in_memory(data):
    layer = data.draw(layers())
    mapping = data.draw(mappings(layer))
    cost = evaluate(mapping, Architecture())
    assume(max(cost.spm_elements.values()) <= 3000)
    tile, whole = tile_extents(layer, mapping.tiling, "SPM"), layer.bounds
    if layer.kind is not Kind.GEMM:
        whole["x"], whole["y"] = layer.padded_input
    layouts = {
        Kind.CONV: {"O": "N M Ox Oy", "I": "N C x y", "W": "M C Fx Fy"},
        Kind.DEPTHWISE: {"O": "N C Ox Oy", "I": "N C x y", "W": "C Fx Fy"},
        Kind.GEMM: {"O": "X Y", "I": "X K", "W": "K Y"},
    }[layer.kind]
    for x in OPERANDS:
        # Tensors as written row by row: the last index is contiguous.
        layout = [(tile[d], whole[d]) for d in reversed(layouts[x].split())]
        runs, elements = contiguous_runs(layout)
        assert cost.dma_invocations[x] == runs
        assert cost.dma_invocations[x] * cost.dma_burst_elements[x] == elements
        assert cost.spm_elements[x] == elements


@given(st.data())
def test_input_extents_span_the_touched_indices(data):
    layer = data.draw(st.sampled_from((Kind.CONV, Kind.DEPTHWISE)).flatmap(layers))
    mapping = data.draw(mappings(layer))
    tile, extents = mapping.tile("SPM"), tile_extents(layer, mapping.tiling, "SPM")
    for axis, name in enumerate("xy"):
        first, last, _ = window_indices(
            tile[f"O{name}"], tile[f"F{name}"], layer.stride[axis], layer.dilation[axis]
        )
        assert extents[name] == last - first + 1


@ENOUGH
@given(st.data())
def test_breakdowns_add_up(data):
    layer = data.draw(layers())
    arch = data.draw(architectures())
    cost = evaluate(data.draw(mappings(layer)), arch)
    assert tuple(cost.energy_breakdown_pj) == components(arch)
    assert cost.energy_by_operand_pj.keys() == cost.energy_breakdown_pj.keys()
    for component, parts in cost.energy_by_operand_pj.items():
        assert sum(parts.values()) == pytest.approx(cost.energy_breakdown_pj[component])
    assert sum(cost.energy_breakdown_pj.values()) == pytest.approx(cost.energy_pj, abs=0.51)
    assert cost.edp == cost.energy_pj * cost.latency_cycles


@given(st.data())
def test_leakage_is_added_to_the_rest(data):
    """It is power times time, and changes nothing else."""
    layer = data.draw(layers())
    mapping, arch = data.draw(mappings(layer)), data.draw(architectures())
    silent, leaking = (evaluate(mapping, replace(arch, leakage_mw=mw)) for mw in (0.0, 3.5))
    seconds = Fraction(leaking.latency_cycles) / Fraction(arch.accelerator_mhz * 10**6)
    assert tuple(silent.energy_breakdown_pj) == COMPONENTS
    lost = leaking.energy_breakdown_pj.pop(LEAKAGE)
    assert lost == pytest.approx(float(seconds * Fraction(35, 10**4) * 10**12), rel=1e-12)
    assert leaking.energy_by_operand_pj.pop(LEAKAGE) == {"cycles": lost}
    assert leaking.energy_pj - silent.energy_pj == pytest.approx(lost, abs=1)
    assert replace(leaking, energy_pj=0) == replace(silent, energy_pj=0)


@examples(13, 40)
@given(st.data())
def test_partial_reuse_is_never_better_than_stationary(data):
    """The map-space keeps stationary operands and *none*: an optimum survives."""
    layer = data.draw(layers(max_tilings=3000))
    arch = data.draw(architectures())
    result = oracle.brute_force(layer, arch)
    stationary = stationary_only(layer, arch)
    assert stationary == (result.value("energy"), result.value("latency"), result.value("edp"))


def stationary_only(layer, arch):
    """Best energy, latency and EDP over full reuse, and (1, 1, 1) where orders have it."""
    tilings = oracle.all_tilings(layer)
    tilings = tilings[oracle.is_valid(layer, arch, tilings)]
    depends = {x: [d in layer.depends[x] for d in layer.dimensions] for x in OPERANDS}
    index, spm, dram = [], [], []
    for i, tiling in enumerate(tilings):
        candidates = []
        for row in tiling[:2]:
            full = []
            for j, x in enumerate(OPERANDS):
                reuse = int(row[~np.array(depends[x])].prod())
                if reuse > 1:
                    full.append(tuple(reuse if k == j else 1 for k in range(3)))
            if (1, 1, 1) in oracle.reuse_triples(layer, tuple(row.tolist())):
                full.append((1, 1, 1))
            candidates.append(full)
        for d in candidates[0]:
            for s in candidates[1]:
                index.append(i)
                spm.append(s)
                dram.append(d)
    if not index:
        return None, None, None
    energy, latency = oracle.costs(layer, arch, tilings[index], np.array(spm), np.array(dram))
    edp = [int(e) * int(t) for e, t in zip(energy, latency, strict=True)]
    return energy.min(), latency.min(), min(edp)


@given(st.data())
def test_every_reuse_is_that_of_some_permutation(data):
    """The oracle's walk over orders equals trying every permutation."""
    layer = data.draw(layers())
    factors = dict(zip(layer.dimensions, data.draw(mappings(layer)).factors[1], strict=True))
    looping = [d for d in layer.dimensions if factors[d] > 1]
    assume(len(looping) <= 5)
    rest = [d for d in layer.dimensions if factors[d] == 1]
    tried = {
        tuple(loop_reuse(layer, factors, [*rest, *order]).values())
        for order in permutations(looping)
    }
    assert tried == set(oracle.reuse_triples(layer, tuple(factors.values())))
