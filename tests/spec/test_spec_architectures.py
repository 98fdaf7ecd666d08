"""Architecture files: our own form and dMazeRunner's."""

import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.errors import SpecError
from dmaze_cp.mapper import map_layer
from dmaze_cp.result import Status
from dmaze_cp.spec import architecture_to_dict, builtin_architectures, load_architecture
from dmaze_cp.spec.yaml_text import parse_yaml
from dmaze_cp.workload import Layer

OWN = {
    "name": "chip",
    "pes": 16,
    "rf_bytes": 64,
    "word_bytes": 2,
    "spm_banks": 8,
    "spm_bank_bytes": 1024,
    "dma_startup_cycles": 100,
    "dma_cycles_per_byte": 0.5,
    "dma_mhz": 800,
    "accelerator_mhz": 400,
    "energy": {"rf_pj": 1, "noc_pj": 2.5, "spm_pj": 6, "dram_pj": 200, "mac_pj": 0.1},
}

DMAZERUNNER = {
    "arch_details": {
        "pe_pipelined": True,
        "pe_pipeline_stages": 1,
        "data_type_size_in_bytes": 2,
        "dma_init_cycles": 120,
        "dma_cycles_per_byte": 0.5,
        "dma_frequency": 1600,
        "dataflow_accel_frequency": 200,
        "rf_energy": 0.48,
        "communication_energy": 1,
        "spm_energy": 6,
        "dram_energy": 100,
        "mac_energy": 0.2,
    },
    "arch_basic": {
        "CGRA_SIZE": 64,
        "RF_SIZE": 256,
        "BYTES_PER_DATA": 2,
        "TOTAL_BANKS_IN_SPM": 16,
        "TOTAL_BYTES_IN_BANK": 1024,
    },
}

PLAIN = ("default", "edge", "eyeriss", "server")
WIDE = ("eyeriss_v1", "gemmini", "nvdla_large", "tpu_like")
BUILT_IN = tuple(sorted(PLAIN + WIDE))

MISSING = object()


def changed(spec: dict, path: str, value: object) -> dict:
    """A copy of `spec` with the field at a dotted path set, or left out if MISSING."""
    result = copy.deepcopy(spec)
    *sections, key = path.split(".")
    inner = result
    for section in sections:
        inner = inner[section]
    if value is MISSING:
        del inner[key]
    else:
        inner[key] = value
    return result


def lines_of(spec: object, tmp_path: Path | None = None) -> list[str]:
    if tmp_path is not None:
        path = tmp_path / "chip.json"
        path.write_text(json.dumps(spec))
        spec = path
    with pytest.raises(SpecError) as caught:
        load_architecture(spec)
    return str(caught.value).splitlines()


def test_own_form_is_read_field_by_field() -> None:
    arch = load_architecture(OWN)
    assert arch == Architecture(
        name="chip",
        pes=16,
        rf_bytes=64,
        word_bytes=2,
        spm_banks=8,
        spm_bank_bytes=1024,
        dma_startup_cycles=100.0,
        dma_cycles_per_byte=0.5,
        dma_mhz=800.0,
        accelerator_mhz=400.0,
        energy=AccessEnergy(1.0, 2.5, 6.0, 200.0, 0.1),
    )


def test_dmazerunners_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "arch_spec.json"
    path.write_text(json.dumps(DMAZERUNNER))
    assert load_architecture(str(path)) == Architecture(
        name="arch_spec",
        pes=64,
        rf_bytes=256,
        word_bytes=2,
        spm_banks=16,
        spm_bank_bytes=1024,
        dma_startup_cycles=120.0,
        dma_cycles_per_byte=0.5,
        dma_mhz=1600.0,
        accelerator_mhz=200.0,
        energy=AccessEnergy(0.48, 1.0, 6.0, 100.0, 0.2),
        pe_pipeline_stages=1,
    )


def test_dmazerunners_form_may_carry_notes() -> None:
    noted = changed(DMAZERUNNER, "arch_basic.comment", "a low-power design")
    assert load_architecture(noted) == load_architecture(DMAZERUNNER)


architectures = st.builds(
    Architecture,
    name=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20),
    pes=st.integers(1, 2**20),
    rf_bytes=st.integers(1, 2**20),
    word_bytes=st.integers(1, 16),
    spm_banks=st.integers(1, 2**20),
    spm_bank_bytes=st.integers(1, 2**20),
    dma_startup_cycles=st.floats(0, 1e6),
    dma_cycles_per_byte=st.floats(0, 1e6),
    dma_mhz=st.floats(1e-3, 1e6),
    accelerator_mhz=st.floats(1e-3, 1e6),
    energy=st.builds(AccessEnergy, *[st.floats(0, 1e6)] * 5),
    pe_pipeline_stages=st.integers(1, 9),
    notes=st.text(max_size=20),
)


@given(architectures)
def test_an_architecture_survives_a_round_trip(arch: Architecture) -> None:
    assert load_architecture(architecture_to_dict(arch)) == arch
    assert load_architecture(json.loads(json.dumps(architecture_to_dict(arch)))) == arch


@given(architectures)
def test_an_architecture_survives_our_yaml(arch: Architecture) -> None:
    assert load_architecture(parse_yaml(yaml.safe_dump(architecture_to_dict(arch)))) == arch


BAD_OWN = [
    ("pes", MISSING, "pes: found nothing, expected an integer"),
    ("energy", MISSING, "energy: found nothing, expected a mapping with rf_pj, noc_pj"),
    ("energy.spm_pj", MISSING, "energy.spm_pj: found nothing, expected a number"),
    ("pes", "many", "pes: found 'many' (text), expected an integer"),
    ("pes", "16", "pes: found '16' (text), expected an integer"),
    ("pes", 16.0, "pes: found 16.0, expected an integer"),
    ("pes", True, "pes: found true (a boolean), expected an integer"),
    ("pes", None, "pes: found null, expected an integer"),
    ("pes", [16], "pes: found [16], expected an integer"),
    ("pes", {"x": 16}, "pes: found a mapping of 1, expected an integer"),
    ("pes", 0, "pes: found 0, expected an integer from 1 to"),
    ("pes", -4, "pes: found -4, expected an integer from 1 to"),
    ("pes", 10**400, "pes: found an integer beyond 2**63, expected an integer"),
    ("rf_bytes", 0, "rf_bytes: found 0, expected an integer from 1 to"),
    ("spm_banks", 0, "spm_banks: found 0, expected an integer from 1 to"),
    ("spm_bank_bytes", 2**41, f"spm_bank_bytes: found {2**41}, expected an integer from 1 to"),
    ("dma_mhz", 0, "dma_mhz: found 0.0, expected a number from 1e-6"),
    ("dma_mhz", "fast", "dma_mhz: found 'fast' (text), expected a number"),
    ("dma_mhz", True, "dma_mhz: found true (a boolean), expected a number"),
    ("dma_mhz", 10**400, "dma_mhz: found an integer beyond 2**63, expected a number"),
    ("dma_cycles_per_byte", -0.1, "dma_cycles_per_byte: found -0.1, expected a number from 0"),
    ("dma_startup_cycles", float("nan"), "dma_startup_cycles: found nan, expected a number from"),
    ("accelerator_mhz", float("inf"), "accelerator_mhz: found inf, expected a number from"),
    ("energy.dram_pj", -200, "energy.dram_pj: found -200.0, expected a number from 0"),
    ("energy.mac_pj", "small", "energy.mac_pj: found 'small' (text), expected a number"),
    ("energy", 5, "energy: found 5, expected a mapping with rf_pj"),
    ("energy.ram_pj", 1, "energy.ram_pj: found an unknown field, expected one of rf_pj"),
    ("rf_byte", 1, "rf_byte: found an unknown field, expected one of name, pes"),
    ("name", "", "name: found '' (text), expected a name"),
    ("name", 7, "name: found 7, expected a name"),
    ("notes", ["a"], "notes: found ['a' (text)], expected text"),
    ("pe_pipeline_stages", 0, "pe_pipeline_stages: found 0, expected an integer from 1"),
]


@pytest.mark.parametrize(("path", "value", "expected"), BAD_OWN)
def test_a_bad_field_is_one_line(path: str, value: object, expected: str, tmp_path: Path) -> None:
    spec = changed(OWN, path, value)
    (line,) = lines_of(spec)
    assert line.startswith(expected)
    if not isinstance(value, int) or value < 10**300:
        (line,) = lines_of(spec, tmp_path)
        assert line.startswith(f"{tmp_path / 'chip.json'}: {expected}")


def test_a_misspelt_field_is_told_the_nearest_that_is_missing() -> None:
    spec = changed(changed(OWN, "rf_bytes", MISSING), "rf_byte", 64)
    assert lines_of(spec) == [
        "rf_byte: found an unknown field, expected 'rf_bytes'",
        "rf_bytes: found nothing, expected an integer (bytes), or text such as 8 KiB",
    ]


def test_all_problems_are_told_at_once() -> None:
    spec = dict(OWN, pes="x", rf_bytes=0, colour="red", energy=dict(OWN["energy"], rf_pj=-1))
    del spec["dma_mhz"]
    fields = sorted(line.split(":")[0] for line in lines_of(spec))
    assert fields == ["colour", "dma_mhz", "energy.rf_pj", "pes", "rf_bytes"]


BAD_DMAZERUNNER = [
    ("arch_basic", MISSING, "arch_basic: found nothing, expected a mapping"),
    ("arch_details", [], "arch_details: found an empty list, expected a mapping"),
    ("arch_basic.RF_SIZE", MISSING, "arch_basic.RF_SIZE: found nothing, expected an integer"),
    ("arch_basic.RF_SIZE", "512", "arch_basic.RF_SIZE: found '512' (text), expected an integer"),
    ("arch_basic.CGRA_SIZE", 0, "arch_basic.CGRA_SIZE: found 0, expected an integer from 1"),
    ("arch_basic.RFSIZE", 1, "arch_basic.RFSIZE: found an unknown field, expected one of"),
    ("arch_details.rf_energy", -1, "arch_details.rf_energy: found -1.0, expected a number from 0"),
    ("arch_details.dma_frequency", 0, "arch_details.dma_frequency: found 0.0, expected a number"),
    (
        "arch_details.pe_pipelined",
        False,
        "arch_details.pe_pipelined: found false (a boolean), expected true (the cost model has no",
    ),
    ("arch_details.pe_pipelined", 1, "arch_details.pe_pipelined: found 1, expected true"),
    ("arch_details.pe_pipelined", MISSING, "arch_details.pe_pipelined: found nothing, expected"),
    (
        "arch_details.data_type_size_in_bytes",
        4,
        "arch_details.data_type_size_in_bytes: found 4, expected 2, as in arch_basic",
    ),
    ("arch_detail", {}, "arch_detail: found an unknown field, expected one of arch_details"),
]


@pytest.mark.parametrize(("path", "value", "expected"), BAD_DMAZERUNNER)
def test_a_bad_field_of_dmazerunners_is_named_as_in_the_file(
    path: str, value: object, expected: str, tmp_path: Path
) -> None:
    (line,) = lines_of(changed(DMAZERUNNER, path, value), tmp_path)
    assert line.startswith(f"{tmp_path / 'chip.json'}: {expected}")


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("defualt", "expected a built-in architecture (default) or a file"),
        ("eyeris", "expected a built-in architecture (eyeriss or eyeriss_v1) or a file"),
        ("zzz", f"expected a built-in architecture ({', '.join(BUILT_IN)}) or a file"),
        ("", "architecture: found '', no such name or file"),
        ("a\0b", "architecture: found 'a\\x00b', no such name or file"),
        ("no/such.yaml", "no/such.yaml: found no such file, expected an existing file"),
        (5, "architecture: found 5, expected a built-in name, a path or an architecture"),
    ],
)
def test_an_unknown_architecture_is_told_what_there_is(ref: object, expected: str) -> None:
    (line,) = lines_of(ref)
    assert expected in line


@pytest.mark.parametrize("value", [[], [OWN], "text", 3, None])
def test_a_file_that_holds_no_mapping_says_what_it_holds(value: object, tmp_path: Path) -> None:
    (line,) = lines_of(value if value is not None else [None], tmp_path)
    assert line.endswith("expected a mapping with the fields of an architecture")


def test_builtin_architectures_are_the_published_ones() -> None:
    assert tuple(spec.name for spec in builtin_architectures()) == BUILT_IN
    known = {name: load_architecture(name) for name in PLAIN}
    default = known["default"]
    assert (default.pes, default.rf_bytes, default.spm_banks) == (256, 512, 32)
    assert default.energy == AccessEnergy(0.96, 2.0, 13.5, 200.0, 0.075)
    assert default.clock_ratio == 0.15625
    # PEs, RF bytes, KB of both buffers
    sizes = {name: (a.pes, a.rf_bytes, 2 * a.spm_bytes / 1024) for name, a in known.items()}
    assert sizes == {
        "default": (256, 512, 128),
        "edge": (64, 128, 16),
        "eyeriss": (168, 512, 108),
        "server": (1024, 256, 256),
    }


def test_builtin_energies_are_the_rows_of_the_published_tables() -> None:
    rf = {128: 0.24, 256: 0.48, 512: 0.96}
    spm = {16: 4, 108: 13.5, 128: 13.5, 256: 20.25}
    for name in PLAIN:
        arch = load_architecture(name)
        assert arch.name == name
        assert arch.energy.rf_pj == rf[arch.rf_bytes]
        assert arch.energy.spm_pj == spm[2 * arch.spm_bytes // 1024]
        assert arch.spm_bank_bytes == 2048


def test_builtin_chips_have_the_published_arrays_memories_and_words() -> None:
    chips = {name: load_architecture(name) for name in WIDE}
    arrays = {name: (c.pe_array.rows, c.pe_array.cols) for name, c in chips.items() if c.pe_array}
    assert arrays == {
        "eyeriss_v1": (12, 14),
        "gemmini": (16, 16),
        "nvdla_large": (64, 32),
        "tpu_like": (128, 128),
    }
    # KiB of both buffers, by pool
    memories = {
        name: {"".join(p.operands): 2 * p.size * c.spm_bank_bytes / 1024 for p in c.spm_pools}
        for name, c in chips.items()
    }
    assert memories == {
        "eyeriss_v1": {"OI": 100, "W": 8},
        "gemmini": {"O": 64, "IW": 256},
        "nvdla_large": {"O": 64, "IW": 512},
        "tpu_like": {"O": 2048, "I": 24 * 1024, "W": 64},
    }
    assert chips.pop("eyeriss_v1").word_bytes == 2
    for chip in chips.values():
        assert chip.word_bytes == {"O": 4, "I": 1, "W": 1}


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize(
    "layer",
    [
        Layer.conv("conv", {"M": 4, "C": 4, "Ox": 4, "Oy": 4, "Fx": 3, "Fy": 3}),
        Layer.gemm("gemm", {"X": 8, "Y": 8, "K": 8}),
    ],
)
def test_builtin_chips_take_convolutions_and_products(name: str, layer: Layer) -> None:
    arch = load_architecture(name)
    assert arch.name == name
    assert arch.notes
    assert not list(arch.remarks())
    result = map_layer(layer, arch, "latency", engine="bounds")
    assert result.status is Status.OPTIMAL
    assert result.mapping is not None
    assert max(result.mapping.tiling["PE"].values()) > 1


def test_the_default_architecture_of_the_library_is_the_built_in_one() -> None:
    builtin = load_architecture("default")
    assert replace(builtin, notes="") == Architecture()


def test_an_architecture_is_its_own_reference() -> None:
    arch = Architecture(pes=3)
    assert load_architecture(arch) is arch


def test_leakage_is_read_and_is_left_out_where_there_is_none():
    assert load_architecture(OWN).leakage_mw == 0
    leaky = load_architecture({**OWN, "leakage_mw": 3})
    assert leaky == replace(load_architecture(OWN), leakage_mw=3.0)
    assert architecture_to_dict(leaky)["leakage_mw"] == 3.0
    assert load_architecture(architecture_to_dict(leaky)) == leaky
    for none in (0, 0.0, -0.0):
        silent = load_architecture({**OWN, "leakage_mw": none})
        assert silent == load_architecture(OWN)
        assert "leakage_mw" not in architecture_to_dict(silent)


@pytest.mark.parametrize("value", [-1, "3", True, None, 2e12, float("nan")])
def test_leakage_that_no_accelerator_has(value):
    (line,) = lines_of({**OWN, "leakage_mw": value})
    assert line.startswith("leakage_mw: found ")


def test_a_file_of_another_form_has_no_leakage():
    (line,) = lines_of(changed(DMAZERUNNER, "arch_details.leakage_mw", 3))
    assert line.startswith("arch_details.leakage_mw: ")
