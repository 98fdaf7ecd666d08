"""Spec files <-> architectures, workloads and mappings."""

from __future__ import annotations

from dmaze_cp.spec.architecture_files import (
    architecture_from_dict,
    architecture_to_dict,
    load_architecture,
)
from dmaze_cp.spec.builtin import (
    BuiltinSpec,
    builtin_architectures,
    builtin_models,
    builtin_spaces,
    builtin_text,
)
from dmaze_cp.spec.layers import layer_from_dict, layer_to_dict
from dmaze_cp.spec.mapping_files import (
    RESULT_SCHEMA,
    MappingRecords,
    RecordsForm,
    load_mapping_records,
    mapping_record_from_dict,
)
from dmaze_cp.spec.named_layers import LoadModel
from dmaze_cp.spec.workload_files import (
    load_workload_spec,
    workload_from_dict,
    workload_to_dict,
)

__all__ = [
    "RESULT_SCHEMA",
    "BuiltinSpec",
    "LoadModel",
    "MappingRecords",
    "RecordsForm",
    "architecture_from_dict",
    "architecture_to_dict",
    "builtin_architectures",
    "builtin_models",
    "builtin_spaces",
    "builtin_text",
    "layer_from_dict",
    "layer_to_dict",
    "load_architecture",
    "load_mapping_records",
    "load_workload_spec",
    "mapping_record_from_dict",
    "workload_from_dict",
    "workload_to_dict",
]
