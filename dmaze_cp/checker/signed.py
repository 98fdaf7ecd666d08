"""What the digest of a document says of its contents."""

from __future__ import annotations

from enum import StrEnum

from dmaze_cp.checker.model import Record
from dmaze_cp.digest import digest_of
from dmaze_cp.errors import Problem
from dmaze_cp.spec.fields import describe


class DigestState(StrEnum):
    """What the digest of a document says."""

    EQUAL = "equal"
    """The contents are those that were written."""
    DIFFERS = "differs"
    """Something was changed."""
    MISSING = "missing"
    """There is none, though what wrote the document writes one."""
    NONE = "none"
    """An older release wrote the document: it has no digest."""


def digest_state(document: Record, prefix: str, *, must: bool) -> tuple[DigestState, list[Problem]]:
    """What the digest of an object says; it `must` have one where another field says so."""
    found = document.get("digest")
    if found is None and "digest" not in document:
        if not must:
            return DigestState.NONE, []
        problem = Problem(f"{prefix}digest", "nothing", "one, as this release wrote the result")
        return DigestState.MISSING, [problem]
    own = digest_of(document)
    if found == own:
        return DigestState.EQUAL, []
    expected = f"{own}, that of the contents: something was changed"
    return DigestState.DIFFERS, [Problem(f"{prefix}digest", describe(found), expected)]


def is_of_digest(problem: Problem) -> bool:
    """Whether a problem is that of a digest."""
    return problem.where.rpartition(".")[2] == "digest"
