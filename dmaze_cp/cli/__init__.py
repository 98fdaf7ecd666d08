"""The command line."""

from __future__ import annotations

from dmaze_cp.cli.interrupt import end_at_interrupt


def main() -> None:
    """Run the program and exit."""
    # Before anything else is loaded, which takes a while.
    end_at_interrupt()
    from dmaze_cp.cli.app import main as run

    run()


__all__ = ["main"]
