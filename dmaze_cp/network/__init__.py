"""Map whole networks: every layer, on one architecture or many, for one objective or more.

1. *Plan.* Layers of equal shape on equal architectures are one question, wherever they occur.
2. *Look up.* What the store has proven is answered; what it has not is where a search starts.
3. *Search.* The rest runs side by side (`dmaze_cp.desk`); each result is stored at once.
4. *Assemble.* Every network gets its results, in the order of its layers.
"""

from dmaze_cp.network.events import Event, Finished, Planned, Searched, Searching
from dmaze_cp.network.run import Answers, answer, map_networks, map_workload

__all__ = [
    "Answers",
    "Event",
    "Finished",
    "Planned",
    "Searched",
    "Searching",
    "answer",
    "map_networks",
    "map_workload",
]
