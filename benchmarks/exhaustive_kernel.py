"""The search of `exhaustive_search.py` in C, where there is a compiler.

`exhaustive_kernel.c` is compiled when it is first needed, into a folder that is gone
again with the process. Arithmetic is that of the arrays: 64-bit integers, doubles in
the same order, no fused multiply-add. EDPs are compared in 128-bit integers.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from exhaustive_space import COLUMNS, OPERANDS, Problem

SOURCE = Path(__file__).with_name("exhaustive_kernel.c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")
DEPTH = 5

_INT, _DOUBLE = ctypes.c_int64, ctypes.c_double
_COUNTS = ("pes", "rf_words", "banks", "bank_bytes", "word_bytes", "macs")
_FIGURES = ("startup", "per_byte", "ratio", "mac", "rf", "noc", "spm", "dram", "leakage")
_LEAST = ("min_pes", "min_rf", "min_spm")


class _Problem(ctypes.Structure):
    _fields_ = (
        ("groups", _INT),
        ("options", _INT * DEPTH),
        ("axes", _INT * 3),
        ("walk", _INT * 4 * 3),
        *((name, _INT) for name in _COUNTS),
        *((name, _DOUBLE) for name in (*_FIGURES, *_LEAST)),
    )


class _Best(ctypes.Structure):
    _fields_ = (
        ("tilings", _INT),
        ("energy", _DOUBLE),
        ("latency", _INT),
        ("edp_energy", _DOUBLE),
        ("edp_latency", _INT),
    )


class Kernel:
    """The compiled search."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._search = library.search
        self._search.restype = None

    def search(self, problem: Problem) -> tuple[int, int | None, int | None, int | None]:
        """Number of valid tilings, and the best energy, latency and EDP (None: nothing fits)."""
        tables = [np.stack([t[c] for c in COLUMNS], axis=1) for t in problem.tables()]
        # The widest group last: the innermost loop is the longest.
        order = sorted(range(len(tables)), key=lambda g: len(tables[g]))
        arch, energy = problem.arch, problem.arch["energy"]
        given = _Problem(groups=len(tables), macs=problem.macs, rf_words=problem.rf_words)
        for depth, g in enumerate(order):
            given.options[depth] = len(tables[g])
        for k, x in enumerate(OPERANDS):
            walk = [order.index(g) for g in problem.nest.walk(x)]
            given.axes[k] = len(walk)
            given.walk[k][: len(walk)] = walk
        given.pes, given.banks = arch["pes"], arch["spm_banks"]
        given.bank_bytes, given.word_bytes = arch["spm_bank_bytes"], arch["word_bytes"]
        given.startup, given.per_byte = arch["dma_startup_cycles"], arch["dma_cycles_per_byte"]
        given.ratio = arch["accelerator_mhz"] / arch["dma_mhz"]
        given.leakage = arch.get("leakage_mw", 0) * 1000 / arch["accelerator_mhz"]
        for name in ("mac", "rf", "noc", "spm", "dram"):
            setattr(given, name, energy[name + "_pj"])
        for name, level in zip(_LEAST, ("PE", "RF", "SPM"), strict=True):
            setattr(given, name, problem.least(level))
        best = _Best(0, np.inf, 2**63 - 1, 2.0**62, 2**63 - 1)
        pointers = (ctypes.c_void_p * len(tables))(*(tables[g].ctypes.data for g in order))
        self._search(ctypes.byref(given), pointers, ctypes.byref(best))
        if not best.tilings:
            return 0, None, None, None
        edp = int(best.edp_energy) * best.edp_latency
        return best.tilings, int(best.energy), best.latency, edp


@cache
def load() -> Kernel | None:
    """The compiled search; None without a C compiler (`cc`, or what ``CC`` names)."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return None
    folder = tempfile.mkdtemp(prefix="exhaustive-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = Path(folder) / "kernel.so"
    command = [compiler, *FLAGS, str(SOURCE), "-o", str(library), "-lm"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    return Kernel(ctypes.CDLL(str(library)))
