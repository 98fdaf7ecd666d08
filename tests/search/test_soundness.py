"""The proof: results equal brute force over all tilings and all loop orders.

Layers, architectures and constraints are drawn from a seed, so that any failure can be
repeated: the seed is in the message.
"""

from __future__ import annotations

import random
from functools import partial
from itertools import count

import pytest

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import NO_CONSTRAINTS, Constraints
from dmaze_cp.cost import evaluate, fits
from dmaze_cp.mapper import map_layer
from dmaze_cp.mapspace import at_least, why_infeasible
from dmaze_cp.objective import Objective
from dmaze_cp.result import Status
from dmaze_cp.search import SearchSettings
from dmaze_cp.workload import Layer
from tests.kit.examples import MANY, complaints_of, first
from tests.kit.oracle import brute_force as oracle
from tests.kit.patience import HANG_S
from tests.kit.random_layers import random_layer

ENERGIES = (0.0, 0.03, 0.075, 0.48, 0.96, 2.0, 13.5, 68.3475, 200.0)

BY_CP_SAT = {"engine": "cp-sat", "settings": SearchSettings(head=4, block=8)}
"""Nothing is scored whole and incumbents are poor: CP-SAT has to prove it all."""

BY_SPLITTING = {"engine": "bounds", "settings": SearchSettings(scored=16, head=8)}
"""Nodes are bounded, pruned and split although scoring them would be quicker."""

AS_IT_IS: dict[str, object] = {}


def random_architecture(rng: random.Random, layer: Layer) -> Architecture:
    """A small accelerator that the layer nearly always fits."""
    while True:
        word = rng.choice((1, 2, 4))
        energy = AccessEnergy()
        if rng.random() < 0.7:
            drawn = (
                rng.choice((rng.choice(ENERGIES), round(rng.random() * 100, 3))) for _ in range(5)
            )
            energy = AccessEnergy(*drawn)
        arch = Architecture(
            name="random",
            pes=rng.choice((1, 2, 3, 4, 6, 8, 9, 16, 25, 32, 64)),
            rf_bytes=word * rng.choice((rng.randint(2, 12), rng.randint(3, 100)))
            + rng.randint(0, 1),
            word_bytes=word,
            spm_banks=rng.choice((rng.randint(2, 6), rng.randint(3, 32), rng.randint(8, 32))),
            spm_bank_bytes=rng.choice((4, 6, 16, 30, 64, 256)),
            dma_startup_cycles=rng.choice((0.0, 1.0, 7.5, 64.0, 291.0)),
            dma_cycles_per_byte=rng.choice((0.0, 0.1, 0.24, 0.5, 3.0)),
            dma_mhz=rng.choice((300.0, 1600.0, 2400.0, 3200.0)),
            accelerator_mhz=rng.choice((200.0, 500.0, 700.0, 1000.0)),
            energy=energy,
        )
        if why_infeasible(arch) is None or rng.random() < 0.04:
            return arch


def random_constraints(rng: random.Random) -> Constraints:
    """Search options; some leave no mapping."""
    fractions = (0.0, 0.0, 0.1, 0.25, 0.5, 0.7)
    return Constraints.of_options(
        *(rng.choice(fractions) for _ in range(3)),
        no_feature_dram=rng.random() < 0.4,
        no_spatial_reduction=rng.random() < 0.4,
    )


def question(seed: int, constrained: bool, tilings: tuple[int, int] = (30, 4000)):
    """A random question and the answer of brute force."""
    rng = random.Random(seed)
    layer = random_layer(rng, tilings)
    arch = random_architecture(rng, layer)
    limits = random_constraints(rng) if constrained else NO_CONSTRAINTS
    return layer, arch, limits, oracle.brute_force(layer, arch, limits)


def complaints(seed: int, constrained: bool, settings: dict[str, object]) -> list[str]:
    """What is wrong with the results of one random question, for all three objectives."""
    layer, arch, limits, best = question(seed, constrained)
    found = []
    for objective in Objective:
        result = solve(layer, arch, objective, limits, settings)
        wrong = wrong_with(result, best.value(objective), arch, limits)
        if wrong:
            found.append(f"seed {seed}, {objective}: {wrong}; {layer} on {arch} within {limits}")
    return found


def solve(layer, arch, objective, limits, settings):
    return map_layer(layer, arch, objective, constraints=limits, time_limit=HANG_S, **settings)


def wrong_with(result, exact, arch, limits) -> str:
    """What a finished search got wrong, if anything."""
    if exact is None:
        good = result.status is Status.INFEASIBLE and result.mapping is None and result.reason
        return "" if good else f"{result.status} where nothing fits"
    if result.status is not Status.OPTIMAL:
        return f"{result.status} ({result.reason}) where {exact} is possible"
    if not result.bound <= exact == result.value:
        return f"value {result.value}, bound {result.bound}, brute force {exact}"
    if result.gap != 0:
        return f"optimal with a gap of {result.gap}"
    if fits(result.mapping, arch):
        return "the mapping does not fit"
    return not_allowed(result, arch, limits)


def not_allowed(result, arch, limits) -> str:
    cost = evaluate(result.mapping, arch)
    if (cost.energy_pj, cost.latency_cycles) != (result.cost.energy_pj, result.cost.latency_cycles):
        return "the mapping costs something else"
    tiling = result.mapping.tiling
    pes = 1
    for factor in tiling["PE"].values():
        pes *= factor
    if pes < at_least(limits.least("PE"), arch.pe_count):
        return "too few PEs"
    words = {x: arch.word_of(x) for x in "OIW"}
    unit = words["O"] if len(set(words.values())) == 1 else 1
    in_rf = sum(cost.rf_elements[x] * words[x] for x in words) // unit
    if in_rf < limits.least("RF") * (arch.rf_total_bytes // unit):
        return "too little of the RF"
    used = sum(cost.spm_elements[x] * words[x] for x in words)
    if used < limits.least("SPM") * arch.spm_bytes:
        return "too little of the SPM"
    if "DRAM.Fx=1" in limits.texts and any(tiling["DRAM"].get(d, 1) > 1 for d in ("Fx", "Fy")):
        return "filter loops at DRAM"
    return ""


CHUNK = 10


@pytest.mark.parametrize("chunk", first(3, range(20)))
def test_equals_brute_force(chunk):
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        assert complaints(seed, False, AS_IT_IS) == []


@pytest.mark.parametrize("chunk", first(2, range(10)))
def test_equals_brute_force_within_constraints(chunk):
    for seed in range(1000 + chunk * CHUNK, 1000 + (chunk + 1) * CHUNK):
        assert complaints(seed, True, AS_IT_IS) == []


@pytest.mark.parametrize("constrained", [False, True])
def test_equals_brute_force_where_cp_sat_proves_it_all(constrained):
    for seed in range(2000, 2006):
        assert complaints(seed, constrained, BY_CP_SAT) == []


@pytest.mark.parametrize("constrained", [False, True])
def test_equals_brute_force_where_nodes_are_split(constrained):
    for seed in range(3000, 3008):
        assert complaints(seed, constrained, BY_SPLITTING) == []


def test_cp_sat_is_what_proves_it():
    """The settings above do what they are for."""
    layer, arch, limits, _ = question(5, False)
    result = solve(layer, arch, Objective.EDP, limits, BY_CP_SAT)
    assert result.stats.cp_calls > 0
    assert result.stats.cases_scored == 0


@pytest.mark.slow
@pytest.mark.parametrize("constrained", [False, True])
@pytest.mark.parametrize(
    ("settings", "seeds"),
    [(AS_IT_IS, 8 * MANY), (BY_CP_SAT, 3 * MANY), (BY_SPLITTING, 5 * MANY)],
    ids=["as it is", "by CP-SAT", "by splitting"],
)
def test_equals_brute_force_on_many_more(settings, seeds, constrained):
    check = partial(complaints, constrained=constrained, settings=settings)
    assert complaints_of(check, range(10_000, 10_000 + seeds)) == []


def interrupted_complaints(result, exact, gap: float) -> str:
    """What an interrupted search claims wrongly."""
    if exact is None:
        good = result.status in (Status.INFEASIBLE, Status.UNKNOWN) and result.mapping is None
        return "" if good else f"{result.status} where nothing fits"
    if result.bound is None or result.bound > exact:
        return f"bound {result.bound} above {exact}"
    if result.status is Status.UNKNOWN:
        return "" if result.value is None and result.reason else "unknown with a value"
    if result.value is None or result.value < exact:
        return f"value {result.value} below {exact}"
    proven = result.bound == result.value
    if (result.status is Status.OPTIMAL) != proven or (result.reason is None) != proven:
        return f"{result.status} ({result.reason}) with bound {result.bound}, value {result.value}"
    if (
        gap
        and result.status is Status.FEASIBLE
        and "gap" in result.reason
        and result.gap > gap + 1e-9
    ):
        return f"stopped at a gap of {result.gap}"
    return ""


def patience(polls: int):
    """A `stop` that is patient for so many polls."""
    counter = count()
    return lambda: next(counter) >= polls


INTERRUPTIONS = {
    "no time": {"time_limit": 1e-6},
    "hardly time": {"time_limit": 0.01},
    "little time": {"time_limit": 0.05},
    "stopped at once": {"stop": 0},
    "stopped after 1": {"stop": 1},
    "stopped after 2": {"stop": 2},
    "stopped after 5": {"stop": 5},
    "stopped after 20": {"stop": 20},
    "gap of 5 %": {"gap": 0.05},
    "gap of 50 %": {"gap": 0.5},
    "gap of 30 % and little time": {"gap": 0.3, "time_limit": 0.05},
}


@pytest.mark.parametrize("settings", [AS_IT_IS, BY_CP_SAT, BY_SPLITTING], ids=["", "cp", "split"])
@pytest.mark.parametrize("name", INTERRUPTIONS)
@pytest.mark.parametrize("seeds", first(1, [range(4000, 4002), range(4002, 4006)]), ids=str)
def test_interrupted_searches_claim_nothing_wrong(seeds, name, settings):
    options = dict(INTERRUPTIONS[name])
    options |= settings
    for seed in seeds:
        layer, arch, limits, best = question(seed, constrained=seed % 2 == 0)
        for objective in Objective:
            if "stop" in INTERRUPTIONS[name]:
                options["stop"] = patience(INTERRUPTIONS[name]["stop"])
            result = map_layer(layer, arch, objective, constraints=limits, **options)
            wrong = interrupted_complaints(result, best.value(objective), options.get("gap", 0.0))
            assert wrong == "", f"seed {seed}, {objective}"


def test_a_gap_that_is_reached_ends_the_search():
    seen = set()
    for seed in range(4100, 4110):
        layer, arch, _, best = question(seed, False)
        result = solve_with_gap(layer, arch, 0.5)
        if best.edp is not None:
            assert result.gap <= 0.5 + 1e-9
            seen.add(result.status)
    assert Status.FEASIBLE in seen


def solve_with_gap(layer, arch, gap):
    return map_layer(layer, arch, Objective.EDP, gap=gap, **BY_CP_SAT)


@pytest.mark.parametrize("settings", [AS_IT_IS, BY_CP_SAT], ids=["", "cp"])
def test_the_same_seed_and_one_worker_give_the_same_mapping(settings):
    for seed in range(4200, 4204):
        layer, arch, limits, _ = question(seed, False)
        first, second = (solve(layer, arch, Objective.EDP, limits, settings) for _ in range(2))
        assert first.mapping == second.mapping
        assert first.stats.cp_calls == second.stats.cp_calls
        assert first.stats.candidates == second.stats.candidates


def test_several_workers_give_the_same_value():
    layer, arch, limits, best = question(4300, False)
    result = map_layer(layer, arch, "edp", constraints=limits, workers=2, seed=5, **BY_CP_SAT)
    assert result.value == best.value("edp")


def test_progress_closes_in_on_the_optimum():
    layer, arch, _, best = question(5, False)
    exact = best.value("edp")
    seen = []
    map_layer(layer, arch, "edp", on_progress=seen.append, **BY_CP_SAT)
    assert seen
    assert all(report.bound <= exact * (1 + 1e-12) for report in seen)
    values = [report.value for report in seen if report.value is not None]
    assert values == sorted(values, reverse=True)
    assert values[-1] == exact
