"""The exact analytical cost model (dMazeRunner's).

`dmaze_cp.cost.model` states it once, as expressions (`dmaze_cp.cost.expression`); `evaluate`
gives the cost of one mapping with every quantity it is made of; `fits` says why a mapping does
not fit an architecture.
"""

from dmaze_cp.cost.capacity import fits, placed
from dmaze_cp.cost.cost import Cost
from dmaze_cp.cost.reuse import loop_reuse
from dmaze_cp.cost.scalar import evaluate
from dmaze_cp.cost.transfer import dma_cycles
from dmaze_cp.levels import COMPONENTS

__all__ = ["COMPONENTS", "Cost", "dma_cycles", "evaluate", "fits", "loop_reuse", "placed"]
