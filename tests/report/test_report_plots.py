"""What the plots draw, read from their artists."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from matplotlib.patches import Rectangle

from dmaze_cp.cost.report import COMPONENTS
from dmaze_cp.dse.area import no_area
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.errors import MissingExtraError
from dmaze_cp.report import plots
from dmaze_cp.report.html.layers import dram_bytes
from dmaze_cp.report.plots import plot_files, sweep_plots
from dmaze_cp.report.sweep_figures import Sweep
from tests.report.samples import DEPTHWISE, GEMM, ONE
from tests.report.sweeps import SPACE, sample_sweep, sweeps, weighted

SKIPS = (PointStatus.OPTIMAL, PointStatus.SKIPPED)


def axes_of(figure):
    return figure.axes[0]


def scatters(axes):
    """Places of the points of each kind, by the label in the legend."""
    return {c.get_label(): [tuple(p) for p in c.get_offsets()] for c in axes.collections}


def flat(places):
    return [number for place in places for number in place]


def test_heat_map():
    space = replace(SPACE, rules=(Rule("rf_bytes < 256", "small"),))
    result = sample_sweep(space, statuses=SKIPS)
    sweep = Sweep(result)
    axes = axes_of(sweep_plots(result)["heat-map"])
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
            assert (text, patch.get_hatch()) == ("×", None)
            continue
        point = result.points[found[0]]
        skipped = point.status is PointStatus.SKIPPED
        assert bool(patch.get_hatch()) is skipped
        ratio = sweep.ratio(point.bound if skipped else point.value)
        assert float(text.removeprefix("≥ ")) == pytest.approx(ratio, abs=0.0101)
        assert text.startswith("≥") is skipped
    assert [t.get_text() for t in axes.get_xticklabels()] == ["64", "128"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("spm_kb", "rf_bytes")


def test_pareto():
    result = sample_sweep(statuses=SKIPS, pareto=True)
    axes = axes_of(sweep_plots(result)["pareto"])
    drawn = scatters(axes)
    hertz = 500e6
    skipped = [p for p in result.points if p.status is PointStatus.SKIPPED]
    assert flat(sorted(drawn["skipped, at its bound"])) == pytest.approx(
        flat(sorted((p.design.area_mm2, p.bound * hertz) for p in skipped))
    )
    (front,) = [places for name, places in drawn.items() if name.startswith("front")]
    assert flat(front) == pytest.approx(
        flat(
            (result.points[k].design.area_mm2, result.points[k].value * hertz) for k in result.front
        )
    )
    best = result.points[result.best]
    assert flat(drawn["best"]) == pytest.approx([best.design.area_mm2, best.value * hertz])
    assert axes.get_ylabel() == "EDP (pJ × cycles)"


def test_only_a_proven_front_is_called_so():
    names = {
        proven: scatters(axes_of(sweep_plots(sample_sweep(statuses=s, pareto=True))["pareto"]))
        for proven, s in ((True, (PointStatus.OPTIMAL,)), (False, (PointStatus.FEASIBLE,)))
    }
    assert "front, proven complete" in names[True]
    assert "front so far" in names[False]


def test_energies_add_up():
    result = sample_sweep()
    sweep = Sweep(result)
    axes = axes_of(sweep_plots(result)["energy"])
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
    axes = axes_of(sweep_plots(result)["networks"])
    assert [t.get_text() for t in axes.get_yticklabels()] == ["one", r"two\$x\$"]
    winners = list(dict.fromkeys((result.best, result.best_of("one"), result.best_of("two$x$"))))
    assert len(axes.containers) == len(winners)
    for container, winner in zip(axes.containers, winners, strict=True):
        for bar, model in zip(container, ("one", "two$x$"), strict=True):
            own = sweep.network_value(result.best_of(model), model)
            assert bar.get_width() == pytest.approx(sweep.network_value(winner, model) / own)
            assert bar.get_width() >= 1
    assert "networks" not in sweep_plots(sample_sweep())


def test_roofline():
    result = sample_sweep(networks=[weighted("net", 1.0, GEMM, DEPTHWISE)])
    axes = axes_of(sweep_plots(result)["roofline"])
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


@given(sweeps())
@settings(max_examples=12, deadline=None)
@pytest.mark.filterwarnings("ignore:Glyph")
def test_any_sweep_can_be_drawn(result):
    figures = sweep_plots(result)
    assert ("energy" in figures) is (result.best is not None)
    for figure in figures.values():
        figure.draw_without_rendering()


def test_files_are_the_same_for_the_same_sweep():
    result = sample_sweep(networks=[weighted("net", 1.0, ONE)])
    files = plot_files(result)
    assert set(files) == {
        f"{name}.{kind}"
        for name in ("heat-map", "pareto", "energy", "roofline")
        for kind in ("png", "svg")
    }
    assert files["energy.png"].startswith(b"\x89PNG")
    assert b"<svg" in files["energy.svg"]
    assert plot_files(result) == files


def test_without_areas_there_is_no_front():
    assert "pareto" not in sweep_plots(sample_sweep(replace(SPACE, area=no_area)))


def test_one_parameter_is_one_row():
    space = DesignSpace("one", parameters=(Parameter("pes", (16, 64, 128)),))
    axes = axes_of(sweep_plots(sample_sweep(space))["heat-map"])
    assert len(axes.patches) == 3
    assert {round(patch.get_y() + 0.5) for patch in axes.patches} == {0}


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    def missing(_name):
        raise ImportError

    monkeypatch.setattr(plots.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"dmaze-cp\[plot\]"):
        sweep_plots(sample_sweep())
