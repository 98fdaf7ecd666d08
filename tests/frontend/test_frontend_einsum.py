"""Einstein sums against numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmaze_cp.frontend.attributes import Attributes
from dmaze_cp.frontend.einsum import lower_einsum
from dmaze_cp.frontend.operators import Refusal
from dmaze_cp.workload import Layer
from tests.kit.onnx_models import Load
from tests.kit.problems import refused

SIZES = dict(zip("abcdefgh", (2, 3, 4, 5, 6, 7, 2, 3), strict=True))


def einsum(equation: str, *shapes):
    return lower_einsum("e", [tuple(s) for s in shapes], Attributes({"equation": equation}))


@st.composite
def products(draw):
    """Equations that are a batch of matrix products, their indices in any order."""
    letters = draw(st.permutations("abcdefgh"))
    roles = [draw(st.integers(0, 2)) for _ in range(4)]
    batch, rows, columns, inner = (letters[sum(roles[:i]) : sum(roles[: i + 1])] for i in range(4))
    terms = [batch + rows + inner, batch + inner + columns, batch + rows + columns]
    left, right, out = ("".join(draw(st.permutations(term))) for term in terms)
    return left, right, out, (batch, rows, columns, inner)


@settings(max_examples=60, deadline=None)
@given(products())
def test_products_are_the_work_that_numpy_does(case) -> None:
    left, right, out, roles = case
    shapes = [[SIZES[i] for i in term] for term in (left, right)]
    result = np.einsum(f"{left},{right}->{out}", *map(np.ones, shapes))
    layer = einsum(f"{left},{right}->{out}", *shapes)
    batch, rows, columns, inner = (math.prod(SIZES[i] for i in role) for role in roles)
    if isinstance(layer, Refusal):
        assert inner == 1
        assert 1 in (rows, columns)
        return
    assert layer.instances * layer.bounds["X"] * layer.bounds["Y"] == result.size
    # With ones, each element of the result is the number of products it sums.
    assert layer.bounds["K"] == result.flat[0] == inner
    assert layer.bounds == {"X": rows, "Y": columns, "K": inner}
    assert layer.instances == batch


@pytest.mark.parametrize(
    ("equation", "shapes", "bounds", "instances"),
    [
        ("bik,bkj->bij", [(2, 3, 4), (2, 4, 5)], (3, 5, 4), 2),
        ("ik,kj", [(3, 4), (4, 5)], (3, 5, 4), 1),
        ("ki,kj", [(4, 3), (4, 5)], (3, 5, 4), 1),
        (" i k , k j -> j i ", [(3, 4), (4, 5)], (3, 5, 4), 1),
        ("...k,kj->...j", [(2, 3, 4), (4, 5)], (6, 5, 4), 1),
        ("...ik,...kj->...ij", [(2, 6, 3, 4), (6, 4, 5)], (6, 5, 4), 6),
        ("...ik,...kj", [(6, 3, 4), (2, 6, 4, 5)], (3, 10, 4), 6),
        ("bhid,bhjd->bhij", [(2, 8, 10, 64), (2, 8, 12, 64)], (10, 12, 64), 16),
        ("bnd,hdk->bhnk", [(2, 10, 64), (8, 64, 16)], (20, 128, 64), 1),
        ("bik,bkj->bij", [(2, 3, 4), (1, 4, 5)], (6, 5, 4), 1),
        ("i,j->ij", [(3,), (4,)], (3, 4, 1), 1),
        ("i,i->", [(3,), (3,)], (1, 1, 3), 1),
    ],
)
def test_equations(equation, shapes, bounds, instances) -> None:
    layer = einsum(equation, *shapes)
    assert isinstance(layer, Layer)
    assert (layer.extents, layer.instances) == (bounds, instances)


@pytest.mark.parametrize(
    ("equation", "shapes", "reason", "macs"),
    [
        ("ij->ji", [(3, 4)], "one operand", 0),
        ("ij,jk,kl->il", [(3, 4), (4, 5), (5, 6)], "3 operands", 0),
        ("ii,ij->ij", [(3, 3), (3, 4)], "diagonal", 0),
        ("ij,ij->ij", [(3, 4), (3, 4)], "only multiplies elements", 12),
        ("ij,j->ij", [(3, 4), (4,)], "only multiplies elements", 12),
        ("ijl,jk->ik", [(3, 4, 2), (4, 5)], "sums one operand before", 120),
        ("ij,jk->ik", [(3, 4), (1, 5)], "sums one operand before", 60),
    ],
)
def test_what_is_no_matrix_product(equation, shapes, reason, macs) -> None:
    result = einsum(equation, *shapes)
    assert isinstance(result, Refusal)
    assert reason in result.reason
    assert result.macs == macs


@pytest.mark.parametrize(
    ("equation", "shapes", "where"),
    [
        ("ij,jk->ik", [(3, 4)], "equation"),
        ("ij,jk->ik", [(3, 4), (5, 6)], "equation"),
        ("ijk,jk->ik", [(3, 4), (4, 6)], "equation"),
        ("ij,jk->iz", [(3, 4), (4, 6)], "equation"),
        ("", [(3, 4), (4, 6)], "equation"),
        ("i2,jk->ik", [(3, 4), (4, 6)], "equation"),
        ("ij,jk->ik", [(0, 4), (4, 6)], "inputs"),
    ],
)
def test_contradictions_are_named(equation, shapes, where) -> None:
    with refused(where):
        einsum(equation, *shapes)


def test_in_a_model(load: Load) -> None:
    from onnx import helper

    nodes = [
        helper.make_node("Einsum", ["x", "w"], ["q"], "proj", equation="bnd,hdk->bhnk"),
        helper.make_node("Einsum", ["q", "q"], ["y"], "scores", equation="bhid,bhjd->bhij"),
    ]
    workload = load(nodes, {"x": [2, 10, 64], "w": [8, 64, 16]})
    assert workload["scores"].bounds == {"X": 10, "Y": 10, "K": 16}
    assert workload["scores"].instances == 16
    assert workload.unmapped == ()
