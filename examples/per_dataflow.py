"""What does hardware with a fixed dataflow cost on a layer? Every dataflow, proven.

python examples/per_dataflow.py [FOLDER]

With FOLDER also a heat map there, which needs the extra `plot`.
"""

import sys
from dataclasses import replace
from pathlib import Path

import dmaze_cp as dm
from dmaze_cp.report.plots import figure_files
from dmaze_cp.report.slices import slices_figure

layer = dm.load_workload("mobilenetv2")["block12.project"]
arch = dm.load_architecture("default")
best = dm.map_layer(layer, arch, objective="edp", engine="auto")
if best.value is None:
    sys.exit(f"{layer.name}: {best.reason}")
print(f"{layer.name} on {arch.name}: {best.status}, {best.value:,} pJ x cycles, {best.dataflow}")

# Rows: what is stationary at DRAM. Columns: what is stationary at SPM.
flows = dm.per_dataflow(layer, arch, "edp", known=best)
names = ("O", "I", "W", "none")
print(f"{'':6}" + "".join(f"{name:>9}" for name in names))
for dram in names:
    row = [each for each in flows if each.key[0] == dram]
    costs = ["-" if each.value is None else f"x{each.value / best.value:.3g}" for each in row]
    print(f"{dram:6}" + "".join(f"{text:>9}" for text in costs))
proven = sum(str(each.status) != "feasible" for each in flows)
print(f"{proven} of {len(flows)} proven")

# And hardware that unrolls two given dimensions over its PEs, and no others.
pairs = dm.per_unrolling(layer, arch, "edp", known=best)
for each in sorted((p for p in pairs if p.value), key=lambda p: p.value or 0):
    print(f"only {' and '.join(each.key)} unrolled: x{(each.value or 0) / best.value:.3g}")

if len(sys.argv) > 1:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    figure = slices_figure(replace(best, dataflows=flows, unrollings=pairs))
    if figure is not None:
        for name, content in figure_files({"per-dataflow": figure}).items():
            (folder / name).write_bytes(content)
            print("wrote", folder / name)
