"""The kinds of node: exact values, and bounds that are never above them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dmaze_cp.cost.expression import (
    Bounded,
    Burst,
    Ceiling,
    Evaluation,
    Excess,
    Largest,
    Product,
    Reduced,
    Shared,
    Times,
    Total,
    lowered,
)
from dmaze_cp.cost.forms import ROUNDED, collected, multiply, powers_of
from tests.kit.examples import examples
from tests.kit.expressions import (
    SYMBOLS,
    Symbols,
    exact,
    form_value,
    nodes,
    paid,
    powers,
    products,
    reduced,
    symbol_values,
)

ROUNDING = Fraction(1, 10**12)
MANY = examples(50, 250)


@MANY
@given(nodes(), symbol_values())
def test_lowered_is_never_above_the_exact_value(node, values):
    assert form_value(lowered(node), values) <= exact(node, values) * (1 + ROUNDING)


@MANY
@given(nodes(), symbol_values())
def test_values_are_exact(node, values):
    got = Evaluation(Symbols(values))(node)
    assert float(got) == pytest.approx(float(exact(node, values)), rel=1e-9)


@settings(max_examples=50)
@given(nodes(), st.lists(symbol_values(), min_size=1, max_size=5))
def test_arrays_give_what_single_values_give(node, rows):
    columns = {s: np.array([row[s] for row in rows], dtype=object) for s in SYMBOLS}
    many = np.broadcast_to(Evaluation(Symbols(columns))(node), len(rows))
    assert list(many) == [Evaluation(Symbols(row))(node) for row in rows]


@MANY
@given(nodes())
def test_terms_have_positive_coefficients(node):
    """Their logarithms are taken."""

    def check(form):
        for terms in form.sums:
            for term in terms:
                assert 0 < term.coefficient < float("inf")
                if term.block is not None:
                    check(term.block)

    check(lowered(node))


@given(products() | reduced(), symbol_values())
def test_products_and_differences_are_exact_in_both_readings(node, values):
    got, right = form_value(lowered(node), values), exact(node, values)
    assert abs(got - right) <= right * ROUNDING


@MANY
@given(paid(), symbol_values())
def test_differences_are_paid_by_the_products_beside_them_at_no_loss(node, values):
    """What is taken out of a sum is put back: only rounding is lost, and none is gained."""
    got, right = form_value(lowered(node), values), exact(node, values)
    assert right * (1 - ROUNDING) <= got <= right * (1 + Fraction(1, 10**15))


def test_a_difference_beside_enough_of_its_rest_has_no_factor_left():
    rest, count = Product(powers_of(["RF.C"]), 3), Product(powers_of(["PE.C"]))
    ((*terms,),) = lowered(Total((Reduced(rest, count, 1), Product(rest.powers, 5)))).sums
    assert {t.powers: t.coefficient for t in terms} == pytest.approx(
        {powers_of(["PE.C", "RF.C"]): 3, rest.powers: 2}
    )
    assert all(t.less is None for t in terms)


def test_a_difference_beside_too_little_keeps_the_rest_of_its_factor():
    rest, count = Product(powers_of(["RF.C"]), 3), Product(powers_of(["PE.C"]))
    ((*terms,),) = lowered(Total((Reduced(rest, count, 1), Product(rest.powers, 1)))).sums
    assert sorted((t.coefficient, t.less is None) for t in terms) == [
        (pytest.approx(1), True),
        (pytest.approx(2), False),
    ]


@given(st.floats(1e-12, 1), st.integers(1, 3))
def test_a_product_that_pays_for_all_but_rounding_is_gone(coefficient, less):
    rest, count = powers_of(["RF.C"]), powers_of(["PE.C"])
    terms = lowered(Product(rest, coefficient * less)).sums[0]
    terms += lowered(Reduced(Product(rest, coefficient), Product(count), less)).sums[0]
    (term,) = collected(terms)
    assert term.powers == multiply(rest, count)
    assert coefficient * ROUNDED**2 <= term.coefficient <= coefficient


@given(powers(), powers(), symbol_values())
def test_quotients_undo_products(first, second, values):
    both = multiply(first, second)
    assert multiply(both, second, -1) == first
    symbols = Symbols(values)
    assert symbols.product(both) == symbols.product(first) * symbols.product(second)


def test_each_kind_by_hand():
    values = dict(zip(SYMBOLS, (2, 3, 5, 7), strict=True))
    a, b = Product(powers_of(["DRAM.C", "RF.C"])), Product(powers_of(["PE.C"]), 2)
    difference = Reduced(a, Product(powers_of(["SPM.C"])), 2)
    expected = {
        a: 10,
        b: 14,
        difference: 10,
        Total((a, b)): 24,
        Largest((a, b)): 14,
        Times(b, difference): 140,
        Excess(b, a): 4,
        Excess(a, b): 0,
        Ceiling(b, 1, 4): 4,
        Bounded(b, (a,)): 14,
        Shared(b): 14,
    }
    at = Evaluation(Symbols(values))
    assert {node: at(node) for node in expected} == expected


@given(st.integers(1, 10**6), st.integers(1, 300), st.integers(1, 300))
def test_a_ceiling_is_bounded_by_its_quotient_and_by_one(extent, numerator, denominator):
    node = Ceiling(Product(powers_of(["RF.C"])), numerator, denominator)
    values = dict.fromkeys(SYMBOLS, 1) | {"RF.C": extent}
    bound = form_value(lowered(node), values)
    right = max(Fraction(extent * numerator, denominator), Fraction(1))
    assert abs(bound - right) <= right * ROUNDING


def test_a_shared_maximum_is_one_block_for_all_who_refer_to_it():
    shared = Shared(Largest((Product(powers_of(["RF.C"])), Product(powers_of(["PE.C"])))))
    both = Largest((Times(shared, Product((), 2)), Total((shared, Product()))))
    blocks = [t.block for terms in lowered(both).sums for t in terms if t.block is not None]
    assert len(blocks) == 2
    assert blocks[0] is blocks[1]


def test_a_burst_is_bounded_by_its_alternatives_over_the_tiles():
    node = Burst("W", (powers_of(["dma.W.C"]), powers_of(["dma.W.M"])), powers_of(["DRAM.C"]))
    values = {"dma.W.C": 12, "dma.W.M": 20, "DRAM.C": 4}
    assert form_value(lowered(node), values) == 5


def test_a_node_that_is_gone_is_not_mistaken_for_a_new_one():
    at = Evaluation(Symbols(dict.fromkeys(SYMBOLS, 1)))
    assert [at(Product((), n)) for n in range(100)] == list(range(100))


@given(nodes(), symbol_values())
def test_an_evaluation_asks_for_a_product_once(node, values):
    asked = []

    class Counting(Symbols):
        def product(self, powers):
            asked.append(powers)
            return super().product(powers)

    at = Evaluation(Counting(values))
    assert at(node) == at(node)
    assert len(asked) == len(set(asked))


@example(0)
@example(0.0)
@given(st.just(0))
def test_nothing_is_bounded_by_an_empty_form(zero):
    nothing = Product(powers_of(["RF.C"]), zero)
    difference = Reduced(nothing, Product(powers_of(["PE.C"])), 1)
    for node in (nothing, difference, Times(Product(), difference), Total((nothing, nothing))):
        assert lowered(node).sums == ()
