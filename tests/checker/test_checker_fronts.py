"""What the checker accepts of fronts, and that nothing that was changed is accepted."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import dmaze_cp as dm
from dmaze_cp.checker import DigestState, check
from dmaze_cp.constraints import Constraints
from dmaze_cp.digest import with_digest
from dmaze_cp.spec.constraint_files import rules_from_object
from dmaze_cp.tradeoff import network_front
from tests.checker.test_checker_result import at, complaints, leaves, with_another_digit, wrong
from tests.kit.examples import first
from tests.kit.fronts import LAYERS, SMALL, fronts_document, searched
from tests.kit.verified import WIDE

Document = dict[str, Any]
PRIME = dm.Layer.gemm("prime", {"X": 7, "Y": 5, "K": 11})


def proven(layer: Any, machine: dm.Architecture = SMALL, **options: Any) -> Document:
    return fronts_document(dm.pareto(layer, machine, engine="auto", **options))


def stopped() -> Document:
    """One front that is whole, one that is cut off, one that is not there."""
    seen: list[object] = []
    found = dm.pareto(
        searched().workload,
        SMALL,
        engine="auto",
        on_point=lambda _layer, point: seen.append(point),
        stop=lambda: len(seen) >= len(searched().layers[2].points) + 1,
    )
    assert [str(front.status) for front in found.layers] == ["partial", "complete"]
    return fronts_document(found)


def thinned() -> Document:
    found = searched()
    network = network_front(found.layers, 5)
    assert 0 < network.epsilon < 0.5
    return fronts_document(replace(found, network=network))


RULES = rules_from_object({"*": ["RF.K<=6", "spatial=M,Y"], "dw": ["stationary.SPM=O|none"]})
ACCEPTED: dict[str, Callable[[], Document]] = {
    "exact": lambda: fronts_document(searched()),
    "within an epsilon": lambda: proven(searched().workload, epsilon=0.02),
    "within limits": lambda: proven(searched().workload, constraints=RULES),
    "padded": lambda: proven(PRIME, constraints=Constraints.parse("pad=auto")),
    "on a wide machine": lambda: proven(LAYERS[2], WIDE),
    "nothing fits": lambda: proven(LAYERS[2], dm.Architecture(rf_bytes=4)),
    "out of time": lambda: proven(LAYERS[2], time_limit=1e-9),
    "interrupted": stopped,
    "many choices": thinned,
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_pareto_writes_is_accepted(name: str) -> None:
    found = check(ACCEPTED[name]())
    assert wrong(found) == []
    assert found.digest is DigestState.EQUAL
    assert {record.objective for record in found.records} == {"front"}


def change_a_leaf(record: Document, rng: random.Random) -> None:
    *path, last = rng.choice(list(leaves(record)))
    place = at(record, tuple(path))
    place[last] = with_another_digit(place[last], rng)


def points(record: Document, rng: random.Random) -> list[Document]:
    """The points of a layer that has several."""
    fronts = [front["points"] for front in record["layers"] if len(front["points"]) > 1]
    return rng.choice(fronts)


def move_a_factor(record: Document, rng: random.Random) -> None:
    tiling = rng.choice(points(record, rng))["tiling"]
    level, d = rng.choice([(a, d) for a, row in tiling.items() for d, n in row.items() if n > 1])
    other = rng.choice([a for a in tiling if a != level])
    tiling[other][d] *= tiling[level][d]
    tiling[level][d] = 1


def drop_a_point(record: Document, rng: random.Random) -> None:
    """Choices of the network then mean others, or none."""
    own = points(record, rng)
    own.pop(rng.randrange(len(own)))


def swap_two_points(record: Document, rng: random.Random) -> None:
    own = points(record, rng)
    place = rng.randrange(len(own) - 1)
    own[place], own[place + 1] = own[place + 1], own[place]


def double_a_point(record: Document, rng: random.Random) -> None:
    own = points(record, rng)
    place = rng.randrange(len(own))
    own.insert(place, copy.deepcopy(own[place]))


def drop_a_layer(record: Document, rng: random.Random) -> None:
    record["layers"].pop(rng.randrange(len(record["layers"])))


def change_a_choice(record: Document, rng: random.Random) -> None:
    choice = rng.choice(record["network"]["points"])["choice"]
    choice[rng.choice(list(choice))] += 1


def change_a_cost(record: Document, rng: random.Random) -> None:
    place = rng.choice([rng.choice(points(record, rng)), rng.choice(record["network"]["points"])])
    name = rng.choice(["energy_pj", "latency_cycles"])
    place[name] = with_another_digit(place[name], rng)


def drop_a_total(record: Document, rng: random.Random) -> None:
    own = record["network"]["points"]
    own.pop(rng.randrange(len(own)))


def exceed_the_machine(record: Document, rng: random.Random) -> None:
    record["architecture"][rng.choice(["rf_bytes", "spm_banks", "pes"])] = 1


def doubt_a_point(record: Document, rng: random.Random) -> None:
    rng.choice(points(record, rng))["proven"] = False


def forbid_what_is_there(record: Document, rng: random.Random) -> None:
    record["constraints"] = {"*": [rng.choice(["latency<=1", "PE.K=12", "spatial=N", "RF.Q=1"])]}


RESIGNED = (
    *(move_a_factor, drop_a_point, swap_two_points, double_a_point, drop_a_layer),
    *(change_a_choice, change_a_cost, drop_a_total, exceed_the_machine, doubt_a_point),
    forbid_what_is_there,
)


@pytest.mark.parametrize("seed", first(1, range(6)))
def test_nothing_that_was_changed_is_accepted(seed: int) -> None:
    rng, good = random.Random(seed), fronts_document(searched())
    for turn in range(100):
        record = copy.deepcopy(good)
        corruption = change_a_leaf if turn % 2 else RESIGNED[turn // 2 % len(RESIGNED)]
        corruption(record, rng)
        if record != good:
            assert complaints(record), corruption


@pytest.mark.parametrize("corruption", RESIGNED)
def test_all_is_computed_anew_where_the_digest_was_too(
    corruption: Callable[[Document, random.Random], None],
) -> None:
    """A digest anyone can write: what the file says must hold by itself."""
    rng, good = random.Random(corruption.__name__), fronts_document(searched())
    for _ in range(8):
        record = copy.deepcopy(good)
        corruption(record, rng)
        found = check(with_digest(record))
        assert found.digest is DigestState.EQUAL
        assert wrong(found), corruption


def test_totals_that_many_choices_match_are_looked_at() -> None:
    record = thinned()
    changed = copy.deepcopy(record)
    changed["network"]["points"].pop(0)
    assert wrong(check(with_digest(changed))) == ["network.points"]
    record["network"]["epsilon"] /= 100
    assert wrong(check(with_digest(record))) == ["network.points"]


@pytest.mark.parametrize("name", ["energy_pj", "latency_cycles"])
def test_a_region_leaves_nothing_out(name: str) -> None:
    for change in (-1, 1) if name == "energy_pj" else (-(10**6),):
        record = stopped()
        record["layers"][0]["open"][name] = max(0, record["layers"][0]["open"][name] + change)
        assert wrong(check(with_digest(record))) == [f"layers[0].open.{name}"]


@pytest.mark.parametrize("seed", first(1, range(4)))
def test_values_of_any_kind_anywhere_are_problems_and_no_crash(seed: int) -> None:
    rng, good = random.Random(seed), fronts_document(searched())
    odd: tuple[Any, ...] = (None, -1, 10**400, 1e308, float("nan"), "x", [], {}, [[]], True)
    paths = list(leaves(good))
    for _ in range(60):
        record = copy.deepcopy(good)
        path = rng.choice(paths)
        path = path[: rng.randrange(1, len(path) + 1)]
        at(record, path[:-1])[path[-1]] = rng.choice(odd)
        assert complaints(record) or record == good


def test_what_is_not_known_is_not_passed_over() -> None:
    for where in ("", "layers[1]", "network"):
        record = fronts_document(searched())
        place = record["layers"][1] if where == "layers[1]" else record[where] if where else record
        place["pins"] = ["PE.M=16"]
        assert wrong(check(with_digest(record))) == [f"{where}.pins".lstrip(".")]
