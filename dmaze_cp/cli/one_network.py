"""What commands share that ask one question of the layers of one network on one accelerator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dmaze_cp.cli.completing import architectures_and_files, layer_names, models_and_files
from dmaze_cp.cli.output import OutputFile, OutputFolder, say_written, show
from dmaze_cp.cli.parameters import output_option, shapes_dictionary
from dmaze_cp.cli.questions import collected, say_remarks
from dmaze_cp.cli.search_options import constraint_rules, stacked
from dmaze_cp.cli.selection import select_layers
from dmaze_cp.cli.settings import OneSetting
from dmaze_cp.cli.store_option import store_files
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.report.suffixes import QUESTION_SUFFIXES, Format, format_of

if TYPE_CHECKING:
    from dmaze_cp.architecture import Architecture
    from dmaze_cp.constraints import ConstraintRules
    from dmaze_cp.perturbation import Sensitivity
    from dmaze_cp.tradeoff import WorkloadFront
    from dmaze_cp.workload import Workload

_Function = TypeVar("_Function", bound=Callable[..., Any])


def network_options() -> Callable[[_Function], _Function]:
    """``MODEL``, ``--layer`` and ``--arch``."""
    return stacked(
        click.argument("model", shell_complete=models_and_files),
        click.option(
            "--layer",
            "layers",
            multiple=True,
            shell_complete=layer_names,
            metavar="L",
            help="Layer: a name, else an index from 0, else a glob. May be repeated; all without "
            "it.",
        ),
        click.option(
            "--arch",
            cls=OneSetting,
            shell_complete=architectures_and_files,
            default="default",
            show_default=True,
            metavar="A",
            help="Accelerator: a built-in name (see `dmaze-cp archs`) or a spec file.",
        ),
    )


def result_options(plots: str) -> Callable[[_Function], _Function]:
    """``-o``, ``--format`` and ``--plots`` (which are of `plots`)."""
    return stacked(
        output_option(
            "Write the result to FILE, instead of tables on standard output: .csv, .md, .txt and "
            ".html (a page) by suffix, every other FILE as JSON."
        ),
        click.option(
            "--format",
            "form",
            type=click.Choice(["table", "json", "csv", "markdown", "page"]),
            help="Form of the result, whatever the suffix of FILE.",
        ),
        click.option(
            "--plots",
            metavar="FOLDER",
            help=f"Write {plots} to FOLDER, as PNG and SVG. Needs the extra `plot`.",
        ),
    )


@dataclass(frozen=True)
class Asked:
    """What is asked, and where the answer goes.

    Attributes
    ----------
    workload
        The chosen layers.
    architecture, rules
        What they are mapped onto, and within which limits.
    form, output, folder
        The form of the answer, its file if there is one, and the folder of its plots.
    """

    workload: Workload
    architecture: Architecture
    rules: ConstraintRules
    form: Format
    output: OutputFile | None
    folder: OutputFolder | None

    def write(self, found: Sensitivity | WorkloadFront) -> None:
        """Show or write the answer, and write its plots."""
        from dmaze_cp.report.nouns import report_of

        report = report_of(found)
        written = show(report, self.form, self.output)
        if written is not None:
            say_written(written, interrupted=found.interrupted)
        if self.folder is not None:
            from dmaze_cp.report.plots import figure_files

            self.folder.write(figure_files(report.figures()))


def _plots_folder(path: str | None) -> OutputFolder | None:
    """Where plots go; plots need an extra."""
    if path is None:
        return None
    from dmaze_cp.report.plots import require_matplotlib

    require_matplotlib()
    return OutputFolder(path, "--plots")


def asked(
    options: dict[str, Any],
    further: Callable[[Architecture], Iterable[Problem]] = lambda _architecture: (),
) -> Asked:
    """What is asked by the options above, and those of constraints.

    Parameters
    ----------
    options
        Of the command; with those of the store, its files are not written over either.
    further
        What else may be wrong, which depends on the accelerator.

    Raises
    ------
    SpecError
        With all that is wrong.
    """
    from dmaze_cp.loading import load_architecture, load_workload
    from dmaze_cp.pinning import rule_problems
    from dmaze_cp.search.reaching import unreachable
    from dmaze_cp.spec.reading import files_read

    wanted = None if options["form"] is None else Format(options["form"])
    form = format_of(options["output"], wanted, QUESTION_SUFFIXES)
    output = None if options["output"] is None else OutputFile(options["output"])
    folder = _plots_folder(options["plots"])
    problems: list[Problem] = []
    shapes = shapes_dictionary(options["shapes"])
    architecture, chosen = None, None
    with files_read() as files:
        with collected(problems):
            architecture = load_architecture(options["arch"])
            say_remarks(architecture)
        with collected(problems):
            workload = load_workload(options["model"], batch=options["batch"], shapes=shapes)
            (chosen,) = select_layers([workload], options["layers"])
    if architecture is not None:
        problems += further(architecture)
    if "store" in options:
        files = [*files, *store_files(options["store"], options["no_store"])]
    with collected(problems):
        if output is not None:
            output.check(files)
    with collected(problems):
        if folder is not None:
            folder.prepare()
    rules = constraint_rules(options, problems)
    if chosen is not None and architecture is not None and not problems:
        problems += rule_problems([chosen], rules)
        problems += unreachable([chosen], [architecture], rules)
    if problems or architecture is None or chosen is None:
        raise SpecError(dict.fromkeys(problems))
    return Asked(chosen, architecture, rules, form, output, folder)
