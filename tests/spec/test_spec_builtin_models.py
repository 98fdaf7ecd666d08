"""Built-in models: layers and multiply-accumulates that were published, and how they are found."""

import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import dmaze_cp
from dmaze_cp.errors import SpecError
from dmaze_cp.loading import load_workload
from dmaze_cp.spec import (
    BuiltinSpec,
    builtin_architectures,
    builtin_models,
    builtin_text,
    workload_from_dict,
)
from dmaze_cp.workload import Workload

DATA = Path(__file__).parents[1] / "data"

# Layers; multiply-accumulates in millions, and the digits they were published with.
PUBLISHED = {
    "vgg16": (16, 15_470, 0.001),  # 15.47 G
    "resnet18": (21, 1_814, 0.001),  # 1.81 G, projections included
    "resnet50": (54, 3_858, 0.001),  # the paper: 3.8 G, fully connected layer included
    "mobilenetv2": (53, 300, 0.01),  # the paper: 300 M
    "efficientnet_b0": (82, 390, 0.02),  # the paper: 0.39 G
}


def macs_of(workload: Workload, *names: str) -> int:
    return sum(workload[name].macs for name in names)


@pytest.mark.parametrize("name", PUBLISHED)
def test_layers_and_macs_are_the_published_ones(name: str) -> None:
    layers, millions, tolerance = PUBLISHED[name]
    workload = load_workload(name)
    assert workload.name == name
    assert sum(layer.instances for layer in workload) == layers
    assert math.isclose(workload.mapped_macs / 1e6, millions, rel_tol=tolerance)


def test_alexnet_has_its_724_million_with_the_papers_groups() -> None:
    workload = load_workload("alexnet")
    assert [layer.name for layer in workload][:5] == [f"conv{i}" for i in range(1, 6)]
    assert len(workload) == 8
    halved = macs_of(workload, "conv2", "conv4", "conv5") // 2
    assert round((workload.mapped_macs - halved) / 1e6) == 724


def weights_of(workload: Workload) -> int:
    """Weights of a Transformer's matrices: those of its attention products are activations."""
    activations = ("scores", "context")
    return sum(
        layer.bounds["K"] * layer.bounds["Y"] * layer.instances
        for layer in workload
        if not layer.name.endswith(activations)
    )


def test_bert_base_has_its_encoders_weights_and_attention() -> None:
    workload = load_workload("bert_base")
    assert weights_of(workload) == 84_934_656  # 12 (4 768^2 + 2 768 3072), about 85 million
    assert workload.mapped_macs == 107 * 84_934_656 + 12 * 12 * 2 * 107 * 107 * 64
    assert workload["encoder.value"].bounds == {"X": 107, "Y": 768, "K": 768}


def test_transformer_base_has_its_weights_and_cross_attention() -> None:
    workload = load_workload("transformer_base")
    assert round(weights_of(workload) / 1e6) == 63  # published: 65 million with all the rest
    cross = workload["decoder.cross_attention.scores"]
    assert (cross.bounds, cross.instances) == ({"X": 29, "Y": 24, "K": 64}, 48)


# Of the layers and of the output layer, which multiply; of all there is, as published.
PARAMETERS = {
    "gpt2": (84_934_656 + 38_597_376, 124_439_808),
    "llama2_7b": (6_476_005_376 + 131_072_000, 6_738_415_616),
}


@pytest.mark.parametrize(
    ("name", "layers", "width", "others"),
    [
        # Token and position embeddings that are look-ups, biases and normalisations.
        ("gpt2", 12, 768, 1024 * 768 + 12 * (9 + 4) * 768 + 2 * 768),
        ("llama2_7b", 32, 4096, 32_000 * 4096 + (2 * 32 + 1) * 4096),
    ],
)
@pytest.mark.parametrize(
    ("tokens", "cached", "batch"), [(None, None, 1), (512, 0, 1), (1, 1023, 1), (3, 40, 8)]
)
def test_decoders_multiply_each_weight_once_a_token(
    name: str,
    layers: int,
    width: int,
    others: int,
    tokens: int | None,
    cached: int | None,
    batch: int,
) -> None:
    weights, parameters = PARAMETERS[name]
    given = {key: n for key, n in (("tokens", tokens), ("cached", cached)) if n is not None}
    workload = load_workload(name, batch=batch, shapes=given)
    assert weights_of(load_workload(name)) == weights
    assert weights + others == parameters
    new = tokens or {"gpt2": 1024, "llama2_7b": 4096}[name]
    attention = 2 * layers * width * new * (new + (cached or 0))
    assert workload.mapped_macs == batch * (new * weights + attention)


def test_a_step_of_decoding_reads_what_is_cached() -> None:
    step = load_workload("llama2_7b", batch=4, shapes={"tokens": 1, "cached": 999})
    scores, query = step["attention.scores"], step["attention.value"]
    assert (scores.bounds, scores.instances) == ({"X": 1, "Y": 1000, "K": 128}, 4 * 32 * 32)
    assert (query.bounds, query.instances) == ({"X": 4, "Y": 4096, "K": 4096}, 128)
    # Scores and values are of one shape where as many tokens are cached as a head is wide.
    assert (
        load_workload("gpt2", shapes={"tokens": 1, "cached": 63})["attention.context"].instances
        == 288
    )


@pytest.mark.parametrize("spec", builtin_models(), ids=lambda spec: spec.name)
def test_every_network_takes_a_batch(spec: BuiltinSpec) -> None:
    if spec.is_onnx:
        pytest.skip("its file states the batch")
    stated, own = {"resnet18_batch4": 4}.get(spec.name, 1), load_workload(spec.name)
    batched = load_workload(spec.name, batch=6)
    assert batched.mapped_macs * stated == 6 * own.mapped_macs
    assert [layer.name for layer in batched] == [layer.name for layer in own]
    for layer, before in zip(batched, own, strict=True):
        products_of_activations = layer.name.endswith(("scores", "context"))
        assert (layer.instances == 6 * before.instances) == products_of_activations, layer.name


def test_tokens_of_bert_and_of_both_sides_of_the_transformer() -> None:
    bert = load_workload("bert_base", shapes={"tokens": 128})
    assert bert.mapped_macs == 128 * 84_934_656 + 12 * 12 * 2 * 128 * 128 * 64
    both = load_workload("transformer_base", shapes={"tokens": 128})
    assert {layer.bounds["X"] for layer in both} == {128}
    one = load_workload("transformer_base", shapes={"tokens": 128, "target_tokens": 1})
    cross = one["decoder.cross_attention.scores"]
    assert cross.bounds == {"X": 1, "Y": 128, "K": 64}


def test_a_block_of_resnet50_has_the_papers_stride() -> None:
    workload = load_workload("resnet50")
    assert workload["conv3_1a"].stride == (2, 2)
    assert workload["conv3_1b"].stride == (1, 1)
    assert workload["conv5_1_shortcut"].bounds["M"] == 2048


def test_a_batch_of_four_is_four_times_the_convolutions_of_resnet18() -> None:
    four, one = load_workload("resnet18_batch4"), load_workload("resnet18")
    assert all(layer.bounds["N"] == 4 for layer in four)
    assert four.mapped_macs == 4 * (one.mapped_macs - one["fc"].macs)
    batched = load_workload("resnet18", batch=4)
    assert batched.layers == (*four.layers, replace(one["fc"], extents=(4, 1000, 512)))
    assert load_workload("resnet18_batch4", batch=1).layers == one.layers[:-1]
    assert four["conv5_2a"].extents == (4, 512, 512, 7, 7, 3, 3)


MODEL_OF_OPTIMA = {
    "alexnet": "alexnet",
    "bert-base-uncased": "bert_base",
    "efficientnetb0": "efficientnet_b0",
    "mobilenetv2": "mobilenetv2",
    "resnet18": "resnet18",
    "transformer": "transformer_base",
}


def test_models_hold_the_layers_whose_optima_are_known() -> None:
    rows = [json.loads(line) for line in (DATA / "optima.jsonl").read_text().splitlines()]
    assert len(rows) == 22
    for row in rows:
        workload = load_workload(MODEL_OF_OPTIMA[row["name"].split("/")[0]])
        padded = None if row["padded_input"] is None else (row["padded_input"],) * 2
        stride = (row["stride"],) * 2
        same = [
            layer
            for layer in workload
            if (layer.kind, layer.bounds) == (row["kind"], row["bounds"])
            and (layer.stride, layer.padded_input) == (stride, padded)
        ]
        assert len(same) == 1, row["name"]


def test_builtin_models_are_folded_already() -> None:
    for spec in builtin_models():
        if not spec.is_onnx:
            raw = yaml.safe_load(spec.path.read_text())
            assert len(raw["layers"]) == len(load_workload(spec.name)), spec.name


# -- listing --------------------------------------------------------------------------------


def test_everything_built_in_is_listed_with_a_line_of_its_own() -> None:
    models = builtin_models()
    specs = [spec.name for spec in models if not spec.is_onnx]
    assert specs == sorted({*PUBLISHED, *MODEL_OF_OPTIMA.values(), "resnet18_batch4", *PARAMETERS})
    onnx = [spec.name for spec in models if spec.is_onnx]
    assert len(onnx) == 9
    assert "light_resnet50" in onnx
    everything = [*models, *builtin_architectures()]
    assert len({spec.name for spec in everything}) == len(everything)
    own = [spec.description for spec in everything if spec.path.suffix == ".yaml"]
    assert len(set(own)) == len(own) == 19
    assert all(0 < len(spec.description) <= 80 for spec in everything)
    assert all(spec.path.is_file() for spec in everything)


def test_the_text_of_a_spec_is_the_file_with_its_comments() -> None:
    text = builtin_text("vgg16")
    assert text.startswith("# VGG-16")
    assert workload_from_dict(yaml.safe_load(text)) == load_workload("vgg16")
    assert "accelerator_mhz: 500" in builtin_text("default")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vgg61", "found 'vgg61' (text), expected a built-in name (vgg16)"),
        ("light_vgg19", "found the ONNX network light_vgg19, expected a built-in spec"),
    ],
)
def test_there_is_no_text_of_what_is_no_spec(name: str, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        builtin_text(name)
    assert str(caught.value).startswith(expected)


def test_specs_are_found_inside_an_installed_package(tmp_path: Path) -> None:
    package = Path(dmaze_cp.__file__).parent
    ignore = shutil.ignore_patterns("__pycache__", "specs")
    shutil.copytree(package, tmp_path / "dmaze_cp", ignore=ignore)
    shutil.copytree(builtin_models()[0].path.parents[1], tmp_path / "dmaze_cp" / "specs")
    code = (
        "import sys; from dmaze_cp.loading import load_workload, load_architecture;"
        "from dmaze_cp.spec import builtin_models;"
        "pes, layers = load_architecture('edge').pes, len(load_workload('vgg16'));"
        "print(builtin_models()[0].path, pes, layers, 'onnx' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    path = tmp_path / "dmaze_cp" / "specs" / "models" / "alexnet.yaml"
    assert done.stdout.split() == [str(path), "64", "12", "False"]
