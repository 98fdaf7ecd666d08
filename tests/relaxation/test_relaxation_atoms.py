"""Atoms: logarithms of what options contribute to products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.terms import burst_alternatives, factors
from dmaze_cp.cost.terms import elements as elements_of
from dmaze_cp.levels import LEVELS, OPERANDS
from dmaze_cp.mapspace import build
from dmaze_cp.relaxation.atoms import atom_table, basis, burst_cycles
from dmaze_cp.workload import Kind, Layer
from tests.kit.enumeration import (
    atoms_of,
    combinations,
    oracle_depends,
    spaces,
    tilings_at,
)
from tests.kit.examples import examples
from tests.kit.oracle import brute_force as oracle


def every_choice(space):
    picked = combinations([len(group) for group in space.groups])
    return picked, tilings_at(space, picked), atoms_of(atom_table(space), picked)


def largest_alternative(kind, atoms, x):
    """DMA cycles of all tiles of an operand, from below."""
    alternatives = [basis(kind).row(powers) for powers in burst_alternatives(kind, x)]
    return np.exp(np.max([atoms @ row for row in alternatives], axis=0))


@examples(10, 30)
@given(spaces())
def test_factors_and_elements_are_exact_products(space):
    layer = space.layer
    _, tilings, atoms = every_choice(space)
    names = basis(layer.kind)
    dims = [d for d in layer.dimensions if (layer.kind, d) != (Kind.DEPTHWISE, "M")]
    for k, level in enumerate(LEVELS):
        got = np.exp(atoms @ names.row(factors(level, dims)))
        np.testing.assert_allclose(got, tilings[:, k].prod(1), rtol=1e-12)
    _, spm, rf, pe = np.moveaxis(tilings, 1, 0)
    for tile, extents in (("RF", rf), ("array", rf * pe), ("SPM", rf * pe * spm)):
        for x, exact in zip(OPERANDS, oracle._elements(layer, extents), strict=True):
            got = np.exp(atoms @ names.row(elements_of(layer.kind, x, tile)))
            np.testing.assert_allclose(got, exact, rtol=1e-12)


@examples(6, 20)
@given(spaces(limited=True))
def test_dma_is_below_the_exact_cycles_of_all_tiles(space):
    """Times the iterations of the loops an operand depends on: once for each of its tiles."""
    layer, arch = space.layer, space.architecture
    _, tilings, atoms = every_choice(space)
    dram, spm, rf, pe = np.moveaxis(tilings, 1, 0)
    bursts = oracle._bursts(layer, rf * pe * spm)
    for x, (count, burst) in zip(OPERANDS, bursts, strict=True):
        own = dram[:, [d in oracle_depends(layer, x) for d in layer.dimensions]].prod(1)
        exact = own * count * oracle._burst_cycles(arch, burst * arch.word_of(x))
        got = largest_alternative(layer.kind, atoms, x)
        # Transfers that take no time are bounded by a number that is next to nothing.
        assert (got <= exact * (1 + 1e-9) + 1e-20).all(), x
        if x != "I" or layer.kind is Kind.GEMM:
            slack = own * count + exact * 1e-9  # one cycle a burst, for rounding
            assert (got >= exact - slack - 1e-9).all(), x


def test_dma_is_exact_for_operands_without_halo():
    arch = Architecture()
    layer = Layer.conv("conv", {"M": 6, "C": 4, "Ox": 4, "Oy": 3, "Fx": 2, "Fy": 2})
    space = build(layer, arch)
    table = atom_table(space)
    for picked in combinations([len(group) for group in space.groups])[::97]:
        rows = tilings_at(space, picked[None, :])[0]
        tile = dict(zip(layer.dimensions, rows[1:].prod(0).tolist(), strict=True))
        dram = dict(zip(layer.dimensions, rows[0].tolist(), strict=True))
        for x in ("O", "W"):
            own = np.prod([dram[d] for d in layer.depends[x]])
            (got,) = largest_alternative(layer.kind, table.at(picked)[None], x)
            exact = exact_dma(layer, arch, tile, x)
            assert got == pytest.approx(own * exact, rel=1e-9)


BYTES = {"O": 4, "I": 1, "W": 3}


def exact_dma(layer, arch, tile, x):
    extents = np.array([[tile[d] for d in layer.dimensions]])
    count, burst = oracle._bursts(layer, extents)[OPERANDS.index(x)]
    return int((count * oracle._burst_cycles(arch, burst * arch.word_of(x)))[0])


def test_burst_cycles_are_the_exact_ceiling_or_one_below():
    for arch in (Architecture(), Architecture(word_bytes=BYTES, dma_startup_cycles=0.0)):
        for elements in (1, 7, 100, 8192, 123457):
            for x in OPERANDS:
                exact = int(oracle._burst_cycles(arch, np.array([elements * arch.word_of(x)]))[0])
                assert exact - 1 <= float(burst_cycles(arch, x, elements)) <= exact


@examples(10, 30)
@given(spaces(max_tilings=400))
def test_a_table_reads_single_choices_like_many(space):
    picked, _, atoms = every_choice(space)
    table = atom_table(space)
    for row, z in zip(picked[::7], atoms[::7], strict=True):
        np.testing.assert_allclose(table.at(row), z)


def test_taking_options_takes_their_rows():
    space = build(Layer.gemm("g", {"X": 12, "Y": 4, "K": 6}), Architecture())
    table = atom_table(space)
    options = [np.array([3, 1]), np.array([0]), np.array([2, 5, 6])]
    taken = table.take(options)
    assert [len(v) for v in taken.values] == [2, 1, 3]
    np.testing.assert_array_equal(taken.at([1, 0, 2]), table.at([1, 0, 6]))
