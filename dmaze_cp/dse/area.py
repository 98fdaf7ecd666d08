"""Chip area of an architecture: a simple model to be replaced by a better one."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Final, Protocol

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.capacity import MAX_FIGURE, ByCapacity, OutOfRangeError, PerByte, is_interpolated
from dmaze_cp.dse.quantities import QUANTITIES, quantities
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.levels import RF, SPM
from dmaze_cp.spec.expressions import ExpressionError, evaluate_expression, parse_expression


class AreaModel(Protocol):
    """The area of an architecture; any callable of this form will do."""

    def __call__(self, architecture: Architecture, /) -> float | None:
        """Area in mm2, or None where the model gives none.

        Raises
        ------
        OutOfRangeError
            When the model says nothing about such an architecture: the design is left out.
        """


@dataclass(frozen=True)
class LinearArea:
    """``pes * (pe + rf(rf_bytes)) + spm(bytes of both buffers) + fixed``, in mm2.

    Attributes
    ----------
    pe_mm2
        One PE without its RF: multiply-accumulate unit, control, its part of the NoC.
    rf_mm2
        One RF, by its bytes.
    spm_mm2
        The scratchpad, by the bytes of both buffers.
    fixed_mm2
        Whatever does not grow with the rest: top-level control, DMA, I/O.

    Raises
    ------
    SpecError
        When an area is no number from 0 to 1e12.

    Notes
    -----
    The defaults are rough, and for 65 nm. They make an accelerator of Eyeriss's size (168 PEs,
    512 bytes of RF in each, 108 KiB of scratchpad) as large as Eyeriss's core: 3.5 mm x 3.5 mm =
    12.25 mm2 (Chen et al., IEEE JSSC 52(1), 2017). How these 12.25 mm2 are split is an
    assumption: scratchpad at 15 um2 a byte, RFs (small, with many ports for their size) at four
    times as much, 0.02 mm2 for the rest of a PE, and what is left as the fixed part. Word size
    and clocks play no part. Use figures of your own for anything but a first look.
    """

    pe_mm2: float = 0.02
    rf_mm2: ByCapacity = PerByte(60e-6)  # noqa: RUF009 - frozen
    spm_mm2: ByCapacity = PerByte(15e-6)  # noqa: RUF009 - frozen
    fixed_mm2: float = 2.07

    def __post_init__(self) -> None:
        problems = [
            Problem(name, repr(area), "a number from 0 to 1e12")
            for name, area in (("pe_mm2", self.pe_mm2), ("fixed_mm2", self.fixed_mm2))
            if not 0 <= area <= 1e12
        ]
        if problems:
            raise SpecError(problems)

    def interpolated(self, architecture: Architecture) -> tuple[str, ...]:
        """The areas of memories that lie between entries of a table."""
        found = {
            name: any(is_interpolated(figures, size) for size in sizes)
            for name, figures, sizes in (
                ("rf_mm2", self.rf_mm2, _rf_sizes(architecture)),
                ("spm_mm2", self.spm_mm2, _spm_sizes(architecture)),
            )
        }
        return tuple(name for name, between in found.items() if between)

    def __call__(self, architecture: Architecture, /) -> float:
        """Area in mm2.

        Raises
        ------
        OutOfRangeError
            When a capacity is outside a table.
        """
        rf = sum(_area_at(RF, self.rf_mm2, size) for size in _rf_sizes(architecture))
        spm = sum(_area_at(SPM, self.spm_mm2, size) for size in _spm_sizes(architecture))
        return architecture.pe_count * (self.pe_mm2 + rf) + spm + self.fixed_mm2


def _rf_sizes(architecture: Architecture) -> list[int]:
    """Bytes of every memory of one PE: each pool is one."""
    return [pool.size for pool in architecture.rf_pools]


def _spm_sizes(architecture: Architecture) -> list[int]:
    """Bytes of every scratchpad, both buffers: each pool is one."""
    return [2 * pool.size * architecture.spm_bank_bytes for pool in architecture.spm_pools]


@dataclass(frozen=True)
class FormulaArea:
    """Area by a formula over the sizes of an accelerator, such as ``0.05 * pes + 2``.

    It may use the names of `dmaze_cp.dse.quantities.QUANTITIES` but ``area_mm2``.

    Raises
    ------
    SpecError
        When the text is no formula (see `dmaze_cp.spec.expressions`).
    """

    text: str
    tree: ast.expr = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [name for name in QUANTITIES if name != "area_mm2"]
        tree = parse_expression(self.text, names, condition=False)
        object.__setattr__(self, "tree", tree)

    def __call__(self, architecture: Architecture, /) -> float:
        """Area in mm2.

        Raises
        ------
        OutOfRangeError
            When the formula gives none, or one that is not from 0 to 1e12.
        """
        try:
            area = float(evaluate_expression(self.tree, quantities(architecture)))
        except (ExpressionError, OverflowError) as error:
            raise OutOfRangeError(f"area: {self.text!r} gives {error}") from None
        if not 0 <= area <= MAX_FIGURE:
            raise OutOfRangeError(f"area: {self.text!r} gives {area:.6g}")
        return area


def no_area(architecture: Architecture, /) -> None:
    """The model that gives no area."""


DEFAULT_AREA: Final = LinearArea()
"""Rough coefficients for 65 nm: see `LinearArea`."""


def _area_at(memory: str, figures: ByCapacity, capacity_bytes: int) -> float:
    try:
        return figures.at(capacity_bytes)
    except OutOfRangeError as error:
        hint = f"area.{memory.lower()}_mm2 of the design space gives it"
        subject = f"{memory} area"
        raise OutOfRangeError(f"{subject}: {error}: {hint}", subject) from None
