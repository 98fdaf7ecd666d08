"""Map whole networks: every layer, on one architecture or many, for one objective or more.

1. *Plan.* Layers of equal shape on equal architectures are one search, wherever they occur.
2. *Look up.* What the store has proven is answered; what it has not is where a search starts.
3. *Search.* The rest runs side by side (`dmaze_cp.execution`); each result is stored at once.
4. *Assemble.* Every network gets its results, in the order of its layers.
"""

from dmaze_cp.network.events import (
    Event,
    Finished,
    NoWorker,
    Planned,
    RowsDistrusted,
    Searched,
    Searching,
    StoreFailed,
)
from dmaze_cp.network.keeping import Keeper
from dmaze_cp.network.plan import Search
from dmaze_cp.network.run import backend_for, map_networks, map_workload
from dmaze_cp.network.settings import DEFAULT_TIME_LIMIT_S, RunSettings

__all__ = [
    "DEFAULT_TIME_LIMIT_S",
    "Event",
    "Finished",
    "Keeper",
    "NoWorker",
    "Planned",
    "RowsDistrusted",
    "RunSettings",
    "Search",
    "Searched",
    "Searching",
    "StoreFailed",
    "backend_for",
    "map_networks",
    "map_workload",
]
