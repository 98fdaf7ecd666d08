"""Where results are kept if nothing else is said."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path

from dmaze_cp.errors import Problem
from dmaze_cp.store.database import StoreUnavailableError


def default_store_path() -> Path:
    """``results.sqlite`` in the user's cache folder, by the platform's convention.

    On Linux that is ``$XDG_CACHE_HOME/dmaze-cp`` or ``~/.cache/dmaze-cp``.

    Raises
    ------
    StoreUnavailableError
        When the user has no home folder.
    """
    folder = user_cache_path("dmaze-cp", appauthor=False)
    if not folder.is_absolute():
        # A user without a home: "~" would become a folder of that name right here.
        raise StoreUnavailableError(
            Problem("default result store", "no home folder", "HOME or XDG_CACHE_HOME to be set")
        )
    return folder / "results.sqlite"
