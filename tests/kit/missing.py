"""As if a library of an extra were not installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from dmaze_cp import extras


def without(patch: pytest.MonkeyPatch, missing: str) -> None:
    """Libraries that come with an extra are imported as before, but for this one."""

    def load(name: str) -> Any:
        if name == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return import_module(name)

    patch.setattr(extras, "import_module", load)
