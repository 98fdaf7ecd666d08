"""Where questions are answered: looked up, handed out to be searched for, kept."""

from dmaze_cp.desk.desk import Client, Desk, backend_for
from dmaze_cp.desk.events import DeskEvent, NoWorker, RowsDistrusted, StoreFailed
from dmaze_cp.desk.inquiry import Inquiry
from dmaze_cp.desk.settings import DEFAULT_SETTINGS, RunSettings

__all__ = [
    "DEFAULT_SETTINGS",
    "Client",
    "Desk",
    "DeskEvent",
    "Inquiry",
    "NoWorker",
    "RowsDistrusted",
    "RunSettings",
    "StoreFailed",
    "backend_for",
]
