"""What the plots draw, read from their artists."""

from __future__ import annotations

import itertools
import math
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dmaze_cp.cost.usage import dram_bytes
from dmaze_cp.dse.alone import MOST_LAYERS
from dmaze_cp.dse.area import no_area
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus, sums_of
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.errors import MissingExtraError
from dmaze_cp.levels import COMPONENTS
from dmaze_cp.report.nouns import report_of
from dmaze_cp.report.plot_labels import put_labels
from dmaze_cp.report.plots import figure_files
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.result import Status
from tests.kit.plots import drawn
from tests.kit.samples import DEPTHWISE, GEMM, ONE
from tests.kit.sweeps import SPACE, sample_sweep, sweeps, weighted

SKIPS = (PointStatus.OPTIMAL, PointStatus.SKIPPED)


def axes_of(figure):
    return figure.axes[0]


def scatters(axes):
    """Places of the points of each kind, by the label in the legend."""
    return {c.get_label(): [tuple(p) for p in c.get_offsets()] for c in axes.collections}


def flat_places(groups):
    return [place for places in groups for place in places]


def flat(places):
    return [number for place in places for number in place]


@pytest.mark.parametrize("status", [PointStatus.SKIPPED, PointStatus.UNKNOWN, PointStatus.FAILED])
def test_heat_map(status):
    space = replace(SPACE, rules=(Rule("rf_bytes < 256", "small"),))
    result = sample_sweep(space, statuses=(PointStatus.OPTIMAL, status))
    least = result.points[result.best].value
    points = tuple(
        p if p.is_mapped else replace(p, bound=least * (1.5 + k / 7))
        for k, p in enumerate(result.points)
    )
    result = replace(result, points=points)
    sweep = Sweep(result)
    figure = drawn(result)["heat-map"]
    axes = axes_of(figure)
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert len(cells) == 6
    texts = {(round(t.get_position()[0]), round(t.get_position()[1])): t for t in axes.texts}
    for patch in cells:
        column, row = round(patch.get_x() + 0.5), round(patch.get_y() + 0.5)
        rf, spm = (64, 128, 256)[row], (64, 128)[column]
        text = texts[column, row].get_text()
        found = [
            k
            for k, p in enumerate(result.points)
            if (p.design.parameters["rf_bytes"], p.design.parameters["spm_kb"]) == (rf, spm)
        ]
        if not found:
            assert (text, patch.get_hatch()) == ("x", None)
            continue
        point = result.points[found[0]]
        is_bound = point.status is status
        assert bool(patch.get_hatch()) is is_bound
        ratio = sweep.ratio(point.bound if is_bound else point.value)
        assert float(text.removeprefix("≥")) == pytest.approx(ratio, abs=0.0101)
        assert text.startswith("≥") is is_bound
    assert "≥: hatched" in figure.get_supxlabel()
    assert [t.get_text() for t in axes.get_xticklabels()] == ["64", "128"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("spm_kb", "rf_bytes")


def test_layers_that_are_not_finished_have_no_bound_of_the_whole_design():
    result = sample_sweep(statuses=(PointStatus.OPTIMAL, PointStatus.UNKNOWN))
    points = tuple(p if p.is_mapped else replace(p, bound=1.0) for p in result.points)
    figure = drawn(replace(result, points=points))["layers"]
    for axes in (axes for axes in figure.axes if axes.patches):
        assert sorted(t.get_text() for t in axes.texts)[-3:] == ["?"] * 3
    assert not any(patch.get_hatch() for axes in figure.axes for patch in axes.patches)


def test_layers_have_a_heat_map_each():
    networks = [weighted("one", 1.0, GEMM), weighted("two", 3.0, replace(DEPTHWISE, instances=5))]
    result = sample_sweep(networks=networks)
    figure = drawn(result)["layers"]
    maps = {axes.get_title(loc="left"): axes for axes in figure.axes if axes.patches}
    assert list(maps) == [f"one: {GEMM.name}", f"two: {DEPTHWISE.name}"]
    for network, axes in enumerate(maps.values()):
        values = [point.networks[network].layers[0].value for point in result.points]
        shown = {
            (round(t.get_position()[1]), round(t.get_position()[0])): float(t.get_text())
            for t in axes.texts
        }
        for point, value in zip(result.points, values, strict=True):
            parameters = point.design.parameters
            place = (
                (64, 128, 256).index(parameters["rf_bytes"]),
                (64, 128).index(parameters["spm_kb"]),
            )
            assert shown[place] == pytest.approx(value / min(values), abs=0.0051)
        assert min(shown.values()) == 1


def test_of_many_layers_the_costliest_have_a_heat_map():
    many = [replace(GEMM, name=f"l{k}", instances=k + 1) for k in range(MOST_LAYERS + 2)]
    figure = drawn(sample_sweep(networks=[weighted("net", 1.0, *many)]))["layers"]
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.patches]
    assert titles == [layer.name for layer in many[2:]]
    assert f"the {MOST_LAYERS} costliest of {len(many)}" in figure.get_suptitle()


def test_layers_are_left_out_where_designs_were_skipped():
    assert "layers" in drawn(sample_sweep())
    assert "layers" not in drawn(sample_sweep(statuses=SKIPS))
    assert "layers" not in drawn(sample_sweep(networks=[weighted("net", 1.0, ONE)]))


def test_pareto():
    result = sample_sweep(statuses=SKIPS, pareto=True)
    axes = axes_of(drawn(result)["pareto"])
    groups = scatters(axes)
    hertz = 500e6
    skipped = [p for p in result.points if p.status is PointStatus.SKIPPED]
    assert flat(sorted(groups["skipped, at its bound"])) == pytest.approx(
        flat(sorted((p.design.area_mm2, p.bound * hertz) for p in skipped))
    )
    front = [places for name, places in groups.items() if name.startswith("front")]
    others = [result.points[k] for k in result.front if k != result.best]
    assert flat(sorted(flat_places(front))) == pytest.approx(
        flat(sorted((p.design.area_mm2, p.value * hertz) for p in others))
    )
    best = result.points[result.best]
    assert flat(groups["best"]) == pytest.approx([best.design.area_mm2, best.value * hertz])
    assert axes.get_ylabel() == "EDP (pJ × cycles)"


def test_designs_with_a_bound_only_are_set_apart_from_those_with_a_value():
    statuses = (PointStatus.FEASIBLE, PointStatus.OPTIMAL, PointStatus.UNKNOWN)
    result = sample_sweep(statuses=statuses)
    points = tuple(p if p.is_mapped else replace(p, bound=1.0) for p in result.points)
    groups = scatters(axes_of(drawn(replace(result, points=points))["pareto"]))
    assert len(groups["not finished, at its bound"]) == 2
    hollow = {name: len(places) for name, places in groups.items() if "may cost less" in name}
    front = next(c for c in groups if c.startswith("front"))
    assert sum(hollow.values()) + len(groups[front]) + len(groups.get("mapped", ())) == 4
    assert hollow


def test_what_a_network_may_cost_less_has_a_star():
    networks = [weighted("one", 1.0, GEMM), weighted("two", 1.0, DEPTHWISE)]
    result = sample_sweep(networks=networks)
    open_ = tuple(
        replace(p, networks=tuple(_unproven(n) for n in p.networks)) for p in result.points
    )
    for starred, some in ((False, result), (True, replace(result, points=open_))):
        axes = axes_of(drawn(some)["networks"])
        assert all(t.get_text().endswith("*") is starred for t in axes.texts)
        assert axes.texts


def _unproven(network):
    layers = tuple(replace(r, status=Status.FEASIBLE) for r in network.layers)
    return replace(network, layers=layers, sums=sums_of(layers))


def test_only_a_proven_front_is_called_so():
    names = {
        proven: scatters(axes_of(drawn(sample_sweep(statuses=s, pareto=True))["pareto"]))
        for proven, s in ((True, (PointStatus.OPTIMAL,)), (False, (PointStatus.FEASIBLE,)))
    }
    assert "front, proven complete" in names[True]
    assert any(name.startswith("front so far") for name in names[False])
    alone = scatters(axes_of(drawn(sample_sweep(statuses=SKIPS))["pareto"]))
    assert not {"front so far", "front, proven complete"} & set(alone)


def test_energies_add_up():
    result = sample_sweep()
    sweep = Sweep(result)
    axes = axes_of(drawn(result)["energy"])
    assert [c.get_label() for c in axes.containers] == list(COMPONENTS)
    for row, position in enumerate(sweep.ranking):
        bars = [container[row] for container in axes.containers]
        parts = list(sweep.figures(position).energy_breakdown_pj.values())
        scale = bars[0].get_width() / parts[0]
        assert [b.get_width() for b in bars] == pytest.approx([p * scale for p in parts])
        for bar, following in itertools.pairwise(bars):
            assert bar.get_x() + bar.get_width() == pytest.approx(following.get_x())
    labels = [t.get_text().split("\n")[0] for t in axes.get_yticklabels()]
    best = result.points[sweep.ranking[0]].design.parameters
    assert labels[0] == f"{best['rf_bytes']} / {best['spm_kb']}"


def test_networks():
    networks = [weighted("one", 1.0, GEMM), weighted("two$x$", 1.0, DEPTHWISE)]
    result = sample_sweep(networks=networks)
    sweep = Sweep(result)
    axes = axes_of(drawn(result)["networks"])
    assert [t.get_text() for t in axes.get_yticklabels()] == ["one", r"two\$x\$"]
    winners = list(dict.fromkeys((result.best, result.best_of("one"), result.best_of("two$x$"))))
    assert len(axes.containers) == len(winners)
    for container, winner in zip(axes.containers, winners, strict=True):
        for bar, model in zip(container, ("one", "two$x$"), strict=True):
            own = sweep.network_value(result.best_of(model), model)
            assert bar.get_width() == pytest.approx(sweep.network_value(winner, model) / own)
            assert bar.get_width() >= 1
    assert "networks" not in drawn(sample_sweep())


def test_roofline():
    result = sample_sweep(networks=[weighted("net", 1.0, GEMM, DEPTHWISE)])
    axes = axes_of(drawn(result)["roofline"])
    machine = result.points[result.best].design.architecture
    (places,) = scatters(axes).values()
    for place, layer in zip(places, result.points[result.best].networks[0].layers, strict=True):
        moved = dram_bytes(layer.mapping, layer.cost, machine)
        expected = (layer.layer.macs / moved, layer.layer.macs / layer.cost.latency_cycles)
        assert place == pytest.approx(expected)
        assert place[1] <= machine.pes
    lines = {line.get_gid(): line for line in axes.lines}
    assert set(lines["compute"].get_ydata()) == {machine.pes}
    (x, end), (y, top) = lines["dma"].get_xdata(), lines["dma"].get_ydata()
    bytes_per_cycle = machine.dma_mhz / machine.accelerator_mhz / machine.dma_cycles_per_byte
    assert y / x == pytest.approx(bytes_per_cycle)
    assert top / end == pytest.approx(bytes_per_cycle)


def test_names_of_layers_that_are_close_do_not_cover_each_other():
    near = [replace(GEMM, name=f"a_layer_with_a_name_{k}") for k in range(2)]
    figure = drawn(sample_sweep(networks=[weighted("net", 1.0, *near)]))["roofline"]
    boxes = boxes_of(figure, "a_layer")
    assert len(boxes) == 2
    assert not boxes[0].overlaps(boxes[1])


def test_long_names_that_differ_in_their_middle_have_labels_that_differ():
    layers = [replace(GEMM, name=f"encoder.layers.{k}.self_attention.query") for k in range(3)]
    names = [f"company/research/model_{k}_quantised_to_8_bits.onnx" for k in range(2)]
    networks = [weighted(name, 1.0, *layers) for name in names]
    plots = drawn(sample_sweep(networks=networks))
    roofline = axes_of(plots["roofline"])
    texts = {t.get_text() for t in roofline.texts if "query" in t.get_text()}
    assert len(texts) == len(layers)
    assert len(scatters(roofline)) == len(names)
    assert len({t.get_text() for t in axes_of(plots["networks"]).get_yticklabels()}) == len(names)
    titles = [title for axes in plots["layers"].axes if (title := axes.get_title(loc="left"))]
    assert len(set(titles)) == len(titles) == len(names) * len(layers)


@given(st.lists(st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95)), max_size=6))
@settings(max_examples=10, deadline=None)
def test_labels_stay_apart_and_inside(places):
    # As many as these find room wherever they are, if they are not all at one place.
    places = [p for k, p in enumerate(places) if all(math.dist(p, q) > 0.12 for q in places[:k])]
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = figure.add_subplot()
    put_labels(axes, [(f"label {k}", x, y) for k, (x, y) in enumerate(places)], places)
    boxes = boxes_of(figure, "label")
    assert len(boxes) == len(places)
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)
    frame = axes.get_window_extent()
    for box in boxes:
        assert box.x0 >= frame.x0 - 5
        assert box.x1 <= frame.x1 + 5


def boxes_of(figure, start):
    figure.draw_without_rendering()
    texts = [t for t in axes_of(figure).texts if t.get_text().startswith(start)]
    return [t.get_window_extent() for t in texts]


def test_ticks_are_numbers_and_no_powers():
    for name in ("roofline", "pareto"):
        figure = drawn(sample_sweep())[name]
        figure.draw_without_rendering()
        axes = axes_of(figure)
        ticks = [*axes.get_yticklabels(), *axes.get_yticklabels(minor=True)]
        texts = [t.get_text() for t in ticks if t.get_text()]
        assert texts
        for text in texts:
            assert float(text) > 0


def test_what_is_no_design_says_why():
    space = replace(SPACE, rules=(Rule("rf_bytes < 256", "small"),))
    figure = drawn(sample_sweep(space))["heat-map"]
    assert "x: no design: small" in figure.get_supxlabel()


@given(sweeps())
@settings(max_examples=5, deadline=None)
@pytest.mark.filterwarnings("ignore:Glyph")
def test_any_sweep_can_be_drawn(result):
    figures = drawn(result)
    assert ("energy" in figures) is (result.best is not None)
    for figure in figures.values():
        figure.draw_without_rendering()


def test_files_are_the_same_for_the_same_sweep():
    result = sample_sweep(networks=[weighted("net", 1.0, ONE)])
    files = figure_files(report_of(result).figures())
    assert set(files) == {
        f"{name}.{kind}"
        for name in ("heat-map", "pareto", "energy", "roofline")
        for kind in ("png", "svg")
    }
    assert files["energy.png"].startswith(b"\x89PNG")
    assert b"<svg" in files["energy.svg"]
    assert figure_files(report_of(result).figures()) == files


def test_without_areas_there_is_no_front():
    assert "pareto" not in drawn(sample_sweep(replace(SPACE, area=no_area)))


def test_one_parameter_is_one_row():
    space = DesignSpace("one", parameters=(Parameter("pes", (16, 64, 128)),))
    axes = axes_of(drawn(sample_sweep(space))["heat-map"])
    assert len(axes.patches) == 3
    assert {round(patch.get_y() + 0.5) for patch in axes.patches} == {0}


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"dmaze-cp\[plot\]"):
        drawn(sample_sweep())
