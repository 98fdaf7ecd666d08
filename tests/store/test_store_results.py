"""What is put comes back, merged with what was known, for the same question only."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.cost import evaluate
from dmaze_cp.errors import SpecError
from dmaze_cp.levels import LEVELS
from dmaze_cp.mapping import Mapping
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import Ending, LayerResult, Status
from dmaze_cp.store import COST_MODEL_VERSION, BadRowError, Entry, Store, question_key, verify
from dmaze_cp.store.question import question_from_text, question_text
from dmaze_cp.workload import Layer
from tests.kit import strategies
from tests.kit.samples import DEPTHWISE, GEMM, STRIDED, sample_result
from tests.kit.stored import costs, gemm, kept, looked_up, results, sample, without_mapping


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory):
    """Makes paths of new stores: one for each example of a property."""
    folder, numbers = tmp_path_factory.mktemp("stores"), count()
    return lambda: folder / f"{next(numbers)}.sqlite"


@settings(max_examples=30)
@given(results())
def test_a_result_comes_back_as_it_was_put(fresh, result):
    path = fresh()
    with Store.open(path) as store:
        assert looked_up(store, result) is None
        store.put(result)
        assert looked_up(store, result) == kept(result)
    with Store.open(path) as store:
        assert looked_up(store, result) == kept(result)


@given(results())
def test_the_question_of_a_row_is_the_question(fresh, result):
    question = Question.of(result)
    text = question_text(question)
    again, cost_model = question_from_text(text)
    assert (question_text(again), cost_model) == (text, COST_MODEL_VERSION)
    assert again.layer == result.layer.shape
    assert replace(again.architecture, name="random") == result.architecture
    assert (again.objective, again.constraints) == (result.objective, result.constraints)


@pytest.mark.parametrize("layer", [STRIDED, DEPTHWISE, GEMM])
def test_names_and_multiplicity_play_no_part(path, layer):
    result = sample_result(layer)
    other = replace(layer, name="another", instances=7, also=("a", "b"))
    chip = replace(Architecture(), name="chip", notes="new", pe_pipeline_stages=3)
    with Store.open(path) as store:
        store.put(result)
        found = store.get(Question(other, chip, result.objective, result.constraints))
    assert found is not None
    assert found.layer is other
    assert found.mapping is not None
    assert found.mapping.layer is other
    assert found.architecture is chip
    assert costs(found) == costs(result)


def test_equal_numbers_of_other_types_are_the_same_question(path):
    whole = Architecture(dma_mhz=3200, energy=AccessEnergy(noc_pj=2), dma_startup_cycles=0)
    floats = Architecture(dma_mhz=3200.0, energy=AccessEnergy(noc_pj=2.0), dma_startup_cycles=-0.0)
    assert whole == floats
    with Store.open(path) as store:
        store.put(sample(architecture=whole))
        found = store.get(Question(gemm(0), floats, "edp", Constraints.parse("util.PE>=0")))
    assert found is not None


LAYER = Layer.conv("c", {"M": 4, "C": 4, "Ox": 5, "Oy": 5, "Fx": 3, "Fy": 3}, stride=(2, 2))
CHIP = Architecture()
BASE = Question(LAYER, CHIP, Objective.EDP, Constraints())
ENERGY = AccessEnergy()
OTHERS = {
    "kind": replace(BASE, layer=Layer.depthwise("c", {"C": 4, "Ox": 5, "Oy": 5, "Fx": 3, "Fy": 3})),
    "bound": replace(BASE, layer=replace(LAYER, extents=(2, *LAYER.extents[1:]))),
    "stride": replace(BASE, layer=replace(LAYER, stride=(2, 1), padded_input=None)),
    "dilation": replace(BASE, layer=replace(LAYER, dilation=(2, 1), padded_input=None)),
    "padding": replace(BASE, layer=replace(LAYER, padded_input=(12, 11))),
    "energy objective": replace(BASE, objective=Objective.ENERGY),
    "latency objective": replace(BASE, objective=Objective.LATENCY),
    **{
        name: replace(BASE, architecture=replace(CHIP, **{name: getattr(CHIP, name) + 1}))
        for name in (
            *("pes", "rf_bytes", "word_bytes", "spm_banks", "spm_bank_bytes"),
            *("dma_startup_cycles", "dma_cycles_per_byte", "dma_mhz", "accelerator_mhz"),
        )
    },
    **{
        name: replace(BASE, architecture=replace(CHIP, energy=replace(ENERGY, **{name: 0.1})))
        for name in ("rf_pj", "noc_pj", "spm_pj", "dram_pj", "mac_pj")
    },
    **{
        pin: replace(BASE, constraints=Constraints.parse(pin))
        for pin in (
            *("util.PE>=0.1", "util.RF>=0.1", "util.SPM>=0.1", "DRAM.Fx=1", "spatial=O"),
            *("PE.M=2", "PE.M<=2", "PE.M>=2", "PE.M=full", "stationary.DRAM=O", "spatial=M,C"),
        )
    },
    "leakage_mw": replace(BASE, architecture=replace(CHIP, leakage_mw=3.5)),
}


def test_accelerators_that_do_not_leak_have_the_keys_that_they_had():
    """Results that were stored before there was leakage are found again."""
    assert "leakage" not in question_text(BASE)
    leaky = replace(BASE, architecture=replace(CHIP, leakage_mw=3.5))
    assert '"leakage_mw":3.5' in question_text(leaky)
    assert question_from_text(question_text(leaky))[0].architecture.leakage_mw == 3.5


def test_whatever_decides_the_answer_makes_another_question():
    keys = {name: question_key(question_text(q)) for name, q in OTHERS.items()}
    keys["base"] = question_key(question_text(BASE))
    keys["cost model"] = question_key(question_text(BASE, COST_MODEL_VERSION + 1))
    assert len(set(keys.values())) == len(keys)


@given(strategies.architectures(), strategies.architectures())
def test_keys_are_equal_where_architectures_are(one, two):
    keys = [question_key(question_text(replace(BASE, architecture=a))) for a in (one, two)]
    assert (keys[0] == keys[1]) == (one == two)


def from_dram(layer: Layer) -> LayerResult:
    """A result with a dear mapping: every loop at DRAM."""
    factors = tuple(layer.extents if level == "DRAM" else (1,) * 3 for level in LEVELS)
    mapping = Mapping(layer, factors, layer.dimensions, layer.dimensions)
    cost = evaluate(mapping, Architecture())
    dear = replace(
        sample(), mapping=mapping, cost=cost, status=Status.FEASIBLE, reason="time limit"
    )
    return replace(dear, bound=1)


def known(result: LayerResult, bound: float | None) -> LayerResult:
    proven = bound == result.value
    reason = None if proven else "time limit"
    status = Status.OPTIMAL if proven else Status.FEASIBLE
    return replace(result, bound=bound, status=status, reason=reason)


GOOD = sample()
DEAR = from_dram(gemm(0))
assert GOOD.value is not None
assert DEAR.value is not None
assert GOOD.value < DEAR.value

SEARCHES = (
    known(GOOD, GOOD.value),
    known(GOOD, GOOD.value / 2),
    known(GOOD, GOOD.value - 1),
    known(GOOD, None),
    known(DEAR, 17),
    known(DEAR, GOOD.value / 3),
    known(DEAR, GOOD.value),
    without_mapping(Status.UNKNOWN, bound=3.25, reason="time limit"),
    without_mapping(Status.UNKNOWN, bound=GOOD.value, reason="time limit"),
    without_mapping(Status.UNKNOWN, bound=None, reason="interrupted"),
)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(SEARCHES), min_size=1, max_size=6))
def test_the_best_of_several_searches_is_kept_in_any_order(fresh, searches):
    with Store.open(fresh()) as store:
        for search in searches:
            store.put(search)
        found = looked_up(store, GOOD)
        (entry,) = store.entries()
    values = [s.value for s in searches if s.value is not None]
    bounds = [s.bound for s in searches if s.bound is not None]
    assert found is not None
    assert isinstance(entry, Entry)
    assert entry.solves == len(searches)
    assert found.value == (min(values) if values else None)
    assert found.bound == (max(bounds) if bounds else None)
    if found.value is None:
        assert found.status is Status.UNKNOWN
    else:
        assert found.status is (Status.OPTIMAL if found.bound == found.value else Status.FEASIBLE)
        assert found.cost == evaluate(found.mapping, found.architecture)
    assert (found.reason is None) == (found.status is Status.OPTIMAL)


def test_a_bound_of_one_search_proves_the_mapping_of_another(path):
    with Store.open(path) as store:
        store.put(known(GOOD, None))
        store.put(without_mapping(Status.UNKNOWN, bound=GOOD.value, reason="time limit"))
        found = looked_up(store, GOOD)
    assert found is not None
    assert costs(found) == (GOOD.value, GOOD.value, Status.OPTIMAL)


def test_a_bound_that_rounding_has_lifted_is_a_proof(path):
    huge = sample_result(
        Layer.gemm("huge", dict.fromkeys("XYK", 2**16)), architecture=Architecture()
    )
    value = huge.value
    assert value is not None
    assert float(value) != value or value < 2**53
    with Store.open(path) as store:
        store.put(replace(huge, bound=value * (1 + 1e-15), status=Status.FEASIBLE))
        found = looked_up(store, huge)
    assert found is not None
    assert costs(found) == (value, value, Status.OPTIMAL)
    assert isinstance(found.bound, int)


def test_infeasible_is_kept_with_its_reason(path):
    infeasible = without_mapping(Status.INFEASIBLE, reason="rf_bytes: found 2, expected 6")
    with Store.open(path) as store:
        store.put(infeasible)
        store.put(without_mapping(Status.UNKNOWN, bound=5, reason="time limit"))
        assert looked_up(store, infeasible) == kept(infeasible)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (GOOD, without_mapping(Status.UNKNOWN, bound=GOOD.value * 2), f"at most {GOOD.value}"),
        (without_mapping(Status.UNKNOWN, bound=DEAR.value), GOOD, f"at most {GOOD.value}"),
        (without_mapping(Status.INFEASIBLE, reason="x"), GOOD, "only one of them"),
        (GOOD, without_mapping(Status.INFEASIBLE, reason="x"), "only one of them"),
    ],
)
def test_contradictions_are_refused_and_change_nothing(path, first, second, expected):
    with Store.open(path) as store:
        store.put(first)
        with pytest.raises(SpecError, match=expected) as caught:
            store.put(second)
        assert looked_up(store, first) == kept(first)
    assert len(str(caught.value).splitlines()) == 1
    assert str(path) in str(caught.value)
    assert "dmaze-cp store verify" in str(caught.value)


def test_what_is_not_a_search_of_its_own_is_not_put(path):
    with Store.open(path) as store:
        store.put(kept(GOOD))
        store.put(without_mapping(Status.UNKNOWN, ended=Ending.FAILED, reason="its worker died"))
        assert store.entries() == []
        # What it had found before it died is as good as ever.
        store.put(replace(known(GOOD, 5), ended=Ending.FAILED))
        found = looked_up(store, GOOD)
    assert found is not None
    assert (found.value, found.bound, found.failed) == (GOOD.value, 5, False)


def test_time_and_effort_are_of_the_search_that_improved_the_answer(path):
    with Store.open(path) as store:
        store.put(replace(known(GOOD, 5), solve_time_s=3.0))
        store.put(replace(known(DEAR, 4), solve_time_s=8.0))
        assert looked_up(store, GOOD).solve_time_s == 3.0
        store.put(replace(known(DEAR, 6), solve_time_s=9.0))
        assert looked_up(store, GOOD).solve_time_s == 9.0
        (entry,) = store.entries()
    assert entry.solves == 3


def tamper(path: Path, assignment: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE results SET {assignment}")
    connection.close()


TAMPERINGS = {
    "value": "value = value + 1",
    "energy": "energy_pj = '7'",
    "latency": "latency_cycles = '7'",
    "bound above": "bound = value || '0'",
    "bound below": "bound = '1'",
    "bound of words": "bound = 'high'",
    "infinite bound": "bound = 'Infinity'",
    "status": "status = 'feasible'",
    "unknown status": "status = 'great'",
    "no mapping": "mapping = NULL",
    "cut mapping": "mapping = substr(mapping, 1, 40)",
    "other mapping": """mapping = replace(mapping, '"X":4', '"X":5')""",
    "order": """mapping = replace(mapping, '["', '["Q","')""",
    "stationary": """mapping = replace(mapping, '"SPM":"', '"SPM":"Q')""",
    "list": "mapping = '[]'",
    "numbers": "mapping = '7'",
    "blob": "mapping = x'ff00'",
    "no text": "stats = x'ff00ff'",
    "stats": """stats = '{"cases": "many"}'""",
    "time": "solve_time_s = 'long'",
}


@pytest.mark.parametrize("assignment", TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_row_that_was_tampered_with_is_refused(path, assignment):
    with Store.open(path) as store:
        store.put(GOOD)
    before = path.read_bytes()
    tamper(path, assignment)
    assert path.read_bytes() != before
    with Store.open(path) as store:
        with pytest.raises(BadRowError, match="dmaze-cp store verify") as caught:
            looked_up(store, GOOD)
        assert f"{path}: result " in str(caught.value)
        assert "\n" not in str(caught.value)
        # The next search replaces it, whatever it says.
        store.put(known(DEAR, 5))
        assert looked_up(store, GOOD) == kept(known(DEAR, 5))
        (entry,) = store.entries()
        assert isinstance(entry, Entry)
        assert entry.solves == 1
        assert verify([entry]).bad == ()


def test_rows_are_found_quickly_enough(path):
    """A lookup does not read the others: its cost is that of one mapping."""
    with Store.open(path) as store:
        for number in range(50):
            store.put(sample(number))
        plan = store._connection.execute(
            "EXPLAIN QUERY PLAN SELECT status FROM results WHERE key = ?", ("x",)
        ).fetchall()
    assert "USING INDEX" in str(plan)
