"""What makes a result file checkable: the version of the model, and a digest of the contents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

COST_MODEL_VERSION: Final = 2
"""To be raised whenever the cost model or the map-space changes on purpose.

Stored results under another version are never looked up again (and `dmaze-cp store prune
--stale` removes them); result files of another one are not verified.
"""

NOT_DIGESTED: Final = frozenset(
    ("digest", "solve_time_s", "bound_s", "build_s", "solve_s", "rescore_s", "from_store")
)
"""Fields that say nothing of the answer: the digest itself, times, whether it was looked up."""

_PREFIX: Final = "sha256:"


def digest_of(record: Mapping[str, Any]) -> str:
    """The digest of an object of a result file, at whatever depth `NOT_DIGESTED` left out.

    It is the SHA-256 of the object as JSON with sorted keys and no blanks, in hexadecimal digits
    after ``sha256:``.
    """
    text = json.dumps(_digested(record), sort_keys=True, separators=(",", ":"))
    return _PREFIX + hashlib.sha256(text.encode()).hexdigest()


def with_digest(record: Mapping[str, Any]) -> dict[str, Any]:
    """The object with its digest."""
    return {**record, "digest": digest_of(record)}


def _digested(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _digested(v) for k, v in value.items() if k not in NOT_DIGESTED}
    if isinstance(value, list | tuple):
        return [_digested(each) for each in value]
    return value
