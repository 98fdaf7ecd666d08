"""Stored results are looked up by the version of the cost model that made them.

If a test fails here because the cost model, the map-space or the form of a question was
changed on purpose, raise `COST_MODEL_VERSION` in dmaze_cp/digest.py, and write
the new digests down with it.
"""

from __future__ import annotations

import hashlib
import json
import random

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.mapper import map_layer
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import Status
from dmaze_cp.store import COST_MODEL_VERSION, question_key
from dmaze_cp.store.question import question_text
from dmaze_cp.workload import Layer
from tests.kit.oracle.brute_force import factorisations
from tests.kit.published import ENVIRONMENTS, golden_mapping, golden_rows

DIGESTS = {
    1: {
        "costs": "135ba8330d62ac19",
        "optima": "18df4674745964c2",
        "question": "1dc282572074349e",
    },
    2: {
        "costs": "135ba8330d62ac19",
        "optima": "18df4674745964c2",
        "question": "8746dc493596c53c",
    },
}

HINT = (
    "raise COST_MODEL_VERSION if this changed on purpose: what is stored under "
    f"{COST_MODEL_VERSION} would be taken for an answer to another question"
)

LAYERS = (
    Layer.conv(
        "strided",
        {"N": 2, "M": 6, "C": 4, "Ox": 6, "Oy": 5, "Fx": 3, "Fy": 2},
        stride=(2, 3),
        dilation=(1, 2),
    ),
    Layer.conv("padded", {"M": 4, "C": 3, "Ox": 4, "Oy": 4, "Fx": 3, "Fy": 3}, stride=(2, 2)),
    Layer.depthwise("depthwise", {"C": 12, "Ox": 6, "Oy": 6, "Fx": 3, "Fy": 3}),
    Layer.gemm("gemm", {"X": 8, "Y": 12, "K": 18}),
)
CHIPS = (
    Architecture(),
    Architecture(
        pes=12,
        rf_bytes=48,
        spm_banks=6,
        spm_bank_bytes=32,
        dma_startup_cycles=7.5,
        dma_mhz=1600.0,
        energy=AccessEnergy(0.03, 1.0, 4.0, 68.3475, 0.02),
    ),
)
LIMITS = (NO_CONSTRAINTS, Constraints.of_options(0.25, 0.1, 0.1, True, True))


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def cost_figures(mapping: Mapping, chip: Architecture) -> list[object]:
    cost = evaluate(mapping, chip)
    return [cost.energy_pj, cost.latency_cycles, cost.held, bool(fits(mapping, chip))]


def random_mapping(layer: Layer, rng: random.Random) -> Mapping:
    columns = [rng.choice(factorisations(bound)) for bound in layer.extents]
    orders = [tuple(rng.sample(layer.dimensions, len(layer.dimensions))) for _ in range(2)]
    return Mapping(layer, tuple(zip(*columns, strict=True)), *orders)


def test_costs_are_those_of_this_version():
    figures = [cost_figures(golden_mapping(r), ENVIRONMENTS[r["env"]]) for r in golden_rows()]
    rng = random.Random(1)
    figures += [
        cost_figures(random_mapping(layer, rng), chip)
        for layer in LAYERS
        for chip in CHIPS
        for _ in range(50)
    ]
    assert digest(figures) == DIGESTS[COST_MODEL_VERSION]["costs"], HINT


def test_optima_are_those_of_this_version():
    """Values are what a map-space decides; how the search goes about it plays no part."""
    optima = []
    for layer in LAYERS[1:]:
        for chip in CHIPS:
            for limits in LIMITS:
                for objective in Objective:
                    best = map_layer(layer, chip, objective, constraints=limits, engine="bounds")
                    assert best.status in {Status.OPTIMAL, Status.INFEASIBLE}
                    optima.append([str(best.status), best.value])
    assert digest(optima) == DIGESTS[COST_MODEL_VERSION]["optima"], HINT


def test_the_form_of_a_question_is_that_of_this_version():
    keys = [
        question_key(question_text(Question(layer, chip, objective, limits)))
        for layer in LAYERS
        for chip in CHIPS
        for limits in LIMITS
        for objective in Objective
    ]
    assert digest(keys) == DIGESTS[COST_MODEL_VERSION]["question"], HINT
