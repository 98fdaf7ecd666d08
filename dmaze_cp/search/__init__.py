"""The search for one layer's best mapping, and its proof.

Every case of the map-space is a *node* (`dmaze_cp.search.node`). Nodes get Lagrangian bounds
(`dmaze_cp.search.bounding`) and the mappings around their least reduced costs are scored
exactly (`dmaze_cp.search.scoring`); the best is the incumbent (`dmaze_cp.search.incumbent`). A
node is closed when its bound is above the incumbent, when all of its mappings whose
reduced costs add up to at most the room below the incumbent have been scored, or when CP-SAT
says that it holds nothing better (`dmaze_cp.search.solving`); the engine (`dmaze_cp.engine`)
decides which. The bound of the whole is the least bound of the nodes.
"""

from dmaze_cp.search.incumbent import Found
from dmaze_cp.search.search import SearchResult, search
from dmaze_cp.search.settings import DEFAULTS, SearchSettings

__all__ = ["DEFAULTS", "Found", "SearchResult", "SearchSettings", "search"]
