"""Sweeps with every outcome that a design can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus, SweepPoint, SweepResult, WeightedWorkload
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.objective import Objective
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
    networks: Sequence[WeightedWorkload] | None = None,
    *,
    pareto: bool = False,
) -> SweepResult:
    """A sweep whose designs have these outcomes by turns; its best one is proven."""
    networks = networks or (weighted("one", 2.0, GEMM), weighted("two", 1.0, DEPTHWISE))
    result = sample_sweep(space, networks, objective, statuses, pareto=pareto)
    return replace(result, best_proven=result.best is not None)


def with_status(result: SweepResult, status: PointStatus) -> list[SweepPoint]:
    return [point for point in result.points if point.status is status]


def key(result: SweepResult, position: int | None) -> str:
    """What a design is selected by on the page."""
    assert position is not None
    return str(result.points[position].design.index)
