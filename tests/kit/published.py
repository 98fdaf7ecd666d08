"""Published figures: mappings with their costs as measured on dMazeRunner."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.mapping import Mapping
from dmaze_cp.workload import Kind, Layer

DATA = Path(__file__).parent.parent / "data"

ENVIRONMENTS = {
    "default": Architecture(),
    "lowpower": Architecture(
        name="lowpower",
        dma_startup_cycles=120,
        dma_cycles_per_byte=0.5,
        dma_mhz=1600,
        accelerator_mhz=200,
        energy=AccessEnergy(rf_pj=0.48, noc_pj=1, spm_pj=6, dram_pj=100, mac_pj=0.2),
    ),
    "bytes1": Architecture(
        name="bytes1",
        word_bytes=1,
        dma_startup_cycles=64,
        dma_cycles_per_byte=0.1,
        dma_mhz=2400,
        accelerator_mhz=1000,
        energy=AccessEnergy(rf_pj=0.06, noc_pj=0.7, spm_pj=30.375, dram_pj=512, mac_pj=0.02),
    ),
}

KINDS = {"conv": Kind.CONV, "dw": Kind.DEPTHWISE, "gemm": Kind.GEMM}


def golden_rows() -> list[dict[str, Any]]:
    """900 mappings with every cost quantity."""
    lines = (DATA / "cost_model_golden.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def golden_mapping(row: dict[str, Any]) -> Mapping:
    """The mapping of a golden row."""
    kind = KINDS[row["kind"]]
    assert tuple(row["dims"]) == kind.dimensions
    extents = tuple(row["bounds"])
    if kind is Kind.GEMM:
        layer = Layer("row", kind, extents)
    else:
        stride, padded = row["stride"], row["padded_input"]
        layer = Layer("row", kind, extents, (stride, stride), (1, 1), (padded, padded))
    factors = tuple(tuple(row["tiling"][level]) for level in ("DRAM", "SPM", "RF", "PE"))
    return Mapping(layer, factors, tuple(row["dram_order"]), tuple(row["spm_order"]))


def validation_rows() -> list[dict[str, str]]:
    """21 mappings of ResNet conv5_2 (batch 4), published with their energy."""
    with (DATA / "energy_validation.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def validation_factors(row: dict[str, str]) -> tuple[tuple[int, ...], ...]:
    """The tiling of a validation row, in the order N M C Ox Oy Fx Fy."""
    return tuple(tuple(map(int, row[level].split())) for level in ("DRAM", "SPM", "RF", "PE"))


def leakage_rows() -> list[tuple[Mapping, Architecture, dict[str, int]]]:
    """Mappings on accelerators that leak, with their costs: capacities are not part of it."""
    found = []
    for line in (DATA / "leakage.jsonl").read_text().splitlines():
        row = json.loads(line)
        shape = dict(row["layer"])
        kind, bounds = Kind(shape.pop("kind")), shape.pop("bounds")
        layer = Layer("row", kind, tuple(bounds.values()), *(map(tuple, shape.values())))
        assert tuple(bounds) == kind.dimensions
        factors = tuple(tuple(f.values()) for f in row["tiling"].values())
        orders = (tuple(row["loop_order"][level]) for level in ("DRAM", "SPM"))
        energy = AccessEnergy(**row["architecture"].pop("energy"))
        arch = Architecture(**row["architecture"], energy=energy)
        found.append((Mapping(layer, factors, *orders), arch, row["expected"]))
    return found
