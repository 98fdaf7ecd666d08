"""Hypothesis strategies: small layers, mappings of them, architectures, constraints."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from dmaze_cp.architecture import ENERGIES, AccessEnergy, Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.figures import Frozen
from dmaze_cp.mapping import Mapping
from dmaze_cp.workload import Kind, Layer
from tests.kit.oracle.brute_force import factorisations
from tests.kit.pins import random_pins
from tests.kit.wide_machines import wide_machine

BOUNDS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16)
FILTERS = (1, 1, 2, 3, 5)


@st.composite
def layers(draw: st.DrawFn, kind: Kind | None = None, max_tilings: int = 4000) -> Layer:
    """A layer of any kind with at most `max_tilings` tilings, valid or not."""
    kind = kind or draw(st.sampled_from(Kind))
    bounds = dict.fromkeys(kind.dimensions, 1)
    tilings = 1
    for d in draw(st.permutations(kind.dimensions)):
        if kind is Kind.DEPTHWISE and d == "M":
            continue
        bound = draw(st.sampled_from(FILTERS if d in ("Fx", "Fy") else BOUNDS))
        if tilings * len(factorisations(bound)) <= max_tilings:
            bounds[d] = bound
            tilings *= len(factorisations(bound))
    extents = tuple(bounds.values())
    if kind is Kind.GEMM:
        return Layer("gemm", kind, extents)
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.tuples(st.sampled_from((1, 1, 2)), st.sampled_from((1, 1, 2))))
    used = Layer(str(kind), kind, extents, stride, dilation).used_input
    padded = tuple(u + draw(st.integers(0, s - 1)) for u, s in zip(used, stride, strict=True))
    return Layer(str(kind), kind, extents, stride, dilation, padded)


@st.composite
def mappings(draw: st.DrawFn, layer: Layer) -> Mapping:
    """Any tiling of a layer, whether it fits anything or not, with any two loop orders."""
    columns = [draw(st.sampled_from(factorisations(bound))) for bound in layer.extents]
    orders = [tuple(draw(st.permutations(layer.dimensions))) for _ in range(2)]
    return Mapping(layer, tuple(zip(*columns, strict=True)), *orders)


def energies() -> st.SearchStrategy[float]:
    """Energies of one access, 0 included, in any relation to each other."""
    usual = st.sampled_from((0.0, 0.03, 0.075, 0.48, 0.96, 1.92, 2.0, 13.5, 68.3475, 200.0))
    return usual | st.integers(0, 100_000).map(lambda thousandths: thousandths / 1000)


@st.composite
def architectures(draw: st.DrawFn) -> Architecture:
    """A tiny accelerator; many layers only just fit, some do not fit at all."""
    word = draw(st.sampled_from((1, 2, 4)))
    return Architecture(
        name="random",
        pes=draw(st.sampled_from((1, 2, 3, 4, 6, 8, 9, 16, 25, 32, 64))),
        rf_bytes=word * draw(st.integers(2, 12) | st.integers(3, 100)) + draw(st.integers(0, 1)),
        word_bytes=word,
        spm_banks=draw(st.integers(2, 6) | st.integers(3, 32)),
        spm_bank_bytes=draw(st.sampled_from((4, 6, 16, 30, 64, 256))),
        dma_startup_cycles=draw(st.sampled_from((0.0, 1.0, 7.5, 64.0, 291.0))),
        dma_cycles_per_byte=draw(st.sampled_from((0.0, 0.1, 0.24, 0.5, 3.0))),
        dma_mhz=draw(st.sampled_from((300.0, 1600.0, 2400.0, 3200.0))),
        accelerator_mhz=draw(st.sampled_from((200.0, 500.0, 700.0, 1000.0))),
        energy=AccessEnergy(*(draw(energies()) for _ in range(5))),
        leakage_mw=draw(st.sampled_from((0.0, 0.0, 0.1, 3.5, 250.0))),
    )


def louder(energy: AccessEnergy, times: float) -> AccessEnergy:
    """All energies so many times as large."""

    def scaled(figure):
        if not isinstance(figure, dict | Frozen):
            return times * figure
        return {x: times * value for x, value in figure.items()}

    return replace(energy, **{name: scaled(getattr(energy, name)) for name in ENERGIES})


@st.composite
def wide_architectures(draw: st.DrawFn) -> Architecture:
    """A tiny accelerator that may have all that one can: see `tests.kit.wide_machines`."""
    if draw(st.booleans()):
        return draw(architectures())
    layer = draw(layers())
    return wide_machine(draw(st.randoms(use_true_random=False)), layer)


def pins(layer: Layer) -> st.SearchStrategy[Constraints]:
    """Pins that can hold for a layer, each by itself."""
    return st.randoms(use_true_random=False).map(lambda rng: random_pins(rng, layer))


@st.composite
def constraints(draw: st.DrawFn) -> Constraints:
    """Search options, each of them often left alone."""
    fraction = st.sampled_from((0.0, 0.0, 0.1, 0.25, 0.5, 0.7))
    return Constraints.of_options(
        min_pe_utilization=draw(fraction),
        min_rf_utilization=draw(fraction),
        min_spm_utilization=draw(fraction),
        no_feature_dram=draw(st.booleans()),
        no_spatial_reduction=draw(st.booleans()),
    )
