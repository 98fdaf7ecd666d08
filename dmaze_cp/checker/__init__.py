"""A second opinion on results: fit, limits, costs and sums, computed anew from the equations.

Nothing here comes from the cost model, the map-space, the bounds or the search: what checks them
shares no formula with them (a test reads the imports).
"""

from __future__ import annotations

from dmaze_cp.checker.result import Checked, CheckedRecord, check
from dmaze_cp.checker.signed import DigestState

__all__ = ["Checked", "CheckedRecord", "DigestState", "check"]
