"""What bounds may be raised to, and the larger layers."""

from __future__ import annotations

import random

import pytest

import dmaze_cp as dm
from dmaze_cp.constraints import Constraints, padded, rules_for
from dmaze_cp.errors import SpecError
from dmaze_cp.mapspace import build, check_sizes, mapping_at, tilings_count
from dmaze_cp.padding import NO_PADDING, Padding, as_padding, parse_padding
from dmaze_cp.pinning import pin_problems, rule_problems
from dmaze_cp.workload import Layer
from tests.kit.oracle.padding import bounds_of, padded_layers, tilings_of_all
from tests.kit.random_layers import random_layer

AUTO = Padding(auto=True)


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (1, (1,)),
        (2, (2,)),
        (3, (3, 4)),
        (107, (107, 108, 112, 128)),
        (768, (768, 1024)),
        (128, (128,)),
        (112, (112, 128)),
    ],
)
def test_auto_rounds_up_to_multiples_of_powers_of_two(bound, expected):
    assert AUTO.extents(Layer.gemm("g", {"X": bound}), "X") == expected


def test_filters_are_raised_only_where_they_are_named():
    layer = Layer.conv("c", {"M": 5, "Fx": 3, "Fy": 3})
    assert AUTO.extents(layer, "Fx") == (3,)
    assert parse_padding(["auto", "Fx=1"]).extents(layer, "Fx") == (3, 4)
    assert parse_padding(["auto", "M=1"]).extents(layer, "M") == (5, 6, 8)
    assert parse_padding(["auto", "M=1"]).varying(layer) == {"M"}


def test_a_depthwise_layer_keeps_its_one_filter_a_channel():
    layer = Layer.depthwise("d", {"C": 3, "Ox": 4, "Oy": 4})
    assert parse_padding(["M=3", "C=1"]).largest(layer)["M"] == 1


def test_larger_layers_are_those_of_the_rule():
    for seed in range(40):
        rng = random.Random(seed)
        layer = random_layer(rng, (8, 4000))
        texts = rng.choice((["auto"], ["C=2", "K=1"], ["auto", "Oy=3", "Fx=1"]))
        padding = parse_padding(texts)
        dims = layer.dimensions
        assert [list(padding.extents(layer, d)) for d in dims] == bounds_of(layer, texts)
        assert tilings_count(layer, padding) == tilings_of_all(layer, texts)
        for larger in padded_layers(layer, texts):
            raised = layer.raised(larger.bounds)
            assert raised.extents == larger.extents
            assert raised.padded_input == larger.padded_input
            assert (raised is layer) == (larger.extents == layer.extents)


def test_what_is_given_in_python():
    expected = Padding(auto=True, by=(("C", 4),))
    assert as_padding(["auto", "C=4"]) == expected == parse_padding(expected.texts)
    assert as_padding("auto") == AUTO
    assert as_padding({"C": 4, "M": 0}) == Padding(by=(("C", 4),)) == as_padding("C=4")
    assert as_padding(None) == NO_PADDING == as_padding({"C": 0}) == as_padding([])
    assert padded(Constraints(), "auto") == Constraints.parse("pad=auto")
    both = Constraints.parse("pad.C=4", "pad=auto", "pad.C=2", "pad.M=0")
    assert both.padding == expected
    assert padded(both, {}) == Constraints()
    assert not NO_PADDING
    assert AUTO


def test_everything_wrong_is_said_at_once():
    with pytest.raises(SpecError) as caught:
        parse_padding(["Q=3", "C=-1", "foo", "X=2", "X=3", "M=many", "auto"])
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        *("padding", "padding.Q", "padding.C", "padding.X", "padding.M")
    ]
    for given in ({"C": -1}, {"Q": 2}, {"C": True}, 3, ["C=4", 4]):
        with pytest.raises(SpecError):
            as_padding(given)  # type: ignore[arg-type]


def test_a_bound_is_not_lowered():
    layer = Layer.gemm("g", {"X": 4, "Y": 4, "K": 4})
    with pytest.raises(SpecError, match=r"bounds.X: found 3, expected at least 4"):
        layer.raised({"X": 3})


def test_the_largest_layer_has_to_be_one_that_can_be_mapped():
    layer = Layer.gemm("g", {"X": 2**20 - 1, "Y": 4, "K": 4})
    check_sizes([layer], dm.Architecture(), AUTO)
    with pytest.raises(SpecError, match="raised from"):
        check_sizes([layer], dm.Architecture(), parse_padding(["X=9"]))


@pytest.mark.parametrize("limits", [(), ("PE.X=5", "SPM.X<=3")])
def test_a_bound_that_is_too_large_is_refused_before_bounds_are_listed(monkeypatch, limits):
    layer = dm.Layer.gemm("g", {"X": 7, "Y": 4, "K": 4})
    constraints = Constraints.parse("pad.X=1048575", *limits)

    extents = Padding.extents

    def listed(padding: Padding, *asked) -> tuple[int, ...]:
        assert not padding, "a million bounds are listed"
        return extents(padding, *asked)

    monkeypatch.setattr(Padding, "extents", listed)
    network = dm.Workload("net", (layer,))
    for ask in (
        lambda: check_sizes([layer], dm.Architecture(), constraints.padding),
        lambda: dm.map_layer(layer, dm.Architecture(), constraints=constraints),
        lambda: dm.map_workload(network, dm.Architecture(), constraints=constraints),
    ):
        with pytest.raises(SpecError) as caught:
            ask()
        (problem,) = caught.value.problems
        assert problem.found == "1048582 for X, raised from 7"


def test_too_many_bounds_are_counted_and_refused():
    layer = dm.Layer.gemm("g", {"X": 7, "Y": 4, "K": 4})
    with pytest.raises(SpecError, match="factorisations of X, expected at most"):
        check_sizes([layer], dm.Architecture(), parse_padding(["X=1048569"]))
    asked = Constraints.parse("pad.X=200000", "PE.X=5", "SPM.X<=3")
    for problems in (
        list(pin_problems(layer, asked)),
        list(rule_problems([dm.Workload("net", (layer,))], rules_for(asked))),
    ):
        assert ["factorisations of X" in problem.found for problem in problems] == [True]
    with pytest.raises(SpecError, match="factorisations of X, expected at most"):
        dm.map_layer(layer, dm.Architecture(), padding={"X": 200_000})


def test_a_mapping_of_a_larger_layer_knows_what_it_is_of():
    layer = Layer.gemm("g", {"X": 7, "Y": 4, "K": 4})
    space = build(layer, dm.Architecture(), Constraints.parse("pad=auto"))
    assert space.varying == {"X"}
    raised = [mapping_at(space, (o, 0, 0), space.dataflows[-1]) for o in range(space.size // 100)]
    whole = {mapping.layer.bounds["X"] for mapping in raised}
    assert whole == {7, 8}
    for mapping in raised:
        assert mapping.of_layer == layer
        assert mapping.useful_macs_share == 7 / mapping.layer.bounds["X"]
        assert (mapping.padded_from is None) == (mapping.layer == layer)
        assert mapping.for_layer(layer) == mapping


def test_without_padding_nothing_changes():
    layer = dm.load_workload("bert_base", shapes={"tokens": 107})["encoder.query"]
    plain = dm.map_layer(layer, dm.load_architecture("gemmini"), engine="bounds")
    none = dm.map_layer(layer, dm.load_architecture("gemmini"), engine="bounds", padding={})
    padded = dm.map_layer(layer, dm.load_architecture("gemmini"), engine="bounds", padding="auto")
    assert (plain.mapping, plain.value, plain.bound) == (none.mapping, none.value, none.bound)
    assert padded.value is not None
    assert plain.value is not None
    assert padded.value < plain.value


def test_padding_of_what_no_layer_has_is_refused():
    layer = dm.Layer.gemm("g", {"X": 4, "Y": 4, "K": 4})
    for asked in (
        lambda: dm.map_layer(layer, dm.Architecture(), padding={"C": 3}),
        lambda: dm.map_workload(dm.Workload("net", (layer,)), dm.Architecture(), padding={"C": 3}),
    ):
        with pytest.raises(dm.SpecError) as caught:
            asked()
        assert [problem.where for problem in caught.value.problems] == ["pad.C=3"]
