"""Pins as text, the constraints of a layer, and rules for a network."""

from __future__ import annotations

import random

import pytest

from dmaze_cp.constraints import (
    NO_CONSTRAINTS,
    Constraints,
    FactorPin,
    Relation,
    SpatialPin,
    StationaryPin,
    UtilizationPin,
    parse_pin,
    rules_for,
)
from dmaze_cp.errors import SpecError
from dmaze_cp.pinning import check_pins, rule_problems
from dmaze_cp.spec.constraint_files import rules_from_object, rules_to_dict
from dmaze_cp.workload import Kind, Layer, Workload
from tests.kit.pins import random_pins
from tests.kit.random_layers import random_layer

CONV = Layer.conv("conv1", {"M": 24, "C": 8, "Ox": 4, "Oy": 4, "Fx": 3, "Fy": 3})
GEMM = Layer.gemm("fc", {"X": 4, "Y": 6, "K": 8})
DEPTHWISE = Layer.depthwise("dw", {"C": 8, "Ox": 4})
NETWORK = Workload("net", (CONV, GEMM))


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("PE.M=16", FactorPin("PE", "M", Relation.EQUAL, 16)),
        ("SPM.C<=8", FactorPin("SPM", "C", Relation.AT_MOST, 8)),
        (" SPM.C >= 8 ", FactorPin("SPM", "C", Relation.AT_LEAST, 8)),
        ("RF.Fx=full", FactorPin("RF", "Fx", Relation.EQUAL, None)),
        ("spatial=C, M", SpatialPin(("M", "C"))),
        ("spatial=O", SpatialPin(("O",))),
        ("stationary.DRAM=W", StationaryPin("DRAM", ("W",))),
        ("stationary.SPM=none|O", StationaryPin("SPM", ("O", "none"))),
        ("util.PE>=0.8", UtilizationPin("PE", 0.8)),
    ],
)
def test_what_a_text_says(text, pin):
    assert parse_pin(text) == pin
    assert parse_pin(str(pin)) == pin


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PE.Q=16", "'Q'"),
        ("L2.M=16", "'L2'"),
        ("PE_rows.M=4", "'PE_rows'"),
        ("PE.M=0", "'0'"),
        ("PE.M=1.5", "'1.5'"),
        ("PE.M=" + "9" * 9000, "'999"),
        ("PE.M<16", "without"),
        ("PE.M", "without"),
        ("", "without"),
        ("RF.Fx<=full", "<=full"),
        ("spatial=", "''"),
        ("spatial=M,Q", "'Q'"),
        ("spatial<=M", "form"),
        ("stationary.PE=W", "stationary.PE"),
        ("stationary.DRAM=X", "'X'"),
        ("util.DRAM>=0.5", "util.DRAM"),
        ("util.PE=0.5", "util.PE="),
        ("util.PE>=1.5", "'1.5'"),
        ("util.PE>=nan", "'nan'"),
        ("util.PE>=much", "'much'"),
    ],
)
def test_what_is_no_pin_is_one_problem(text, found):
    with pytest.raises(SpecError) as caught:
        parse_pin(text)
    (problem,) = caught.value.problems
    assert problem.where == text
    assert found in problem.found
    assert problem.expected


def test_equal_constraints_are_equal():
    assert Constraints.parse("PE.M=2", "util.PE>=0.5") == Constraints.parse(
        "util.PE>=0.5", "PE.M=2", "PE.M=2", "util.RF>=0"
    )
    assert Constraints.parse("util.PE>=0.0") == NO_CONSTRAINTS


def test_random_pins_are_read_back_equal():
    rng = random.Random(3)
    for _ in range(200):
        pins = random_pins(rng, random_layer(rng, (30, 3000)))
        assert Constraints.parse(*pins.texts) == pins


def test_what_pins_say_of_factors():
    pins = Constraints.parse("spatial=M,Ox", "PE.M>=4", "RF.Fx=full")
    assert [str(pin) for pin in pins.factors(Kind.CONV, "C")] == ["PE.C=1"]
    assert [str(pin) for pin in pins.factors(Kind.CONV, "M")] == ["PE.M>=4"]
    assert list(Constraints.parse("spatial=O").factors(Kind.DEPTHWISE, "C")) == []
    for kind in (Kind.GEMM, Kind.DEPTHWISE):
        assert Constraints.parse("spatial=M", "PE.M=4").concerning(kind) == NO_CONSTRAINTS


def test_what_may_be_stationary():
    pins = Constraints.parse("stationary.DRAM=O|W", "stationary.DRAM=W|none")
    assert pins.stationary("DRAM") == {"W"}
    assert pins.stationary("SPM") == {"O", "I", "W", "none"}


@pytest.mark.parametrize(
    ("layer", "pins", "where"),
    [
        (CONV, ["PE.M=16"], ["PE.M=16"]),
        (CONV, ["PE.M>=32"], ["PE.M>=32"]),
        (CONV, ["PE.X=2"], ["PE.X=2"]),
        (CONV, ["PE.M=4", "PE.M=8", "RF.C=2"], ["PE.M=4 and PE.M=8"]),
        (CONV, ["PE.M=8", "SPM.M=6", "RF.C=2"], ["PE.M=8 and SPM.M=6"]),
        (CONV, ["PE.C=4", "spatial=M"], ["PE.C=4 and spatial=M"]),
        (CONV, ["RF.M=full", "DRAM.M>=2"], ["DRAM.M>=2 and RF.M=full"]),
        (
            CONV,
            ["stationary.SPM=O", "stationary.SPM=W|none"],
            ["stationary.SPM=O and stationary.SPM=W|none"],
        ),
        (DEPTHWISE, ["stationary.DRAM=I"], ["stationary.DRAM=I"]),
        (GEMM, ["spatial=M,C"], ["spatial=M,C"]),
        (CONV, ["PE.M=5", "RF.C=3", "PE.M=4"], ["PE.M=5", "RF.C=3"]),
    ],
)
def test_pins_that_cannot_hold_for_a_layer(layer, pins, where):
    with pytest.raises(SpecError) as caught:
        check_pins(layer, Constraints.parse(*pins))
    problems = caught.value.problems
    assert sorted(problem.where for problem in problems) == sorted(where)
    assert all(layer.name in problem.found for problem in problems)


@pytest.mark.parametrize("pin", ["spatial=M", "PE.M=2"])
def test_what_is_expected_of_a_depthwise_layer_leaves_out_what_is_refused(pin):
    with pytest.raises(SpecError) as caught:
        check_pins(DEPTHWISE, Constraints.parse(pin))
    problems = [*caught.value.problems]
    problems += rule_problems([Workload("net", (DEPTHWISE,))], rules_from_object([pin]))
    assert [p.expected.partition(" (")[2] for p in problems] == ["N C Ox Oy Fx Fy)"] * 2


def test_a_factor_of_1_of_a_dimension_that_is_not_there_is_no_problem():
    assert check_pins(GEMM, Constraints.of_options(no_feature_dram=True)) == NO_CONSTRAINTS


def test_rules_are_for_the_layers_that_have_the_dimensions():
    rules = rules_from_object({"*": ["PE.M=8", "util.PE>=0.1"], "f*": "RF.K=2"})
    assert rules.of(CONV).texts == ("PE.M=8", "util.PE>=0.1")
    assert rules.of(GEMM).texts == ("RF.K=2", "util.PE>=0.1")
    assert list(rule_problems([NETWORK], rules)) == []
    assert rules_from_object(rules_to_dict(rules)) == rules


@pytest.mark.parametrize(
    ("rules", "where"),
    [
        ({"*": ["RF.N=1"]}, []),
        ({"conv9*": ["RF.M=2"]}, ["conv9*: RF.M=2"]),
        ({"fc": ["RF.M=2"]}, ["fc: RF.M=2"]),
        (["PE.M=16"], ["PE.M=16"]),
        (["PE.M=4", "RF.M=5", "RF.K=3"], ["RF.M=5", "RF.K=3"]),
    ],
)
def test_rules_that_no_layer_has_or_that_cannot_hold(rules, where):
    problems = list(rule_problems([NETWORK], rules_from_object(rules)))
    assert [problem.where for problem in problems] == where


def test_options_need_not_concern_any_layer():
    only_gemm = Workload("net", (GEMM,))
    rules = rules_for(Constraints.of_options(no_feature_dram=True))
    assert list(rule_problems([only_gemm], rules)) == []
    assert [p.where for p in rule_problems([only_gemm], rules_from_object(["DRAM.Fx=1"]))] == [
        "DRAM.Fx=1"
    ]


@pytest.mark.parametrize(
    ("obj", "where"),
    [
        (3, [""]),
        ([3], ["[0]"]),
        ({"conv*": 3}, ["conv*"]),
        ({"a": ["PE.Q=1", "PE.M=x"], "b": [None]}, ["a[0].PE.Q=1", "a[1].PE.M=x", "b[0]"]),
    ],
)
def test_what_is_wrong_in_a_file_is_said_where_it_is(obj, where):
    with pytest.raises(SpecError) as caught:
        rules_from_object(obj)
    assert [problem.where for problem in caught.value.problems] == where
