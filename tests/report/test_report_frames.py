"""Nouns as data frames: the rows of their CSV files, with every number as it is."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pandas
import pytest
from hypothesis import given, settings

from dmaze_cp import MissingExtraError, Workload, load_workload
from dmaze_cp.report.csv_file import rows_csv
from dmaze_cp.report.rows import layer_rows
from dmaze_cp.report.sweep_figures import Sweep
from dmaze_cp.report.sweep_rows import sweep_rows
from dmaze_cp.result import WorkloadResult
from dmaze_cp.spec.documents import Record
from tests.kit.missing import without
from tests.kit.networks import lost, network, networks
from tests.kit.samples import CONV, DEPTHWISE, GEMM, STRIDED, sample_result
from tests.kit.sweeps import sweeps

RESULT = network(sample_result(CONV, bound_fraction=0.75), sample_result(GEMM), lost(DEPTHWISE))


def same_table(frame: pandas.DataFrame, rows: list[Record], text: str) -> None:
    """The columns are those of the file; every value is that of its row, to the last digit."""
    assert list(frame.columns) == next(csv.reader(io.StringIO(text)))
    assert len(frame) == len(rows)
    for name in frame.columns:
        for value, row in zip(frame[name], rows, strict=True):
            if row.get(name) is None:
                assert pandas.isna(value)
            else:
                assert value == row[name]
                assert isinstance(value, str) == isinstance(row[name], str)


@settings(max_examples=20)
@given(networks())
def test_a_network_is_the_rows_of_its_csv(result: WorkloadResult) -> None:
    rows = layer_rows([result])
    same_table(result.to_frame(), rows.rows, rows_csv(rows))


@settings(max_examples=20)
@given(sweeps())
def test_a_sweep_is_the_rows_of_its_csv(result) -> None:
    rows = sweep_rows(Sweep(result))
    same_table(result.to_frame(), rows.rows, rows_csv(rows))


def test_one_layer_is_its_row_in_a_network() -> None:
    alone = network(sample_result(STRIDED))
    (layer,) = alone
    expected = alone.to_frame().drop(columns="model")
    pandas.testing.assert_frame_equal(layer.to_frame(), expected)


def test_integers_stay_integers_where_some_are_missing() -> None:
    frame = RESULT.to_frame()
    assert [str(frame[name].dtype) for name in ("energy_pj", "macs")] == ["Int64", "Int64"]
    assert frame["energy_pj"].isna().tolist() == [False, False, True]
    assert frame["energy_pj"].iloc[0] == RESULT.layers[0].cost.energy_pj
    assert frame["energy_pj"].sum() == sum(r.cost.energy_pj for r in RESULT.layers[:2])
    assert frame["failed"].dtype == "bool" or str(frame["failed"].dtype) == "boolean"


def test_integers_of_any_size_keep_their_digits() -> None:
    first = RESULT.layers[0]
    for size in (2**62 + 1, 2**80 + 1):
        large = replace(first, cost=replace(first.cost, latency_cycles=size))
        frame = replace(RESULT, layers=(large, *RESULT.layers[1:])).to_frame()
        assert frame["latency_cycles"].iloc[0] == size
        assert frame["edp"].iloc[0] == size * first.cost.energy_pj


def test_bounds_that_are_no_integers_leave_the_others_as_they_are() -> None:
    exact, fraction = RESULT.layers[:2]
    layers = (replace(exact, bound=2**60 + 1), replace(fraction, bound=0.5))
    bounds = replace(RESULT, layers=layers).to_frame()["bound"]
    assert bounds.tolist() == [2**60 + 1, 0.5]
    usual = replace(RESULT, layers=(replace(exact, bound=3), layers[1])).to_frame()["bound"]
    assert usual.dtype == "float64"


def test_a_workload_has_a_row_for_each_layer() -> None:
    workload = load_workload("resnet18")
    frame = workload.to_frame()
    assert frame["layer"].tolist() == [layer.name for layer in workload]
    assert (frame["macs"] * frame["instances"]).sum() == workload.mapped_macs
    assert set(frame.columns) < set(RESULT.to_frame().columns)
    assert Workload("empty", ()).to_frame().empty


def test_without_pandas_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "pandas")
    with pytest.raises(MissingExtraError, match=r"dmaze-cp\[pandas\]"):
        RESULT.to_frame()
