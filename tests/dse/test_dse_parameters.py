"""Parameters of a design space and how their values are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.design import Design, InvalidDesign
from dmaze_cp.dse.parameters import PARAMETERS, Parameter, parameter_from, parse_parameter
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.errors import SpecError
from tests.kit.problems import refused

POWERS = (16, 32, 64, 128)


def line_of(name: str, value: object) -> str:
    with pytest.raises(SpecError) as caught:
        parameter_from(name, value)
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    "value",
    [
        [16, 32, 64, 128],
        {"from": 16, "to": 128, "factor": 2},
        {"from": "16 bytes", "to": "128B", "factor": 2.0},
        {"from": 16, "to": 255, "factor": 2},
        "16:128:*2",
        "16, 32,64 ,128",
        "16:32:*2,64:128:+64",
        ["16", 32, "0.0625 KiB", 128.0],
    ],
)
def test_the_forms_of_the_same_values(value):
    parameter = parameter_from("rf_bytes", value)
    assert parameter == Parameter("rf_bytes", POWERS)
    assert all(isinstance(v, int) for v in parameter.values)


def test_a_parameter_from_a_command_line():
    assert parse_parameter("rf_bytes=16:128:*2").values == POWERS
    assert parse_parameter("dma_mhz = 800,1600").values == (800, 1600)
    assert parse_parameter("spm_bank_bytes=2KiB").values == (2048,)
    assert parse_parameter("spm_kb=16,64 KiB,1MiB:2MiB:*2").values == (16, 64, 1024, 2048)
    assert parse_parameter("dma_cycles_per_byte=0.1:0.3:+0.1").values == pytest.approx(
        (0.1, 0.2, 0.3)
    )


@given(st.integers(1, 50), st.integers(0, 100), st.integers(1, 20))
def test_steps_are_those_of_range(start, length, step):
    end = start + length
    values = parse_parameter(f"pes={start}:{end}:+{step}").values
    assert values == tuple(range(start, end + 1, step))


@given(st.sampled_from([0.1, 0.24, 1.5, 300.0]), st.integers(1, 30), st.sampled_from([0.1, 0.7]))
def test_steps_of_doubles_reach_their_end_and_do_not_pass_it(start, count, step):
    end = start + count * step
    values = parameter_from("dma_startup_cycles", {"from": start, "to": end, "step": step}).values
    assert len(values) == count + 1
    assert values[-1] == pytest.approx(end)
    assert max(values) <= end


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rf_byte", 3, "rf_byte: found an unknown parameter, expected rf_bytes"),
        ("rf_bytes", [], "no value"),
        ("rf_bytes", [16, 32, 16], "the value 16 twice"),
        ("rf_bytes", {"from": 64, "to": 16, "factor": 2}, "from 64 to 16"),
        ("rf_bytes", {"from": 16, "to": 64}, "a factor or a step"),
        ("rf_bytes", {"from": 16, "to": 64, "factor": 2, "step": 1}, "factor and step"),
        ("rf_bytes", {"from": 16, "to": 64, "factor": 1}, "a factor above 1"),
        ("rf_bytes", {"from": 0, "to": 64, "factor": 2}, "a positive from"),
        ("rf_bytes", {"from": 16, "to": 64, "step": 0}, "a positive step"),
        ("rf_bytes", {"to": 64, "step": 1}, "rf_bytes.from: found nothing"),
        ("rf_bytes", {"from": 16, "to": 64, "factor": 2, "by": 1}, "rf_bytes.by"),
        ("rf_bytes", {"from": 1, "to": 10**9, "step": 1}, "at most 10000"),
        ("rf_bytes", "16:64", "FROM:TO:*FACTOR"),
        ("rf_bytes", "16:64:2", "FROM:TO:*FACTOR"),
        ("rf_bytes", "16,,64", "rf_bytes: found '' (text)"),
        ("rf_bytes", "lots", "'lots'"),
        ("rf_bytes", None, "null"),
        ("rf_bytes", [[16]], "[16]"),
        ("rf_bytes", True, "a boolean"),
        ("rf_bytes", 0, "found 0, expected an integer from 1"),
        ("rf_bytes", {"from": 1, "to": 2, "step": 0.25}, "1.25, expected an integer"),
        ("rf_bytes", float("nan"), "sensible size"),
        ("pes", "4 KiB", "without a unit"),
        ("spm_kb", 0, "a positive size"),
        ("spm_bytes", 1024.5, "a positive size"),
        ("dma_mhz", 0, "a number from 1e-6"),
        ("rf_pj", -1, "a number from 0 to 1e12"),
    ],
)
def test_bad_values_are_one_line(name, value, words):
    assert words in line_of(name, value)


def test_a_command_line_without_values():
    with pytest.raises(SpecError, match="expected NAME=VALUES"):
        parse_parameter("rf_bytes")


@given(st.sampled_from(PARAMETERS), st.text(max_size=12))
def test_any_text_is_values_or_a_clear_line(name, text):
    try:
        found = parse_parameter(f"{name}={text}").values
    except SpecError as error:
        found = [problem for problem in error.problems if problem.where.startswith(name)]
    assert found


def test_the_fields_of_an_architecture_are_parameters():
    fields = set(Architecture.__dataclass_fields__) - {
        *("name", "notes", "energy", "pe_pipeline_stages")
    }
    wholes = {p.partition(".")[0] for p in PARAMETERS} - {"energy"}
    assert fields | {"spm_kb", "spm_bytes"} == {p for p in wholes if not p.endswith("_pj")}


def test_leakage_is_a_parameter_and_a_quantity():
    parameter = parse_parameter("leakage_mw=0:4:+2")
    assert parameter.values == (0, 2, 4)
    rules = (Rule("leakage_mw < 4", "cool"),)
    designs = list(DesignSpace("s", parameters=(parameter,), rules=rules).points())
    assert [d.architecture.leakage_mw for d in designs if isinstance(d, Design)] == [0, 2]
    assert [d.cause for d in designs if isinstance(d, InvalidDesign)] == ["cool"]
    with refused("leakage_mw"):
        parse_parameter("leakage_mw=-1")
