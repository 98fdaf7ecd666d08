"""Cases: every mapping with a dataflow is in exactly one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.scalar import flow_of
from dmaze_cp.levels import OPERANDS
from dmaze_cp.mapping import Mapping, stationary_order
from dmaze_cp.mapspace import build, dataflows
from dmaze_cp.relaxation.cases import cases, demands, options_of
from dmaze_cp.workload import Kind, Layer
from tests.kit.enumeration import (
    combinations,
    flow_exists,
    is_member,
    reuse_of,
    spaces,
    tilings_at,
)
from tests.kit.examples import examples
from tests.kit.oracle import brute_force as oracle
from tests.kit.strategies import layers


def inside(space, case, picked):
    """Which choices of options the case keeps and its demands allow."""
    options = options_of(case, space)
    if options is None:
        return np.zeros(len(picked), dtype=bool)
    good = np.ones(len(picked), dtype=bool)
    for column, kept in zip(picked.T, options, strict=True):
        good &= np.isin(column, kept)
    for demand in demands(case, space.layer.kind):
        columns = space.table.parts(demand.product)
        good &= np.prod([column[picked[:, g]] for g, column in columns], axis=0) >= demand.least
    return good


@examples(10, 100)
@given(spaces())
def test_cases_are_a_partition_of_tilings_and_dataflows(space):
    layer = space.layer
    picked = combinations([len(group) for group in space.groups])
    tilings = tilings_at(space, picked)
    by_case = {case: inside(space, case, picked) for case in cases(layer.kind)}
    for flow in dataflows(layer.kind):
        exists = flow_exists(layer, flow.dram, tilings[:, 0])
        exists &= flow_exists(layer, flow.spm, tilings[:, 1])
        count = np.zeros(len(picked), dtype=int)
        for case, good in by_case.items():
            # A held operand is held over SPM loops of its own reuse, or over none.
            same = case.dram == flow.dram and (
                case.spm == flow.spm or (case.held and flow.spm == "none")
            )
            count += same * good
        assert (count[exists] == 1).all(), flow


@examples(10, 100)
@given(spaces())
def test_a_case_holds_what_it_says_of_itself(space):
    layer = space.layer
    picked = combinations([len(group) for group in space.groups])
    tilings = tilings_at(space, picked)
    for case in cases(layer.kind):
        assert (inside(space, case, picked) == is_member(layer, case, tilings)).all(), case


def test_the_test_knows_what_held_means():
    """An output over all SPM loops is held, over some of them it is not."""
    layer = Layer.gemm("g", {"X": 4, "Y": 2, "K": 4})
    spm_of_k = [[1, 1, 2], [1, 1, 2], [4, 2, 1], [1, 1, 1]]
    spm_of_k_and_x = [[1, 1, 2], [2, 1, 2], [2, 2, 1], [1, 1, 1]]
    tilings = np.array([spm_of_k, spm_of_k_and_x])
    held = next(c for c in cases(Kind.GEMM) if c.held and c.dram == "O" and not c.reduces)
    assert is_member(layer, held, tilings).tolist() == [True, False]
    assert is_member(layer, replace(held, held=False), tilings).tolist() == [False, True]
    assert reuse_of(layer, held, tilings)[0].tolist() == [[2, 1, 1], [2, 1, 1]]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_dataflow_has_a_case(kind):
    flows = {(case.dram, case.spm) for case in cases(kind)}
    assert {(f.dram, f.spm) for f in dataflows(kind)} - flows <= {(x, "none") for x in OPERANDS}
    assert len(set(cases(kind))) == len(cases(kind))


def test_an_empty_case_is_none():
    ones = Layer.gemm("ones", {})
    space = build(ones, Architecture())
    left = [case for case in cases(Kind.GEMM) if options_of(case, space) is not None]
    assert [(c.dram, c.spm, c.held, c.reduces) for c in left] == [("none", "none", False, False)]


@examples(10, 100)
@given(layers(), st.integers(0, 2**32))
def test_a_mapping_has_the_flow_of_its_case(layer, seed):
    """The loops of a flow that have one iteration only make no difference."""
    rng = np.random.default_rng(seed)
    rows = [oracle.factorisations(bound) for bound in layer.extents]
    tilings = np.array(
        [
            [r[i] for r, i in zip(rows, pick, strict=True)]
            for pick in rng.integers([len(r) for r in rows], size=(40, len(rows)))
        ]
    ).transpose(0, 2, 1)
    for case in cases(layer.kind):
        flow = case.flow(layer.kind)
        for tiling in tilings[is_member(layer, case, tilings)][:3]:
            orders = (stationary_order(layer, x) for x in (case.dram, case.spm))
            mapping = Mapping(layer, tuple(map(tuple, tiling.tolist())), *orders)
            own = flow_of(mapping)
            assert own.held == flow.held
            assert own.dram.operand == flow.dram.operand
            # A held operand's SPM loops may all have one iteration.
            assert own.spm.operand == flow.spm.operand or (
                case.held and not own.spm.loops and max(mapping.level("SPM").values()) == 1
            )
            for level, mine, whole in (
                ("DRAM", own.dram.loops, flow.dram.loops),
                ("SPM", own.spm.loops, flow.spm.loops),
            ):
                looping = {d for d in whole if mapping.level(level)[d] > 1}
                assert set(mine) == looping


@given(st.sampled_from(list(Kind)))
def test_demands_are_on_loops_of_the_layer(kind):
    for case in cases(kind):
        for demand in demands(case, kind):
            assert set(demand.dimensions) <= set(kind.dimensions)
            assert demand.least == 2
