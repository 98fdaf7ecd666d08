"""The CP-SAT model: the only place that imports ortools.

Loop tiling factors across DRAM, SPM, RF and PE are CP-SAT integer variables under divisibility and
capacity constraints (`dmaze_cp.cp.factors`, `dmaze_cp.cp.limits`); the analytical model supplies
the objective terms (`dmaze_cp.cp.reading`, `dmaze_cp.cp.objective`); a refinement pass re-scores
top solutions exactly (`dmaze_cp.cp.closing`).
"""
