"""Measure how many mappings a second the exact cost model scores on one core.

    python benchmarks/cost_model.py

Random distinct mappings of one conv, one depthwise and one gemm layer, valid or not,
in every case of the cost. Drawing them is not timed. The target is 300,000 a second for conv.
"""

from __future__ import annotations

import argparse
import sys

from bench_scoring import conv_layer, random_batches, scoring_seconds

from dmaze_cp import Architecture, Layer, load_workload
from dmaze_cp.mapspace import build

LAYERS = (
    ("mobilenetv2", "block5.depthwise"),
    ("bert_base", "encoder.output"),
)


def layers() -> list[tuple[str, Layer]]:
    """One layer of each kind."""
    found = [("resnet18_batch4", conv_layer())]
    return found + [(model, load_workload(model)[name]) for model, name in LAYERS]


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code: 1 where conv misses the target."""
    parser = argparse.ArgumentParser(description="Mappings scored per second on one core.")
    parser.add_argument("--count", type=int, default=200_000, help="mappings (%(default)s)")
    parser.add_argument(
        "--target", type=float, default=300_000, help="least for conv (%(default)g)"
    )
    options = parser.parse_args(arguments)
    architecture = Architecture()
    print(f"{'layer':34}{'kind':10}{'mappings':>9}{'cost /s':>12}{'cost + fit /s':>15}")
    conv_rate = 0.0
    for model, layer in layers():
        space = build(layer, architecture)
        batches = random_batches(space, options.count)
        scoring_seconds(space, batches, check_fit=True)  # products of options are kept
        scoring = scoring_seconds(space, batches)
        checking = scoring_seconds(space, batches, check_fit=True)
        name = f"{model}/{layer.name}"
        print(
            f"{name:34}{layer.kind:10}{options.count:>9}"
            f"{options.count / scoring:>12,.0f}{options.count / checking:>15,.0f}"
        )
        if layer.kind == "conv":
            conv_rate = options.count / scoring
    if conv_rate < options.target:
        print(f"below the target of {options.target:,.0f} a second for conv", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
