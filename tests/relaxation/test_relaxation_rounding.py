"""What doubles add to a bound is less than what is taken off it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.architecture import AccessEnergy, Architecture
from dmaze_cp.constraints import Constraints
from dmaze_cp.mapspace import MapSpace, build, why_infeasible
from dmaze_cp.objective import Objective
from dmaze_cp.relaxation.atoms import atom_table
from dmaze_cp.relaxation.cases import cases, options_of
from dmaze_cp.relaxation.dual import Duals
from dmaze_cp.relaxation.rows import node_rows
from dmaze_cp.spec import load_architecture
from dmaze_cp.workload import Layer
from tests.kit.enumeration import every_case, rows_of
from tests.kit.examples import examples
from tests.kit.high_precision import exact_bounds, ln
from tests.kit.strategies import architectures, constraints, layers

SERVER = load_architecture(Path(__file__).parents[2] / "specs" / "architectures" / "server.yaml")
ODD = Architecture(
    pes=2**16,
    rf_bytes=4096,
    spm_banks=8192,
    dma_mhz=1000.0,
    accelerator_mhz=1000.0,
    leakage_mw=1e4,
    energy=AccessEnergy(1e-9, 2e6, 1e12, 1e-300, 0.075),
)
LAYERS = {
    "conv5_2": Layer.conv("c", {"N": 4, "M": 512, "C": 512, "Ox": 7, "Oy": 7, "Fx": 3, "Fy": 3}),
    "strided": Layer.conv(
        "c", {"M": 64, "C": 3, "Ox": 112, "Oy": 112, "Fx": 7, "Fy": 7}, stride=(2, 2)
    ),
    "depthwise": Layer.depthwise("c", {"C": 96, "Ox": 112, "Oy": 112, "Fx": 3, "Fy": 3}),
    "gemm": Layer.gemm("g", {"X": 4096, "Y": 9216, "K": 1000}),
}
SHARE = 0.05
"""Errors use less than this share of what is taken off; 0.005 is the most that was seen."""


def some_cases(space: MapSpace, step: int, objective: Objective) -> Duals:
    """Every so many cases of a map-space side by side."""
    table, nodes, masks = atom_table(space), [], []
    for case in cases(space.layer.kind)[::step]:
        options = options_of(case, space)
        if options is not None:
            rows = rows_of(space, table, case)
            nodes.append(node_rows(space, table.basis, rows, options))
            keep = zip(space.groups, options, strict=True)
            masks.append([np.isin(np.arange(len(g)), o) for g, o in keep])
    return Duals(nodes, table, masks, objective)


def weights(duals: Duals, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Weights to compare bounds at: those of a search, and such as no search would choose."""
    edges, theta = duals.sizes[0], duals.start()
    if kind == "solved":
        theta = np.array([b.weights for b in duals.solve(schedule=((0.1, 10), (0.02, 10)))])
    elif kind == "random":
        theta = rng.normal(scale=10, size=theta.shape)
    elif kind == "extreme":  # from less than 1e-199 to e^50
        theta = rng.choice([-460.0, -100.0, 0.0, 50.0], size=theta.shape)
    elif kind == "large multipliers":
        theta[:, edges:] = 50
    elif kind == "tiny multipliers":
        theta[:, edges:] = -460
    return theta


KINDS = ("start", "solved", "random", "extreme", "large multipliers", "tiny multipliers")


def check(space, duals, theta, which):
    hard, slack = duals.evaluate(theta, 0.01).hard, duals.rounding(theta)
    for i, exact in zip(which, exact_bounds(space, duals, theta, which), strict=True):
        if np.isfinite(hard[i]):
            error = Decimal(float(hard[i])) - exact
            assert Decimal(float(hard[i] - slack[i])) <= exact
            assert abs(error) <= Decimal(SHARE) * Decimal(float(slack[i]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("arch", [SERVER, ODD], ids=["server", "odd"])
def test_rounding_of_large_layers(arch, name, kind):
    rng = np.random.default_rng(0)
    limits = Constraints.of_options(min_rf_utilization=0.3, min_pe_utilization=0.1)
    space = build(LAYERS[name], arch, limits)
    objective = list(Objective)[KINDS.index(kind) % 3]
    duals = some_cases(space, 7, objective)
    theta = weights(duals, kind, rng)
    check(space, duals, theta, rng.choice(len(theta), 2, replace=False))


@examples(6, 30)
@given(st.data(), st.sampled_from(list(Objective)), st.sampled_from(KINDS), st.integers(0, 2**32))
def test_rounding_of_small_layers(data, objective, kind, seed):
    rng = np.random.default_rng(seed)
    layer = data.draw(layers())
    arch = data.draw(architectures().filter(lambda a: why_infeasible(a) is None))
    space = build(layer, arch, data.draw(constraints()))
    if not space.size:
        space = build(layer, arch)
    duals = some_cases(space, 3, objective)
    if len(duals.arrays.constant):
        theta = weights(duals, kind, rng)
        check(space, duals, theta, range(min(2, len(theta))))


@pytest.mark.parametrize("objective", list(Objective))
def test_the_slack_of_a_search_is_small(objective):
    """What is taken off is nothing a search would notice, also where bounds go to infinity."""
    duals = some_cases(build(LAYERS["conv5_2"], SERVER), 1, objective)
    theta = weights(duals, "solved", np.random.default_rng(0))
    hard, slack = duals.evaluate(theta, 0.01).hard, duals.rounding(theta)
    assert (slack <= 1e-10 * np.maximum(np.abs(hard), 1.0)).all()


@st.composite
def dyadic_spaces(draw: st.DrawFn) -> MapSpace:
    """Energies that doubles add up without rounding: exact costs are integers."""
    layer = draw(layers(max_tilings=600))
    arch = draw(architectures().filter(lambda a: why_infeasible(a) is None))
    whole = [float(draw(st.integers(0, 1000))) for _ in range(5)]
    arch = replace(
        arch, energy=AccessEnergy(*whole), accelerator_mhz=500.0, leakage_mw=draw(st.integers(0, 4))
    )
    return build(layer, arch, draw(constraints()))


@settings(max_examples=20)
@given(dyadic_spaces(), st.sampled_from(list(Objective)))
def test_bounds_are_below_the_logarithms_of_exact_costs_to_the_last_digit(space, objective):
    """With no room for rounding: where a relaxation is tight, the slack alone is between."""
    if not space.size:
        return
    for members in every_case(space):
        duals = Duals([members.node], members.table, None, objective)
        (bound,) = duals.solve(schedule=((0.05, 8), (0.01, 8)))
        for row, energy, latency in zip(
            members.picked[:200], members.energy, members.latency, strict=False
        ):
            cost = {
                "energy": Fraction(energy),
                "latency": Fraction(int(latency)),
                "edp": Fraction(energy) * int(latency),
            }[objective]
            assert cost.denominator == 1
            if cost == 0:
                assert bound.log_value == -np.inf
                continue
            exact = ln(int(cost))
            assert Decimal(bound.log_value) <= exact
            raised = bound.log_value + sum(r[o] for r, o in zip(bound.reduced, row, strict=True))
            assert Decimal(float(raised)) <= exact
