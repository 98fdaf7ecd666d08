from __future__ import annotations

import re
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings

from dmaze_cp.architecture import Architecture
from dmaze_cp.dse.grid import CellState, grid_of
from dmaze_cp.dse.parameters import Parameter
from dmaze_cp.dse.result import PointStatus
from dmaze_cp.dse.rivals import rivals_of
from dmaze_cp.dse.rules import Rule
from dmaze_cp.dse.space import DesignSpace
from dmaze_cp.report.heat_figures import heat_maps
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_why import explanation, ratio_text
from tests.kit.samples import GEMM
from tests.kit.sweeps import MAPPED, SPACE, sample_sweep, sweep_text, sweeps, weighted

SKIPS = (PointStatus.OPTIMAL, PointStatus.SKIPPED)


@given(sweeps())
@settings(max_examples=25, deadline=None)
def test_a_cell_is_the_best_of_its_designs(result):
    sweep = Sweep(result)
    grid = grid_of(sweep)
    if grid is None:
        assert not sweep.swept
        return
    seen = 0
    heats = heat_maps(sweep)
    assert (heats is None) is (not result.points)
    texts = [""] * len(grid.cells)
    if heats is not None:
        texts = [longest[0] for longest in heats.heats[0].shades[0].texts]
    for ((row, column), cell), text in zip(grid.cells.items(), texts, strict=True):
        wanted = {grid.columns: grid.column_values[column]}
        if grid.rows:
            wanted[grid.rows] = grid.row_values[row]
        those = [p for p in result.points if wanted.items() <= p.design.parameters.items()]
        invalid = [p for p in result.invalid if wanted.items() <= p.parameters.items()]
        assert [sweep.point(position) for position in cell.positions] == those
        seen += len(cell.positions) + len(invalid)
        values = [p.value for p in those if p.is_mapped and p.value is not None]
        others = [p for p in those if not p.is_mapped and p.status is not PointStatus.INFEASIBLE]
        bounds = [p.bound for p in others]
        if values:
            assert sweep.point(cell.position).value == min(values)
            unproven = [p.bound for p in those if p.status is PointStatus.FEASIBLE]
            is_proven = min(bounds + unproven, default=inf) >= min(values)
            assert cell.state is (CellState.PROVEN if is_proven else CellState.FOUND)
            assert text.endswith("*") is not is_proven
        elif others and min(bounds) > 0 and result.best is not None:
            # Whatever the reason: what is not searched to the end is no value.
            assert cell.state is CellState.BOUNDED
            assert cell.ratio == sweep.ratio(min(bounds))
            assert text.startswith("≥")
            assert float(text[1:]) <= cell.ratio
        elif others and min(bounds) == 0:
            assert (cell.state, text) == (CellState.UNKNOWN, "?")
        elif not those:
            assert cell.state is CellState.INVALID
    assert seen == len(result.points) + len(result.invalid)
    assert sum(cell.is_best for cell in grid.cells.values()) == (result.best is not None)


def test_of_many_parameters_memories_are_shown():
    space = DesignSpace(
        "three",
        parameters=(
            Parameter("pes", (16, 64)),
            Parameter("spm_kb", (32, 64, 128)),
            Parameter("rf_bytes", (64, 128)),
        ),
    )
    grid = grid_of(Sweep(sample_sweep(space)))
    assert grid is not None
    assert {grid.rows, grid.columns} == {"rf_bytes", "spm_kb"}
    assert grid.others == ("pes",)
    assert {len(cell.positions) for cell in grid.cells.values()} == {2}
    assert "each the best of all pes" in sweep_text(sample_sweep(space))


@given(sweeps())
@settings(max_examples=25, deadline=None)
def test_rivals(result):
    sweep = Sweep(result)
    rivals = rivals_of(sweep)
    if result.best is None:
        assert rivals == ()
        return
    best = sweep.point(result.best)
    for rival in rivals:
        point = sweep.point(rival.position)
        assert rival.position != result.best
        expected = {
            name: (value, point.design.parameters[name])
            for name, value in best.design.parameters.items()
            if value != point.design.parameters[name]
        }
        assert rival.differences == expected
        text = explanation(sweep, rival)
        assert ("not searched to the end" in text) is not point.is_mapped
    others = [
        p.value
        for k, p in enumerate(result.points)
        if p.is_mapped and k != result.best and p.value is not None
    ]
    if others:
        assert sweep.point(rivals[0].position).value == min(others)


def test_why_says_where_the_difference_comes_from():
    energies = DesignSpace("e", parameters=(Parameter("dram_pj", (100.0, 200.0)),))
    result = sample_sweep(energies, [weighted("net", 1.0, GEMM)])
    sweep = Sweep(result)
    (rival,) = rivals_of(sweep)
    # The costlier design is the base: only its DRAM differs.
    assert rival.role == "runner-up, base"
    own, other = sweep.figures(0), sweep.figures(1)
    saved = 1 - own.energy_pj / other.energy_pj
    text = explanation(sweep, rival)
    assert f"energy {100 * saved:.3g} % less (DRAM -" in text
    assert "RF" not in text
    assert "cycles about the same" in text


def test_the_base_is_found_by_its_figures():
    space = DesignSpace("s", Architecture(), parameters=(Parameter("pes", (128, 256, 512)),))
    sweep = Sweep(sample_sweep(space))
    assert sweep.base == 1
    other = replace(space, base=Architecture(pes=100))
    assert Sweep(sample_sweep(other)).base is None


def test_the_report_for_people():
    space = replace(SPACE, rules=(Rule("rf_bytes < 256", "small"),))
    result = sample_sweep(space, statuses=SKIPS, pareto=True)
    text = sweep_text(result, 80)
    assert "Sweep: memories, least EDP of net" in text
    assert re.search(r"best design  rf_bytes=\d+ spm_kb=\d+", text)
    assert re.search(r"skipped, by their bounds\s+2", text)
    assert re.search(r"invalid: small\s+2", text)
    assert re.search(r"searches run\s+4\nanswers looked up\s+3\ntime", text)
    assert "[1.00]" in text
    assert "≥" in text
    assert re.search(r"^256 +x +x$", text, re.MULTILINE)


def test_what_is_not_proven_is_not_called_so():
    result = sample_sweep(statuses=(PointStatus.FEASIBLE,))
    assert not result.best_proven
    text = sweep_text(result)
    assert "not proven: no design of the space within the limits is better by more than" in text
    assert re.search(r"mapped, with a gap\s+6", text)
    assert "1.00]" in text
    assert "*" in text


@pytest.mark.parametrize("status", [PointStatus.SKIPPED, PointStatus.UNKNOWN, PointStatus.FAILED])
@pytest.mark.parametrize(
    ("ratio", "shown"), [(1.2399, "≥1.23"), (155.9, "≥155"), (19_999.0, "≥1e4")]
)
def test_a_bound_has_its_sign_and_is_rounded_down(ratio, shown, status):
    result = sample_sweep(statuses=(PointStatus.OPTIMAL, status))
    least = result.points[result.best].value
    points = tuple(
        replace(p, bound=least * ratio) if p.status is status else p for p in result.points
    )
    text = sweep_text(replace(result, points=points))
    assert re.findall(r"≥\S+\d\S*|≥\d", text) == [shown] * 3
    assert re.search("^≥ .*proven to cost at least so much", text, re.MULTILINE)


def test_without_any_mapping_reasons_are_shown():
    text = sweep_text(sample_sweep(statuses=(PointStatus.INFEASIBLE, PointStatus.FAILED)))
    assert "no design maps the networks" in text
    assert text.count("infeasible: a reason") == 3
    assert text.count("failed: a reason") == 3
    assert "Why it wins" not in text


def test_many_columns_come_in_blocks():
    space = DesignSpace(
        "wide",
        parameters=(
            Parameter("rf_bytes", (64, 128)),
            Parameter("dma_startup_cycles", tuple(range(100, 130))),
        ),
    )
    text = sweep_text(sample_sweep(space, [weighted("net", 1.0, GEMM)], statuses=MAPPED), 80)
    assert max(map(len, text.split("\n"))) <= 80
    assert text.count("[1.00]") == 1


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.0, "1.000 x"), (1.00001, ">1.000 x"), (0.9999, "<1.000 x"), (2.5, "2.500 x"),
     (12.345, "12.35 x"), (1234.5, "1234.5 x"), (1e7, "1.0e+07 x")],
)  # fmt: skip
def test_ratios(ratio, text):
    assert ratio_text(ratio) == text
