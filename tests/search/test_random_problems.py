"""Proofs of random problems equal the search over all mappings, for every engine.

Problems are far larger than those of `test_soundness.py`, so that each engine is tried
at the sizes that it has in use. Each is numbered: a failure says how to repeat it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import soundness
from bench_proofs import ENGINES, Trial, check
from bench_tasks import side_by_side
from random_problems import Sizes

JOBS = 2
SMALL, MEDIUM, LARGE = Sizes(1e5, 3e5), Sizes(3e5, 2e6), Sizes(3e6, 1e7)

FEW = [Trial(1, index, SMALL) for index in (0, 1, 3)]
SPLIT = [Trial(3, index, LARGE) for index in (2,)]
"""Too large to be scored at once; few of their tilings fit."""


def proofs_of(questions):
    """All proofs, when none of them is wrong."""
    found = list(side_by_side(check, questions, JOBS))
    wrong = [line for checked in found for line in soundness.disagreements(checked)]
    assert not wrong, "\n".join(wrong)
    return [proof for checked in found for proof in checked.proofs]


@pytest.fixture(scope="module")
def proofs():
    return proofs_of([*SPLIT, *FEW])


def test_every_engine_proves_every_problem(proofs):
    assert len(proofs) == 9 * len([*SPLIT, *FEW])
    assert {proof.engine for proof in proofs} == set(ENGINES)
    assert all(proof.proven for proof in proofs)
    assert {proof.status for proof in proofs} == {"optimal", "infeasible"}


@pytest.mark.parametrize(
    ("engine", "way"),
    [(engine, "bounds") for engine in ENGINES]
    + [("auto", "scoring"), ("bounds", "scoring"), ("cp-sat", "cp-sat")],
)
def test_every_way_closes_parts(proofs, engine, way):
    assert any(proof.closed_by.get(way, 0) > 0 for proof in proofs if proof.engine == engine)


def test_parts_are_split_and_pruned(proofs):
    assert any(proof.split for proof in proofs if proof.engine == "bounds")
    for engine in ("auto", "bounds"):
        assert any(proof.pruned for proof in proofs if proof.engine == engine)


def test_the_solver_takes_what_is_too_much_to_score(proofs):
    assert any(proof.stats.cp_calls > 0 for proof in proofs if proof.engine == "auto")


def test_bounds_alone_never_call_the_solver(proofs):
    mine = [proof for proof in proofs if proof.engine == "bounds"]
    assert all(proof.stats.cp_calls == 0 for proof in mine)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "count"), [(SMALL, 120), (MEDIUM, 60), (LARGE, 20)], ids=["small", "medium", "large"]
)
def test_many_more(sizes, count):
    proofs = proofs_of([Trial(100, index, sizes) for index in range(count)])
    assert len(proofs) == 9 * count
