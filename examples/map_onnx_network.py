"""Map every layer of an ONNX network.

python examples/map_onnx_network.py              # a small network that it makes itself
python examples/map_onnx_network.py net.onnx     # yours
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
from onnx import TensorProto, helper

import dmaze_cp as dm


def small_network(path: Path) -> Path:
    """An image classifier of two convolutions, a pooling and a matrix product."""
    weights = {"w1": (16, 3, 3, 3), "w2": (32, 16, 3, 3), "w3": (32, 10)}
    # Only shapes matter to the mapper, so that the values may come from an operator.
    nodes = [
        helper.make_node(
            "ConstantOfShape",
            [f"{name}_shape"],
            [name],
            value=helper.make_tensor("value", TensorProto.FLOAT, [1], [0.5]),
        )
        for name in weights
    ]
    shapes = [
        helper.make_tensor(f"{name}_shape", TensorProto.INT64, [len(shape)], shape)
        for name, shape in weights.items()
    ]
    nodes += [
        helper.make_node("Conv", ["image", "w1"], ["a"], "conv1", strides=[2, 2], pads=[1] * 4),
        helper.make_node("Relu", ["a"], ["b"], "relu1"),
        helper.make_node("Conv", ["b", "w2"], ["c"], "conv2", pads=[1] * 4),
        helper.make_node("GlobalAveragePool", ["c"], ["d"], "pool"),
        helper.make_node("Flatten", ["d"], ["e"], "flatten"),
        helper.make_node("MatMul", ["e", "w3"], ["scores"], "classifier"),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, 32, 32])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])
    graph = helper.make_graph(nodes, "small", [image], [scores], shapes)
    onnx.save(helper.make_model(graph), path)
    return path


def map_network(path: Path) -> None:
    """Print what mapping a network gives."""
    # The batch is symbolic in the file, so that it has to be chosen here.
    workload = dm.load_workload(path, batch=4)
    print(f"{workload.name}: {len(workload)} layers, {workload.mapped_macs:,} MACs")
    for operator in workload.unmapped:
        print(f"  not mapped: {operator.operator} {operator.name} ({operator.reason})")

    network = dm.map_workload(
        workload,
        dm.load_architecture("default"),
        objective="edp",
        on_layer_done=lambda r: print(f"  {r.layer.name}: {r.status}, {r.value:,} pJ x cycles"),
    )
    totals = network.totals(dm.Objective.EDP)
    print(f"energy {totals.energy_pj:,} pJ, latency {totals.latency_cycles:,} cycles")
    print(f"sum of EDPs {totals.edp:,} pJ x cycles, proven to be at least {totals.bound:,}")


if len(sys.argv) > 1:
    map_network(Path(sys.argv[1]))
else:
    with TemporaryDirectory() as folder:
        map_network(small_network(Path(folder) / "small.onnx"))
