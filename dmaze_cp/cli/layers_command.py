"""`dmaze-cp layers`: list a model's layers."""

from __future__ import annotations

import click

from dmaze_cp.cli.completing import models_and_files
from dmaze_cp.cli.output import OutputFile, show
from dmaze_cp.cli.parameters import (
    batch_option,
    json_option,
    output_option,
    shape_option,
    shapes_dictionary,
)
from dmaze_cp.report.suffixes import Format


@click.command("layers")
@click.argument("model", shell_complete=models_and_files)
@output_option("Write the list to FILE, as JSON unless --format says otherwise.")
@json_option
@batch_option
@shape_option
def layers_command(
    model: str,
    output: str | None,
    form: str | None,
    batch: int | None,
    shapes: tuple[tuple[str, int], ...],
) -> None:
    """List the layers of MODEL and the operators that are not mapped.

    MODEL is an .onnx file, a spec file (YAML or JSON) or a built-in name (see
    `dmaze-cp models`). Equal layers are listed once, with their number.

    \b
    Examples:
      dmaze-cp layers resnet18
      dmaze-cp layers gpt2 --shape tokens=1 --shape cached=511 --batch 8
      dmaze-cp layers net.onnx --shape seq_len=128 --batch 1
    """  # noqa: D301 (click needs the character)
    sizes = shapes_dictionary(shapes)
    from dmaze_cp.loading import load_workload
    from dmaze_cp.spec.reading import files_read

    with files_read() as files:
        workload = load_workload(model, batch=batch, shapes=sizes)
    from dmaze_cp.report.nouns import report_of

    target = None if output is None else OutputFile(output)
    if target is not None:
        target.check(files)
    wanted = Format(form or ("table" if output is None else "json"))
    show(report_of(workload), wanted, target)
