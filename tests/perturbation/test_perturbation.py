"""Sensitivity against brute force: optima of changed machines, and the ranges of energies."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache

import pytest

import dmaze_cp as dm
from dmaze_cp import mapper
from dmaze_cp.documents import result_of
from dmaze_cp.errors import SpecError
from dmaze_cp.perturbation import (
    MOST,
    change_from,
    changes,
    sensitivity_from_dict,
    sensitivity_record,
)
from dmaze_cp.perturbation.changes import change
from dmaze_cp.perturbation.ranges import INSIDE
from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import Format
from dmaze_cp.result import Status
from tests.kit.adversary import exact
from tests.kit.examples import PARTS, share
from tests.kit.oracle.brute_force import brute_force
from tests.kit.random_layers import random_layer
from tests.kit.wide_machines import wide_machine
from tests.search.test_soundness import random_architecture

ENERGIES = ("rf_pj", "noc_pj", "spm_pj", "dram_pj", "mac_pj")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of dozens of machines has its optimum by brute force."""
    monkeypatch.setattr(mapper, "map_layer", exact)


def network(*layers: dm.Layer) -> dm.Workload:
    return dm.Workload("net", tuple(replace(layer, name=f"l{k}") for k, layer in enumerate(layers)))


def check(seed: int) -> None:
    rng = random.Random(seed)
    layer = random_layer(rng, (20, 1500))
    arch = random_architecture(rng, layer)
    objective = rng.choice(list(dm.Objective))
    engine = rng.choice(("cp-sat", "bounds", "auto"))
    settings = dm.RunSettings(engine=engine)
    found = dm.sensitivity(network(layer), arch, objective, settings, changed=["dram_pj=31"])
    (one,) = found.layers
    assert one.base is not None
    assert one.base.value == brute_force(layer, arch).value(objective), seed
    for each in rng.sample(one.changed, 6):
        best = brute_force(layer, each.change.architecture).value(objective)
        assert each.result is not None
        assert each.result.value == best, (seed, each.change)
        assert each.is_proven is (best is not None)
    for each in one.ranges:
        assert each.low <= each.value <= each.high
        for end in (each.low, each.high, rng.uniform(each.low, each.high)):
            machine = change(arch, each.parameter, end).architecture
            cost = dm.evaluate(one.base.mapping, machine)
            best = brute_force(layer, machine).value(objective)
            # Between the ends, what is rounded at them may differ.
            slack = 0 if end in (each.low, each.high) else (cost.latency_cycles + 1)
            assert best is not None
            got = objective.of(cost.energy_pj, cost.latency_cycles)
            assert best <= got <= best + slack, (seed, each, end)
        if each.high_ends and each.high > each.value:
            beyond = each.high + 3 * INSIDE * (each.high - each.value)
            exceeds(layer, arch, one, each.parameter, beyond, seed)


def exceeds(layer, arch, one, parameter: str, value: float, seed: int) -> None:
    """Just beyond an end, another mapping is better, or costs the same when rounded."""
    machine = change(arch, parameter, value).architecture
    best = brute_force(layer, machine)
    cost = dm.evaluate(one.base.mapping, machine)
    objective = one.base.objective
    assert best.value(objective) <= objective.of(cost.energy_pj, cost.latency_cycles), seed


@pytest.mark.parametrize("seed", [1, 2, 5])  # one of each objective
def test_optima_and_ranges_equal_brute_force(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_optima_and_ranges_equal_brute_force_many_times(part: int) -> None:
    for seed in share(100, part):
        check(seed)


def test_an_end_is_where_another_mapping_takes_over(at_once) -> None:
    """The range ends at the value at which two mappings cost the same, found by trying values."""
    layer = dm.Layer.gemm("l0", {"X": 6, "Y": 8, "K": 9})
    arch = dm.Architecture(pes=4, rf_bytes=16, spm_banks=6, spm_bank_bytes=32)
    (one,) = dm.sensitivity(network(layer), arch, "energy").layers
    ended = [each for each in one.ranges if each.high_ends]
    assert ended
    for each in ended:
        further = change(arch, each.parameter, each.high * 1.01).architecture
        cost = dm.evaluate(one.base.mapping, further).energy_pj
        assert brute_force(layer, further).energy.value < cost


def test_rounding_alone_ends_no_range(at_once) -> None:
    """Near where two mappings cost the same, whole pJ can make the other one the cheaper."""
    bounds = {"N": 8, "M": 2, "C": 2, "Ox": 7, "Oy": 1, "Fx": 1, "Fy": 5}
    layer = dm.Layer.conv("l", bounds, stride=(5, 5), dilation=(3, 2), padded_input=(31, 12))
    figures = {
        "pes": 1,
        "rf_bytes": 43,
        "word_bytes": 2,
        "spm_banks": {"IW": 24, "O": 31},
        "spm_bank_bytes": 2,
        "dma_startup_cycles": 291,
        "dma_cycles_per_byte": 1 / 3,
        "dma_mhz": 3200,
        "accelerator_mhz": 500,
    }
    energy = {"rf_pj": 200, "noc_pj": 2, "spm_pj": 0.25, "mac_pj": 0.5, "word_bytes": 4}
    energy |= {"dram_pj": {"O": 0, "I": 200, "W": 2}}
    arch = dm.load_architecture({**figures, "energy": energy})
    (found,) = dm.sensitivity(network(layer), arch).layers
    ranges = {each.parameter: each for each in found.ranges}
    assert (ranges["noc_pj"].high, ranges["dram_pj.W"].high) == pytest.approx((15.6, 3.89), 0.01)


def test_what_a_machine_has_is_changed() -> None:
    plain = list(changes(dm.Architecture()))
    names = dict.fromkeys(each.parameter for each in plain)
    assert list(names)[:3] == ["pes", "rf_bytes", "spm_banks"]
    assert set(ENERGIES) <= names.keys()
    assert "leakage_mw" not in names, "there is none to change"
    assert [(c.before, c.after) for c in plain if c.parameter == "rf_bytes"] == [
        (512, 256),
        (512, 1024),
    ]
    for each in plain:
        base = dm.Architecture()
        whole = replace(each.architecture, name=base.name, notes=base.notes)
        differ = [
            f for f in ("pes", "rf_bytes", "spm_banks") if getattr(whole, f) != getattr(base, f)
        ]
        assert differ == (
            [each.parameter] if each.parameter in ("pes", "rf_bytes", "spm_banks") else []
        )
        if each.parameter not in ENERGIES:
            assert whole.energy == base.energy, "energies do not follow sizes"


def test_parts_of_wide_machines_are_changed_one_by_one() -> None:
    arch = dm.load_architecture("gemmini")
    names = {each.parameter for each in changes(arch)}
    assert {"pe_array.rows", "pe_array.cols", "rf_bytes.O", "spm_banks.IW", "rf_pj.W"} <= names
    assert not {"pes", "rf_bytes", "rf_pj"} & names
    for seed in range(8):
        rng = random.Random(seed)
        for each in changes(wide_machine(rng, random_layer(rng, (20, 1500)))):
            assert each.after != each.before


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("rf_byte=4", "rf_byte"),
        ("rf_bytes=0", "rf_bytes"),
        ("pe_array.rows=4", "pe_array.rows"),
        ("rf_bytes", ""),
        ("dram_pj=-1", "dram_pj"),
        ("rf_bytes.O=4", "rf_bytes.O"),
    ],
)
def test_a_change_that_makes_no_sense(text: str, where: str) -> None:
    with pytest.raises(SpecError) as caught:
        change_from(dm.Architecture(), text)
    assert [problem.where for problem in caught.value.problems] == [where]


def test_clocks_are_compared_in_seconds(at_once) -> None:
    layer = dm.Layer.gemm("l0", {"X": 4, "Y": 4, "K": 4})
    arch = dm.Architecture(dma_startup_cycles=0, dma_cycles_per_byte=0)
    found = dm.sensitivity(network(layer), arch, "latency", changed=["accelerator_mhz=1000"])
    given = found.layers[0].changed[-1]
    assert given.relative == pytest.approx(0.5)
    assert given.result is not None
    assert given.result.value == found.layers[0].base.value


def test_latency_has_no_ranges_and_stopping_is_said(at_once) -> None:
    layer = dm.Layer.gemm("l0", {"X": 4, "Y": 4, "K": 4})
    found = dm.sensitivity(network(layer), dm.Architecture(), "latency")
    assert found.layers[0].ranges == ()
    stopped = dm.sensitivity(network(layer), dm.Architecture(), "energy", stop=lambda: True)
    assert stopped.interrupted
    assert stopped.layers[0].ranges == ()
    assert all(each.result is None or not each.is_proven for each in stopped.layers[0].changed)
    searches = 1 + len(stopped.layers[0].changed)
    for form in (Format.TABLE, Format.MARKDOWN):
        text = f"interrupted: 0 of {searches} searches have a proven answer"
        assert text in " ".join(render(stopped, form).split())
        assert "interrupted" not in render(found, form)


def test_ranges_that_were_cut_off_say_so(at_once) -> None:
    layer = dm.Layer.gemm("l0", {"X": 4, "Y": 4, "K": 4})
    found = dm.sensitivity(network(layer), dm.Architecture(), "energy")
    cut = render(replace(found, interrupted=True), Format.TABLE)
    assert "ranges of energies may be wider" in " ".join(cut.split())


def test_an_infeasible_machine_is_a_result(at_once) -> None:
    layer = dm.Layer.gemm("l0", {"X": 2, "Y": 2, "K": 2})
    arch = dm.Architecture(rf_bytes=6)
    (one,) = dm.sensitivity(network(layer), arch, "edp").layers
    half = next(each for each in one.changed if each.change.parameter == "rf_bytes")
    assert half.result is not None
    assert half.result.status is Status.INFEASIBLE
    assert half.relative is None


def test_no_more_than_so_many_times_an_energy_is_looked_at(at_once) -> None:
    layer = dm.Layer.gemm("l0", {"X": 2, "Y": 2, "K": 2})
    (one,) = dm.sensitivity(network(layer), dm.Architecture(), "energy").layers
    for each in one.ranges:
        assert each.high <= each.value * MOST
        assert each.high_ends or each.high == each.value * MOST


@cache
def analysed() -> dm.Sensitivity:
    """Searched for once: a machine with many figures."""
    layer = dm.Layer.gemm("l0", {"X": 2, "Y": 2, "K": 6})
    arch = replace(dm.load_architecture("gemmini"), rf_bytes=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapper, "map_layer", exact)
        return dm.sensitivity(network(layer), arch, "energy", changed=["dram_pj.W=5"])


def test_padded_mappings_are_read_back() -> None:
    chip = dm.Architecture(pes=12, rf_bytes=64, spm_banks=16, spm_bank_bytes=64)
    settings = dm.RunSettings(constraints=dm.Constraints.parse("pad=auto"), jobs=1)
    layer = dm.Layer.gemm("l0", {"X": 7, "Y": 12, "K": 10})
    found = dm.sensitivity(network(layer), chip, "latency", settings, ranges=False)
    changed = [each.result for each in found.layers[0].changed if each.result is not None]
    assert any(result.mapping and result.mapping.padded_from for result in changed)
    again = sensitivity_from_dict(json.loads(json.dumps(sensitivity_record(found))))
    assert again.layers[0].base == found.layers[0].base
    assert [(c.result.mapping, c.result.cost) for c in again.layers[0].changed] == [
        (c.result.mapping, c.result.cost) for c in found.layers[0].changed
    ]


def test_an_analysis_is_read_back() -> None:
    found = analysed()
    record = json.loads(json.dumps(sensitivity_record(found)))
    read = sensitivity_from_dict(record)
    assert json.loads(json.dumps(sensitivity_record(read))) == record
    assert read.layers[0].base == found.layers[0].base
    assert [each.change for each in read.layers[0].changed] == [
        each.change for each in found.layers[0].changed
    ]
    assert list(found.to_frame()["parameter"]) == [
        each.change.parameter for each in found.layers[0].changed
    ]
    assert "rf_bytes" in found._repr_html_()
    assert "rf_bytes" in render(result_of(record), Format.PAGE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("objective",), "power"),
        (("architecture", "rf_bytes"), -1),
        (("layers", 0, "kind"), "sparse"),
        (("layers", 0, "base", "value"), 3),
        (("layers", 0, "figures", 0, "parameter"), "rf_byte"),
        (("layers", 0, "figures", 1, "value"), 3),
        (("layers", 0, "figures", 1, "from"), 3),
        (("layers", 0, "ranges", 0, "low"), "none"),
    ],
    ids=str,
)
def test_a_problem_of_a_file_is_said_where_it_is(path: tuple, value: object, analysis) -> None:
    record = json.loads(json.dumps(analysis))
    *folders, last = path
    place = record
    for key in folders:
        place = place[key]
    place[last] = value
    with pytest.raises(SpecError) as caught:
        sensitivity_from_dict(record)
    part = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path[:-1])
    (problem,) = caught.value.problems
    assert problem.where.startswith(part.removeprefix("."))


@pytest.fixture(scope="module")
def analysis() -> dict:
    return sensitivity_record(analysed())
