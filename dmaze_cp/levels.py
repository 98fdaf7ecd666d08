"""The levels of the machine and the operands of a layer: their names, and what follows from them.

Data and operands move between DRAM, the shared scratchpad (SPM), and the register files (RF) of the
processing elements (PE). Everything else says `SPM` or `WEIGHTS`, not how it is spelt in files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

DRAM: Final = "DRAM"
SPM: Final = "SPM"
RF: Final = "RF"
PE: Final = "PE"

LEVELS: Final = (DRAM, SPM, RF, PE)
"""Levels a loop can be tiled at; DRAM, SPM and RF loops run in time, PE loops in space."""

ORDERED_LEVELS: Final = (DRAM, SPM)
"""Levels at which the order of loops matters."""

PE_ROWS: Final = "PE_rows"
PE_COLS: Final = "PE_cols"

AXES_OF_ARRAY: Final = (PE_ROWS, PE_COLS)
"""Parts of the PE loops on an array with rows and columns: their product is the PE factor."""

ARRAY: Final = "array"
"""The tile that all PEs hold together."""

TILES: Final[Mapping[str, tuple[str, ...]]] = {
    RF: (RF,),
    ARRAY: (RF, PE),
    SPM: (RF, PE, SPM),
}
"""The tiles that cost money, and the levels whose factors multiply to their extents."""

OUTPUT: Final = "O"
INPUT: Final = "I"
WEIGHTS: Final = "W"

OPERANDS: Final = (OUTPUT, INPUT, WEIGHTS)
"""Output, input and weights: the first is read and written, the others are read."""

Operand = Literal["O", "I", "W"]
"""One of them, as a type."""

NONE: Final = "none"
"""No operand, where one could be stationary."""

Stationary = Literal["O", "I", "W", "none"]
"""What can be, as a type."""

MAC: Final = "MAC"
NOC: Final = "NoC"
LEAKAGE: Final = "leakage"

COMPONENTS: Final = (MAC, RF, NOC, SPM, DRAM)
"""Where energy goes on every accelerator (`LEAKAGE` is where it also goes on one that leaks)."""
