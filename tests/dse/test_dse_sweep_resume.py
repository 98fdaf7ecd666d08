"""Sweeps that are stopped or killed and begun again: nothing is done twice."""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import types
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp import mapper
from dmaze_cp.desk import RowsDistrusted, RunSettings, StoreFailed
from dmaze_cp.dse import neighbours, schedule
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.sweep import PointDone, SweepEvent
from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.objective import Objective
from dmaze_cp.question import Question
from dmaze_cp.result import Status
from dmaze_cp.store import Store, verify
from tests.cli.test_cli_runs import run, started, workers_end_with
from tests.dse.test_dse_sweep import NETWORKS, POOL, put_in_place, spaces, swept, winners
from tests.kit.adversary import Adversary
from tests.kit.examples import examples
from tests.kit.oracle.sweeps import check_sweep, listed


@contextmanager
def new_store():
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(Path(folder) / "store.sqlite") as store,
    ):
        yield store


def known(store, space, networks, objective) -> dict:
    """What the store has, by question."""
    found = {}
    for design in space.survey()[0]:
        figures = replace(design.architecture, name="", notes="")
        for each in networks:
            for layer in each.workload:
                answer = store.get(Question(layer, figures, objective))
                if answer is not None:
                    found[layer.shape, figures] = answer
    return found


@given(
    st.data(),
    st.sampled_from(NETWORKS),
    st.sampled_from(Objective),
    st.booleans(),
    st.integers(0, 20),
    st.integers(0, 10**6),
)
@examples(6, 60)
def test_stopped_and_resumed(data, networks, objective, pareto, searches, seed) -> None:
    space = data.draw(spaces(with_areas=pareto))
    all_points = data.draw(st.booleans())
    options = {"pareto": pareto, "all_points": all_points}
    with new_store() as store, pytest.MonkeyPatch.context() as patch:
        first = put_in_place(patch, Adversary(random.Random(seed)))
        check_sweep(
            swept(
                space,
                networks,
                objective,
                **options,
                store=store,
                stop=lambda: first.asked.total() >= searches,
            ),
            finished=False,
        )
        kept = known(store, space, networks, objective)
        proven = {q for q, r in kept.items() if r.status in {Status.OPTIMAL, Status.INFEASIBLE}}

        second = put_in_place(patch, Adversary(random.Random(seed + 1)))
        resumed = swept(space, networks, objective, **options, store=store)
        check_sweep(resumed)
        assert resumed.looked_up == len(kept)
        assert not proven & second.asked.keys()
        assert not kept.keys() & (+second.rough).keys()

        again = swept(space, networks, objective, **options, store=store)
        assert again.searches == 0
        assert winners(again) == winners(resumed)


@pytest.mark.parametrize("seed", [38, 39])
def test_bounds_of_more_designs_than_one_result_reaches_are_found_again(
    monkeypatch, seed: int
) -> None:
    """They are not stored, and results come back in another order."""
    monkeypatch.setattr(neighbours, "REACH", 1)
    rng = random.Random(seed)
    put_in_place(monkeypatch, Adversary(rng))
    space = listed([rng.choice(POOL) for _ in range(30)], [1.0] * 30)
    with new_store() as store:
        first = swept(space, NETWORKS[1], Objective.EDP, store=store)
        again = swept(space, NETWORKS[1], Objective.EDP, store=store)
    check_sweep(first)
    assert again.searches == 0
    assert winners(again) == winners(first)


def test_one_store_for_different_sweeps(tmp_path: Path, monkeypatch) -> None:
    put_in_place(monkeypatch, Adversary(random.Random(1)))
    space = _steps()
    with Store.open(tmp_path / "store.sqlite") as store:
        every = swept(space, NETWORKS[1], Objective.EDP, all_points=True, store=store)
        assert every.searches > 0
        for options in ({}, {"pareto": True}, {"all_points": True}):
            result = swept(space, NETWORKS[1], Objective.EDP, **options, store=store)
            assert result.searches == 0
            assert result.looked_up == every.searches
            check_sweep(result)
        other = swept(space, NETWORKS[1], Objective.LATENCY, store=store)
        assert other.looked_up == 0


def _steps():
    chosen = POOL[12::7]
    return listed(chosen, [float(n % 3) for n in range(len(chosen))])


def test_a_store_that_fails_does_not_end_the_sweep(tmp_path: Path, monkeypatch) -> None:
    put_in_place(monkeypatch, Adversary(random.Random(1)))
    events = []

    def put(result) -> None:
        if len(events) > 4:
            raise SpecError(Problem("store", "a full disk", "room"))

    with Store.open(tmp_path / "store.sqlite") as store:
        monkeypatch.setattr(store, "put", put)
        result = swept(_steps(), NETWORKS[1], Objective.EDP, store=store, on_event=events.append)
    check_sweep(result)
    assert sum(isinstance(event, StoreFailed) for event in events) == 1


def test_a_bad_row_is_searched_anew_and_replaced(monkeypatch) -> None:
    monkeypatch.setattr(mapper, "map_layer", Adversary(random.Random(1)))
    asked = {"all_points": True}
    with new_store() as store:
        first = swept(_steps(), NETWORKS[1], Objective.EDP, store=store, **asked)
        with closing(sqlite3.connect(store.path)) as connection, connection:
            bad = "SELECT min(key) FROM results WHERE status = 'optimal'"
            connection.execute(f"UPDATE results SET value = '7' WHERE key = ({bad})")
        events: list[SweepEvent] = []
        again = swept(
            _steps(), NETWORKS[1], Objective.EDP, store=store, on_event=events.append, **asked
        )
        assert verify(store.entries()).bad == ()
    (told,) = (event for event in events if isinstance(event, RowsDistrusted))
    assert len(told.reasons) == 1
    check_sweep(again)
    assert (again.best, again.best_proven) == (first.best, True)
    assert 0 < again.searches < first.searches


def test_a_design_is_told_of_once_its_results_are_kept(monkeypatch) -> None:
    """So that whoever is killed after that has lost nothing."""
    monkeypatch.setattr(mapper, "map_layer", Adversary(random.Random(1)))
    with new_store() as store:
        missing = []

        def check(event: SweepEvent) -> None:
            if isinstance(event, PointDone) and event.point.status is PointStatus.OPTIMAL:
                figures = replace(event.point.design.architecture, name="", notes="")
                for network in event.point.networks:
                    for result in network.layers:
                        kept = store.get(Question(result.layer, figures, Objective.EDP))
                        missing.append(kept is None or kept.status is not Status.OPTIMAL)

        swept(_steps(), NETWORKS[1], Objective.EDP, store=store, on_event=check, all_points=True)
    assert missing
    assert not any(missing)


def test_a_total_time_limit_ends_the_sweep_with_true_claims(monkeypatch) -> None:
    adversary = Adversary(random.Random(2))
    now = 0.0
    monkeypatch.setattr(schedule, "time", types.SimpleNamespace(monotonic=lambda: now))

    def slow(*arguments, **options):
        nonlocal now
        now += 0.05
        return adversary(*arguments, **options)

    monkeypatch.setattr(mapper, "map_layer", slow)
    limits = RunSettings(total_time_limit_s=0.2)
    result = swept(_steps(), NETWORKS[2], Objective.EDP, settings=limits)
    check_sweep(result, finished=False)
    assert not result.interrupted
    assert not result.best_proven
    assert 4 <= result.searches < 12


PARAMETERS = ["--param", "rf_bytes=64,256", "--param", "pes=16,64"]


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    """A network of two layers; a search takes some time."""
    bounds = {"M": 24, "C": 8, "Ox": 6, "Oy": 1, "Fx": 1, "Fy": 1}
    rows = [
        {"name": f"conv{count}", "kind": "conv", "bounds": bounds | {"M": count}}
        for count in (20, 36)
    ]
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"name": "net", "layers": rows}))
    return path


def test_a_killed_sweep_is_finished_without_proving_anything_twice(
    layers: Path, tmp_path: Path
) -> None:
    store, out, alone = (tmp_path / name for name in ("store.sqlite", "out.json", "alone.json"))
    asked = ["dse", "-", layers, *PARAMETERS, "--engine", "bounds", "-o"]
    with started(*asked, out, "--jobs", 2, "--verbose", "--store", store) as process:
        _wait_for_a_design(process)
        process.kill()
        process.wait()
        workers_end_with(process.pid)
    before = _solves(store)
    assert before

    again = run(*asked, out, "--jobs", 1, "--store", store)
    assert again.exit_code == 0, again.output
    after = _solves(store)
    assert {key: after[key] for key in before} == before
    assert run(*asked, alone, "--jobs", 1, "--no-store").exit_code == 0
    assert _figures(out) == _figures(alone)

    assert run(*asked, out, "--jobs", 1, "--store", store).exit_code == 0
    assert json.loads(out.read_text())["counts"]["searches"] == 0


def _wait_for_a_design(process) -> None:
    for line in process.stderr:
        if "optimal" in line:
            return
    pytest.fail("no design was finished")


def _solves(path: Path) -> dict[str, int]:
    """How often what is proven was searched."""
    with Store.open(path, create=False) as store:
        return {e.key: e.solves for e in store.entries() if e.answer.status is Status.OPTIMAL}


def _figures(path: Path):
    result = json.loads(path.read_text())
    return result["best"], result["best_proven"]
