"""What the package logs, as lines on standard error."""

from __future__ import annotations

import logging
import sys
from typing import Final, TextIO

LEVELS: Final = ("debug", "info", "warning")

LOGGER: Final = "dmaze_cp"
"""The logger above those of all modules."""


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what is standard error then: a live display takes its place for a while."""

    @property
    def stream(self) -> TextIO:
        """Where lines go."""
        return sys.stderr

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        """Nothing to keep."""


def log_to_stderr(level: str) -> None:
    """From now on write what is logged at `level` or above to standard error."""
    handler = _StandardError()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger(LOGGER)
    logger.handlers = [handler]
    logger.setLevel(level.upper())
