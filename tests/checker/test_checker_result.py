"""What the checker accepts, and that nothing that was changed is accepted."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.checker import Checked, DigestState, check
from dmaze_cp.constraints import Constraints
from dmaze_cp.digest import NOT_DIGESTED, with_digest
from dmaze_cp.errors import SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.workload import Layer
from tests.kit.examples import first
from tests.kit.verified import LIMITS, WIDE, document, interrupted, several

Document = dict[str, Any]


ODD = (
    Layer.conv("odd", {"M": 3, "C": 5, "Ox": 7, "Oy": 3, "Fx": 3, "Fy": 1}, stride=(2, 1)),
    Layer.gemm("prime", {"X": 7, "Y": 13, "K": 11}),
)
PADDED = Constraints.parse("pad=auto", "pad.Fy=1", "pad.Ox=2")


def wrong(found: Checked) -> list[str]:
    """Where something does not hold."""
    own = [problem.where for problem in found.problems]
    return own + [problem.where for record in found.records for problem in record.problems]


def complaints(record: Document) -> list[str]:
    """What is said of a document that may not even be a result."""
    try:
        found = check(record)
    except SpecError as error:
        return [str(problem) for problem in error.problems]
    problems = [*found.problems, *(p for record in found.records for p in record.problems)]
    return [str(problem) for problem in problems]


def unsigned(record: Document) -> Document:
    """As an older release wrote it."""
    return {k: v for k, v in record.items() if k not in ("digest", "cost_model")}


ACCEPTED: dict[str, Callable[[], Document]] = {
    "all objectives": document,
    "within limits": lambda: document(Objective.EDP, limits=LIMITS),
    "on a wide machine": lambda: document(Objective.EDP, architecture=WIDE),
    "several of each": lambda: document(Objective.EDP, top_k=5),
    "several unrollings of each": lambda: document(Objective.EDP, top_k=3, diverse="unrolling"),
    "several dataflows of each": lambda: document(Objective.EDP, top_k=4, diverse="dataflow"),
    "padded": lambda: document(Objective.EDP, layers=ODD, limits=PADDED, architecture=WIDE),
    "not proven": lambda: document(Objective.ENERGY, quick=True),
    "nothing fits": lambda: document(Objective.EDP, architecture=Architecture(rf_bytes=4)),
    "interrupted": interrupted,
    "several": several,
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_mapper_writes_is_accepted(name: str) -> None:
    found = check(ACCEPTED[name]())
    assert wrong(found) == []
    assert found.digest is DigestState.EQUAL
    assert len(found.records) >= 2


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"padded": {"bounds": {"Y": 15}}}, "padded.bounds.Y"),
        ({"padded": {"bounds": {"Y": 12}}}, "padded.bounds.Y"),
        ({"padded": {"bounds": {"Q": 9}}}, "padded.bounds.Q"),
        ({"padded": None}, "useful_macs_share"),
        ({"padded": None, "useful_macs_share": 1}, "tiling.*"),
        ({"useful_macs_share": 0.5}, "useful_macs_share"),
        ({"unpadded": {"status": "optimal", "value": 1, "bound": 1}}, "unpadded.value"),
        ({"padding_gain": 0.5}, "padding_gain"),
    ],
)
def test_what_is_wrong_with_a_padded_record(change: Document, where: str) -> None:
    record = unsigned(ACCEPTED["padded"]())
    (padded,) = [r for r in record["layers"] if r["name"] == "prime"]
    assert padded["padded"]["bounds"]["Y"] == 14
    padded.update(change)
    place = f"layers[{record['layers'].index(padded)}].{where}"
    assert any(found.startswith(place) for found in wrong(check(record)))


def test_padding_that_was_not_asked_for_is_seen() -> None:
    record = unsigned(ACCEPTED["padded"]())
    for layer in record["layers"]:
        layer["constraints"] = []
    assert any("padded.bounds" in where for where in wrong(check(record)))


def test_statuses_of_all_kinds_were_accepted() -> None:
    told = {record.status for make in ACCEPTED.values() for record in check(make()).records}
    assert told == {"optimal", "feasible", "infeasible", "unknown"}


def test_times_and_where_an_answer_came_from_are_not_digested() -> None:
    record = document()
    for layer in record["layers"]:
        layer["from_store"] = True
        layer["solve_time_s"] += 1
        layer["stats"]["solve_s"] += 1
    assert check(record).digest is DigestState.EQUAL


def test_a_file_without_a_digest_is_checked_and_said_to_have_none() -> None:
    found = check(unsigned(document()))
    assert (found.digest, wrong(found)) == (DigestState.NONE, [])
    bad = unsigned(document())
    bad["layers"][0]["energy_pj"] += 1
    assert "layers[0].energy_pj" in wrong(check(bad))


def test_a_digest_that_was_taken_out_is_missed() -> None:
    record = document()
    del record["digest"]
    assert wrong(check(record)) == ["digest"]
    assert check(record).digest is DigestState.MISSING
    both = several()
    del both["digest"]
    assert wrong(check(both)) == ["digest"]
    assert check(both).digest is DigestState.MISSING
    both["results"][0]["model"] = "another"
    assert check(both).digest is DigestState.DIFFERS


def test_a_result_that_was_dropped_from_several_is_missed() -> None:
    record = several()
    record["results"].pop()
    assert wrong(check(record)) == ["digest", "comparison"]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything that is no object and no list, but for what is not digested."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in NOT_DIGESTED:
                yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    else:
        yield path


def at(record: Document, path: tuple[Any, ...]) -> Any:
    value: Any = record
    for key in path:
        value = value[key]
    return value


def with_another_digit(value: Any, rng: random.Random) -> Any:
    """A value with one digit (or letter) changed."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, str):
        place = rng.randrange(len(value) + 1)
        return value[:place] + rng.choice("abcXYZ019") + value[place:]
    digits = repr(value)
    place = rng.choice([k for k, c in enumerate(digits) if c.isdigit()])
    other = rng.choice([c for c in "0123456789" if c != digits[place]])
    text = digits[:place] + other + digits[place + 1 :]
    try:
        changed = type(value)(text)
    except ValueError:
        return value + 1
    return changed if changed != value else value + 1


def change_a_leaf(record: Document, rng: random.Random) -> None:
    *path, last = rng.choice(list(leaves(record)))
    place = at(record, tuple(path))
    place[last] = with_another_digit(place[last], rng)


def move_a_factor(record: Document, rng: random.Random) -> None:
    """A factor goes to another level, so that the product stays."""
    tiling = rng.choice(record["layers"])["tiling"]
    places = [(a, d) for a, row in tiling.items() for d, factor in row.items() if factor > 1]
    level, d = rng.choice(places)
    other = rng.choice([a for a in tiling if a != level])
    tiling[other][d] *= tiling[level][d]
    tiling[level][d] = 1


def swap_two_loops(record: Document, rng: random.Random) -> None:
    order = rng.choice(record["layers"])["loop_order"][rng.choice(["DRAM", "SPM"])]
    one, other = rng.sample(range(len(order)), 2)
    order[one], order[other] = order[other], order[one]


def change_a_bound(record: Document, rng: random.Random) -> None:
    layer = rng.choice(record["layers"])
    layer["bound"] = rng.choice([layer["bound"] - 1, layer["bound"] + 1, 0, None])


def drop_a_layer(record: Document, rng: random.Random) -> None:
    record["layers"].pop(rng.randrange(len(record["layers"])))


CORRUPTIONS = (change_a_leaf, move_a_factor, swap_two_loops, change_a_bound, drop_a_layer)


@pytest.mark.parametrize("seed", first(1, range(6)))
def test_nothing_that_was_changed_is_accepted(seed: int) -> None:
    rng, good = random.Random(seed), document()
    for turn in range(60):
        record = copy.deepcopy(good)
        corruption = change_a_leaf if turn % 2 else CORRUPTIONS[turn // 2 % len(CORRUPTIONS)]
        corruption(record, rng)
        if record != good:
            assert complaints(record), corruption


@pytest.mark.parametrize("axis", ["PE_rows", "PE_cols"])
def test_rows_and_columns_are_those_of_the_machine(axis: str) -> None:
    good = document(Objective.EDP, architecture=WIDE)
    for number, layer in enumerate(good["layers"]):
        for d in layer["tiling"][axis]:
            record = copy.deepcopy(good)
            record["layers"][number]["tiling"][axis][d] *= 2
            assert wrong(check(with_digest(record)))
    record = copy.deepcopy(good)
    record["architecture"]["pe_array"] |= {"rows": 1, "cols": 1}
    assert wrong(check(with_digest(record)))


def change_a_cost(record: Document, rng: random.Random) -> None:
    names = ("energy_pj", "latency_cycles", "edp", "value", "bound")
    layer, name = rng.choice(record["layers"]), rng.choice(names)
    layer[name] = with_another_digit(layer[name], rng)


def change_a_factor(record: Document, rng: random.Random) -> None:
    row = rng.choice(list(rng.choice(record["layers"])["tiling"].values()))
    row[rng.choice(list(row))] += rng.choice([1, 2])


def change_a_part(record: Document, rng: random.Random) -> None:
    parts = rng.choice(record["layers"])["energy_breakdown_pj"]
    parts[rng.choice(list(parts))] += 1.0


def change_a_total(record: Document, rng: random.Random) -> None:
    totals = rng.choice(list(record["totals"].values()))
    name = rng.choice([n for n, value in totals.items() if type(value) is int])
    totals[name] += 1


def drop_one_objective_of_a_layer(record: Document, rng: random.Random) -> None:
    drop_a_layer(record, rng)
    record["totals"] = {}


def exceed_the_machine(record: Document, rng: random.Random) -> None:
    name = rng.choice(["rf_bytes", "spm_banks", "pes"])
    record["architecture"][name] = 1


def claim_that_nothing_fits(record: Document, rng: random.Random) -> None:
    layer = rng.choice(record["layers"])
    layer["status"] = "infeasible"
    names = ("tiling", "loop_order", "stationary", "energy_pj", "energy_breakdown_pj")
    for name in (*names, "latency_cycles", "edp", "value", "gap", "bound", "share"):
        layer[name] = None


RESIGNED = (
    *(move_a_factor, change_a_cost, change_a_factor, change_a_part, change_a_total, drop_a_layer),
    *(drop_one_objective_of_a_layer, exceed_the_machine, claim_that_nothing_fits),
)


@pytest.mark.parametrize("corruption", RESIGNED)
def test_costs_and_sums_are_computed_anew_where_the_digest_was_too(
    corruption: Callable[[Document, random.Random], None],
) -> None:
    """A digest anyone can write: what the file says must hold by itself."""
    rng, good = random.Random(corruption.__name__), document()
    for _ in range(12):
        record = copy.deepcopy(good)
        corruption(record, rng)
        found = check(with_digest(record))
        assert found.digest is DigestState.EQUAL
        assert wrong(found), corruption


@pytest.mark.parametrize("seed", first(1, range(4)))
def test_values_of_any_kind_anywhere_are_problems_and_no_crash(seed: int) -> None:
    rng, good = random.Random(seed), document()
    odd: tuple[Any, ...] = (None, -1, 10**400, 1e308, float("nan"), "x", [], {}, [[]], True)
    paths = list(leaves(good))
    for _ in range(100):
        record = copy.deepcopy(good)
        path = rng.choice(paths)
        path = path[: rng.randrange(1, len(path) + 1)]
        at(record, path[:-1])[path[-1]] = rng.choice(odd)
        assert complaints(record) or record == good


@pytest.mark.parametrize("part", ["", "architecture", "layers[1]"])
def test_what_is_not_known_is_not_passed_over(part: str) -> None:
    """A field of a later release may change what a mapping costs, or what it has to satisfy."""
    record = document()
    place = record["layers"][1] if part == "layers[1]" else record[part] if part else record
    place["pins"] = ["PE.M=16"]
    assert wrong(check(with_digest(record))) == [f"{part}.pins".lstrip(".")]


def test_another_version_of_the_model_is_not_verified() -> None:
    record = document()
    record["cost_model"] = 99
    assert wrong(check(with_digest(record))) == ["cost_model"]


@pytest.mark.parametrize("value", [None, [], 3, {}, {"schema": "dmaze-cp/sweep/1"}])
def test_what_is_no_result_is_one_problem(value: object) -> None:
    with pytest.raises(SpecError) as error:
        check(value)
    where = "schema" if isinstance(value, dict) else ""
    assert [problem.where for problem in error.value.problems] == [where]
