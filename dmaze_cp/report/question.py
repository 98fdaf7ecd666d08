"""What a question about a network has found, whichever question it was."""

from __future__ import annotations

from collections.abc import Iterator

from dmaze_cp.perturbation import Sensitivity
from dmaze_cp.report.blocks import Block
from dmaze_cp.report.sensitivity import render_sensitivity, sensitivity_blocks
from dmaze_cp.report.suffixes import Format
from dmaze_cp.report.tradeoff import render_tradeoff, tradeoff_blocks
from dmaze_cp.tradeoff import WorkloadFront


def render_question(found: Sensitivity | WorkloadFront, form: Format) -> str:
    """Its text in a format, with a line break at its end."""
    if isinstance(found, Sensitivity):
        return render_sensitivity(found, form)
    return render_tradeoff(found, form)


def question_blocks(found: Sensitivity | WorkloadFront) -> Iterator[Block]:
    """What a terminal shows."""
    if isinstance(found, Sensitivity):
        return sensitivity_blocks(found)
    return tradeoff_blocks(found)
