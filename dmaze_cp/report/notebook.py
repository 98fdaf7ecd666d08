"""What a notebook shows of an object: its report as a fragment of HTML."""

from __future__ import annotations

from functools import singledispatch

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.result import SweepResult
from dmaze_cp.perturbation import Sensitivity
from dmaze_cp.report.blocks import Heading, facts
from dmaze_cp.report.fragment import html_fragment
from dmaze_cp.report.layer import layer_blocks, shape_notes
from dmaze_cp.report.machine import architecture_rows
from dmaze_cp.report.network import network_blocks
from dmaze_cp.report.sensitivity import sensitivity_blocks
from dmaze_cp.report.sweep_blocks import sweep_blocks
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.tradeoff import tradeoff_blocks
from dmaze_cp.report.workload import workload_blocks
from dmaze_cp.result import LayerResult, WorkloadResult
from dmaze_cp.tradeoff import WorkloadFront
from dmaze_cp.workload import Layer, Workload


@singledispatch
def html(noun: object) -> str:
    """The HTML of a layer, a network, a result of either, a sweep or an accelerator.

    For ``_repr_html_``. It needs no script, and shows all names as text.

    Raises
    ------
    TypeError
        When there is no report of such objects.
    """
    raise TypeError(f"no report of a {type(noun).__name__}")


@html.register
def _(noun: LayerResult) -> str:
    return html_fragment(layer_blocks(noun))


@html.register
def _(noun: WorkloadResult) -> str:
    return html_fragment(network_blocks(noun))


@html.register
def _(noun: SweepResult) -> str:
    return html_fragment(sweep_blocks(Sweep(noun)))


@html.register
def _(noun: Sensitivity) -> str:
    return html_fragment(sensitivity_blocks(noun))


@html.register
def _(noun: WorkloadFront) -> str:
    return html_fragment(tradeoff_blocks(noun))


@html.register
def _(noun: Workload) -> str:
    return html_fragment(workload_blocks(noun))


@html.register
def _(noun: Layer) -> str:
    return html_fragment((Heading(noun.name, main=True), *shape_notes(noun)))


@html.register
def _(noun: Architecture) -> str:
    return html_fragment((Heading(noun.name, main=True), facts(*architecture_rows(noun))))
