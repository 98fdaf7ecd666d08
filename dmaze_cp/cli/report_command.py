"""`dmaze-cp report`: a result as one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from dmaze_cp.cli.output import OutputFile
from dmaze_cp.cli.parameters import output_option
from dmaze_cp.errors import SpecError


@click.command("report")
@click.argument("result")
@output_option("Write the page to FILE (default: RESULT with the suffix .html).")
def report_command(result: str, output: str | None) -> None:
    """Write RESULT as one HTML page that needs no network.

    RESULT is a JSON file: the result of `dmaze-cp map -o`, a comparison of several, or a
    sweep. The page has sortable tables and plots, and shows the tiling and the loop nest
    of each layer.

    \b
    Examples:
      dmaze-cp map resnet18 -o result.json
      dmaze-cp report result.json -o report.html
    """  # noqa: D301 (click needs the character)
    target = OutputFile(output if output is not None else _default_output(result))
    target.check(inputs=(result,))
    from dmaze_cp.report.html import html_page
    from dmaze_cp.spec.files import load_spec_object

    document = load_spec_object(Path(result), (".json",))
    try:
        page = html_page(document)  # type: ignore[arg-type]  # it says so if it is no object
    except SpecError as error:
        raise error.inside(result) from None
    target.write(page)
    if not target.is_stdout:
        click.echo(f"wrote {target.path}", err=True)


def _default_output(result: str) -> str:
    return str(Path(result).with_suffix(".html")) if Path(result).name else f"{result}.html"
