"""Run a script of the checkout in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_script(path: str, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``ROOT/path`` in `folder`, with the package of the checkout."""
    command = [sys.executable, str(ROOT / path), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
