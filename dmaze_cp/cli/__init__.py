"""The command line."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the program and exit; also Ctrl-C while it is still loading ends it with 130."""
    try:
        from dmaze_cp.cli.app import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        sys.stderr.flush()
        os._exit(130)


__all__ = ["main"]
