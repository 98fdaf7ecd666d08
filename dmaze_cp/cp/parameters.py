"""Settings of the solver: any of CP-SAT's parameters that leaves its proofs what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dmaze_cp.errors import Problem, SpecError

if TYPE_CHECKING:
    from ortools.sat.python.cp_model_helper import SatParameters

DEFAULTS: Final = {
    "cp_model_presolve": "false",
    "cp_model_probing_level": "0",
    "linearization_level": "0",
    "use_implied_bounds": "false",
    "use_sat_inprocessing": "false",
    "presolve_inclusion_work_limit": "0",
    "catch_sigint_signal": "false",
}
"""Measured: `docs/performance.md`. Presolve takes longer than the search that it is to help."""

REFUSED: Final = {
    "max_time_in_seconds": "--time-limit sets it",
    "num_workers": "--workers sets it",
    "num_search_workers": "--workers sets it",
    "random_seed": "--seed sets it",
    "log_*": "--solver-log sets it",
    "catch_sigint_signal": "an interrupt is the program's to answer",
    "*gap_limit*": "the solver would stop before the proof",
    "max_deterministic_time": "the solver would stop before the proof",
    "max_num_deterministic_batches": "the solver would stop before the proof",
    "max_number_of_conflicts": "the solver would stop before the proof",
    "max_memory_in_mb": "the solver would stop before the proof",
    "stop_after_*": "the solver would stop before the proof",
    "enumerate_all_solutions": "the solver would not prove an optimum",
    "fix_variables_to_their_hinted_value": "the answer would hold near the hint only",
    "use_lns_only": "the solver would not prove anything",
    "use_ls_only": "the solver would not prove anything",
    "subsolvers": "the solvers left might not prove anything",
    "extra_subsolvers": "the solvers left might not prove anything",
    "ignore_subsolvers": "the solvers left might not prove anything",
    "filter_subsolvers": "the solvers left might not prove anything",
    "subsolver_params": "it sets parameters past these checks",
    "debug_*": "the solver might end the program",
    "*_lrat_*": "it writes files or ends the program",
    "*_drat_*": "it writes files or ends the program",
    "presolve_inclusion_work_limit": "with it OR-tools 9.15 finds feasible models infeasible",
    "mip_*": "models are in integers",
    "only_solve_ip": "models are in integers",
    "name": "it has no effect",
}
"""Parameters that are not taken, and why."""

SUGGESTIONS: Final = 3


@dataclass(frozen=True)
class SolverOptions:
    """Settings of the solver.

    Attributes
    ----------
    workers
        Threads.
    seed
        Of its random numbers; with one worker, the same seed gives the same answer.
    parameters
        CP-SAT's own parameters: names and values as its text format writes them.
    log
        Its log goes to stderr.

    Raises
    ------
    SpecError
        With every parameter that is none, or not taken.
    """

    workers: int = 1
    seed: int = 0
    parameters: tuple[tuple[str, str], ...] = ()
    log: bool = False

    def __post_init__(self) -> None:
        problems = list(_problems(self.parameters))
        if problems:
            raise SpecError(problems)


def parse_solver_params(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Parameters from ``NAME=VALUE``; of a name given twice, the last counts.

    Raises
    ------
    SpecError
        With every text that is no parameter of CP-SAT, its value unreadable, or not taken.
    """
    problems, found = [], {}
    for text in texts:
        name, equals, value = text.partition("=")
        pair = (name.strip(), value.strip())
        if not equals:
            problems.append(Problem("--solver-param", repr(text), "NAME=VALUE"))
        elif wrong := list(_problems([pair])):
            problems += wrong
        else:
            found[pair[0]] = pair[1]
    if problems:
        raise SpecError(problems)
    return tuple(found.items())


def apply(options: SolverOptions, parameters: SatParameters) -> None:
    """Set a solver's parameters."""
    given = tuple((name, value) for name, value in options.parameters)
    parameters.merge_text_format(_text(given))
    parameters.num_workers = options.workers
    parameters.random_seed = options.seed
    parameters.log_search_progress = options.log
    parameters.log_to_stdout = False


@lru_cache(maxsize=8)
def _text(given: tuple[tuple[str, str], ...]) -> str:
    """The defaults, and the parameters that were given as the solver writes them."""
    text = "\n".join(f"{name}: {value}" for name, value in (DEFAULTS | dict(given)).items())
    if not given:
        return text
    from google.protobuf import text_format
    from ortools.sat import sat_parameters_pb2

    read = text_format.Parse(text, sat_parameters_pb2.SatParameters())
    canonical: str = text_format.MessageToString(read)
    return canonical


def _problems(parameters: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    if not parameters:
        return
    # Settings are made in every run; the solver's own are seldom given, and slow to load.
    from ortools.sat import sat_parameters_pb2

    fields = sat_parameters_pb2.SatParameters.DESCRIPTOR.fields_by_name
    for name, value in parameters:
        where = f"--solver-param {name}"
        reasons = [why for pattern, why in REFUSED.items() if fnmatchcase(name, pattern)]
        if name not in fields:
            near = get_close_matches(name, fields, SUGGESTIONS, cutoff=0.5)
            such = f" such as {', '.join(near)}" if near else ""
            yield Problem(where, "no such parameter", f"a parameter of CP-SAT{such}")
        elif reasons:
            yield Problem(where, value, f"another parameter ({reasons[0]})")
        else:
            wrong = _unreadable(name, value)
            if wrong:
                kind = fields[name].enum_type
                names = f" (one of {', '.join(v.name for v in kind.values)})" if kind else ""
                yield Problem(where, f"{value!r} ({wrong})", f"a value that CP-SAT reads{names}")


def _unreadable(name: str, value: str) -> str:
    """Why a value is none of a parameter's; empty where it is."""
    from google.protobuf import text_format
    from ortools.sat import sat_parameters_pb2

    try:
        read = text_format.Parse(f"{name}: {value}", sat_parameters_pb2.SatParameters())
    except text_format.ParseError as error:
        return str(error).rpartition(" : ")[2] or "unreadable"
    only = [field.name for field, _ in read.ListFields()] == [name]
    return "" if only else "more than one value"


DEFAULT_SOLVER: Final = SolverOptions()
