"""What binds: the proven optimum with one figure of the machine changed and all else equal.

1. *Change.* Each capacity halved and doubled; each energy, clock, DMA and NoC figure 10 % and 50 %
   lower and higher (`dmaze_cp.perturbation.changes`).
2. *Prove.* The layers on every changed machine, side by side (`dmaze_cp.perturbation.run`).
3. *Delimit.* Over which values of each energy a mapping stays the best
   (`dmaze_cp.perturbation.ranges`).
"""

from dmaze_cp.perturbation.changes import Change, change_from, changes
from dmaze_cp.perturbation.ranges import MOST, EnergyRange
from dmaze_cp.perturbation.result import Changed, LayerSensitivity, Sensitivity
from dmaze_cp.perturbation.run import sensitivity
from dmaze_cp.perturbation.sensitivity_files import (
    SENSITIVITY_SCHEMA,
    SensitivityRecord,
    sensitivity_from_dict,
    sensitivity_record,
)

__all__ = [
    "MOST",
    "SENSITIVITY_SCHEMA",
    "Change",
    "Changed",
    "EnergyRange",
    "LayerSensitivity",
    "Sensitivity",
    "SensitivityRecord",
    "change_from",
    "changes",
    "sensitivity",
    "sensitivity_from_dict",
    "sensitivity_record",
]
