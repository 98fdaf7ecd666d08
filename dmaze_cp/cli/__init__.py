"""The command line."""

from dmaze_cp.cli.app import cli, main

__all__ = ["cli", "main"]
