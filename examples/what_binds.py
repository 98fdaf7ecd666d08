"""Which figures of a machine a layer's least energy hangs on, as a table and a tornado plot.

python examples/what_binds.py                                # ResNet-18 conv5_1b: half a minute
python examples/what_binds.py bert_base encoder.output --arch edge --plots plots

Each figure is changed alone, and the optimum is proven anew: what a cheaper memory would save is
told by the machine, not by the mapping that happened to be best before. As one command:

    dmaze-cp sensitivity resnet18 --layer conv5_1b --objective energy --plots plots

The plot needs the extra `plot`.
"""

import argparse
from pathlib import Path

import dmaze_cp as dm
from dmaze_cp.report.plots import figure_files, require_matplotlib
from dmaze_cp.report.sensitivity import tornado


def main() -> None:
    """Map a layer on all changed machines, and say what moved its energy most."""
    parser = argparse.ArgumentParser(description="What binds a layer's energy?")
    parser.add_argument("model", nargs="?", default="resnet18")
    parser.add_argument("layer", nargs="?", default="conv5_1b")
    parser.add_argument("--arch", default="default")
    parser.add_argument("--plots", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if options.plots:
        require_matplotlib()
    layer = dm.load_workload(options.model)[options.layer]
    architecture = dm.load_architecture(options.arch)
    settings = dm.RunSettings(jobs=None)
    found = dm.sensitivity(dm.Workload(options.model, (layer,)), architecture, "energy", settings)
    (one,) = found.layers
    print(f"{layer.name} on {architecture.name}: {one.base.status}, {one.base.value:,} pJ")
    known = [each for each in one.changed if each.relative is not None]
    for each in sorted(known, key=lambda each: -abs(each.relative - 1))[:10]:
        change = each.change
        proven = "proven" if each.is_proven else "not proven"
        print(
            f"  {change.parameter:22} {change.before:>8g} -> {change.after:<8g} "
            f"{each.relative - 1:+7.1%}  {proven}"
        )
    for each in one.ranges:
        more = "" if each.high_ends else " or more"
        print(
            f"  same mapping for {each.parameter} from {each.low:.4g} to {each.high:.4g}{more} pJ"
        )
    figure = tornado(found, one)
    if options.plots and figure is not None:
        options.plots.mkdir(exist_ok=True)
        for name, data in figure_files({"tornado": figure}).items():
            (options.plots / name).write_bytes(data)
            print(f"wrote {options.plots / name}")


if __name__ == "__main__":
    main()
