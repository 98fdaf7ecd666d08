"""The trade-off of energy and latency: fronts of layers, and of networks made of them."""

from dmaze_cp.tradeoff.front import layer_front
from dmaze_cp.tradeoff.front_files import FRONT_SCHEMA, FrontRecord, front_record
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
    "FRONT_SCHEMA",
    "FrontRecord",
    "FrontStatus",
    "LayerFront",
    "NetworkFront",
    "NetworkPoint",
    "Region",
    "WorkloadFront",
    "front_record",
    "layer_front",
    "network_front",
    "pareto",
]
