"""Compare accelerators by what each can do at best.

python examples/compare_architectures.py

Both answers are proven optima, so that a difference is the hardware's and not the
mapper's luck. The second accelerator is a copy of the first with a larger register file
(and the energy for an access to it, which grows with its size).
"""

from dataclasses import replace

import dmaze_cp as dm

workload = dm.load_workload("mobilenetv2")
layers = [workload["block15.depthwise"], workload["fc"]]

base = dm.load_architecture("edge")
larger = replace(
    base, name="edge, 256-byte RF", rf_bytes=256, energy=replace(base.energy, rf_pj=0.48)
)

print(f"{'layer':20}{'accelerator':20}{'energy, pJ':>16}{'cycles':>12}{'EDP':>12}  status")
for layer in layers:
    for arch in (base, larger):
        result = dm.map_layer(layer, arch, objective=dm.Objective.EDP)
        if result.cost is None:
            print(f"{layer.name:20}{arch.name:20}{result.status}: {result.reason}")
            continue
        print(
            f"{layer.name:20}{arch.name:20}{result.cost.energy_pj:16,}"
            f"{result.cost.latency_cycles:12,}{result.cost.edp:12.3e}  {result.status}"
        )
