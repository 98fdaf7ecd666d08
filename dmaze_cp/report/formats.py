"""Results in the formats that they can be written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from dmaze_cp.digest import with_digest
from dmaze_cp.given import Distance, distance_record
from dmaze_cp.report.blocks import Block, Blocks
from dmaze_cp.report.comparison import comparison_blocks, comparison_records
from dmaze_cp.report.csv_file import rows_csv
from dmaze_cp.report.distance import distance_blocks
from dmaze_cp.report.layer import layer_blocks
from dmaze_cp.report.markdown import markdown
from dmaze_cp.report.network import network_blocks
from dmaze_cp.report.rows import Rows, comparison_rows, layer_rows
from dmaze_cp.report.suffixes import Format
from dmaze_cp.report.terminal import text_of
from dmaze_cp.result import WorkloadResult, result_record
from dmaze_cp.spec.documents import Record
from dmaze_cp.spec.mapping_files import RESULTS_SCHEMA


def render(
    results: Sequence[WorkloadResult],
    form: Format,
    *,
    only_summary: bool = False,
    compared: Sequence[Distance] = (),
) -> str:
    """The text of results in a format, with a line break at its end.

    Parameters
    ----------
    compared
        Given mappings that are shown beside the best ones; CSV has no place for them.
    only_summary
        Of one result, leave out the layers' own reports (table) or their loops (Markdown); of
        several, write the comparison alone. CSV has then a row for each network, accelerator
        and objective. JSON always has everything.
    """
    loops = form is Format.MARKDOWN
    return written(
        form,
        lambda: _record(results, compared),
        lambda: (comparison_rows if only_summary else layer_rows)(results),
        lambda: [*_report(results, only_summary, loops=loops), *distance_blocks(compared)],
    )


def _record(results: Sequence[WorkloadResult], compared: Sequence[Distance]) -> Record:
    records = []
    for result in results:
        record, layers = result_record(result), {id(layer) for layer in result.layers}
        own = [distance_record(each) for each in compared if id(each.result) in layers]
        records.append(with_digest({**record, "compared": own}) if own else record)
    return records[0] if len(records) == 1 else _results_record(results, records)


def _report(
    results: Sequence[WorkloadResult], only_summary: bool, *, loops: bool
) -> Iterator[Block]:
    """Layers in full or their loops, summaries, and the comparison."""
    single = len(results) == 1
    for result in results if single or not only_summary else ():
        for layer in result if single and not only_summary and not loops else ():
            yield from layer_blocks(layer)
        yield from network_blocks(result, mappings=loops and not only_summary)
    yield from comparison_blocks(results)


def results_record(results: Sequence[WorkloadResult]) -> Record:
    """Several results and their comparison (schema ``dmaze-cp/results/1``)."""
    return _results_record(results, [result_record(result) for result in results])


def _results_record(results: Sequence[WorkloadResult], records: Sequence[Record]) -> Record:
    record = {
        "schema": RESULTS_SCHEMA,
        "results": list(records),
        "comparison": comparison_records(results),
    }
    return with_digest(record)


def written(
    form: Format,
    record: Callable[[], object],
    flat: Callable[[], Rows],
    blocks: Callable[[], Blocks],
) -> str:
    """A noun in a format, from its record, its rows or its blocks."""
    match form:
        case Format.JSON:
            return json.dumps(record(), indent=1, allow_nan=False) + "\n"
        case Format.CSV:
            return rows_csv(flat())
        case Format.MARKDOWN:
            return markdown(blocks())
        case _:
            return text_of(blocks())
