"""How much energy a layer saves for how many more cycles: its exact front, with a plot.

python examples/tradeoff.py                                # ResNet-18 conv5_1b: some seconds
python examples/tradeoff.py bert_base encoder.output --arch edge --plots plots

Every point is proven: no mapping is at least as good in both and better in one. As one command:

    dmaze-cp pareto resnet18 --layer conv5_1b --plots plots

The plot needs the extra `plot`.
"""

import argparse
from pathlib import Path

import dmaze_cp as dm
from dmaze_cp.report.plots import figure_files, require_matplotlib
from dmaze_cp.report.tradeoff import tradeoff_figures


def main() -> None:
    """Prove the front of a layer, and say what its ends and its knee are."""
    parser = argparse.ArgumentParser(description="What is the trade-off of energy and latency?")
    parser.add_argument("model", nargs="?", default="resnet18")
    parser.add_argument("layer", nargs="?", default="conv5_1b")
    parser.add_argument("--arch", default="default")
    parser.add_argument("--plots", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if options.plots:
        require_matplotlib()
    layer = dm.load_workload(options.model)[options.layer]
    found = dm.pareto(layer, dm.load_architecture(options.arch))
    (front,) = found.layers
    print(f"{layer.name}: {front.status}, {len(front.points)} points")
    fastest, cheapest = front.points[0].cost, front.points[-1].cost
    for point in front.points:
        slower = point.cost.latency_cycles / fastest.latency_cycles - 1
        dearer = point.cost.energy_pj / cheapest.energy_pj - 1
        print(
            f"  {point.cost.latency_cycles:>12,} cycles ({slower:+8.2%})  "
            f"{point.cost.energy_pj:>15,} pJ ({dearer:+7.2%})  EDP {point.cost.edp:.4e}"
        )
    knee = min(front.points, key=lambda point: point.cost.edp)
    print(f"least EDP at {knee.cost.latency_cycles:,} cycles and {knee.cost.energy_pj:,} pJ")
    if options.plots:
        options.plots.mkdir(exist_ok=True)
        for name, data in figure_files(tradeoff_figures(found)).items():
            (options.plots / name).write_bytes(data)
            print(f"wrote {options.plots / name}")


if __name__ == "__main__":
    main()
