"""What a batch makes of the layers of a network file."""

from __future__ import annotations

import pytest

from dmaze_cp.errors import SpecError
from dmaze_cp.spec import workload_from_dict
from dmaze_cp.workload import Workload
from tests.kit.problems import refused

CONV = {
    "name": "c",
    "kind": "conv",
    "bounds": {"M": 8, "C": 4, "Ox": 5, "Oy": 6, "Fx": 3, "Fy": 3},
}
GEMM = {"name": "g", "kind": "gemm", "bounds": {"X": 2, "Y": 3, "K": 4}, "instances": 5}
DMR_GEMM = {"name": "g", "size_tensor_A": [2, 4], "size_tensor_B": [4, 3], "instances": 5}


def batched(*layers: object, batch: int) -> Workload:
    return workload_from_dict({"layers": layers}, batch=batch)


def problems_of(*layers: object, batch: int) -> list[str]:
    with pytest.raises(SpecError) as caught:
        batched(*layers, batch=batch)
    return [problem.where for problem in caught.value.problems]


@pytest.mark.parametrize("stated", [1, 3])
def test_a_batch_is_the_bound_n_of_convolutions(stated: int) -> None:
    bounds = CONV["bounds"] | {"N": stated}
    spatial = {"name": "d", "kind": "depthwise", "bounds": bounds | {"M": 1}, "stride": 2}
    workload = batched(CONV | {"bounds": bounds}, spatial, batch=16)
    assert [layer.bounds["N"] for layer in workload] == [16, 16]
    assert workload["c"].padded_input == (7, 8)


@pytest.mark.parametrize(
    ("word", "extents", "instances"),
    [
        ("X", (14, 3, 4), 5),
        ("Y", (2, 21, 4), 5),
        ("K", (2, 3, 28), 5),
        ("instances", (2, 3, 4), 35),
        ("none", (2, 3, 4), 5),
    ],
)
def test_a_batch_multiplies_what_a_gemm_says(
    word: str, extents: tuple[int, ...], instances: int
) -> None:
    layer = batched(GEMM | {"batch": word}, batch=7)["g"]
    assert (layer.extents, layer.instances) == (extents, instances)
    (layer,) = workload_from_dict({"GEMM": [DMR_GEMM | {"batch": word}]}, batch=7)
    assert (layer.extents, layer.instances) == (extents, instances)
    # Without a batch, layers are as stated.
    (layer,) = workload_from_dict({"layers": [GEMM | {"batch": word}]})
    assert (layer.extents, layer.instances) == ((2, 3, 4), 5)


def test_layers_that_are_equal_may_grow_unlike() -> None:
    rows, heads = GEMM | {"batch": "X"}, GEMM | {"name": "h", "batch": "instances"}
    assert len(batched(rows, heads, batch=1)) == 1
    assert [(a.bounds["X"], a.instances) for a in batched(rows, heads, batch=3)] == [
        (6, 5),
        (2, 15),
    ]


def test_instances_that_are_left_out_are_multiplied_too() -> None:
    layer = GEMM | {"also": ["h", "i"], "batch": "instances"}
    del layer["instances"]
    assert batched(layer, batch=4)["h"].instances == 12


@pytest.mark.parametrize("batch", [0, -1, True, 1.5, "4", 2**20 + 1])
def test_what_is_no_batch(batch: object) -> None:
    assert problems_of(CONV, batch=batch) == ["--batch"]  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    "layers",
    [
        (CONV, GEMM),
        (CONV | {"bounds": CONV["bounds"] | {"N": 2}}, GEMM | {"batch": "X"}),
        (CONV | {"bounds": CONV["bounds"] | {"N": 2}}, CONV | {"name": "d"}),
    ],
)
def test_a_batch_of_which_a_file_does_not_say_enough(layers: tuple[object, ...]) -> None:
    assert problems_of(*layers, batch=4) == ["--batch"]


def test_gemms_of_other_forms_that_say_nothing() -> None:
    for note in ({}, {"batch": 4}, {"batch": "x"}):
        assert workload_from_dict({"GEMM": [DMR_GEMM | note]})
        with refused("--batch"):
            workload_from_dict({"GEMM": [DMR_GEMM | note]}, batch=2)


@pytest.mark.parametrize(
    ("word", "where"), [("X", "--batch, g.bounds.X"), ("instances", "--batch, g.instances")]
)
def test_a_batch_that_makes_a_layer_too_large(word: str, where: str) -> None:
    large = GEMM | {"batch": word, "instances": 2**21}
    assert problems_of(large, CONV, batch=2**20) == [where]


@pytest.mark.parametrize(
    ("layer", "batch"),
    [(GEMM, "N"), (GEMM, 4), (GEMM, None), (GEMM, ["X"]), (CONV, "N"), (CONV, "instances")],
)
def test_what_a_batch_cannot_multiply(layer: dict, batch: object) -> None:
    with pytest.raises(SpecError) as caught:
        workload_from_dict({"layers": [layer | {"batch": batch}]})
    assert [problem.where for problem in caught.value.problems] == ["layers[0].batch"]
