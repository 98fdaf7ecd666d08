"""The JSON Schemas of all files that are read or written, made from the types of their records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dmaze_cp.dse.space_files import SpaceRecord
from dmaze_cp.dse.sweep_records import SweepRecord
from dmaze_cp.perturbation import SensitivityRecord
from dmaze_cp.result.answer_files import AnswerRecord, FailedRecord
from dmaze_cp.result.network import ResultRecord
from dmaze_cp.result.results_files import ResultsRecord
from dmaze_cp.spec.architecture_files import ARCHITECTURE_RECORD
from dmaze_cp.spec.documents import Record
from dmaze_cp.spec.json_schema import schema_of
from dmaze_cp.spec.list_files import ArchsRecord, ModelsRecord, SpacesRecord
from dmaze_cp.spec.mapping_files import MappingRecord
from dmaze_cp.spec.workload_files import LayersRecord, WorkloadRecord
from dmaze_cp.tradeoff import FrontRecord
from dmaze_cp.verification import VerificationRecord

_Answer = AnswerRecord | FailedRecord

DOCUMENTS: Final[Mapping[str, tuple[Any, str]]] = {
    "architecture": (ARCHITECTURE_RECORD, "An accelerator"),
    "workload": (WorkloadRecord, "A network"),
    "constraints": (list[str] | dict[str, str | list[str]], "Pins, for all layers or by a glob"),
    "mapping": (MappingRecord | list[MappingRecord], "Mappings to evaluate"),
    "space": (SpaceRecord, "A design space"),
    "result": (ResultRecord | ResultsRecord, "The result of mapping networks"),
    "sweep": (SweepRecord, "The result of a sweep over designs"),
    "answers": (_Answer | list[_Answer], "The answers of evaluate"),
    "sensitivity": (SensitivityRecord, "What binds: the optimum as figures of a machine change"),
    "front": (FrontRecord, "Fronts of energy and latency of layers and of a network"),
    "verification": (VerificationRecord, "What verify has shown"),
    "layers": (LayersRecord, "The layers of a network, as they are listed"),
    "models": (ModelsRecord, "The built-in networks, as they are listed"),
    "archs": (ArchsRecord, "The built-in accelerators, as they are listed"),
    "spaces": (SpacesRecord, "The built-in design spaces, as they are listed"),
}
"""The type of each kind of file, and what it is."""


def json_schema(name: str) -> Record:
    """The JSON Schema of a kind of file (a name of `DOCUMENTS`)."""
    kind, title = DOCUMENTS[name]
    return schema_of(kind, name, title)
