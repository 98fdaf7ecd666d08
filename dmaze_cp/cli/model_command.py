"""`dmaze-cp model`: the CP-SAT model of a layer, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dmaze_cp.cli.completing import architectures_and_files, layer_names, models_and_files
from dmaze_cp.cli.output import OutputFile
from dmaze_cp.cli.parameters import batch_option, shape_option, shapes_dictionary
from dmaze_cp.cli.questions import collected, say_remarks
from dmaze_cp.cli.search_options import constraint_options, constraint_rules
from dmaze_cp.cli.selection import select_layers
from dmaze_cp.errors import InfeasibleError, Problem, SpecError
from dmaze_cp.objective import Objective


@click.command("model")
@click.argument("model", shell_complete=models_and_files)
@click.option(
    "--layer",
    required=True,
    metavar="L",
    shell_complete=layer_names,
    help="Layer: a name, else an index from 0.",
)
@click.option(
    "--arch",
    shell_complete=architectures_and_files,
    default="default",
    show_default=True,
    metavar="A",
    help="Accelerator: a built-in name (see `dmaze-cp archs`) or a spec file.",
)
@click.option(
    "--objective",
    type=click.Choice([str(o) for o in Objective]),
    default="edp",
    show_default=True,
    help="What the model minimises.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="Write the model to FILE: as text if it ends with .txt, else binary. `-` is standard "
    "output.",
)
@batch_option
@shape_option
@constraint_options
def model_command(**options: Any) -> None:
    """Write one CP-SAT model of all mappings of a layer of MODEL.

    MODEL is an .onnx file, a spec file (YAML or JSON) or a built-in name (see
    `dmaze-cp models`).

    The tiling factors are its variables (DRAM_N, SPM_N, RF_N, PE_N, ...), the dataflow
    is a decision, and no mapping is left out. Its objective is in pJ, accelerator cycles,
    or pJ times cycles. Its optimum is at most that of the layer, and close to it: the
    numbers of the model are integers, rounded down.

    \b
    Examples:
      dmaze-cp model bert_base --layer encoder.query -o query.pb
      dmaze-cp model resnet18 --layer 3 --arch edge --objective latency -o conv.txt
    """  # noqa: D301 (click needs the character)
    from dmaze_cp.loading import load_architecture, load_workload
    from dmaze_cp.pinning import rule_problems
    from dmaze_cp.search.reaching import unreachable

    problems: list[Problem] = []
    output = OutputFile(options["output"])
    with collected(problems):
        files = [options[name] for name in ("model", "arch", "constraints") if options[name]]
        output.check(inputs=files)
    with collected(problems):
        arch = load_architecture(options["arch"])
        say_remarks(arch)
    with collected(problems):
        shapes = shapes_dictionary(options["shapes"])
        workload = load_workload(options["model"], batch=options["batch"], shapes=shapes)
        (selected,) = select_layers([workload], [options["layer"]])
        if len(selected) != 1:
            found = f"{options['layer']!r}, {len(selected)} layers"
            problems.append(Problem("--layer", found, "one layer"))
        layer = selected.layers[0]
    rules = constraint_rules(options, problems)
    if not problems:
        problems += rule_problems([selected], rules)
        problems += unreachable([selected], [arch], rules)
    if problems:
        raise SpecError(problems)
    from dmaze_cp.cp.whole import whole_model
    from dmaze_cp.mapspace import build, why_infeasible

    reason = why_infeasible(arch)
    if reason is not None:
        raise InfeasibleError(f"{layer.name}: infeasible on {arch.name}: {reason}")
    space = build(layer, arch, rules.of(layer))
    if space.is_empty:
        raise InfeasibleError(f"{layer.name}: no mapping on {arch.name} within {rules.of(layer)}")
    written = whole_model(space, Objective(options["objective"]))
    output.write(written.content(text=Path(options["output"]).suffix == ".txt"))
