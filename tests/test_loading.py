"""What a model can be named by, and which sizes it can be given."""

import json
from pathlib import Path

import pytest

from dmaze_cp.errors import SpecError
from dmaze_cp.loading import load_workload
from dmaze_cp.spec import workload_to_dict

CONV = {
    "name": "c",
    "kind": "conv",
    "bounds": {"M": 8, "C": 4, "Ox": 5, "Oy": 6, "Fx": 3, "Fy": 3},
}
GEMM = {"name": "g", "kind": "gemm", "bounds": {"X": 2, "Y": 3, "K": 4}}


def line_of(ref: object, **options: object) -> str:
    with pytest.raises(SpecError) as caught:
        load_workload(ref, **options)
    (line,) = str(caught.value).splitlines()
    return line


def spec_file(tmp_path: Path, *layers: dict) -> Path:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"layers": layers}))
    return path


def test_a_model_is_named_by_path_or_name(tmp_path: Path) -> None:
    workload = load_workload("alexnet")
    path = tmp_path / "again.json"
    path.write_text(json.dumps(workload_to_dict(workload)))
    assert load_workload(str(path)) == load_workload(path) == workload


def test_an_onnx_network_of_the_onnx_package_is_found_by_its_name() -> None:
    workload = load_workload("light_bvlc_alexnet")
    assert workload[0].bounds["M"] == 96


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("resnet81", "expected a built-in model (resnet18 or resnet50"),
        ("light_resnet5", "expected a built-in model (light_resnet50"),
        ("Alexnet", "expected a built-in model (alexnet"),
        ("no/such.yaml", "no/such.yaml: found no such file, expected an existing file"),
        (Path("resnet18"), "resnet18: found no such file, expected an existing file"),
    ],
)
def test_an_unknown_model_is_told_the_nearest(ref: object, expected: str) -> None:
    assert expected in line_of(ref)


def test_other_files_are_refused_by_their_suffix(tmp_path: Path) -> None:
    path = tmp_path / "net.txt"
    path.write_text("x")
    expected = "found the suffix '.txt', expected a file ending in .onnx or .yaml or .yml or .json"
    assert line_of(str(path)) == f"{path}: {expected}"
    assert line_of(tmp_path) == f"{tmp_path}: found a directory, expected a file"
    folder = tmp_path / "folder.onnx"
    folder.mkdir()
    assert line_of(str(folder)) == f"{folder}: found a directory, expected a file"


@pytest.mark.parametrize(
    ("layers", "options", "expected"),
    [
        ([CONV, GEMM], {"batch": 4}, "--batch: found 4, without 'batch' in gemm layers g,"),
        ([CONV], {"batch": 0}, "--batch: found 0, expected an integer from 1 to 1048576"),
        ([CONV], {"batch": True}, "--batch: found True, expected an integer from 1 to 1048576"),
        (
            [CONV],
            {"shapes": {"seq": 4}},
            "--shape seq: found an unknown dimension, expected one of",
        ),
    ],
)
def test_options_that_a_spec_has_no_use_for_are_not_ignored(
    layers: list, options: dict, expected: str, tmp_path: Path
) -> None:
    path = spec_file(tmp_path, *layers)
    assert line_of(path, **options).startswith(f"{path}: {expected}")
