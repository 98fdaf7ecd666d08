"""Small cases worked out by hand, and the edges of the model."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil

import pytest

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.cost import dma_cycles, evaluate, fits, loop_reuse
from dmaze_cp.mapping import Mapping
from dmaze_cp.workload import Layer

DEFAULT = Architecture()
SMALL_GEMM = Layer.gemm("small", {"X": 2, "Y": 2, "K": 2})


def test_small_gemm_by_hand():
    """X at DRAM, Y at SPM, K in the RF: W is reused at DRAM, I at SPM, none is held."""
    mapping = Mapping.from_tiling(SMALL_GEMM, {"DRAM": {"X": 2}, "SPM": {"Y": 2}, "RF": {"K": 2}})
    cost = evaluate(mapping, DEFAULT)
    assert cost.held is None
    assert cost.reuse_dram == {"O": 1, "I": 1, "W": 2}
    assert cost.reuse_spm == {"O": 1, "I": 2, "W": 1}
    # Between SPM and RF: O 1 element 2 x 2 times there and back, I 2 x 2, W 4 x 2.
    moved = 4 * 2 + 2 * 2 + 4 * 2
    # Between DRAM and SPM: O 2 elements twice (never read back), I 2 twice, W 4 once.
    assert cost.energy_breakdown_pj == pytest.approx(
        {
            "MAC": 8 * 0.075,
            "RF": 4 * 8 * 0.96,
            "NoC": moved * 2,
            "SPM": moved * 13.5,
            "DRAM": (2 * 2 + 2 * 2 + 4) * 200,
        }
    )
    assert cost.energy_pj == 2741
    # Each of 2 RF passes waits 2 cycles for W and computes 2 cycles.
    assert cost.spm_pass_cycles == 2 * (2 + 2)
    assert cost.dma_cycles == {"O": 46, "I": 46, "W": 46}
    # DMA is slower: O there and back and I at each of 2 passes, W once.
    assert cost.latency_cycles == 2 * (46 + 46 + 46) + 46
    assert cost.edp == 2741 * 322


def test_held_output_leaves_the_rf_once():
    """K at DRAM alone: the output stays in the RFs, partial sums never move."""
    held = Mapping.from_tiling(SMALL_GEMM, {"DRAM": {"K": 2}, "RF": {"X": 2, "Y": 2}})
    cost = evaluate(held, DEFAULT)
    assert cost.held == "O"
    assert cost.energy_by_operand_pj["SPM"] == {"O": 4 * 13.5, "I": 4 * 13.5, "W": 4 * 13.5}
    assert cost.energy_by_operand_pj["DRAM"]["O"] == 4 * 200


def test_spatial_reduction_is_paid_for():
    mapping = Mapping.from_tiling(SMALL_GEMM, {"RF": {"X": 2, "Y": 2}, "PE": {"K": 2}})
    cost = evaluate(mapping, DEFAULT)
    assert cost.reduction_cycles == 4
    assert cost.energy_by_operand_pj["MAC"]["reduction"] == pytest.approx(4 * 0.075)
    assert cost.energy_by_operand_pj["RF"]["reduction"] == pytest.approx(3 * 4 * 0.96)
    assert cost.energy_by_operand_pj["NoC"]["reduction"] == pytest.approx(4 * 2)


def test_only_an_order_that_exists_reuses_an_operand():
    """A level that loops over C alone is output-stationary in whatever order."""
    layer = Layer.conv("conv", {"N": 2, "M": 4, "C": 8, "Ox": 5, "Oy": 5, "Fx": 3, "Fy": 3})
    only_c = dict.fromkeys(layer.dimensions, 1) | {"C": 8}
    for order in (layer.dimensions, layer.dimensions[::-1]):
        assert loop_reuse(layer, only_c, order) == {"O": 8, "I": 1, "W": 1}


def test_reuse_stops_at_the_first_loop_that_matters():
    layer = Layer.conv("conv", {"N": 2, "M": 4, "C": 8, "Ox": 5, "Oy": 5, "Fx": 3, "Fy": 3})
    factors = layer.bounds | {"Ox": 1}
    # Innermost first: Fy, Ox (one iteration), Fx, then M, which O depends on.
    order = ("N", "C", "Oy", "M", "Fx", "Ox", "Fy")
    assert loop_reuse(layer, factors, order) == {"O": 9, "I": 1, "W": 1}


def test_depthwise_channels_innermost_reuse_nothing():
    layer = Layer.depthwise("dw", {"C": 8, "Ox": 5, "Oy": 5, "Fx": 3, "Fy": 3})
    order = ("N", "M", "Ox", "Oy", "Fx", "Fy", "C")
    assert loop_reuse(layer, layer.bounds, order) == {"O": 1, "I": 1, "W": 1}


def test_x_and_y_have_their_own_stride_and_dilation():
    layer = Layer.conv("conv", {"Ox": 4, "Oy": 3, "Fx": 3, "Fy": 2}, stride=(2, 3), dilation=(1, 4))
    cost = evaluate(Mapping.from_tiling(layer, {"RF": layer.bounds}), DEFAULT)
    assert cost.spm_elements["I"] == (3 * 2 + 2 * 1 + 1) * (2 * 3 + 1 * 4 + 1)


@pytest.mark.parametrize(("padded_y", "invocations"), [(9, 1), (10, 9)])
def test_unused_edge_columns_break_up_the_input(padded_y, invocations):
    """A stride that leaves a column unused makes every row its own burst."""
    bounds = {"Ox": 4, "Oy": 4, "Fx": 3, "Fy": 3}
    layer = Layer.conv("conv", bounds, stride=(2, 2), padded_input=(9, padded_y))
    cost = evaluate(Mapping.from_tiling(layer, {"RF": bounds}), DEFAULT)
    assert cost.dma_invocations["I"] == invocations
    assert cost.dma_burst_elements["I"] == 81 // invocations


def test_dma_cycles_are_those_of_doubles():
    """In doubles the product is just above 28, so that the model says 29."""
    exact = ceil((64 + Fraction("0.1") * 32) * Fraction(1000, 2400))
    doubles = dma_cycles(
        32, startup_cycles=64, cycles_per_byte=0.1, word_bytes=1, clock_ratio=1000 / 2400
    )
    assert (exact, doubles) == (28, 29)


def test_counts_past_64_bits_do_not_overflow():
    side = 2**20
    layer = Layer.conv("huge", dict.fromkeys(("N", "M", "C", "Ox", "Oy"), side))
    cost = evaluate(Mapping.from_tiling(layer, {"RF": layer.bounds}), DEFAULT)
    assert cost.rf_pass_cycles == side**5
    assert cost.latency_cycles > side**5 > 2**63
    assert cost.energy_pj == pytest.approx(side**5 * (0.075 + 4 * 0.96), rel=1e-3)


def test_every_count_past_64_bits_is_exact():
    """C at DRAM, M at SPM, the rest in the RF, all of them odd and near 2^20."""
    n, m, c, x, y = (2**20 - i for i in (1, 3, 5, 7, 9))
    layer = Layer.conv("huge", {"N": n, "M": m, "C": c, "Ox": x, "Oy": y})
    in_rf = {"N": n, "Ox": x, "Oy": y}
    mapping = Mapping.from_tiling(layer, {"DRAM": {"C": c}, "SPM": {"M": m}, "RF": in_rf})
    # A transfer takes as many cycles as it has bursts; only hops cost energy.
    unit = replace(
        DEFAULT,
        energy=AccessEnergy(0, 2.0**-60, 0, 0, 0),
        dma_startup_cycles=1,
        dma_cycles_per_byte=0,
        dma_mhz=500,
    )
    cost, pixels = evaluate(mapping, unit), n * x * y
    # O is reused at DRAM and I at SPM; O goes there and back, and W there, in every RF pass.
    assert (cost.reuse_dram["O"], cost.reuse_spm["I"], cost.held) == (c, m, None)
    hops = 2 * pixels * m * c + pixels * c + m * c
    assert cost.energy_breakdown_pj["NoC"] == float(Fraction(hops, 2**60))
    assert cost.dma_cycles == {"O": 1, "I": n, "W": m}
    # An RF pass takes as long to distribute O as to compute, and hides the rest.
    assert cost.spm_pass_cycles == 2 * pixels * m
    assert cost.latency_cycles == 2 * layer.macs > 2**100
    assert cost.edp == cost.energy_pj * cost.latency_cycles


def test_leakage_by_hand():
    """Two milliwatts over 322 cycles of 2 ns: 1288 pJ on top of 2741."""
    mapping = Mapping.from_tiling(SMALL_GEMM, {"DRAM": {"X": 2}, "SPM": {"Y": 2}, "RF": {"K": 2}})
    cost = evaluate(mapping, replace(DEFAULT, leakage_mw=2.0))
    assert (cost.energy_pj, cost.latency_cycles) == (2741 + 1288, 322)
    assert cost.energy_breakdown_pj["leakage"] == 1288
    assert list(cost.energy_breakdown_pj)[-1] == "leakage"


def test_every_reason_for_not_fitting_is_named():
    layer = Layer.gemm("gemm", {"X": 64, "Y": 64, "K": 1024})
    mapping = Mapping.from_tiling(
        layer, {"SPM": {"K": 16}, "RF": {"X": 16, "Y": 16, "K": 4}, "PE": {"X": 4, "Y": 4, "K": 16}}
    )
    assert tuple(map(str, fits(mapping, replace(DEFAULT, pes=255)))) == (
        "PEs: found 256, expected at most 255",
        "RF words: found 384 (O 256 + I 64 + W 64), expected at most 256",
        "SPM banks: found 132 (O 4 + I 64 + W 64), expected at most 32 of 2048 bytes",
    )


def test_a_mapping_that_just_fits_has_no_reasons():
    layer = Layer.gemm("gemm", {"X": 2, "Y": 2, "K": 2})
    mapping = Mapping.from_tiling(layer, {"RF": {"X": 2, "Y": 2}, "PE": {"K": 2}})
    # RF tile: 4 + 2 + 2 words; SPM tiles of 4 words, one bank each.
    arch = replace(DEFAULT, pes=2, rf_bytes=16, spm_banks=3, spm_bank_bytes=8)
    assert fits(mapping, arch) == ()
    for smaller in (
        replace(arch, pes=1),
        replace(arch, rf_bytes=15),
        replace(arch, spm_banks=2),
        replace(arch, spm_bank_bytes=7),
    ):
        assert len(fits(mapping, smaller)) == 1
