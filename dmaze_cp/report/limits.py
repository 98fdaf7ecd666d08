"""Limits on the map-space, in words."""

from __future__ import annotations

from typing import Final

from dmaze_cp.constraints import Constraints
from dmaze_cp.spec.constraint_files import constraints_to_dict

_SETTINGS: Final = {
    "min_pe_utilization": "PE utilisation",
    "min_rf_utilization": "RF utilisation",
    "min_spm_utilization": "SPM utilisation",
    "no_feature_dram": "filter loops at DRAM",
    "no_spatial_reduction": "sums across PEs",
}
"""What limits are on, by their names in files."""


def setting_text(name: str, value: object) -> tuple[str, str]:
    """A limit on the map-space: what it is on, and what it allows.

    Parameters
    ----------
    name, value
        As in a file; a name that is not known is given as it is.
    """
    if isinstance(value, bool):
        return _SETTINGS.get(name, name), "none" if name in _SETTINGS else str(value).lower()
    if name in _SETTINGS and isinstance(value, int | float) and 0 <= value <= 1:
        return _SETTINGS[name], f"at least {100 * value:.4g} %"
    return name, str(value)


def constraint_texts(constraints: Constraints) -> tuple[str, ...]:
    """The limits that are set, such as ``at least 50 % PE utilisation``."""
    texts = []
    for name, value in constraints_to_dict(constraints).items():
        if value:
            subject, allowed = setting_text(name, value)
            texts.append(f"{'no' if allowed == 'none' else allowed} {subject}")
    return tuple(texts)
