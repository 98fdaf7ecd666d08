"""Model files: our own form and dMazeRunner's."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.errors import SpecError
from dmaze_cp.spec import (
    layer_from_dict,
    layer_to_dict,
    load_workload_spec,
    workload_from_dict,
    workload_to_dict,
)
from dmaze_cp.spec.yaml_text import parse_yaml
from dmaze_cp.workload import Kind, Layer, UnmappedOperator, Workload, fold_equal_layers
from tests.kit import strategies

CONV = {
    "name": "c",
    "kind": "conv",
    "bounds": {"N": 1, "M": 8, "C": 4, "Ox": 5, "Oy": 6, "Fx": 3, "Fy": 3},
    "stride": [2, 1],
    "padded_input": [12, 8],
}
GEMM = {"name": "g", "kind": "gemm", "bounds": {"X": 2, "Y": 3, "K": 4}}


def lines_of(call, *args, **kwargs) -> list[str]:
    with pytest.raises(SpecError) as caught:
        call(*args, **kwargs)
    return str(caught.value).splitlines()


def file_lines(obj: object, tmp_path: Path) -> list[str]:
    """The problems of a model file, without the path that each must start with."""
    path = tmp_path / "net.json"
    path.write_text(json.dumps(obj))
    lines = lines_of(load_workload_spec, path)
    assert all(line.startswith(f"{path}: ") for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


# -- our own form ---------------------------------------------------------------------------


def test_a_layer_is_read_field_by_field() -> None:
    spec = CONV | {"dilation": 1, "instances": 5, "also": ["d", "e"]}
    assert layer_from_dict(spec) == Layer(
        "c", Kind.CONV, (1, 8, 4, 5, 6, 3, 3), (2, 1), (1, 1), (12, 8), 5, ("d", "e")
    )


def test_what_may_be_left_out_of_a_layer() -> None:
    bounds = {"C": 4, "Ox": 5, "Oy": 6, "Fx": 3, "Fy": 3}
    layer = layer_from_dict({"name": "d", "kind": "depthwise", "bounds": bounds, "stride": 2})
    assert layer.bounds == bounds | {"N": 1, "M": 1}
    assert (layer.stride, layer.dilation, layer.padded_input) == ((2, 2), (1, 1), (11, 13))
    assert layer.instances == 1
    assert layer_from_dict(GEMM | {"also": ["h"]}).instances == 2


def test_a_gemm_may_say_that_it_has_no_strides() -> None:
    said = GEMM | {"stride": [1, 1], "dilation": None, "padded_input": None}
    assert layer_from_dict(said) == layer_from_dict(GEMM)


@given(strategies.layers(), st.integers(0, 9), st.lists(st.text("abc", min_size=1), max_size=3))
def test_a_layer_survives_a_round_trip(layer: Layer, more: int, also: list[str]) -> None:
    layer = replace(layer, instances=1 + len(also) + more, also=tuple(also))
    obj = layer_to_dict(layer)
    assert layer_from_dict(obj) == layer
    assert layer_from_dict(json.loads(json.dumps(obj))) == layer
    assert layer_from_dict(parse_yaml(yaml.safe_dump(obj))) == layer


@given(st.lists(strategies.layers(), min_size=1, max_size=5))
def test_a_workload_survives_a_round_trip(layers: list[Layer]) -> None:
    named = (replace(layer, name=f"layer{i}") for i, layer in enumerate(layers))
    unmapped = (UnmappedOperator("n", "Relu", "no multiply-accumulates", 0, 3),)
    workload = Workload("net", fold_equal_layers(named), unmapped)
    assert workload_from_dict(json.loads(json.dumps(workload_to_dict(workload)))) == workload


def test_equal_layers_of_a_file_are_one() -> None:
    workload = workload_from_dict({"layers": [CONV, GEMM, CONV | {"name": "d", "instances": 2}]})
    assert [layer.name for layer in workload] == ["c", "g"]
    assert (workload["d"].name, workload["d"].instances) == ("c", 3)


def bounds(**changes: object) -> dict:
    return {"bounds": {k: v for k, v in (CONV["bounds"] | changes).items() if v is not ...}}


BAD_LAYERS = [
    (CONV | {"kind": "pool"}, "kind: found 'pool' (text), expected one of conv, depthwise, gemm"),
    (CONV | {"kind": 3}, "kind: found 3, expected one of conv, depthwise, gemm"),
    (CONV | {"kind": ["conv"]}, "kind: found ['conv' (text)], expected one of conv"),
    (CONV | bounds(M=0), "bounds.M: found 0, expected an integer from 1 to 1048576"),
    (CONV | bounds(M=-1), "bounds.M: found -1, expected an integer from 1 to 1048576"),
    (CONV | bounds(M=2**20 + 1), "bounds.M: found 1048577, expected an integer from 1 to"),
    (CONV | bounds(M=2**70), "bounds.M: found an integer beyond 2**63, expected an integer"),
    (CONV | bounds(M=8.0), "bounds.M: found 8.0, expected an integer"),
    (CONV | bounds(M="8"), "bounds.M: found '8' (text), expected an integer"),
    (CONV | bounds(M=True), "bounds.M: found true (a boolean), expected an integer"),
    (CONV | bounds(M=...), "bounds.M: found nothing, expected an integer"),
    (CONV | bounds(Q=3), "bounds.Q: found an unknown dimension, expected one of N M C Ox Oy Fx"),
    (CONV | {"bounds": [1, 2]}, "bounds: found [1, 2], expected a mapping with N M C Ox Oy Fx Fy"),
    (CONV | {"stride": [2]}, "stride: found [2], expected two integers, for x and y"),
    (CONV | {"stride": "2"}, "stride: found '2' (text), expected two integers, for x and y"),
    (CONV | {"stride": [2, 1.5]}, "stride: found [2, 1.5], expected two integers, for x and y"),
    (CONV | {"stride": [0, 1]}, "stride: found (0, 1), expected two integers from 1 to 1048576"),
    (CONV | {"dilation": None}, "dilation: found null, expected two integers, for x and y"),
    (CONV | {"padded_input": [13, 8]}, "padded_input.x: found 13, expected 11 to 12 for Ox = 5"),
    (CONV | {"padded_input": 11}, "padded_input.y: found 11, expected 8 to 8 for Oy = 6"),
    (CONV | {"padded_input": []}, "padded_input: found an empty list, expected two integers"),
    (CONV | {"instances": 0}, "instances: found 0, expected an integer from 1 (itself and also)"),
    (CONV | {"instances": 2**50}, f"instances: found {2**50}, expected an integer from 1"),
    (CONV | {"instances": 1, "also": ["d"]}, "instances: found 1, expected an integer from 2"),
    (CONV | {"also": "d"}, "also: found 'd' (text), expected a list of names of equal layers"),
    (CONV | {"name": ""}, "name: found '' (text), expected a name (text that is not blank"),
    (CONV | {"name": 5}, "name: found 5, expected a name (text that is not blank"),
    (CONV | {"pad": 1}, "pad: found an unknown field, expected one of name, kind, bounds"),
    (CONV | {"dilations": 2}, "dilations: found an unknown field, expected 'dilation'"),
    (GEMM | {"stride": 2}, "stride: found 2, expected none for a gemm"),
    (GEMM | {"padded_input": [1, 1]}, "padded_input: found [1, 1], expected none for a gemm"),
    ({k: v for k, v in GEMM.items() if k != "bounds"}, "bounds: found nothing, expected a mapping"),
    ({k: v for k, v in GEMM.items() if k != "kind"}, "kind: found nothing, expected one of conv"),
    ({k: v for k, v in GEMM.items() if k != "name"}, "name: found nothing, expected a name"),
    (
        CONV | {"kind": "depthwise"},
        "bounds.M: found 8, expected 1 for a depthwise convolution",
    ),
]


@pytest.mark.parametrize(("layer", "expected"), BAD_LAYERS)
def test_a_bad_layer_is_one_line_with_its_place(layer: dict, expected: str, tmp_path: Path) -> None:
    (line,) = lines_of(layer_from_dict, layer)
    assert line.startswith(expected)
    (line,) = file_lines({"name": "net", "layers": [GEMM | {"name": "first"}, layer]}, tmp_path)
    assert line.startswith(f"layers[1].{expected}")


BAD_WORKLOADS = [
    ([CONV], "found a list of 1, expected a mapping with name and layers"),
    ({"name": "net"}, "layers: found nothing, expected a list of at least one layer"),
    ({"layers": []}, "layers: found an empty list, expected a list of at least one layer"),
    ({"layers": CONV}, "layers: found a mapping of 5, expected a list of at least one layer"),
    ({"layers": [5]}, "layers[0]: found 5, expected a mapping with the fields of a layer"),
    ({"layers": [CONV], "name": 3}, "name: found 3, expected a name (text that is not blank"),
    ({"layers": [CONV], "nam": "x"}, "nam: found an unknown field, expected 'name'"),
    ({"layers": [GEMM, CONV], "layer": 1}, "layer: found an unknown field, expected one of name"),
    (
        {"layers": [CONV, GEMM, CONV]},
        "layers[2].name: found 'c' (text) again, expected unique names (layers[0] has it)",
    ),
    (
        {"layers": [CONV, GEMM | {"also": ["c"]}]},
        "layers[1].also: found 'c' (text) again, expected unique names (layers[0] has it)",
    ),
    (
        {"layers": [GEMM], "unmapped": [{"name": "n", "operator": "Relu"}]},
        "unmapped[0].reason: found nothing, expected text",
    ),
]


@pytest.mark.parametrize(("obj", "expected"), BAD_WORKLOADS)
def test_a_bad_model_is_one_line(obj: object, expected: str, tmp_path: Path) -> None:
    (line,) = file_lines(obj, tmp_path)
    assert line.startswith(expected)


def test_all_problems_of_a_model_are_told_at_once(tmp_path: Path) -> None:
    worse = CONV | bounds(M=0, C="x") | {"stride": [0, 1], "instances": 0, "colour": 1}
    lines = file_lines({"layers": [worse, GEMM | {"kind": "gem"}], "author": "x"}, tmp_path)
    assert sorted(line.split(": found")[0] for line in lines) == [
        "author",
        "layers[0].bounds.C",
        "layers[0].bounds.M",
        "layers[0].colour",
        "layers[0].instances",
        "layers[0].stride",
        "layers[1].kind",
    ]


# -- dMazeRunner's form ---------------------------------------------------------------------

DMR_CONV = {
    "name": "CONV_1",
    "size_tensor_A": [2, 3, 58, 57],
    "size_tensor_B": [16, 3, 3, 5],
    "strides": [2, 1],
}
DMR_DW = {
    "name": "dw",
    "size_tensor_A": [1, 32, 15, 15],
    "size_tensor_B": [1, 32, 3, 3],
    "strides": [2, 2],
    "instances": 3,
    "names_repeated_layers": ["dw_2", "dw_3"],
}
DMR_GEMM = {
    "name": "FC",
    "size_tensor_A": [29, 64],
    "size_tensor_B": [64, 100],
    "comment": "29 tokens",
}


def test_dmazerunners_models_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"GEMM": [DMR_GEMM], "CONV": [DMR_CONV], "DW_CONV": [DMR_DW]}))
    workload = load_workload_spec(path)
    assert workload == Workload(
        "net",
        (
            Layer("FC", Kind.GEMM, (29, 100, 64)),
            Layer("CONV_1", Kind.CONV, (2, 16, 3, 28, 53, 3, 5), (2, 1), (1, 1), (58, 57)),
            Layer("dw", Kind.DEPTHWISE, (1, 1, 32, 7, 7, 3, 3), (2, 2), (1, 1), (15, 15), 3),
        ),
    )


def test_equal_layers_of_dmazerunners_models_are_one() -> None:
    query, key = DMR_GEMM | {"name": "q", "instances": 6}, DMR_GEMM | {"name": "k", "instances": 6}
    (layer,) = workload_from_dict({"GEMM": [query, key]})
    assert (layer.name, layer.instances, layer.also) == ("q", 12, ("k",))


BAD_DMAZERUNNER = [
    ({"GEMM": [DMR_GEMM], "POOL": []}, "POOL: found an unknown field, expected one of CONV, DW_"),
    ({"GEMM": {}}, "GEMM: found an empty mapping, expected a list of layers"),
    ({"GEMM": []}, "CONV DW_CONV GEMM: found no layer, expected at least one layer"),
    ({"GEMM": [7]}, "GEMM[0]: found 7, expected a mapping with the fields of a layer"),
    (
        {"GEMM": [DMR_GEMM | {"size_tensor_B": [63, 100]}]},
        "GEMM[0].size_tensor_B: found [63, 100], expected 64 rows, as size_tensor_A has columns",
    ),
    (
        {"GEMM": [DMR_GEMM | {"size_tensor_A": [29]}]},
        "GEMM[0].size_tensor_A: found [29], expected 2 positive integers [X, K]",
    ),
    (
        {"GEMM": [DMR_GEMM | {"size_tensor_A": [0, 64]}]},
        "GEMM[0].size_tensor_A: found [0, 64], expected 2 positive integers [X, K]",
    ),
    (
        {"GEMM": [DMR_GEMM | {"size_tensor_A": [2**21, 64]}]},
        "GEMM[0].bounds.X: found 2097152, expected an integer from 1 to 1048576",
    ),
    (
        {"GEMM": [DMR_GEMM | {"instances": "2"}]},
        "GEMM[0].instances: found '2' (text), expected an integer",
    ),
    (
        {"GEMM": [DMR_GEMM | {"instance": 2}]},
        "GEMM[0].instance: found an unknown field, expected 'instances'",
    ),
    (
        {"CONV": [{k: v for k, v in DMR_CONV.items() if k != "strides"}]},
        "CONV[0].strides: found nothing, expected two integers [sx, sy]",
    ),
    (
        {"CONV": [DMR_CONV | {"strides": 2}]},
        "CONV[0].strides: found 2, expected two integers [sx, sy]",
    ),
    (
        {"CONV": [DMR_CONV | {"strides": [2, 0]}]},
        "CONV[0].strides: found [2, 0], expected two integers of at least 1",
    ),
    (
        {"CONV": [DMR_CONV | {"size_tensor_A": [1, 4, 58, 57]}]},
        "CONV[0].size_tensor_B: found [16, 3, 3, 5], expected 4 channels, as size_tensor_A has",
    ),
    (
        {"CONV": [DMR_CONV | {"size_tensor_A": [1, 3, 2, 57]}]},
        "CONV[0].size_tensor_B: found [16, 3, 3, 5], expected a filter of at most 2 x 57",
    ),
    (
        {"CONV": [DMR_CONV | {"size_tensor_A": [1, 3, 58.0, 57]}]},
        "CONV[0].size_tensor_A: found [1, 3, 58.0, 57], expected 4 positive integers [N, C, H, W]",
    ),
    (
        {"DW_CONV": [DMR_DW | {"size_tensor_B": [32, 32, 3, 3]}]},
        "DW_CONV[0].size_tensor_B: found [32, 32, 3, 3], expected 1 as its first size",
    ),
    (
        {"CONV": [{k: v for k, v in DMR_CONV.items() if k != "name"}]},
        "CONV[0].name: found nothing, expected a name",
    ),
    (
        {"CONV": [DMR_CONV], "GEMM": [DMR_GEMM | {"name": "CONV_1"}]},
        "GEMM[0].name: found 'CONV_1' (text) again, expected unique names (CONV[0] has it)",
    ),
]


@pytest.mark.parametrize(("obj", "expected"), BAD_DMAZERUNNER)
def test_a_bad_model_of_dmazerunners_is_one_line(
    obj: object, expected: str, tmp_path: Path
) -> None:
    (line,) = file_lines(obj, tmp_path)
    assert line.startswith(expected)
