"""Libraries that come with an extra, and are imported where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from dmaze_cp.errors import MissingExtraError


def load_extra(module: str, extra: str, purpose: str) -> Any:
    """Import a library that an extra brings.

    Parameters
    ----------
    module, extra
        What is imported, and the extra that installs it.
    purpose
        What needs it, for the message.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{purpose}: found no module {module!r}, expected the extra {extra!r} "
            f"(pip install 'dmaze-cp[{extra}]')"
        ) from error
