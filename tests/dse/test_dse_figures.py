"""Energies and areas by capacity."""

import csv
import io
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.dse.area import FormulaArea, LinearArea, no_area
from dmaze_cp.dse.capacity import Formula, OutOfRangeError, PerByte, Table
from dmaze_cp.dse.energy import PUBLISHED_RF_PJ, PUBLISHED_SPM_PJ, EnergyByCapacity
from dmaze_cp.dse.figure_files import area_from, energy_from, figures_from
from dmaze_cp.errors import SpecError

RF_TABLE = """1,.001875 2,.00375 4,.0075 8,.015 16,.03 32,.06 64,.12 128,.24 256,.48 512,.96
1024,1.92"""
SPM_TABLE = """16,4 32,6 64,9 128,13.5 256,20.25 512,30.375 1024,45.5625 2048,68.3475
4096,99.0984375"""
CHIP = Architecture()


def rows(text: str) -> list[tuple[int, float]]:
    reader = csv.reader(io.StringIO(text.replace(" ", "\n")))
    return [(int(size), float(pj)) for size, pj in reader]


def test_the_published_tables():
    assert list(PUBLISHED_RF_PJ.entries) == rows(RF_TABLE)
    assert list(PUBLISHED_SPM_PJ.entries) == [(kb * 1024, pj) for kb, pj in rows(SPM_TABLE)]


def test_the_default_architecture_has_the_published_energies():
    model = EnergyByCapacity(rf=PUBLISHED_RF_PJ, spm=PUBLISHED_SPM_PJ)
    assert model(CHIP) == CHIP.energy == AccessEnergy()


def test_the_spm_table_is_for_both_buffers():
    model = EnergyByCapacity(spm=PUBLISHED_SPM_PJ)
    small = replace(CHIP, spm_banks=4, spm_bank_bytes=2048)
    assert model(small).spm_pj == 4


@pytest.mark.parametrize("size", [1, 15, 17, 1025, 48])
def test_a_capacity_that_a_table_lacks_is_named(size):
    table = Table(((16, 1.0), (64, 2.0), (1024, 4.0)), interpolate=False)
    with pytest.raises(OutOfRangeError, match=rf"{size} bytes? in the table of 3 from 16 bytes"):
        table.at(size)


@given(st.integers(16, 1024), st.integers(16, 1024))
def test_interpolation_lies_between_entries_and_is_monotone(one, other):
    table = Table(((16, 0.03), (100, 0.5), (1024, 1.92)))
    low, high = sorted((one, other))
    assert 0.03 <= table.at(low) <= table.at(high) <= 1.92


def test_interpolation_in_logarithms():
    table = Table(((16, 1.0), (64, 4.0)))
    assert table.at(32) == pytest.approx(2.0)
    for outside in (15, 65):
        with pytest.raises(OutOfRangeError):
            table.at(outside)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ((), "empty table"),
        (((0, 1.0),), "no capacity"),
        (((16, -1.0),), "-1.0"),
        (((16, float("nan")),), "nan"),
        (((16, 1.0), (16, 2.0)), "twice"),
    ],
)
def test_bad_tables(entries, words):
    with pytest.raises(SpecError, match=words):
        Table(entries)


def test_no_power_law_goes_through_0():
    table = Table(((16, 0.0), (32, 0.0), (64, 1.0)))
    assert table.at(24) == 0
    with pytest.raises(OutOfRangeError, match="power law"):
        table.at(48)


def test_formulas_of_a_capacity():
    formula = Formula("0.96 * (bytes / 512) ** 0.5")
    assert formula.at(512) == 0.96
    assert formula.at(128) == pytest.approx(0.48)
    for text, words in (("1 / (bytes - 4)", "division"), ("bytes - 5", "-1"), ("1e29**9", "gives")):
        with pytest.raises(OutOfRangeError, match=words):
            Formula(text).at(4)


def test_words_scale_what_moves_words():
    model = EnergyByCapacity(fixed=(("rf_pj", 1.0),), word_bytes=2)
    wide = model(replace(CHIP, word_bytes=4))
    assert wide == AccessEnergy(rf_pj=2.0, noc_pj=4.0, spm_pj=27.0, dram_pj=400.0, mac_pj=0.075)
    plain = EnergyByCapacity(fixed=(("rf_pj", 1.0),))
    assert plain(replace(CHIP, word_bytes=4)).dram_pj == 200.0


def test_energies_of_a_file():
    model = energy_from(
        {
            "rf_pj": {"table": {512: 1, "1 KiB": 2.5}},
            "spm_pj": {"formula": "0.01 * bytes ** 0.5"},
            "dram_pj": 100,
        }
    )
    energy = model(CHIP)
    assert (energy.rf_pj, energy.dram_pj, energy.noc_pj) == (1.0, 100.0, 2.0)
    assert energy.spm_pj == pytest.approx(0.01 * (128 * 1024) ** 0.5)
    assert model(replace(CHIP, rf_bytes=1024)).rf_pj == 2.5
    between = replace(CHIP, rf_bytes=768)
    assert model(between).rf_pj == pytest.approx(2.5 ** (math.log(1.5) / math.log(2)))
    assert model.interpolated(between) == ("rf_pj",)
    assert model.interpolated(CHIP) == ()
    beyond = replace(CHIP, rf_bytes=2048)
    with pytest.raises(OutOfRangeError, match=r"RF energy: no entry for 2 KiB.*--param rf_pj="):
        model(beyond)
    assert model.without(["rf_pj", "dram_pj"])(beyond) == AccessEnergy(spm_pj=energy.spm_pj)


def test_published_tables_are_interpolated_unless_that_is_refused():
    figures = figures_from("published", "pJ", PUBLISHED_SPM_PJ)
    assert figures.at(108 * 1024) == pytest.approx(9 * 1.5 ** math.log2(108 / 64))
    assert figures.at(128 * 1024) == 13.5
    table = {"table": "published", "interpolate": "log-log"}
    assert figures_from(table, "pJ", PUBLISHED_SPM_PJ) == figures
    strict = figures_from({**table, "interpolate": "none"}, "pJ", PUBLISHED_SPM_PJ)
    with pytest.raises(OutOfRangeError, match="108 KiB"):
        strict.at(108 * 1024)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ([], "an empty list"),
        ({"rf": 1}, "rf: found an unknown field"),
        ({"rf_pj": "cheap"}, "rf_pj: found 'cheap'"),
        ({"rf_pj": -1}, "rf_pj"),
        ({"rf_pj": {"table": {}}}, "rf_pj.table"),
        ({"rf_pj": {"table": {512: "x"}}}, "rf_pj.table.512"),
        ({"rf_pj": {"table": {"a lot": 1}}}, "rf_pj.table.a lot"),
        ({"rf_pj": {"table": {512: -1}}}, "rf_pj.512"),
        ({"rf_pj": {"interpolate": "log-log"}}, "rf_pj.table: found nothing"),
        ({"rf_pj": {"table": {512: 1}, "interpolate": "cubic"}}, "rf_pj.interpolate"),
        ({"rf_pj": {"table": {512: 1}, "interpolate": ["none"]}}, "rf_pj.interpolate"),
        ({"rf_pj": {"table": {512: 1}, "formula": "bytes"}}, "rf_pj.table"),
        ({"rf_pj": {"formula": "words"}}, "the unknown name 'words'"),
        ({"rf_pj": {"formula": 5}}, "rf_pj.formula"),
        ({"rf_pj": True}, "a boolean"),
        ({"dram_pj": "published"}, "dram_pj"),
        ({"word_bytes": 0}, "word_bytes"),
    ],
)
def test_bad_energies_are_one_line(spec, words):
    with pytest.raises(SpecError) as caught:
        energy_from(spec)
    (problem,) = caught.value.problems
    assert words in str(problem)


def test_the_default_area_is_eyeriss_core():
    eyeriss = replace(CHIP, pes=168, rf_bytes=512, spm_banks=27, spm_bank_bytes=2048)
    assert LinearArea()(eyeriss) == pytest.approx(3.5 * 3.5, rel=1e-3)


def test_areas_of_a_file():
    spec = {
        "pe_mm2": 0.5,
        "rf_mm2": {"table": {512: 0.25}},
        "spm_mm2_per_byte": 1e-6,
        "fixed_mm2": 3,
    }
    area = area_from(spec)
    assert area(CHIP) == pytest.approx(256 * 0.75 + 131072e-6 + 3)
    with pytest.raises(OutOfRangeError, match="RF area: no entry for 256 bytes"):
        area(replace(CHIP, rf_bytes=256))
    assert area_from("none") is no_area
    assert no_area(CHIP) is None


def test_the_default_area_as_a_formula():
    text = "pes * (0.02 + 60e-6 * rf_bytes) + 15e-6 * spm_bytes + 2.07"
    assert area_from({"formula": text})(CHIP) == pytest.approx(LinearArea()(CHIP))
    with pytest.raises(OutOfRangeError, match="area: 'pes - 300' gives -44"):
        FormulaArea("pes - 300")(CHIP)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("some", "'some'"),
        ({"formula": "area_mm2 + 1"}, "unknown name 'area_mm2'"),
        ({"formula": "1", "pe_mm2": 1}, "pe_mm2: found an unknown field"),
        (
            {"pe_mm2": 1, "rf_mm2": 1, "rf_mm2_per_byte": 1, "spm_mm2": 1, "fixed_mm2": 0},
            "rf_mm2: found both",
        ),
        ({"pe_mm2": 1, "rf_mm2": 1, "fixed_mm2": 0}, "spm_mm2: found neither"),
        ({"pe_mm2": -1, "rf_mm2": 1, "spm_mm2": 1, "fixed_mm2": 0}, "pe_mm2: found -1"),
        ({"pe_mm2": 1, "rf_mm2_per_byte": -1, "spm_mm2": 1, "fixed_mm2": 0}, "rf_mm2_per_byte"),
    ],
)
def test_bad_areas_are_one_line(spec, words):
    with pytest.raises(SpecError) as caught:
        area_from(spec)
    (problem,) = caught.value.problems
    assert words in str(problem)


def test_a_figure_for_each_byte():
    assert PerByte(0.5).at(10) == 5.0
