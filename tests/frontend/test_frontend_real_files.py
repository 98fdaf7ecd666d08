"""Models that packages ship: every operator is accounted for, the work is what runs.

The packages need not be installed, and none of them is imported. They are looked for among the
installed ones, or as subfolders of the folder that DMAZE_TEST_MODELS names.
"""

from __future__ import annotations

import os
from collections import Counter
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import pytest
from onnx import GraphProto, TensorProto, helper
from onnx.reference import ReferenceEvaluator

from dmaze_cp.errors import SpecError
from dmaze_cp.frontend import load_onnx
from dmaze_cp.frontend.graphs import bodies
from dmaze_cp.frontend.rules import RULES


class Model(NamedTuple):
    """A file of a package, the sizes it leaves open, and the work at these."""

    package: str
    file: str
    sizes: dict[str, int]
    macs: int

    @property
    def path(self) -> Path:
        folders = [Path(os.environ.get("DMAZE_TEST_MODELS", ".")) / self.package / self.package]
        spec = find_spec(self.package)
        if spec is not None and spec.submodule_search_locations:
            folders += map(Path, spec.submodule_search_locations)
        for folder in folders:
            if (folder / self.file).is_file():
                return folder / self.file
        pytest.skip(f"{self.package} is not installed (tests/frontend/models.txt)")


SILERO = {"input:0": 1, "input:1": 576, "state:1": 1}
NAMED = {"batch": 1, "sequence": 576}
LINE = {"image_width": 128}
RAPID = "rapidocr_onnxruntime"
MODELS = [
    Model("faster_whisper", "assets/silero_vad_v6.onnx", {"seq_len": 4}, 2_982_400),
    Model("silero_vad", "data/silero_vad.onnx", {**SILERO, "sr": 16000}, 679_552),
    Model("silero_vad", "data/silero_vad_op18_ifless.onnx", {**NAMED, "sr": 16000}, 679_552),
    Model("silero_vad", "data/silero_vad_openvino_16k.onnx", {}, 679_552),
    Model("silero_vad", "data/silero_vad_half.onnx", NAMED, 679_552),
    Model("silero_vad", "data/silero_vad_16k_op15.onnx", NAMED, 679_552),
    Model("silero_vad", "data/silero_vad_16k_sequence.onnx", {"sequence_length": 4}, 2_982_400),
    Model(
        RAPID,
        "models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
        {"x:0": 1, "x:2": 48, "x:3": 192},
        16_315_376,
    ),
    Model(
        RAPID,
        "models/ch_PP-OCRv4_rec_infer.onnx",
        {"p2o.DynamicDimension.0": 1, "x:2": 48, "p2o.DynamicDimension.1": 320},
        702_469_440,
    ),
    Model(
        RAPID,
        "models/ch_PP-OCRv4_det_infer.onnx",
        {f"p2o.DynamicDimension.{i}": size for i, size in enumerate((1, 640, 640))},
        2_301_935_744,
    ),
    Model("magika", "models/standard_v3_3/model.onnx", {"unk__214": 1}, 366_717_952),
    Model("ddddocr", "common.onnx", LINE, 455_294_976),
    Model("ddddocr", "common_old.onnx", LINE, 455_294_976),
    Model("ddddocr", "common_det.onnx", {}, 3_179_352_384),
]
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: Path(model.file).stem)


def operators(graph: GraphProto) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in graph.node:
        found[node.op_type] += 1
        for _, body in bodies(node):
            found += operators(body)
    return found


@each_model
def test_every_operator_is_a_layer_or_listed(model: Model) -> None:
    workload = load_onnx(model.path, shapes=model.sizes)
    listed: Counter[str] = Counter()
    for op in workload.unmapped:
        assert op.reason
        assert not op.reason.startswith(("an operator", "its shape"))
        listed[op.operator] += op.count
    mapped = operators(onnx.load(model.path).graph) - listed
    assert not listed - operators(onnx.load(model.path).graph)
    assert set(mapped) <= {name for _, name in RULES}
    layers = sum(1 + len(layer.also) for layer in workload)
    assert layers >= sum(mapped.values())
    assert workload.mapped_macs == model.macs
    assert workload.unmapped_macs == 0


@each_model
def test_open_dimensions_are_asked_for(model: Model) -> None:
    if not model.sizes:
        assert load_onnx(model.path).mapped_macs == model.macs
        return
    with pytest.raises(SpecError) as caught:
        load_onnx(model.path)
    asked = str(caught.value)
    assert "--shape" in asked
    assert all(name in asked for name in model.sizes) or "--shape sr=... decides" in asked


def with_all_results(model: onnx.ModelProto) -> onnx.ModelProto:
    stated = {output.name for output in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in stated:
                info = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
                model.graph.output.append(info)
    return model


def performed(path: Path, sizes: dict[str, int]) -> int:
    """Multiply-accumulates by the arrays that onnx's reference computes with."""
    model = with_all_results(onnx.load(path))
    feeds = {}
    for value in model.graph.input:
        tensor = value.type.tensor_type
        shape = [
            d.dim_value
            if d.dim_value > 0
            else sizes.get(d.dim_param, sizes.get(f"{value.name}:{i}"))
            for i, d in enumerate(tensor.shape.dim)
        ]
        feeds[value.name] = np.ones(shape, helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    names = [output.name for output in model.graph.output]
    arrays = dict(zip(names, ReferenceEvaluator(model).run(None, feeds), strict=True)) | feeds
    arrays |= {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    return sum(one_operators_work(node, arrays) for node in model.graph.node)


def one_operators_work(node: onnx.NodeProto, arrays: dict[str, np.ndarray]) -> int:
    if node.op_type not in ("Conv", "ConvTranspose", "Gemm", "LSTM", "MatMul"):
        return 0
    a, b = (arrays[name] for name in node.input[:2])
    out = arrays[next(name for name in node.output if name)]
    if node.op_type == "Conv":
        return out.size * prod(b.shape[1:])
    if node.op_type == "ConvTranspose":
        return a.size * prod(b.shape[1:])
    if node.op_type == "LSTM":
        return a.shape[0] * a.shape[1] * (b.size + arrays[node.input[2]].size)
    return out.size * a.shape[-1]


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(m, marks=[pytest.mark.slow] if m.macs > 1e8 else [], id=Path(m.file).stem)
        for m in MODELS
        if Path(m.file).name
        in {
            "silero_vad_v6.onnx",
            "silero_vad_16k_sequence.onnx",
            "silero_vad_openvino_16k.onnx",
            "ch_ppocr_mobile_v2.0_cls_infer.onnx",
            "ch_PP-OCRv4_rec_infer.onnx",
            "ch_PP-OCRv4_det_infer.onnx",
            "common.onnx",
            "common_det.onnx",
        }
    ],
)
def test_work_is_what_a_run_of_the_model_performs(model: Model) -> None:
    assert performed(model.path, model.sizes) == model.macs


def test_two_exports_of_one_network_have_the_same_layers() -> None:
    """With and without branches; with and without quantisation."""
    pairs = [(MODELS[3], MODELS[4]), (MODELS[3], MODELS[5]), (MODELS[11], MODELS[12])]
    for one, other in pairs:
        first, second = (load_onnx(m.path, shapes=m.sizes) for m in (one, other))
        assert {x.shape: x.instances for x in first} == {x.shape: x.instances for x in second}
