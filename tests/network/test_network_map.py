"""Networks on architectures: what is searched, what comes back, and where."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from dmaze_cp.architecture import Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.desk import RunSettings
from dmaze_cp.errors import SpecError
from dmaze_cp.loading import load_workload
from dmaze_cp.network import Finished, Planned, Searched, Searching, map_networks, map_workload
from dmaze_cp.objective import Objective
from dmaze_cp.result import LayerResult, Status, WorkloadResult
from dmaze_cp.workload import Layer, Workload
from tests.kit.dask_cluster import dask_processes
from tests.kit.oracle.brute_force import brute_force
from tests.kit.patience import wait_for
from tests.kit.problems import refused
from tests.kit.works import ENDLESS, session

TINY = Architecture(name="tiny", pes=4, rf_bytes=32, spm_banks=6, spm_bank_bytes=32)
TWIN = replace(TINY, name="twin", notes="the same figures")
OTHER = replace(TINY, name="other", rf_bytes=64)


def gemm(name: str, x: int, instances: int = 1) -> Layer:
    return Layer.gemm(name, {"X": x, "Y": 6, "K": 4}, instances=instances)


ONE = Workload("one", (gemm("a", 8), gemm("b", 5, instances=3), gemm("a_again", 8, instances=2)))
TWO = Workload("two", (gemm("z", 5), gemm("y", 7), gemm("x", 8)))


class Events(list):
    """Everything a run tells."""

    def of(self, kind: type) -> list:
        return [event for event in self if isinstance(event, kind)]

    @property
    def searches(self) -> int:
        (planned,) = self.of(Planned)
        return planned.searches


def figures(results: tuple[WorkloadResult, ...]) -> list[object]:
    return [
        (r.layer, r.architecture.name, r.objective, r.status, r.value, r.bound, r.mapping)
        for result in results
        for r in result
    ]


def hard(name: str, instances: int = 1) -> Layer:
    return replace(ENDLESS, name=name, instances=instances)


@pytest.mark.parametrize("jobs", [1, 2])
def test_equal_questions_are_one_search(jobs: int) -> None:
    events = Events()
    results = map_networks(
        [ONE, TWO], [TINY, TWIN], ["edp"], RunSettings(jobs=jobs), on_event=events.append
    )
    assert events.of(Planned) == [Planned(results=12, searches=3)]
    assert len(events.of(Searched)) == 3
    assert len(events.of(Finished)) == 12
    assert [(r.workload.name, r.architecture.name) for r in results] == [
        ("one", "tiny"),
        ("one", "twin"),
        ("two", "tiny"),
        ("two", "twin"),
    ]
    for result in results:
        # Each result is under its own layer's name and instances, in the order of the layers.
        assert [r.layer for r in result] == list(result.workload)
        for r in result:
            assert r.architecture is result.architecture
            assert r.mapping.layer == r.layer
            assert r.value == brute_force(r.layer, TINY).value(Objective.EDP)
    totals = results[0].totals(Objective.EDP)
    assert totals.edp == sum(r.layer.instances * r.cost.edp for r in results[0])
    assert totals.network_edp == totals.energy_pj * totals.latency_cycles
    assert (totals.gap, totals.unmapped_layers) == (0.0, 0)


def test_other_figures_and_objectives_are_other_searches() -> None:
    events = Events()
    results = map_networks([ONE], [TINY, OTHER], ["energy", "latency"], on_event=events.append)
    assert events.searches == 2 * 2 * 2
    for result, architecture in zip(results, (TINY, OTHER), strict=True):
        assert [(r.layer.name, str(r.objective)) for r in result] == [
            (layer.name, name) for layer in ONE for name in ("energy", "latency")
        ]
        for r in result:
            assert r.value == brute_force(r.layer, architecture).value(r.objective)


def test_events_come_in_order() -> None:
    events = Events()
    map_networks([ONE], [TINY], on_event=events.append)
    assert isinstance(events[0], Planned)
    begun = [e.inquiry for e in events.of(Searching) if e.incumbent is None]
    assert begun == [e.inquiry for e in events.of(Searched)]
    assert all(e.last for e in events.of(Searched))


def test_a_workload_alone() -> None:
    done: list[LayerResult] = []
    result = map_workload(ONE, TINY, "edp", on_layer_done=done.append)
    assert sorted(r.layer.name for r in done) == sorted(layer.name for layer in ONE)
    assert {id(r.layer) for r in result} == {id(layer) for layer in ONE}
    assert not result.interrupted


def test_layers_that_do_not_fit_are_counted_and_left_out() -> None:
    result = map_workload(ONE, replace(TINY, rf_bytes=5))
    assert {r.status for r in result} == {Status.INFEASIBLE}
    totals = result.totals(Objective.EDP)
    assert totals.unmapped_layers == 3
    assert (totals.energy_pj, totals.value) == (0, 0)


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"time_limit": 0}, ["time_limit"]),
        ({"total_time_limit": -1.0}, ["total_time_limit"]),
        ({"gap": 1}, ["gap"]),
        ({"workers": 0, "jobs": 0}, ["workers", "jobs"]),
        ({"time_limit": "10", "jobs": "x"}, ["time_limit", "jobs"]),
        ({"total_time_limit": "10", "jobs": 1.5}, ["total_time_limit", "jobs"]),
        ({"objective": "power"}, ["objective"]),
        ({"time_limit": float("nan"), "gap": -1, "workers": -1}, ["time_limit", "gap", "workers"]),
    ],
)
def test_senseless_options_are_refused_before_anything_is_solved(options, fields) -> None:
    with pytest.raises(SpecError) as error:
        map_workload(ONE, TINY, **options)
    assert [problem.where for problem in error.value.problems] == fields


def test_one_objective_may_be_given_by_itself() -> None:
    for one in ("energy", Objective.ENERGY):
        (result,) = map_networks([ONE], [TINY], one)
        assert result.objectives == (Objective.ENERGY,)
    with pytest.raises(SpecError) as error:
        map_networks([ONE], [TINY], objectives="power")
    assert [problem.found for problem in error.value.problems] == ["'power'"]


@pytest.mark.parametrize(
    ("workloads", "architectures", "where"),
    [
        (["resnet18"], [TINY], "workload"),
        ("resnet18", [TINY], "workload"),
        ([ONE], ["edge"], "architecture"),
        ([ONE], "edge", "architecture"),
    ],
)
def test_a_name_is_no_network_or_architecture(workloads, architectures, where) -> None:
    with pytest.raises(SpecError) as error:
        map_networks(workloads, architectures)
    assert [problem.where for problem in error.value.problems] == [where]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_layer_that_is_too_large_is_refused(jobs: int) -> None:
    vast = Layer.gemm("vast", {"X": 2**20, "Y": 2**20, "K": 2**20})
    events = Events()
    with refused("layer vast"):
        map_networks(
            [ONE, Workload("two", (gemm("g", 4), vast))],
            [TINY],
            settings=RunSettings(jobs=jobs),
            on_event=events.append,
        )
    assert events == []


@pytest.mark.dask
def test_processes_and_dask_answer_as_one_process_does(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="needs the extra 'distributed'")
    asked = [ONE, TWO], [TINY, OTHER], [Objective.LATENCY]
    alone = map_networks(*asked)
    assert figures(alone) == figures(map_networks(*asked, RunSettings(jobs=2)))
    with dask_processes(tmp_path, 2) as dask:
        settings = RunSettings(scheduler=dask.address)
        assert figures(alone) == figures(map_networks(*asked, settings))


@pytest.mark.dask
@pytest.mark.slow
def test_many_networks_on_dask_with_a_worker_killed(tmp_path: Path) -> None:
    """The results do not show that a worker died in the middle."""
    pytest.importorskip("distributed", reason="needs the extra 'distributed'")
    networks = [load_workload(name) for name in ("resnet18", "mobilenetv2")]
    places = [Architecture(), replace(Architecture(), pes=64)]
    expected = map_networks(networks, places, settings=RunSettings(jobs=2))
    with dask_processes(tmp_path, 2) as dask:
        victim = dask.workers[0].pid
        killed: list[int] = []

        def kill(event: object) -> None:
            if isinstance(event, Searched) and not killed:
                killed.extend(session(victim))
                for pid in killed:
                    os.kill(pid, signal.SIGKILL)

        settings = RunSettings(scheduler=dask.address)
        results = map_networks(networks, places, settings=settings, on_event=kill)
    assert killed
    assert [f[:6] for f in figures(results)] == [f[:6] for f in figures(expected)]  # type: ignore[index]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_a_search_whose_workers_die_is_reported_and_the_others_finish() -> None:
    """Whoever searches the hard layer is killed; the layer is told by its memory of time."""
    network = Workload("net", (hard("doomed"), *ONE.layers))
    before = set(children())
    killed: list[int] = []
    begun = 0

    def busy() -> int:
        """The process that works on the hard layer: the others are done before long."""
        began: dict[int, int] = {}
        found: list[int] = []

        def works() -> bool:
            for pid in set(children()) - before:
                now = processor_time(pid)
                if now - began.setdefault(pid, now) >= 50:  # half a second
                    found.append(pid)
            return bool(found)

        wait_for(works, "the process that searches")
        return found[0]

    def kill(event: object) -> None:
        nonlocal begun
        if isinstance(event, Searching) and event.inquiry.layer.name == "doomed":
            begun += event.incumbent is None
            if event.incumbent is not None and len(killed) < begun:
                killed.append(busy())
                os.kill(killed[-1], signal.SIGKILL)

    (result,) = map_networks([network], [TINY], settings=RunSettings(jobs=2), on_event=kill)
    doomed, *others = result.layers
    assert doomed.failed
    assert doomed.reason == "its worker died twice (SIGKILL: killed, or out of memory)"
    assert len(killed) == 2
    assert {r.status for r in others} == {Status.OPTIMAL}
    assert not result.interrupted


def children() -> list[int]:
    """Processes started, at any depth, by this one."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(path.parent.name)] = int(fields[1])
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def processor_time(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return -1
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_returns_what_is_finished(jobs: int) -> None:
    network = Workload("net", (*ONE.layers, *(hard(f"h{i}") for i in range(1))))
    other = Workload(
        "other",
        tuple(replace(ENDLESS, name=f"n{n}", extents=(n, *ENDLESS.extents[1:])) for n in (2, 4, 8)),
    )
    events = Events()

    def stop() -> bool:
        return bool(events.of(Searched)) or any(e.incumbent for e in events.of(Searching))

    results = map_networks(
        [network, other], [Architecture()], settings=RunSettings(jobs=jobs),
        on_event=events.append, stop=stop,
    )  # fmt: skip
    assert any(result.interrupted for result in results)
    assert sum(len(result.layers) for result in results) < 7
    ran = [r for result in results for r in result]
    assert ran
    for r in ran:
        assert r.status is Status.OPTIMAL or "interrupted" in r.reason


def test_a_run_that_is_stopped_before_any_mapping_is_interrupted() -> None:
    events = Events()
    network = Workload("net", (hard("h"),))
    (result,) = map_networks(
        [network], [Architecture()], on_event=events.append, stop=lambda: bool(events.of(Searching))
    )
    assert result.interrupted


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_total_time_limit(jobs: int) -> None:
    """All layers of a real network have a mapping, and those that nothing proves are left."""
    network = load_workload("resnet18")
    network = replace(network, layers=(*network.layers, hard("hard")))
    result = map_workload(network, Architecture(), total_time_limit=0.5, jobs=jobs)
    assert all(r.mapping is not None for r in result)
    assert not result.interrupted
    for r in result:
        assert 0 < r.bound <= r.value
        assert r.status is Status.OPTIMAL or r.reason == "total time limit"
    assert result.layers[-1].status is Status.FEASIBLE


def test_a_tiny_total_still_maps_all() -> None:
    network = Workload("net", (hard("h"), *ONE.layers))
    result = map_workload(network, Architecture(), total_time_limit=0.01)
    assert all(r.mapping is not None for r in result)
    assert result.layers[0].gap > 0
    assert result.layers[0].reason == "total time limit"


def test_constraints_reach_the_searches() -> None:
    limits = Constraints.of_options(min_pe_utilization=1.0)
    result = map_workload(ONE, TINY, constraints=limits, jobs=2)
    for r in result:
        best = brute_force(r.layer, TINY, limits)
        assert r.value == best.value(Objective.EDP)
        assert r.constraints == limits
