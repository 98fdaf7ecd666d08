"""The trade-off of energy and latency: fronts of layers, and of networks made of them."""

from dmaze_cp.tradeoff.front import layer_front
from dmaze_cp.tradeoff.front_files import (
    front_from_dict,
    front_record,
    load_front,
    save_front,
)
from dmaze_cp.tradeoff.front_records import FrontRecord
from dmaze_cp.tradeoff.network import network_front
from dmaze_cp.tradeoff.result import (
    FrontStatus,
    LayerFront,
    NetworkFront,
    NetworkPoint,
    Region,
    WorkloadFront,
)
from dmaze_cp.tradeoff.run import pareto

__all__ = [
    "FrontRecord",
    "FrontStatus",
    "LayerFront",
    "NetworkFront",
    "NetworkPoint",
    "Region",
    "WorkloadFront",
    "front_from_dict",
    "front_record",
    "layer_front",
    "load_front",
    "network_front",
    "pareto",
    "save_front",
]
