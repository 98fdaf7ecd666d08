"""What mapping a layer or a network returns, and the files it is kept in."""

from __future__ import annotations

from dmaze_cp.result.clash import Clash, ClashMember, Relaxation
from dmaze_cp.result.layer import LayerResult, Unpadded
from dmaze_cp.result.layer_files import (
    layer_result_from_dict,
    layer_result_record,
    proof_problems,
    tie_problems,
)
from dmaze_cp.result.network import WorkloadResult, result_from_dict, result_record
from dmaze_cp.result.ranking import Alternative, Ranking
from dmaze_cp.result.results_files import (
    comparison_records,
    load_result,
    load_results,
    results_from_dict,
    results_record,
)
from dmaze_cp.result.slices import Slice
from dmaze_cp.result.status import (
    NOTHING_KNOWN,
    Ending,
    Incumbent,
    Known,
    SearchStats,
    Status,
    relative_gap,
)
from dmaze_cp.result.totals import (
    Totals,
    layer_share,
    network_cycles,
    total_value,
    weighed_value,
    whole_bound,
)

__all__ = [
    "NOTHING_KNOWN",
    "Alternative",
    "Clash",
    "ClashMember",
    "Ending",
    "Incumbent",
    "Known",
    "LayerResult",
    "Ranking",
    "Relaxation",
    "SearchStats",
    "Slice",
    "Status",
    "Totals",
    "Unpadded",
    "WorkloadResult",
    "comparison_records",
    "layer_result_from_dict",
    "layer_result_record",
    "layer_share",
    "load_result",
    "load_results",
    "network_cycles",
    "proof_problems",
    "relative_gap",
    "result_from_dict",
    "result_record",
    "results_from_dict",
    "results_record",
    "tie_problems",
    "total_value",
    "weighed_value",
    "whole_bound",
]
