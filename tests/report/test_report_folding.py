"""Names fold where a reader expects it, and wide tables come in blocks."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from dmaze_cp.report.console import make_console
from dmaze_cp.report.tables import (
    Folded,
    fitting_tables,
    folded,
    print_fact,
    print_tables,
    print_title,
)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("encoder.layer.0.attention/self/query", 22, ["encoder.layer.0.", "attention/self/query"]),
        ("encoder.layer.0.attention/self/query", 12,
         ["encoder.", "layer.0.", "attention/", "self/query"]),
        ("block_one_expand", 10, ["block_one_", "expand"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("/features/features.0/conv", 12, ["/features/", "features.0/", "conv"]),
        ("= a, b and 3 more", 10, ["= a, b and", "3 more"]),
        ("= encoder.layer.0/query", 12, ["= encoder.", "layer.0/", "query"]),
        ("up to 0.25 s", 9, ["up to", "0.25 s"]),
        ("two\nlines.of.it", 8, ["two", "lines.", "of.it"]),
    ],
)  # fmt: skip
def test_names_fold_after_dots_and_slashes(text: str, width: int, lines: list[str]) -> None:
    assert [line.plain for line in folded(Text(text), width)] == lines


@given(st.text(st.sampled_from("ab./_ 网\n"), max_size=40), st.integers(2, 12))
def test_nothing_is_lost_and_no_line_is_too_long(text: str, width: int) -> None:
    lines = [line.plain for line in folded(Text(text), width)]
    assert max(map(cell_len, lines), default=0) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())


HEADERS = ("layer", "energy", "cycles", "reason")
ROWS = [
    ("encoder.layer.0.attention/self/query", "996.5 µJ", "1,234,567", "because of a long reason"),
    ("fc", "1.234 nJ", "7", "-"),
]


def lines_of(width: int) -> list[str]:
    stream = io.StringIO()
    console = make_console(stream, width=width)
    print_tables(console, fitting_tables(console, HEADERS, ROWS, folds=(0, 3), least=12))
    return [line.rstrip() for line in stream.getvalue().split("\n")]


@pytest.mark.parametrize(("width", "blocks"), [(120, 1), (80, 1), (60, 1), (40, 2), (24, 3)])
def test_a_table_comes_in_as_few_blocks_as_fit(width: int, blocks: int) -> None:
    lines = lines_of(width)
    assert max(map(len, lines)) <= width
    assert sum(line.startswith("layer ") for line in lines) == blocks
    text = "\n".join(lines)
    for number in ("996.5 µJ", "1,234,567", "1.234 nJ"):
        assert number in text


def test_what_is_wide_enough_is_not_folded() -> None:
    assert any(line.startswith("encoder.layer.0.attention/self/query ") for line in lines_of(90))


def test_facts_and_titles_stay_inside() -> None:
    stream = io.StringIO()
    console = make_console(stream, width=40)
    print_title(console, "Summary: encoder.layer.0.attention of a_network on default")
    print_fact(console, "within limits", Text("at least 50 % PE utilisation"), 22)
    console.print(Folded("a/b"))
    lines = stream.getvalue().split("\n")
    assert max(map(len, lines)) <= 40
    assert [line.rstrip() for line in lines[2:]] == [
        "within limits   at least 50 % PE",
        "                utilisation",
        "a/b",
        "",
    ]
