"""Sweeps in the form that the command writes, with every outcome a design can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dmaze_cp.constraints import Constraints
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus, WeightedWorkload
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.objective import Objective
from tests.kit.documents import as_read
from tests.kit.samples import DEPTHWISE, GEMM
from tests.kit.sweeps import sample_sweep, weighted

OUTCOMES = (
    PointStatus.OPTIMAL,
    PointStatus.SKIPPED,
    PointStatus.INFEASIBLE,
    PointStatus.OPTIMAL,
    PointStatus.UNKNOWN,
)
MEMORIES = DesignSpace(
    "memories",
    # There is no energy of register files of 2 KiB.
    parameters=(Parameter("rf_bytes", (64, 128, 512, 2048)), Parameter("spm_kb", (64, 128))),
)
CLOCKS = DesignSpace(
    "clocks", parameters=(Parameter("pes", (64, 128)), Parameter("accelerator_mhz", (250.0, 500.0)))
)

THREE = DesignSpace(
    "three",
    parameters=(
        Parameter("pes", (64, 128)),
        Parameter("spm_kb", (64, 128)),
        Parameter("rf_bytes", (64, 128)),
    ),
)
WIDE = DesignSpace(
    "wide",
    parameters=(
        Parameter("rf_bytes", (16, 32, 64, 128, 256, 512, 1024)),
        Parameter("spm_kb", (64, 128)),
    ),
)


def swept(
    space: DesignSpace = MEMORIES,
    statuses: Sequence[PointStatus] = OUTCOMES,
    objective: Objective = Objective.EDP,
    constraints: Constraints | None = None,
    networks: Sequence[WeightedWorkload] | None = None,
    *,
    pareto: bool = False,
) -> dict[str, Any]:
    """The document of a sweep."""
    networks = networks or (weighted("one", 2.0, GEMM), weighted("two", 1.0, DEPTHWISE))
    result = sample_sweep(space, networks, objective, statuses, pareto=pareto)
    record = as_read(sweep_record(replace(result, best_proven=True), details=True))
    if constraints is not None:
        record["constraints"] = as_read(vars(constraints))
    return record  # type: ignore[no-any-return]


def with_status(record: dict[str, Any], status: str) -> list[dict[str, Any]]:
    return [point for point in record["points"] if point["status"] == status]
