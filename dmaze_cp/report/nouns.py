"""What is reported of each noun: the one place for another noun, or another form of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from dmaze_cp.architecture import Architecture
from dmaze_cp.digest import with_digest
from dmaze_cp.dse.result import SweepResult
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.given import Distance, distance_record
from dmaze_cp.perturbation import Sensitivity
from dmaze_cp.perturbation.sensitivity_files import sensitivity_record
from dmaze_cp.report.blocks import Block, Heading, Page, facts
from dmaze_cp.report.comparison import comparison_blocks
from dmaze_cp.report.design_figures import print_figures
from dmaze_cp.report.distance import distance_blocks
from dmaze_cp.report.formats import Report, written
from dmaze_cp.report.fragment import html_fragment
from dmaze_cp.report.frames import rows_frame
from dmaze_cp.report.layer import further_blocks, layer_blocks, shape_notes
from dmaze_cp.report.machine import architecture_rows
from dmaze_cp.report.network import network_blocks
from dmaze_cp.report.network_page import results_page
from dmaze_cp.report.rows import Rows, comparison_rows, layer_rows, workload_rows
from dmaze_cp.report.sensitivity import sensitivity_blocks, sensitivity_rows, tornados
from dmaze_cp.report.suffixes import Format
from dmaze_cp.report.sweep_blocks import sweep_blocks
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_page import sweep_page
from dmaze_cp.report.sweep_rows import sweep_rows, sweep_sheets
from dmaze_cp.report.tradeoff import tradeoff_blocks, tradeoff_figures, tradeoff_rows
from dmaze_cp.report.tradeoff_page import tradeoff_page
from dmaze_cp.report.words import in_sentence
from dmaze_cp.report.workload import workload_blocks
from dmaze_cp.result import LayerResult, WorkloadResult, result_record, results_record
from dmaze_cp.spec.documents import Record
from dmaze_cp.spec.workload_files import workload_record
from dmaze_cp.tradeoff import WorkloadFront, front_record
from dmaze_cp.workload import Layer, Workload

if TYPE_CHECKING:
    from pandas import DataFrame


def render(noun: object, form: Format, **options: Any) -> Any:
    """A noun in a format, as `written` does; options are those of its report."""
    return written(report_of(noun, **options), form)


def html(noun: object) -> str:
    """A noun as notebooks show it."""
    return html_fragment(report_of(noun).blocks())


def frame(noun: object) -> DataFrame:
    """The rows of a noun as a data frame."""
    return rows_frame(report_of(noun).rows())


@singledispatch
def report_of(noun: object, **_options: Any) -> Report:
    """The report of a layer, a network, an accelerator, or of what a question has found.

    Results and sweeps have options: those of `results_report` and `sweep_report`.

    Raises
    ------
    TypeError
        When there is no report of such objects.
    """
    raise TypeError(f"no report of a {type(noun).__name__}")


@report_of.register
def _(noun: Architecture) -> Report:
    return Report(lambda: (Heading(noun.name, main=True), facts(*architecture_rows(noun))))


@report_of.register
def _(noun: Layer) -> Report:
    return Report(lambda: (Heading(noun.name, main=True), *shape_notes(noun)))


@report_of.register
def _(noun: Workload) -> Report:
    return Report(
        lambda: workload_blocks(noun),
        record=lambda: workload_record(noun),
        rows=lambda: workload_rows(noun),
    )


@report_of.register
def _(noun: LayerResult) -> Report:
    def rows() -> Rows:
        alone = Workload("", (noun.layer,))
        found = layer_rows([WorkloadResult(alone, noun.architecture, (noun.objective,), (noun,))])
        return replace(found, columns=tuple(name for name in found.columns if name != "model"))

    return Report(lambda: layer_blocks(noun), rows=rows)


@report_of.register
def _(noun: WorkloadResult) -> Report:
    return replace(results_report([noun]), blocks=lambda: network_blocks(noun))


@report_of.register(tuple)
@report_of.register(list)
def results_report(
    results: Sequence[WorkloadResult],
    *,
    only_summary: bool = False,
    compared: Sequence[Distance] = (),
) -> Report:
    """The report of one result, or of several and their comparison.

    Parameters
    ----------
    only_summary
        Of one result, leave out the layers' own reports (table) or their loops (Markdown); of
        several, write the comparison alone. CSV has then a row for each network, accelerator
        and objective. JSON always has everything.
    compared
        Given mappings that are shown beside the best ones; CSV has no place for them.
    """
    single = len(results) == 1

    def blocks(*, in_full: bool, loops: bool) -> Iterator[Block]:
        for result in results if single or not only_summary else ():
            for layer in result:
                yield from (layer_blocks if in_full else further_blocks)(layer)
            yield from network_blocks(result, mappings=loops)
        yield from comparison_blocks(results)
        yield from distance_blocks(compared)

    return Report(
        blocks=lambda: blocks(in_full=single and not only_summary, loops=False),
        document=lambda: blocks(in_full=False, loops=not only_summary),
        page=lambda: results_page(results),
        record=lambda: _results_record(results, compared),
        rows=lambda: (comparison_rows if only_summary else layer_rows)(results),
    )


def _results_record(results: Sequence[WorkloadResult], compared: Sequence[Distance]) -> Record:
    """A result, or several and their comparison."""
    records = []
    for result in results:
        record, layers = result_record(result), {id(layer) for layer in result.layers}
        own = [distance_record(each) for each in compared if id(each.result) in layers]
        records.append(with_digest({**record, "compared": own}) if own else record)
    if len(records) == 1:
        return records[0]
    return results_record(results, records)


@report_of.register(SweepResult)
def sweep_report(noun: SweepResult, *, details: bool = False) -> Report:
    """The report of a sweep; with `details` its record has the layers of every design."""
    sweep = Sweep(noun)
    over = f" over {', '.join(sweep.swept)}" if sweep.swept else ""
    kind = "Pareto sweep" if noun.pareto else "sweep"
    about = f"{kind}{over}; least {in_sentence(noun.objective)}"
    return Report(
        blocks=lambda: sweep_blocks(sweep),
        page=lambda: Page(noun.space.name, about, sweep_page(sweep)),
        record=lambda: sweep_record(noun, details=details),
        rows=lambda: sweep_rows(sweep),
        sheets=lambda: sweep_sheets(sweep),
        figures=lambda: {figure.name: figure for figure in print_figures(sweep)},
    )


@report_of.register
def _(noun: Sensitivity) -> Report:
    about = f"least {in_sentence(noun.objective)} as one figure of {noun.architecture.name}"
    about += " changes, all else equal"
    return Report(
        blocks=lambda: sensitivity_blocks(noun),
        page=lambda: Page(noun.workload.name, about, sensitivity_blocks(noun)),
        record=lambda: sensitivity_record(noun),
        rows=lambda: sensitivity_rows(noun),
        figures=lambda: tornados(noun),
    )


@report_of.register
def _(noun: WorkloadFront) -> Report:
    about = f"energy and latency on {noun.architecture.name}"
    return Report(
        blocks=lambda: tradeoff_blocks(noun),
        page=lambda: Page(noun.workload.name, about, tradeoff_page(noun)),
        record=lambda: front_record(noun),
        rows=lambda: tradeoff_rows(noun),
        figures=lambda: tradeoff_figures(noun),
    )
