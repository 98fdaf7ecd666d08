"""Wider machines in YAML: what is read, what is written, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmaze_cp.architecture import AccessEnergy, Architecture, PEArray
from dmaze_cp.errors import SpecError
from dmaze_cp.spec import architecture_from_dict, architecture_to_dict, mapping_record_from_dict

PLAIN = architecture_to_dict(Architecture())
WIDE = {
    **{name: value for name, value in PLAIN.items() if name != "pes"},
    "pe_array": {"rows": 16, "cols": 8, "unroll_rows": ["C", "Fx"], "unroll_cols": ["M"]},
    "word_bytes": {"O": 4, "I": 1, "W": "1 bytes"},
    "rf_bytes": {"WI": "1 KiB", "O": 64},
    "spm_banks": {"O": 4, "I": 8, "W": 16},
    "noc_elements_per_cycle": {"O": 4, "I": 16, "W": 16},
    "energy": {**PLAIN["energy"], "rf_pj": {"O": 1, "I": 0.3, "W": 0.5}, "word_bytes": 2},
}


def wide(**changes):
    return {**WIDE, **changes}


def problems(record) -> list[str]:
    with pytest.raises(SpecError) as caught:
        architecture_from_dict(record)
    return [problem.where for problem in caught.value.problems]


def test_every_figure_is_read_and_written():
    arch = architecture_from_dict(WIDE)
    assert arch.pe_array == PEArray(16, 8, ("C", "Fx"), ("M",))
    assert (arch.pes, arch.pe_count) == (None, 128)
    assert [arch.word_of(x) for x in "OIW"] == [4, 1, 1]
    assert [(pool.name, pool.size) for pool in arch.rf_pools] == [("O", 64), ("IW", 1024)]
    assert [(pool.name, pool.size) for pool in arch.spm_pools] == [("O", 4), ("I", 8), ("W", 16)]
    assert [arch.noc_width(x) for x in "OIW"] == [4, 16, 16]
    assert arch.energy.rf_pj == {"O": 1.0, "I": 0.3, "W": 0.5}
    assert arch.energy.word_bytes == 2
    again = architecture_from_dict(architecture_to_dict(arch))
    assert again == arch
    assert hash(again) == hash(arch)


def test_nothing_new_is_written_of_a_plain_machine():
    new = {"pe_array", "noc_elements_per_cycle", "leakage_mw"}
    assert not new & set(PLAIN)
    assert set(PLAIN["energy"]) == {"rf_pj", "noc_pj", "spm_pj", "dram_pj", "mac_pj"}


def test_one_figure_said_three_times_is_one_figure():
    arch = Architecture(
        word_bytes={"O": 2, "I": 2, "W": 2}, rf_bytes={"WOI": 512}, spm_banks={"OIW": 32},
        noc_elements_per_cycle={"O": 1, "I": 1, "W": 1},
    )  # fmt: skip
    assert arch == Architecture()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"rf_bytes": {"O": 64, "OI": 64}}, ["rf_bytes", "rf_bytes"]),
        ({"rf_bytes": {"IO": 64, "OI": 64, "W": 9}}, ["rf_bytes", "rf_bytes"]),
        ({"spm_banks": {"O": 4, "I": 4}}, ["spm_banks"]),
        ({"spm_banks": {"O": 4, "IW": 0}}, ["spm_banks.IW"]),
        ({"rf_bytes": {"O": 4, "X": 1, "IW": 4}}, ["rf_bytes.X"]),
        ({"rf_bytes": {}}, ["rf_bytes"] * 3),
        ({"pes": 16}, ["pes"]),
        ({"pe_array": {"rows": 4}}, ["pe_array.cols"]),
        ({"pe_array": {"cols": 4}}, ["pe_array.rows"]),
        ({"pe_array": {"rows": 4, "cols": 4, "unroll_rows": []}}, ["pe_array.unroll_rows"]),
        ({"pe_array": {"rows": 4, "cols": 4, "unroll_cols": ["Q"]}}, ["pe_array.unroll_cols"]),
        ({"pe_array": {"rows": 4, "cols": 4, "unroll_cols": "M"}}, ["pe_array.unroll_cols"]),
        ({"pe_array": {"rows": 4, "cols": 4, "unroll": ["M"]}}, ["pe_array.unroll"]),
        ({"pe_array": {"rows": 0, "cols": 4}}, ["pe_array.rows"]),
        ({"pe_array": 16}, ["pe_array"]),
        ({"word_bytes": {"O": 4, "I": 1}}, ["word_bytes.W"]),
        ({"word_bytes": {"O": 4, "I": 1, "W": 1, "X": 1}}, ["word_bytes.X"]),
        ({"noc_elements_per_cycle": {"O": 1, "I": 0, "W": 1}}, ["noc_elements_per_cycle.I"]),
        ({"energy": {**WIDE["energy"], "rf_pj": {"O": 1}}}, ["energy.rf_pj.I", "energy.rf_pj.W"]),
        ({"energy": {**WIDE["energy"], "mac_pj": {"O": 1}}}, ["energy.mac_pj"]),
        ({"energy": {**WIDE["energy"], "word_bytes": 0}}, ["energy.word_bytes"]),
    ],
)
def test_bad_figures_are_refused(changes, where):
    assert problems(wide(**changes)) == where


def test_all_problems_are_told_at_once():
    record = wide(
        pes=4,
        pe_array={"rows": 4, "unroll_rows": []},
        rf_bytes={"O": 64},
        energy={**WIDE["energy"], "noc_pj": {"O": 1, "I": 2}},
    )
    assert set(problems(record)) == {
        *("pes", "pe_array.cols", "pe_array.unroll_rows", "rf_bytes", "energy.noc_pj.W")
    }


def test_an_axis_that_a_kind_cannot_use_is_told():
    base = Architecture(pe_array=PEArray(4, 4))
    assert list(base.remarks()) == list(Architecture().remarks()) == []
    conv_only = replace(base, pe_array=PEArray(4, 4, ("C", "Fx"), ("M", "Y")))
    (remark,) = conv_only.remarks()
    assert "unroll_rows" in remark
    assert "gemm" in remark


RECORD = {
    "layer": {"kind": "gemm", "bounds": {"X": 6, "Y": 4, "K": 2}},
    "architecture": wide(pe_array={"rows": 6, "cols": 4}),
    "tiling": {"DRAM": {"K": 2}},
    "loop_order": {"DRAM": ["K"], "SPM": []},
}


def test_pe_factors_may_be_given_by_rows_and_columns():
    axes = {"PE_rows": {"X": 6}, "PE_cols": {"Y": 4}}
    for pes in ({}, {"PE": {"X": 6, "Y": 4}}):
        record = {**RECORD, "tiling": {**RECORD["tiling"], **axes, **pes}}
        mapping, _ = mapping_record_from_dict(record)
        assert mapping.level("PE") == {"X": 6, "Y": 4, "K": 1}
        assert mapping.level("PE_rows") == {"X": 6, "Y": 1, "K": 1}
        assert mapping.level("PE_cols") == {"X": 1, "Y": 4, "K": 1}
    only = {**RECORD, "tiling": {**RECORD["tiling"], "PE": {"X": 6, "Y": 4}}}
    assert mapping_record_from_dict(only)[0].row_factors is None


@pytest.mark.parametrize(
    ("tiling", "where"),
    [
        ({"PE": {"X": 6, "Y": 4}, "PE_rows": {"X": 3}, "PE_cols": {"Y": 4}}, "tiling.PE.X"),
        ({"PE": {"X": 6, "Y": 4}, "PE_rows": {"X": 4}}, "tiling.PE.X"),
        ({"PE_rows": {"X": 6, "Q": 1}, "PE_cols": {"Y": 4}}, "tiling.PE_rows.Q"),
        ({"PE_rows": {"X": 5}, "PE_cols": {"Y": 4}}, "tiling.*.X"),
    ],
)
def test_rows_and_columns_that_are_no_factors_are_refused(tiling, where):
    with pytest.raises(SpecError) as caught:
        mapping_record_from_dict({**RECORD, "tiling": {**RECORD["tiling"], **tiling}})
    assert [problem.where for problem in caught.value.problems] == [where]


def test_rows_mean_nothing_without_an_array():
    record = {**RECORD, "architecture": PLAIN}
    record["tiling"] = {"DRAM": {"K": 2}, "PE_rows": {"X": 6}, "PE_cols": {"Y": 4}}
    with pytest.raises(SpecError) as caught:
        mapping_record_from_dict(record)
    assert [p.where for p in caught.value.problems] == ["tiling.PE_rows", "tiling.PE_cols"]


def test_an_energy_is_for_the_widest_word_unless_it_says_otherwise():
    assert AccessEnergy().word_bytes is None
    assert Architecture(word_bytes={"O": 4, "I": 2, "W": 1}).widest_word == 4
