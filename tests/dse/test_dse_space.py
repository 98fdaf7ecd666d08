"""Design spaces: which points there are, and which of them are designs."""

import pickle
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.dse.area import LinearArea, no_area
from dmaze_cp.dse.capacity import OutOfRangeError, PerByte, Table
from dmaze_cp.dse.design import Budgets, Design, InvalidDesign, Sample
from dmaze_cp.dse.energy import PUBLISHED_RF_PJ, EnergyByCapacity
from dmaze_cp.dse.parameters import Parameter, parse_parameter
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.errors import SpecError
from tests.kit.problems import refused

CHIP = Architecture()


def space(*parameters: str, **others: object) -> DesignSpace:
    return DesignSpace("test", parameters=tuple(map(parse_parameter, parameters)), **others)


def causes(tested: DesignSpace) -> list[tuple[str, str]]:
    return [(p.cause, p.reason) for p in tested.points() if isinstance(p, InvalidDesign)]


def test_designs_are_the_product_of_all_values():
    tested = space("pes=64,128", "rf_bytes=16:64:*2", "word_bytes=2")
    found = [tuple(design.parameters.values()) for design in tested.designs()]
    assert found == list(product((64, 128), (16, 32, 64), (2,)))
    assert len(tested) == tested.size == 6
    assert [design.index for design in tested.designs()] == list(range(6))
    assert tested.swept == ("pes", "rf_bytes")
    last = list(tested.designs())[-1].architecture
    energy = replace(CHIP.energy, rf_pj=0.12)
    named = replace(CHIP, name="pes=128 rf_bytes=64", pes=128, rf_bytes=64, energy=energy)
    assert last == named


def test_a_point_knows_its_position():
    tested = space("pes=1:5:+1", "rf_bytes=16,32", "spm_kb=16,32")
    assert [tested.point(k) for k in range(20)] == list(tested.points())
    for outside in (-1, 20):
        with pytest.raises(IndexError):
            tested.point(outside)


def test_a_space_without_parameters_is_its_base():
    tested = DesignSpace("one", base=CHIP)
    (design,) = tested.designs()
    assert design.architecture == replace(CHIP, name="one")


@pytest.mark.parametrize(
    ("parameter", "banks"), [("spm_kb=64", 16), ("spm_bytes=65536", 16), ("spm_banks=16", 16)]
)
def test_sizes_of_the_scratchpad(parameter, banks):
    (design,) = space(parameter).designs()
    assert design.architecture.spm_banks == banks
    assert design.architecture.energy.spm_pj == 9


def test_the_banks_of_a_size_depend_on_their_bytes():
    tested = space("spm_kb=16,48", "spm_bank_bytes=4096,16384", "spm_pj=9")
    designs, (invalid, also) = tested.survey()
    assert [d.architecture.spm_banks for d in designs] == [2, 6]
    assert (invalid.cause, also.cause) == ("whole banks", "whole banks")
    assert also.reason.startswith("1.5 banks of 16 KiB in each of the two buffers with spm_kb 48")


def test_energies_follow_capacities_only_where_those_have_values():
    base = replace(CHIP, rf_bytes=48, energy=AccessEnergy(rf_pj=0.7, spm_pj=11.0))
    (design,) = space("spm_kb=16", base=base).designs()
    assert (design.architecture.energy.rf_pj, design.architecture.energy.spm_pj) == (0.7, 4.0)
    (design,) = space("rf_bytes=16", base=base).designs()
    assert (design.architecture.energy.rf_pj, design.architecture.energy.spm_pj) == (0.03, 11.0)


def test_energies_can_be_set_and_swept():
    model = EnergyByCapacity(fixed=(("rf_pj", 0.5),))
    tested = space("rf_bytes=48,64", "dram_pj=100,200", energy=model)
    assert [
        (d.architecture.energy.rf_pj, d.architecture.energy.dram_pj) for d in tested.designs()
    ] == [(0.5, 100), (0.5, 200)] * 2
    (design,) = space("rf_bytes=48", "rf_pj=0.1").designs()
    assert design.architecture.energy.rf_pj == 0.1


def test_a_capacity_outside_the_table_leaves_out_that_design_only():
    tested = space("rf_bytes=32,48,64,2048")
    designs, invalid = tested.survey()
    assert [d.parameters["rf_bytes"] for d in designs] == [32, 48, 64]
    assert [(p.index, p.cause) for p in invalid] == [(3, "RF energy")]
    assert "no entry for 2 KiB in the table of 11 from 1 byte to 1 KiB" in invalid[0].reason
    assert "--param rf_pj=" in invalid[0].reason


def test_designs_say_which_figures_lie_between_entries():
    area = LinearArea(rf_mm2=Table(((16, 1.0), (64, 2.0))), spm_mm2=PerByte(1e-6))
    tested = space("rf_bytes=48,64", "spm_kb=64,216", area=area)
    found = {tuple(d.parameters.values()): d.interpolated for d in tested.designs()}
    assert found == {
        (48, 64): ("rf_pj", "rf_mm2"),
        (48, 216): ("rf_pj", "spm_pj", "rf_mm2"),
        (64, 64): (),
        (64, 216): ("spm_pj",),
    }


def test_an_energy_as_a_parameter_replaces_what_the_space_says_of_it():
    model = EnergyByCapacity(rf=PUBLISHED_RF_PJ, fixed=(("dram_pj", 100.0),))
    tested = space("rf_bytes=64,2048", energy=model).with_parameters([parse_parameter("rf_pj=3")])
    energies = [d.architecture.energy for d in tested.designs()]
    assert [(e.rf_pj, e.dram_pj) for e in energies] == [(3, 100.0)] * 2
    assert [d.interpolated for d in tested.designs()] == [(), ()]


def test_rules_leave_out_what_breaks_them():
    balance = Rule("total_rf_bytes / 16 <= spm_bytes <= 16 * total_rf_bytes", "balance")
    tested = space("rf_bytes=16:1024:*2", "spm_kb=16:1024:*2", rules=(balance, Rule("pes < 300")))
    designs, invalid = tested.survey()
    assert len(designs) + len(invalid) == 49
    for design in designs:
        assert 1 / 16 <= design.parameters["spm_kb"] / (design.parameters["rf_bytes"] / 4) <= 16
    assert {point.cause for point in invalid} == {"balance"}
    assert "spm_bytes = 131072, total_rf_bytes = 4096" in invalid[0].reason


def test_a_rule_that_divides_by_zero_leaves_out_the_design():
    tested = space("spm_banks=4,8", rules=(Rule("pes / (spm_banks - 4) > 3"),), energy=None)
    (invalid,) = tested.survey()[1]
    assert "cannot be evaluated: division by zero" in invalid.reason


def test_what_rules_can_speak_of():
    texts = [
        *("pes == 256", "rf_words == 256", "total_rf_bytes == 128 KiB", "spm_banks == 32"),
        *("spm_buffer_bytes == 64 KiB", "spm_bytes == 128 KiB", "spm_kb == 128"),
        *("spm_pj == 13.5", "dma_mhz == 3200", "area_mm2 > 0", "word_bytes == 2"),
    ]
    assert not causes(space("rf_bytes=512", rules=tuple(map(Rule, texts))))


def test_the_area_budget():
    tested = space("pes=64:512:*2", budgets=Budgets(area_mm2=16))
    designs, invalid = tested.survey()
    assert [d.parameters["pes"] for d in designs] == [64, 128]
    assert all(d.area_mm2 is not None and d.area_mm2 <= 16 for d in designs)
    assert {p.cause for p in invalid} == {"area budget"}
    assert invalid[0].reason.endswith("more than 16 mm2")


def test_models_of_ones_own():
    def energy(architecture: Architecture) -> AccessEnergy:
        if architecture.rf_bytes == 64:
            raise OutOfRangeError("not for 64 bytes", "my model")
        return AccessEnergy(rf_pj=architecture.rf_bytes / 100)

    def area(architecture: Architecture) -> float | None:
        return architecture.pes / 10 if architecture.rf_bytes == 48 else None

    tested = space("rf_bytes=48,50,64", energy=energy, area=area, rules=(Rule("area_mm2 > 1"),))
    designs, invalid = tested.survey()
    assert [(d.architecture.energy.rf_pj, d.area_mm2) for d in designs] == [(0.48, 25.6)]
    assert [p.cause for p in invalid] == ["area_mm2 > 1", "my model"]
    assert "no area" in invalid[0].reason


def test_an_energy_that_no_architecture_can_have_leaves_out_the_design():
    tested = space("rf_bytes=48,50", energy=lambda a: AccessEnergy(rf_pj=49.0 - a.rf_bytes))
    assert [p.cause for p in tested.survey()[1]] == ["energy"]


def test_an_area_table_without_a_capacity():
    area = LinearArea(rf_mm2=Table(((32, 0.1),)))
    designs, invalid = space("rf_bytes=32,64", area=area).survey()
    assert len(designs) == 1
    assert [p.cause for p in invalid] == ["RF area"]


def test_an_empty_space_names_what_leaves_out_most():
    rules = (Rule("rf_bytes > 64", "large RFs"), Rule("rf_bytes < 128", "small RFs"))
    tested = space("rf_bytes=16:512:*2", rules=rules)
    with pytest.raises(SpecError) as caught:
        tested.survey()
    assert str(caught.value) == (
        "design space test: found no valid design; 'large RFs' leaves out 3 of 6, other causes 3 "
        "(rf_bytes=16: 'rf_bytes > 64' does not hold (rf_bytes = 16)), "
        "expected at least one valid design"
    )


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (["pes=1", "pes=2"], "parameters.pes: found the parameter twice"),
        (["spm_kb=64", "spm_banks=16"], "the size of the SPM as spm_banks and spm_kb"),
        (["spm_kb=64", "spm_bytes=65536"], "one of spm_banks, spm_kb, spm_bytes"),
        (["pes=1:2000:+1", "rf_bytes=1:2000:+1"], "4000000 points"),
    ],
)
def test_contradictions_and_too_many_points(parameters, words):
    with pytest.raises(SpecError) as caught:
        space(*parameters)
    assert words in str(caught.value)


def test_an_energy_twice_and_areas_that_are_not_there():
    with refused("energy.dram_pj"):
        space("dram_pj=1", energy=EnergyByCapacity(fixed=(("dram_pj", 2.0),)))
    with pytest.raises(SpecError) as caught:
        space("pes=1", area=no_area, rules=(Rule("area_mm2 < 3"),), budgets=Budgets(area_mm2=3.0))
    assert [p.where for p in caught.value.problems] == ["rules[0]", "budgets.area_mm2"]


@given(st.integers(1, 60), st.integers(0, 3))
def test_a_sample_is_a_part_of_the_space_and_the_same_again(count, seed):
    whole = space("pes=1:7:+1", "rf_bytes=16,32,64", "spm_kb=16,32")
    sample = replace(whole, sample=Sample(count, seed))
    points = list(sample.points())
    assert len(points) == len(sample) == min(count, 42)
    assert points == list(sample.points())
    indices = [point.index for point in points]
    assert indices == sorted(set(indices))
    assert all(whole.point(point.index) == point for point in points)


def test_a_sample_of_a_space_that_is_too_large_to_look_at():
    tested = space(
        *("pes=1:999:+1", "rf_bytes=16:1024:*2", "spm_banks=1:999:+1", "dma_mhz=1:999:+1"),
        sample=Sample(5, 1),
        energy=EnergyByCapacity(fixed=(("spm_pj", 9.0),)),
    )
    assert len(list(tested.points())) == 5
    other = replace(tested, sample=Sample(5, 2))
    assert list(other.points()) != list(tested.points())


def test_other_values_replace_those_of_the_space():
    tested = space("pes=1,2", "spm_kb=16,32", "rf_bytes=16")
    changed = tested.with_parameters(
        [parse_parameter("spm_banks=3"), parse_parameter("pes=5"), parse_parameter("dma_mhz=800")]
    )
    assert changed.parameters == tuple(
        map(parse_parameter, ("pes=5", "rf_bytes=16", "spm_banks=3", "dma_mhz=800"))
    )
    assert tested.with_parameters([]) == tested
    with refused("pes"):
        tested.with_parameters([Parameter("pes", (1,)), Parameter("pes", (2,))])


def test_designs_and_spaces_travel_to_other_processes():
    tested = space("rf_bytes=16,48", rules=(Rule("pes < 300"),))
    again = pickle.loads(pickle.dumps(tested))
    assert list(again.points()) == list(tested.points())
    design = next(tested.designs())
    assert isinstance(design, Design)
    assert pickle.loads(pickle.dumps(design)) == design
    assert len({design, next(again.designs())}) == 1
