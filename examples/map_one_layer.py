"""Map one convolution, look at the answer, and check it.

python examples/map_one_layer.py
"""

import sys

import dmaze_cp as dm

# ResNet's conv4 on 14 x 14 feature maps. Padding is part of the input: 14 + 2 = 16.
layer = dm.Layer.conv(
    "conv4",
    {"N": 1, "M": 256, "C": 256, "Ox": 14, "Oy": 14, "Fx": 3, "Fy": 3},
    stride=(1, 1),
    padded_input=(16, 16),
)
arch = dm.load_architecture("default")
result = dm.map_layer(layer, arch, objective="edp", time_limit=60)

# A result comes back whether or not there is a mapping; if there is none, it says why.
if result.mapping is None or result.cost is None:
    sys.exit(f"{layer.name}: {result.status}: {result.reason}")

print(f"{layer.name}: {result.status}, gap {result.gap:.2%} after {result.solve_time_s:.1f} s")
print(f"EDP     {result.value:,} pJ x cycles, proven to be at least {result.bound:,}")
print(f"energy  {result.cost.energy_pj:,} pJ")
print(f"latency {result.cost.latency_cycles:,} cycles")
for component, energy_pj in result.cost.energy_breakdown_pj.items():
    print(f"  {component:5}{energy_pj / result.cost.energy_pj:7.1%}")

# Tiling factors multiply up to the loop bounds. Loops at DRAM and SPM have an order.
for level, factors in result.mapping.tiling.items():
    print(f"{level:5}", {d: factor for d, factor in factors.items() if factor > 1})
print("loops at DRAM, outermost first:", *result.mapping.dram_order)

# What does the order of the loops at DRAM matter? `evaluate` prices any mapping exactly,
# whoever made it; `fits` says what it exceeds, if anything.
turned = ("N", "C", "Fx", "Fy", "Ox", "Oy", "M")
other = dm.Mapping.from_tiling(
    layer, result.mapping.tiling, {"DRAM": turned, "SPM": result.mapping.spm_order}
)
print(f"fits: {not dm.fits(other, arch)}")
ratio = dm.evaluate(other, arch).edp / result.cost.edp
print(f"the same tiling with DRAM loops {' '.join(turned)}: {ratio:.3f} x the EDP")
