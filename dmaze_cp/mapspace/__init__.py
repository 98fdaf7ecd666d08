"""The map-space of a layer: tilings as products of short lists, and dataflows.

Dimensions that the input's halo couples (``Ox`` with ``Fx``, ``Oy`` with ``Fy``) form a
*group*; every other dimension is a group of its own. A tiling picks one *option* (a
factorisation of each dimension of the group over the four levels) from every group,
independently. Capacities and costs tie the groups together.

Where a bound may be raised (`dmaze_cp.padding`), the list of its dimension has the factorisations
of every bound that is permitted: an option decides the bound too.

What is left out, and why an optimum survives:

* Options that exceed a capacity even when every other factor is 1 are in no valid
  tiling, as capacities grow with every factor.
* Of all loop orders only those that keep an operand stationary are kept, and *none*
  where it exists (`dmaze_cp.mapping.stationary_order`). Cost depends on an order only
  through the three reuse factors of its level. A loop of a conv or gemm leaves exactly one
  operand out, so that its level reuses the operand of its innermost loop, partly or fully;
  *none* exists only where the level has no loops (or a depthwise C is innermost), and is kept
  there. That leaves partial reuse ``2 <= r < R`` against full reuse ``R`` of one operand. While
  what is held stays the same, every count and every wait happens ``1/r`` times as often: cost
  never grows with r from 2 on. It is held with full reuse at most, and a held operand moves
  less often still, its exchanges overlapping as before
  (``tests/cost`` compares all of this with brute force over all orders).
"""

from dmaze_cp.mapspace.dataflows import dataflow_exists, dataflows, stationary_exists
from dmaze_cp.mapspace.demands import (
    at_least,
    broken_constraints,
    cost_limits,
    demanded,
    is_allowed,
    stationary_of,
    usable,
    used_share,
    utilization_limit,
)
from dmaze_cp.mapspace.factorisations import (
    count_factorisations,
    count_of_each,
    factorisations,
    satisfying,
    tilings_count,
)
from dmaze_cp.mapspace.groups import GROUPS, Group
from dmaze_cp.mapspace.sizes import MAX_OPTIONS, check_sizes, padding_problems, why_infeasible
from dmaze_cp.mapspace.space import MapSpace, build, mapping_at, options_of_mapping, tiling_at

__all__ = [
    "GROUPS",
    "MAX_OPTIONS",
    "Group",
    "MapSpace",
    "at_least",
    "broken_constraints",
    "build",
    "check_sizes",
    "cost_limits",
    "count_factorisations",
    "count_of_each",
    "dataflow_exists",
    "dataflows",
    "demanded",
    "factorisations",
    "is_allowed",
    "mapping_at",
    "options_of_mapping",
    "padding_problems",
    "satisfying",
    "stationary_exists",
    "stationary_of",
    "tiling_at",
    "tilings_count",
    "usable",
    "used_share",
    "utilization_limit",
    "why_infeasible",
]
