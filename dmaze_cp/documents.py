"""What a file of results holds."""

from __future__ import annotations

from typing import Final

from dmaze_cp.dse.result import SweepResult
from dmaze_cp.dse.sweep_files import sweep_from_dict
from dmaze_cp.perturbation import SENSITIVITY_SCHEMA, Sensitivity, sensitivity_from_dict
from dmaze_cp.result import WorkloadResult, results_from_dict
from dmaze_cp.spec.fields import Fields, nearest
from dmaze_cp.spec.mapping_files import FRONT_SCHEMA, RESULT_SCHEMA, RESULTS_SCHEMA, SWEEP_SCHEMA
from dmaze_cp.tradeoff import WorkloadFront, front_from_dict

_KNOWN: Final = (RESULT_SCHEMA, RESULTS_SCHEMA, SWEEP_SCHEMA, SENSITIVITY_SCHEMA, FRONT_SCHEMA)


Reported = tuple[WorkloadResult, ...] | SweepResult | Sensitivity | WorkloadFront


def result_of(document: object, besides: str = "") -> Reported:
    """The results, the sweep, the analysis or the fronts of a document, by its schema.

    Parameters
    ----------
    besides
        What else the caller takes, for messages.

    Raises
    ------
    SpecError
        With every problem found.
    """
    expected = f"one of {', '.join(_KNOWN)}"
    more = f", or {besides}" if besides else ""
    spec = Fields(document, f"an object with a schema, {expected}{more}")
    schema = None if spec.missing("schema", f"{expected}{more}") else spec.data["schema"]
    if not spec.problems and schema not in _KNOWN:
        close = nearest(schema, _KNOWN)
        spec.note("schema", f"{close!r}" if close else expected)
    spec.raise_problems()
    if schema == SENSITIVITY_SCHEMA:
        return sensitivity_from_dict(document)
    if schema == FRONT_SCHEMA:
        return front_from_dict(document)
    return sweep_from_dict(document) if schema == SWEEP_SCHEMA else results_from_dict(document)
