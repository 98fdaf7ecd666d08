"""Map every layer of an ONNX network.

python examples/map_onnx_network.py              # a small network that it makes itself
python examples/map_onnx_network.py net.onnx     # yours
python examples/map_onnx_network.py net.onnx --batch 4 --shape tokens=128
"""

import argparse
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


def map_network(path: Path, batch: int | None = None, shapes: dict[str, int] | None = None) -> None:
    """Print what mapping a network gives; batch and shapes are sizes that its file leaves open."""
    workload = dm.load_workload(path, batch=batch, shapes=shapes)
    print(f"{workload.name}: {len(workload)} layers, {workload.mapped_macs:,} MACs")
    for operator in workload.unmapped:
        print(f"  not mapped: {operator.operator} {operator.name} ({operator.reason})")

    network = dm.map_workload(
        workload,
        dm.load_architecture("default"),
        objective="edp",
        on_layer_done=tell,
    )
    totals = network.totals(dm.Objective.EDP)
    print(f"energy {totals.energy_pj:,} pJ, latency {totals.latency_cycles:,} cycles")
    print(f"sum of EDPs {totals.edp:,} pJ x cycles, proven to be at least {totals.bound:,}")


def tell(result: dm.LayerResult) -> None:
    """Print what came of a layer; where there is no mapping, why."""
    cost = result.reason if result.value is None else f"{result.value:,} pJ x cycles"
    print(f"  {result.layer.name}: {result.status}, {cost}")


def size(text: str) -> tuple[str, int]:
    """Read ``NAME=N``."""
    name, _, number = text.partition("=")
    return name, int(number)


def main() -> None:
    parser = argparse.ArgumentParser(description="Map every layer of an ONNX network.")
    parser.add_argument("model", nargs="?", type=Path, help="a small one of its own without it")
    parser.add_argument("--batch", type=int, help="where the file leaves the batch open")
    parser.add_argument("--shape", action="append", default=[], type=size, metavar="NAME=N")
    options = parser.parse_args()
    shapes = dict(options.shape)
    try:
        if options.model is not None:
            map_network(options.model, options.batch, shapes)
        else:
            with TemporaryDirectory() as folder:
                # Its batch is left open, so that it has to be chosen here.
                own = small_network(Path(folder) / "small.onnx")
                map_network(own, 4 if options.batch is None else options.batch, shapes)
    except dm.DmazeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
