"""Results of earlier runs, kept in one SQLite file.

A result is found again by everything that decides it (`dmaze_cp.store.question`): a
proven one answers at once, an unproven one is where the next search starts, and its
bound is kept. Results of several runs of one question are merged, never lost
(`dmaze_cp.store.answer`). Several processes may use one file at the same time, and one
that is killed leaves nothing half-written (`dmaze_cp.store.database`).
"""

from dmaze_cp.store.checks import Verification, verify
from dmaze_cp.store.database import StoreUnavailableError
from dmaze_cp.store.place import default_store_path
from dmaze_cp.store.pruning import Criteria, to_prune
from dmaze_cp.store.question import COST_MODEL_VERSION, question_key
from dmaze_cp.store.results import BadRowError, Store
from dmaze_cp.store.rows import Entry, UnreadableRow

__all__ = [
    "COST_MODEL_VERSION",
    "BadRowError",
    "Criteria",
    "Entry",
    "Store",
    "StoreUnavailableError",
    "UnreadableRow",
    "Verification",
    "default_store_path",
    "question_key",
    "to_prune",
    "verify",
]
