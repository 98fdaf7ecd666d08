"""Proofs that contradict a mapping are errors, whichever of the two is wrong."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS
from dmaze_cp.cp.model import CaseProblem
from dmaze_cp.engine import Engine
from dmaze_cp.errors import ProofError
from dmaze_cp.mapper import map_layer
from dmaze_cp.objective import Objective
from dmaze_cp.result import Known
from dmaze_cp.search import SearchSettings
from dmaze_cp.search.combining import combinations
from dmaze_cp.search.incumbent import Best
from dmaze_cp.search.node import root
from dmaze_cp.search.prepared import prepared
from dmaze_cp.search.scoring import score
from dmaze_cp.workload import Layer

LAYER = Layer.conv("c", {"M": 6, "C": 4, "Ox": 4, "Fx": 3})
ARCH = Architecture(pes=6, rf_bytes=48, spm_banks=10, spm_bank_bytes=32)
BY_CP_SAT = SearchSettings(head=2, block=4)
"""Incumbents are poor, and CP-SAT has to prove it all."""


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize("engine", list(Engine))
def test_a_known_bound_above_what_a_mapping_costs(engine, objective):
    best = map_layer(LAYER, ARCH, objective, engine=engine)
    for mapping in (None, best.mapping):
        with pytest.raises(ProofError):
            map_layer(LAYER, ARCH, objective, engine=engine, known=Known(mapping, best.value + 1))
        same = map_layer(LAYER, ARCH, objective, engine=engine, known=Known(mapping, best.value))
        assert same.value == best.value


@pytest.mark.parametrize("objective", list(Objective))
def test_a_part_of_the_space_whose_bound_is_above_one_of_its_mappings(objective):
    found = prepared(LAYER.shape, ARCH, NO_CONSTRAINTS)
    node = root(found, found.cases[0], objective)
    picked = combinations(found.space.table, node.options, node.case.limits)
    best = Best(objective)
    assert score(best, found.space, node, picked) == len(picked[0]) > 0
    node.log_floor = log(best.value * 1.01)
    with pytest.raises(ProofError):
        score(Best(objective), found.space, node, picked)
    dear = [p[np.arange(len(p)) < 0] for p in picked]
    assert score(Best(objective), found.space, node, dear) == 0


@pytest.mark.parametrize("wrong", [None, 1e300])
def test_a_model_that_forbids_or_overrates_the_incumbent(wrong, monkeypatch):
    """What it says of other mappings is worth nothing then."""
    search = {"objective": "energy", "engine": "cp-sat", "settings": BY_CP_SAT}
    asked = []
    right = CaseProblem.relaxed_cost
    counted = lambda self, options: asked.append(options) or right(self, options)  # noqa: E731
    monkeypatch.setattr(CaseProblem, "relaxed_cost", counted)
    assert map_layer(LAYER, ARCH, **search).stats.cp_calls > 0
    assert asked
    monkeypatch.setattr(CaseProblem, "relaxed_cost", lambda *_: wrong)
    with pytest.raises(ProofError):
        map_layer(LAYER, ARCH, **search)
