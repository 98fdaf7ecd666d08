"""Run a script of the checkout in this process, which has all loaded."""

from __future__ import annotations

import io
import os
import runpy
import sys
import traceback
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """What a script has printed, and what it has ended with."""

    returncode: int
    stdout: str
    stderr: str


def run_script(path: str, folder: Path, *arguments: object) -> Done:
    """Run ``ROOT/path`` in `folder`, with the package of the checkout."""
    script = ROOT / path
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        chdir(folder),
        patch.object(sys, "argv", [str(script), *map(str, arguments)]),
        patch.object(sys, "path", [str(script.parent), *sys.path]),
        patch.dict(os.environ, {"PYTHONPATH": str(ROOT)}),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as end:
            code = end.code
        except Exception:
            traceback.print_exc()
            code = 1
    if isinstance(code, str):
        err.write(f"{code}\n")
    returncode = code if isinstance(code, int) else int(code is not None)
    return Done(returncode, out.getvalue(), err.getvalue())
