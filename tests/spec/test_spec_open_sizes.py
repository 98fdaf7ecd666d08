"""Sizes that a network file leaves open: declared, given, used in formulas."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmaze_cp.errors import SpecError
from dmaze_cp.loading import load_workload
from dmaze_cp.spec import workload_from_dict
from dmaze_cp.workload import Workload

SCORES = {
    "name": "scores",
    "kind": "gemm",
    "bounds": {"X": "tokens", "Y": "tokens + cached", "K": 64},
}
CONV = {
    "name": "conv",
    "kind": "conv",
    "bounds": {"M": 8, "C": 4, "Ox": "image // 2", "Oy": "image // 2", "Fx": 3, "Fy": 3},
    "stride": 2,
    "padded_input": ["image + 1", "image + 1"],
    "instances": "blocks * 2",
}


def network(*layers: object, shape: object, **given: object) -> Workload:
    return workload_from_dict({"name": "net", "shape": shape, "layers": layers}, shapes=given)


def problems_of(*layers: object, shape: object, **given: object) -> list[tuple[str, str]]:
    """Where problems are, and what was found there."""
    with pytest.raises(SpecError) as caught:
        network(*layers, shape=shape, **given)
    assert all("\n" not in str(problem) for problem in caught.value.problems)
    return [(problem.where, problem.found) for problem in caught.value.problems]


def test_sizes_have_their_defaults_or_what_is_given() -> None:
    shape = {"tokens": 10, "cached": 0}
    assert network(SCORES, shape=shape)["scores"].extents == (10, 10, 64)
    assert network(SCORES, shape=shape, cached=7)["scores"].extents == (10, 17, 64)
    decode = network(SCORES, shape=shape, tokens=1, cached=0)
    assert decode["scores"].extents == (1, 1, 64)


def test_formulas_stand_for_bounds_padding_and_instances() -> None:
    layer = network(CONV, shape={"image": 8, "blocks": 3})["conv"]
    assert (layer.bounds["Ox"], layer.padded_input, layer.instances) == (4, (9, 9), 6)
    layer = network(CONV, shape={"image": 8, "blocks": 3}, image=32)["conv"]
    assert (layer.bounds["Oy"], layer.padded_input, layer.instances) == (16, (33, 33), 6)


def test_a_list_stands_for_all_its_sizes_and_gives_way_to_their_own_names() -> None:
    shape = {"both": ["tokens", "cached"], "tokens": 2, "cached": 3}
    assert network(SCORES, shape=shape, both=8)["scores"].extents == (8, 16, 64)
    assert network(SCORES, shape=shape, cached=1, both=8)["scores"].extents == (8, 9, 64)


def test_layers_are_equal_by_the_sizes_that_are_given() -> None:
    context = SCORES | {"name": "context", "bounds": {"X": "tokens", "Y": 64, "K": "tokens"}}
    scores = SCORES | {"bounds": {"X": "tokens", "Y": "tokens", "K": 64}}
    assert len(network(scores, context, shape={"tokens": 10})) == 2
    (layer,) = network(scores, context, shape={"tokens": 10}, tokens=64)
    assert (layer.instances, layer.also) == (2, ("context",))


SHAPE = {"tokens": 10, "cached": 0}


@pytest.mark.parametrize(
    ("given", "where", "found"),
    [
        ({"token": 4}, "--shape token", "an unknown dimension"),
        ({"tokens": 0}, "--shape tokens", "0"),
        ({"tokens": -1}, "--shape tokens", "-1"),
        ({"cached": -1}, "--shape cached", "-1"),
        ({"tokens": 1.5}, "--shape tokens", "1.5"),
        ({"tokens": "128"}, "--shape tokens", "'128'"),
        ({"tokens": True}, "--shape tokens", "True"),
        ({"tokens": 2**21}, "--shape tokens", "2097152"),
    ],
)
def test_what_is_given_wrongly_is_one_line(given: dict, where: str, found: str) -> None:
    assert problems_of(SCORES, shape=SHAPE, **given) == [(where, found)]


def test_all_that_is_given_wrongly_is_said_at_once() -> None:
    found = problems_of(SCORES | {"kin": 1}, shape=SHAPE, tokens=0, seq=3)
    assert [where for where, _ in found] == ["--shape seq", "--shape tokens", "layers[0].kin"]


@pytest.mark.parametrize(
    ("shape", "where"),
    [
        (5, "shape"),
        (None, "shape"),
        ({"tokens": "many"}, "shape.tokens"),
        ({"tokens": -1}, "shape.tokens"),
        ({"tokens": 2**21}, "shape.tokens"),
        ({"tokens": 10, "cached": 0, "a b": 3}, "shape"),
        ({"tokens": 10, "cached": 0, "all": []}, "shape.all"),
        ({"tokens": 10, "cached": 0, "all": ["tokens", "chached"]}, "shape.all"),
        ({"tokens": 10, "cached": 0, "heads": 8}, "shape.heads"),
    ],
)
def test_what_is_declared_wrongly(shape: object, where: str) -> None:
    plain = SCORES | {"bounds": {"X": 1, "Y": 1, "K": 64}}
    layer = plain if not isinstance(shape, dict) or "cached" not in shape else SCORES
    assert problems_of(layer, shape=shape)[0][0] == where


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("token + 1", "the unknown name 'token' in 'token + 1'"),
        ("tokens - 10", "0 = tokens - 10 with tokens = 10"),
        ("tokens / 4", "2.5 = tokens / 4 with tokens = 10"),
        ("tokens // cached", "division by zero in 'tokens // cached'"),
        ("tokens + 1e29 ** 99", "a number that is too large in 'tokens + 1e29 ** 99'"),
        ("2 ** 30", "1073741824 = 2 ** 30"),
        ("tokens tokens", "'tokens tokens' (text)"),
        ("tokens > 3", "'tokens > 3' in 'tokens > 3'"),
        ("__import__('os')", None),
        ("", None),
    ],
)
def test_a_formula_that_is_no_bound(formula: str, found: str | None) -> None:
    layer = SCORES | {"bounds": {"X": formula, "Y": "tokens + cached", "K": 64}}
    ((where, text),) = problems_of(layer, shape=SHAPE)
    assert where == "layers[0].bounds.X"
    assert found in {None, text}


def test_a_formula_that_is_wrong_hides_nothing_else() -> None:
    layer = CONV | {"bounds": CONV["bounds"] | {"Ox": "imag"}, "dilation": "x"}
    found = problems_of(layer, shape={"image": 8, "blocks": 3})
    assert [where for where, _ in found] == ["layers[0].bounds.Ox", "layers[0].dilation"]


def test_formulas_need_sizes() -> None:
    with pytest.raises(SpecError) as caught:
        workload_from_dict({"layers": [SCORES]})
    assert [p.where for p in caught.value.problems] == ["layers[0].bounds.X", "layers[0].bounds.Y"]
    assert "'shape' declares" in str(caught.value)


def test_other_forms_have_no_open_sizes(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(
        '{"GEMM": [{"name": "g", "size_tensor_A": [2, 3], "size_tensor_B": [3, 5]}, {}]}'
    )
    with pytest.raises(SpecError) as caught:
        load_workload(path, shapes={"tokens": 4}, batch=0)
    assert [p.where for p in caught.value.problems][:3] == [
        *("--batch", "--shape tokens", "GEMM[1].name")
    ]
