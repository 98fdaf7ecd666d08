"""The nine real networks that ship with onnx, against published figures."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from dmaze_cp.frontend import load_onnx
from dmaze_cp.workload import Kind

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

# Multiply-accumulates in 1e9 as papers and model zoos give them: AlexNet 0.72 for 227 x 227
# inputs (here 224: 0.65), Inception v1 1.43 (GoogLeNet counts 1.5), Inception v2 2.0,
# ResNet-50 3.8 to 4.1, VGG-19 19.6, SqueezeNet 1.1 0.35, ShuffleNet 1x g=3 0.137 (Caffe2's
# variant has 112 channels, not 120, and 10 % less work), DenseNet-121 2.87.
NETWORKS = [
    # name, convolutions and GEMMs, least and most MACs in 1e9
    ("light_bvlc_alexnet", 8, 0.65, 0.73),
    ("light_densenet121", 121, 2.8, 2.9),
    ("light_inception_v1", 58, 1.4, 1.6),
    ("light_inception_v2", 70, 1.9, 2.1),
    ("light_resnet50", 54, 3.8, 4.1),
    ("light_shufflenet", 50, 0.12, 0.14),
    ("light_squeezenet", 26, 0.34, 0.36),
    ("light_vgg19", 19, 19.5, 19.7),
    ("light_zfnet512", 8, 1.4, 1.5),
]


@pytest.mark.parametrize(("name", "operators", "least", "most"), NETWORKS)
def test_layers_and_work_are_as_published(
    name: str, operators: int, least: float, most: float
) -> None:
    workload = load_onnx(FOLDER / f"{name}.onnx")
    assert workload.name == name
    assert sum(1 + len(layer.also) for layer in workload) == operators
    assert least <= workload.mapped_macs / 1e9 <= most
    assert workload.unmapped_macs == 0


@pytest.mark.parametrize("name", [name for name, *_ in NETWORKS])
def test_every_operator_is_a_layer_or_listed(name: str) -> None:
    workload = load_onnx(FOLDER / f"{name}.onnx")
    layers = sum(1 + len(layer.also) for layer in workload)
    listed = sum(op.count for op in workload.unmapped)
    assert layers + listed == len(onnx.load(FOLDER / f"{name}.onnx").graph.node)
    assert all(op.reason for op in workload.unmapped)


def test_vgg19_layers() -> None:
    """Configuration E of Simonyan & Zisserman, table 1."""
    layers = load_onnx(FOLDER / "light_vgg19.onnx").layers
    shapes = [
        (b["M"], b["C"], b["Ox"], layer.instances)
        for layer in layers
        if layer.kind is Kind.CONV
        for b in [layer.bounds]
    ]
    assert shapes == [
        (64, 3, 224, 1),
        (64, 64, 224, 1),
        (128, 64, 112, 1),
        (128, 128, 112, 1),
        (256, 128, 56, 1),
        (256, 256, 56, 3),
        (512, 256, 28, 1),
        (512, 512, 28, 3),
        (512, 512, 14, 4),
    ]
    gemms = [layer.bounds for layer in layers if layer.kind is Kind.GEMM]
    assert gemms == [
        {"X": 1, "Y": 4096, "K": 25088},
        {"X": 1, "Y": 4096, "K": 4096},
        {"X": 1, "Y": 1000, "K": 4096},
    ]


def test_resnet50_first_layer_keeps_its_padding() -> None:
    first = load_onnx(FOLDER / "light_resnet50.onnx")[0]
    assert first.bounds == {"N": 1, "M": 64, "C": 3, "Ox": 112, "Oy": 112, "Fx": 7, "Fy": 7}
    assert first.stride == (2, 2)
    assert first.padded_input == (230, 230)


def test_shufflenet_has_grouped_and_depthwise_layers() -> None:
    workload = load_onnx(FOLDER / "light_shufflenet.onnx")
    nodes = onnx.load(FOLDER / "light_shufflenet.onnx").graph.node
    groups = {a.i for n in nodes if n.op_type == "Conv" for a in n.attribute if a.name == "group"}
    depthwise = {layer.bounds["C"] for layer in workload if layer.kind is Kind.DEPTHWISE}
    assert depthwise == groups - {1, 4}
    assert all(layer.instances % 4 == 0 for layer in workload[1:3] if layer.kind is Kind.CONV)


def test_fixed_batch_is_not_overruled() -> None:
    with pytest.raises(Exception, match=r"light_vgg19.onnx: --batch, input data_0.*found 4.*1"):
        load_onnx(FOLDER / "light_vgg19.onnx", batch=4)
    assert load_onnx(FOLDER / "light_vgg19.onnx", batch=1).layers
