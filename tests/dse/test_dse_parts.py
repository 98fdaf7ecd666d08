"""Parameters and rules of one operand, of a pool, and of the array."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmaze_cp.architecture import AccessEnergy, Architecture, PEArray
from dmaze_cp.cost.energy import access_pj
from dmaze_cp.dse.design import Design
from dmaze_cp.dse.parameters import PARAMETERS, parse_parameter
from dmaze_cp.dse.quantities import QUANTITIES, quantities
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.errors import SpecError

WIDE = Architecture(
    pe_array=PEArray(8, 4, ("C",), ("M",)),
    word_bytes={"O": 4, "I": 1, "W": 1},
    rf_bytes={"O": 64, "IW": 128},
    spm_banks={"O": 8, "I": 8, "W": 16},
    energy=AccessEnergy(rf_pj={"O": 1.0, "I": 0.3, "W": 0.5}),
)


def designs(base, *texts, rules=()):
    parameters = tuple(parse_parameter(text) for text in texts)
    space = DesignSpace("s", base, parameters, rules=tuple(Rule(text) for text in rules))
    return list(space.points())


def only(base, *texts) -> Architecture:
    (point,) = designs(base, *texts)
    assert isinstance(point, Design), point
    return point.architecture


def test_one_operand_leaves_the_others():
    arch = only(WIDE, "word_bytes.I=2", "noc_elements_per_cycle.O=4")
    assert [arch.word_of(x) for x in "OIW"] == [4, 2, 1]
    assert [arch.noc_width(x) for x in "OIW"] == [4, 1, 1]
    assert only(Architecture(), "word_bytes.O=4").word_bytes == {"O": 4, "I": 2, "W": 2}


def test_a_pool_leaves_the_others_or_replaces_all():
    changed = only(WIDE, "rf_bytes.IW=1KiB", "rf_pj=1", "spm_banks.I=9", "spm_pj=9")
    assert changed.rf_bytes == {"O": 64, "IW": 1024}
    assert changed.spm_banks == {"O": 8, "I": 9, "W": 16}
    divided = only(Architecture(), "rf_bytes.O=64", "rf_bytes.IW=64", "rf_pj=1")
    assert divided.rf_bytes == {"O": 64, "IW": 64}
    (point,) = designs(WIDE, "rf_bytes.I=64", "rf_pj=1")
    assert "operand I in" in point.reason


def test_a_pool_has_the_published_energy_of_its_size():
    arch = only(Architecture(), "rf_bytes.O=64", "rf_bytes.IW=256")
    assert [access_pj(arch, "RF", x) for x in "OIW"] == [0.12, 0.48, 0.48]


def test_rows_and_columns():
    assert only(WIDE, "pe_array.rows=16").pe_array == PEArray(16, 4, ("C",), ("M",))
    made = only(Architecture(), "pe_array.rows=3", "pe_array.cols=5")
    assert (made.pe_array, made.pes) == (PEArray(3, 5), None)
    (point,) = designs(Architecture(), "pe_array.rows=3")
    assert "pe_array.cols" in point.reason
    assert only(WIDE, "pes=9").pe_array is None


def test_energies_of_one_operand():
    arch = only(WIDE, "rf_pj.O=2", "dram_pj.I=7", "energy.word_bytes=2")
    assert arch.energy.rf_pj == {"O": 2.0, "I": 0.3, "W": 0.5}
    assert [access_pj(arch, "DRAM", x) for x in "OIW"] == [400.0, 7.0, 100.0]


def test_a_part_beside_its_whole_is_refused():
    for texts in (("rf_bytes=64", "rf_bytes.O=64"), ("pes=4", "pe_array.rows=2")):
        with pytest.raises(SpecError) as caught:
            designs(WIDE, *texts)
        assert [problem.where for problem in caught.value.problems] == [
            f"parameters.{texts[1].partition('=')[0]}"
        ]


def test_rules_name_parts():
    rules = ("rf_bytes.O >= 16 * word_bytes.O", "pe_array.rows * pe_array.cols <= 32")
    (point,) = designs(WIDE, "pe_array.rows=8", rules=rules)
    assert isinstance(point, Design)
    (point,) = designs(WIDE, "pe_array.rows=16", rules=rules)
    assert point.cause == rules[1]
    (point,) = designs(Architecture(), "dma_mhz=1000", rules=("pe_array.rows > 1",))
    assert "no pe_array.rows" in point.reason


def test_every_parameter_and_every_quantity_has_a_name_that_rules_know():
    assert set(PARAMETERS) <= set(QUANTITIES)
    assert set(quantities(replace(WIDE, rf_bytes=64))) <= set(QUANTITIES)


@pytest.mark.parametrize("text", ["word_bytes.X=1", "rf_bytes.WI=4", "pe_array.x=1"])
def test_unknown_parts(text):
    with pytest.raises(SpecError):
        parse_parameter(text)


@pytest.mark.parametrize("text", ["word_bytes.O=0", "pe_array.rows=1.5", "rf_pj.O=-1"])
def test_values_that_no_part_can_have(text):
    with pytest.raises(SpecError) as caught:
        parse_parameter(text)
    assert [p.where for p in caught.value.problems] == [text.partition("=")[0]]
