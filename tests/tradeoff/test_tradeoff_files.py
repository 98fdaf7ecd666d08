"""Files of fronts are read back equal; what contradicts itself is refused, field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given

import dmaze_cp as dm
from dmaze_cp.constraints import Constraints
from dmaze_cp.documents import result_of
from dmaze_cp.errors import SpecError
from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import Format
from dmaze_cp.schemas import json_schema
from dmaze_cp.tradeoff import FrontStatus, WorkloadFront, front_from_dict
from tests.kit.examples import examples
from tests.kit.fronts import SMALL, fronts_document, searched, workload_fronts

Document = dict[str, Any]


def document(found: WorkloadFront | None = None) -> Document:
    """The object of a file."""
    return fronts_document(found or searched())


@examples(10, 30)
@given(workload_fronts())
def test_what_is_saved_is_read_back_equal(found: WorkloadFront) -> None:
    record = document(found)
    assert front_from_dict(record) == found
    jsonschema.validate(record, json_schema("front"))


def test_files_are_saved_and_loaded(tmp_path) -> None:
    dm.save_front(searched(), tmp_path / "front.json")
    read = dm.load_front(tmp_path / "front.json")
    assert read == searched()
    assert document(read) == document()


def test_padded_and_pinned_layers_are_read_back() -> None:
    layer = dm.Layer.gemm("prime", {"X": 7, "Y": 13, "K": 11})
    limits = Constraints.parse("pad=auto", "RF.K<=8")
    found = dm.pareto(layer, SMALL, constraints=limits, engine="auto")
    assert any(p.mapping.padded_from for p in found.layers[0].points)
    assert front_from_dict(document(found)) == found
    record = document(found)
    record["constraints"] = {}
    with pytest.raises(SpecError, match="as its pins permit"):
        front_from_dict(record)


def test_a_file_of_another_kind_is_one_line(tmp_path) -> None:
    dm.save_front(searched(), tmp_path / "front.json")
    network = dm.Workload("net", (dm.Layer.gemm("g", {"X": 2, "Y": 2, "K": 2}),))
    dm.map_workload(network, SMALL, engine="auto").save(tmp_path / "result.json")
    (tmp_path / "sweep.json").write_text('{"schema": "dmaze-cp/sweep/1", "space": {}}')
    for load, own in (
        (dm.load_result, "result"),
        (dm.load_results, "result"),
        (dm.load_front, "front"),
        (dm.load_sweep, "sweep"),
    ):
        for other in {"result", "front", "sweep"} - {own}:
            with pytest.raises(SpecError) as caught:
                load(tmp_path / f"{other}.json")
            (problem,) = caught.value.problems
            assert (problem.where, problem.expected) == ("schema", f"'dmaze-cp/{own}/1'")


def test_a_run_that_was_stopped_keeps_the_layers_that_it_did_not_reach() -> None:
    seen: list[object] = []
    found = dm.pareto(
        searched().workload,
        SMALL,
        engine="auto",
        on_layer_done=seen.append,
        stop=lambda: bool(seen),
    )
    assert found.interrupted
    assert len(found.layers) == 1
    assert found.layers[0].status is FrontStatus.COMPLETE
    assert found.network.status is FrontStatus.PARTIAL, "some are missing"
    record = document(found)
    assert [(each["index"], each["name"]) for each in record["missing"]] == [(0, "conv"), (1, "dw")]
    assert front_from_dict(record) == found
    for form in (Format.TABLE, Format.MARKDOWN):
        count = f"interrupted: the fronts of 1 of {len(found.workload)} layers are shown"
        assert count in " ".join(render(found, form).split())
        assert "interrupted" not in render(searched(), form)
    record["interrupted"] = False
    assert wrong(record) == ["missing"]


def test_the_epsilon_of_the_network_is_that_of_its_layers() -> None:
    found = dm.pareto(searched().workload, SMALL, engine="auto", epsilon=0.01)
    assert found.network.epsilon == 0.01


def wrong(record: Document) -> list[str]:
    with pytest.raises(SpecError) as caught:
        front_from_dict(record)
    assert len(str(caught.value).splitlines()) == len(caught.value.problems)
    return [problem.where for problem in caught.value.problems]


def put(*path: Any) -> Callable[[Document], None]:
    """Put the last at the place that the others lead to."""
    *folders, last, value = path

    def change(record: Document) -> None:
        place: Any = record
        for key in folders:
            place = place[key]
        place[last] = value

    return change


def twice(record: Document) -> None:
    points = record["layers"][0]["points"]
    points.insert(1, dict(points[1]))


def swapped(record: Document) -> None:
    points = record["layers"][0]["points"]
    points[0], points[1] = points[1], points[0]


def beaten(record: Document) -> None:
    """A mapping of all loops at DRAM is slow and costs much."""
    front = record["layers"][0]
    bounds, ones = front["bounds"], dict.fromkeys(front["bounds"], 1)
    layer = searched().layers[0].layer
    tiling = {"DRAM": bounds, "SPM": ones, "RF": ones, "PE": ones}
    order = {level: list(bounds) for level in ("DRAM", "SPM")}
    mapping = dm.Mapping.from_tiling(layer, tiling, order)
    cost = dm.evaluate(mapping, searched().architecture)
    kept = next((x for x in "OIW" if cost.reuse_dram[x] > 1), "none")
    stationary = {"DRAM": kept, "SPM": "none"}
    costs = {name: getattr(cost, name) for name in ("energy_pj", "latency_cycles", "edp")}
    front["points"].append(
        {"tiling": tiling, "loop_order": order, "stationary": stationary, "proven": True, **costs}
    )


def elsewhere(record: Document) -> None:
    for point in record["network"]["points"]:
        point["choice"]["other"] = 0


LAST = "layers[0].points"
PART = ("layers", 0)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (put("schema", "dmaze-cp/front/2"), "schema"),
        (put("model", None), "model"),
        (put("architecture", "pes", 0), "architecture.pes"),
        (put("constraints", {"*": ["PE.Q=1"]}), "constraints.*[0]"),
        (put("interrupted", "no"), "interrupted"),
        (put(*PART, "kind", "sparse"), "layers[0].kind"),
        (put(*PART, "epsilon", 10**400), "layers[0].epsilon"),
        (put(*PART, "epsilon", -0.5), "layers[0].epsilon"),
        (put(*PART, "status", "partial"), "layers[0].open"),
        (put(*PART, "open", {"energy_pj": None, "latency_cycles": 3}), "layers[0].open"),
        (
            put(*PART, "open", {"energy_pj": 10**400, "latency_cycles": 3}),
            "layers[0].open.energy_pj",
        ),
        (put(*PART, "solve_time_s", 10**400), "layers[0].solve_time_s"),
        (put(*PART, "points", 0, "energy_pj", 10**400), f"{LAST}[0].energy_pj"),
        (put(*PART, "points", 0, "latency_cycles", 3), f"{LAST}[0].latency_cycles"),
        (put(*PART, "points", 1, "edp", 3), f"{LAST}[1].edp"),
        (put(*PART, "points", 1, "proven", False), f"{LAST}[1].proven"),
        (put(*PART, "points", 1, "stationary", {}), f"{LAST}[1].stationary"),
        (put(*PART, "points", 1, "tiling", "PE", "M", 3), f"{LAST}[1].tiling.*.M"),
        (put(*PART, "points", 1, "loop_order", "SPM", ["N", "N"]), f"{LAST}[1].loop_order.SPM"),
        (put(*PART, "points", 1, "note", "mine"), f"{LAST}[1].note"),
        (twice, f"{LAST}[2]"),
        (swapped, f"{LAST}[1].latency_cycles"),
        (beaten, "layers[0].points"),
        (put("network", "status", "partial"), "network.status"),
        (put("network", "epsilon", -1), "network.epsilon"),
        (put("network", "points", []), "network.points"),
        (put("network", "points", 0, "energy_pj", 7), "network.points[0].energy_pj"),
        (put("network", "points", 0, "choice", "dw", 99), "network.points[0].choice.dw"),
        (put("network", "points", 1, "choice", {}), "network.points[1].choice"),
        (elsewhere, "network.points[0].choice"),
        (put("missing", [{"index": 1}]), "missing[0].name"),
        (put("layers", 1, "name", "conv"), "layers[1].name"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_problem_is_said_where_it_is(change: Callable[[Document], None], where: str) -> None:
    record = document()
    change(record)
    assert wrong(record)[0].startswith(where)


def test_all_problems_are_said_at_once() -> None:
    record = document()
    record["layers"][0]["points"][0]["energy_pj"] += 1
    record["layers"][1]["points"][1]["edp"] += 1
    record["layers"][2]["kind"] = "sparse"
    assert wrong(record)[:1] == ["layers[2].kind"]
    record["layers"][2]["kind"] = "gemm"
    assert wrong(record) == ["layers[0].points[0].energy_pj", "layers[1].points[1].edp"]


def test_a_region_begins_after_the_last_proven_point() -> None:
    seen: list[object] = []
    found = dm.pareto(
        searched().workload.layers[0],
        SMALL,
        engine="auto",
        on_point=lambda _layer, point: seen.append(point),
        stop=lambda: len(seen) >= 2,
    )
    assert front_from_dict(document(found)) == found
    for name in ("energy_pj", "latency_cycles"):
        record = document(found)
        record["layers"][0]["open"][name] = 0
        assert wrong(record) == [f"layers[0].open.{name}"]
    record = document(found)
    record["layers"][0]["points"][0]["proven"] = False
    assert wrong(record) == ["layers[0].points[1].proven"]


def test_fronts_have_frames_and_pages() -> None:
    found = searched()
    points = sum(len(front.points) for front in found.layers) + len(found.network.points)
    assert len(found.to_frame()) == points
    assert "front: complete" in found._repr_html_()
    page = render(result_of(document()), Format.PAGE)
    assert all(layer.name in page for layer in found.workload)
