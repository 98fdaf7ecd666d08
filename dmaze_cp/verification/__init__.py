"""Verify results: computed anew by the checker, and proven again by the other engine."""

from __future__ import annotations

from dmaze_cp.verification.files import VerificationRecord, verification_record
from dmaze_cp.verification.fronts import front_contradiction
from dmaze_cp.verification.layers import contradiction
from dmaze_cp.verification.result import Agreement, Reproof, Verification, VerifiedRecord
from dmaze_cp.verification.run import verify

__all__ = [
    "Agreement",
    "Reproof",
    "Verification",
    "VerificationRecord",
    "VerifiedRecord",
    "contradiction",
    "front_contradiction",
    "verification_record",
    "verify",
]
