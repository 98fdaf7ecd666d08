"""How large should scratchpad and register files be? dMazeRunner's memory-tuning study, proven.

python examples/memory_tuning.py                     # 49 designs x 6 layers
python examples/memory_tuning.py --layer conv5_2a --param rf_bytes=64,128 --param spm_kb=64,256

256 PEs; 16 to 1024 KiB of scratchpad, 16 to 1024 bytes of register file (RF) in each PE; ResNet's
conv1, conv2_2, conv3_2, conv4_2, conv5_1 and conv5_2 with batch 4. Every layer is mapped on every
design until its best mapping is proven, so that a difference between designs is the hardware's.
The plots (`heat-map` is of the total, `layers` has one for each layer) are PNG and SVG files, for
which the extra `plot` is needed. As one command, with the report of `dmaze-cp dse`:

    dmaze-cp dse memory_tuning --all --plots heatmaps -o memory_tuning.json

Results are kept: a run that was stopped goes on where it was.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median

import dmaze_cp as dm
from dmaze_cp.dse.sweep import SearchDone, SweepEvent
from dmaze_cp.report.nouns import report_of
from dmaze_cp.report.plots import figure_files, require_matplotlib

LAYERS = ("conv1", "conv2_2a", "conv3_2a", "conv4_2a", "conv5_1a", "conv5_2a")
FOLDER = Path("memory_tuning")


def study(parameters: list[str], names: list[str], jobs: int | None) -> dm.SweepResult:
    """Map every layer on every design to the end."""
    # `dm.parse_parameter` reads what --param of the command takes, such as 16:1024:*2.
    space = dm.load_space("memory_tuning", [dm.parse_parameter(text) for text in parameters])
    network = dm.load_workload("resnet18_batch4")
    # Layers of one shape are one layer, under the first one's name, which counts as many times.
    layers = tuple(replace(network[name], name=name, also=()) for name in names)
    chosen = dm.Workload(network.name, layers)
    designs, _ = space.survey()
    print(f"{len(designs)} designs x {len(chosen)} layers", flush=True)
    done = 0

    def follow(event: SweepEvent) -> None:
        nonlocal done
        if isinstance(event, SearchDone):
            done += 1
            print(f"\r{done} searches", end="", file=sys.stderr, flush=True)

    with dm.Store.open(dm.default_store_path()) as store:
        result = dm.sweep(
            space,
            [dm.WeightedWorkload(chosen)],
            "edp",
            dm.RunSettings(jobs=jobs),
            all_points=True,
            store=store,
            on_event=follow,
        )
    print(file=sys.stderr)
    return result


def describe(point: dm.SweepPoint) -> str:
    """The parameters of a design."""
    return " ".join(f"{name}={value}" for name, value in point.design.parameters.items())


def layer_value(point: dm.SweepPoint, layer: int) -> int:
    """The least EDP of a layer on a design, of one instance."""
    return point.networks[0].layers[layer].value


def conclude(result: dm.SweepResult, names: list[str]) -> None:
    """What the study shows."""
    mapped = [point for point in result.points if point.is_mapped]
    proven = sum(point.status == "optimal" for point in mapped)
    print(f"{proven} of {len(result.points)} designs proven in {result.elapsed_s:.0f} s")
    if result.best is None:
        return
    best = result.points[result.best]
    ratios = sorted(point.value / best.value for point in mapped)
    certainty = "proven" if result.best_proven else "not proven: the time was over"
    print(f"best design: {describe(best)} ({certainty})")
    print(
        f"EDP of the others over the best's: median {median(ratios[1:] or [1.0]):.2f}, "
        f"worst {ratios[-1]:.2f}; designs within 10 % of it: {sum(r <= 1.1 for r in ratios[1:])}"
    )
    print(f"\n{'layer':10}{'times':>5}  {'its best design':28}{'the best design costs it':>24}")
    least = 0
    for k, (name, layer) in enumerate(zip(names, result.networks[0].workload, strict=True)):
        own = min(mapped, key=lambda point: layer_value(point, k))
        ratio = layer_value(best, k) / layer_value(own, k)
        print(f"{name:10}{layer.instances:5}  {describe(own):28}{ratio:21.2f} x")
        least += layer.instances * layer_value(own, k)
    total = best.networks[0].edp
    print(f"a design of its own for each layer would save {1 - least / total:.1%} of the EDP")
    once = min(mapped, key=lambda p: sum(layer_value(p, k) for k in range(len(names))))
    print(f"best if every layer counted once: {describe(once)}")


def main() -> None:
    parser = argparse.ArgumentParser(description="dMazeRunner's memory-tuning study, proven.")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUES")
    parser.add_argument("--layer", action="append", choices=LAYERS, help="may be repeated")
    parser.add_argument("--plots", type=Path, default=FOLDER, help="folder (%(default)s)")
    parser.add_argument("--jobs", type=int, help="searches side by side; default: all cores")
    options = parser.parse_args()
    names = options.layer or list(LAYERS)
    try:
        require_matplotlib()  # better missed now than after the sweep
        result = study(options.param, names, options.jobs)
    except dm.DmazeError as error:
        sys.exit(str(error))
    conclude(result, names)
    options.plots.mkdir(parents=True, exist_ok=True)
    for file, content in figure_files(report_of(result).figures()).items():
        (options.plots / file).write_bytes(content)
    print(f"heat maps and other plots are in {options.plots}")


if __name__ == "__main__":  # the searches run in processes that import this file
    main()
