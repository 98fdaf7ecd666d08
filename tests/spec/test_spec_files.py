"""Reading files: everything that is no spec is one clear line."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec import yaml_text
from dmaze_cp.spec.fields import describe, nearest
from dmaze_cp.spec.files import load_spec_object, parse_json
from dmaze_cp.spec.yaml_text import parse_yaml


def message(call, *args) -> str:
    with pytest.raises(SpecError) as caught:
        call(*args)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.yaml", b"", "found an empty file, expected a spec"),
        ("a.yaml", b" \n\n", "found an empty file, expected a spec"),
        ("a.yaml", b"# only a comment\n", "found nothing but comments or null, expected a spec"),
        ("a.json", b"", "found an empty file, expected a spec"),
        ("a.yaml", b"\xff\xfe\x00", "found a byte at offset 0 that is no UTF-8, expected UTF-8"),
        ("a.yaml", "größe: 1".encode("latin-1"), "found a byte at offset 2 that is no UTF-8"),
        ("a.json", b"{\0}", "found binary data, expected UTF-8 text"),
        ("a.txt", b"pes: 1", "found the suffix '.txt', expected a file ending in .yaml or .yml"),
        ("spec", b"pes: 1", "found no suffix, expected a file ending in .yaml or .yml or .json"),
        ("a.json", b'{"pes": 1', "line 1, column 10: found the end of the file, expected valid"),
        (
            "a.json",
            b'{"pes": 1,\n "rf"}',
            "line 2, column 6: found a syntax error (Expecting ':' delimiter)",
        ),
        (
            "a.json",
            b'{"pes":\n' + b"7" * 5000 + b"}",
            "line 2: found an integer of 5,000 digits, expected one of at most 4,300 digits",
        ),
        ("a.json", b'{"pes": 1, "pes": 2}', "pes: found the key twice in one object, expected"),
        ("a.yaml", b"pes: 1\npes: 2", "line 2, column 1: found the key pes twice, expected unique"),
        ("a.yaml", b"pes: [1, 2", "found a syntax error ("),
        (
            "a.yaml",
            b"pes: 1\n\trf: 2",
            "line 2, column 1: found a syntax error (found ",
        ),
        ("a.yaml", b"? [a]\n: 1", "line 1, column 3: found a key that is a list or mapping"),
        (
            "a.yaml",
            b"a: &x 1\nb: *x",
            "line 2, column 4: found the alias *x, expected the value itself",
        ),
        ("a.yaml", b"a: &x {b: *x}", "line 1, column 11: found the alias *x"),
        ("a.yaml", b"a: !!python/name:os.system 1", "found the tag tag:yaml.org,2002:python/name"),
        ("a.yaml", b"a: !!timestamp 2020-01-01", "found the tag tag:yaml.org,2002:timestamp"),
        (
            "a.yaml",
            b"a: 1\n---\nb: 2",
            "line 2, column 1: found another document, expected one document",
        ),
        ("a.yaml", b"a: !!int many", "line 1, column 4: found a value that cannot be read as int"),
        ("a.yaml", b"a: " + b"9" * 5000, "found a value that cannot be read as int"),
        (
            "a.json",
            b'{"a": ' + b"9" * 5000 + b"}",
            "line 1: found an integer of 5,000 digits, expected",
        ),
        ("a.yaml", b"[" * 20000, "line 1, column 1001: found a value nested too deeply, expected"),
        ("a.yaml", b"- " * 20000, "line 1, column 201: found a value nested too deeply, expected"),
        ("a.json", b"[" * 200000, "found a value nested too deeply, expected a flat spec"),
    ],
)
def test_a_file_that_is_no_spec_is_one_line(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    text = message(load_spec_object, path)
    assert text.startswith(f"{path}: ")
    assert expected in text
    assert "\n" not in text
    assert len(text) < len(str(path)) + 200


def test_missing_files_and_directories_are_told_apart(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    assert message(load_spec_object, missing) == (
        f"{missing}: found no such file, expected an existing file"
    )
    assert message(load_spec_object, tmp_path) == f"{tmp_path}: found a directory, expected a file"


def test_a_device_is_not_read() -> None:
    text = message(load_spec_object, Path("/dev/null"))
    assert text == "/dev/null: found a device or pipe, expected a regular file"


def test_a_yaml_file_that_would_take_minutes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"a: 1\n" * 2**22)
    assert f"{path}: found {5 * 2**22} bytes, expected at most " in message(load_spec_object, path)


def test_an_alias_bomb_is_refused_at_its_first_alias() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 40)]
    assert "found the alias *a0" in message(parse_yaml, "\n".join(lines))


@pytest.mark.parametrize("fast", [True, False])
def test_both_parsers_of_pyyaml_make_the_same_of_a_text(monkeypatch, fast: bool) -> None:
    monkeypatch.setattr(yaml_text, "FAST", fast and yaml_text.FAST)
    values = [1, 16, 1.5, "yes", None, "2", "3"]
    assert parse_yaml("a: [1, 0x10, 1.5, yes, ~, '2', !!str 3]") == {"a": values}
    assert parse_yaml("- {c: true, d: [], e: {}}\n- |\n  x\n- ''") == [
        {"c": True, "d": [], "e": {}},
        "x\n",
        "",
    ]
    assert message(parse_yaml, "a: 1\nb:\n- &x c\n- *x").startswith("line 4, column 3: found the")
    assert message(parse_yaml, "a: 1\nb: [\n").startswith("line ")
    assert message(parse_yaml, "- " * 200).startswith("line 1, column 201: found a value nested")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-3", -3),
        ("0x10", 16),
        ("~", None),
        ("true", True),
        # What YAML 1.1 makes something else of, and nobody means to write:
        ("yes", "yes"),
        ("off", "off"),
        ("2020-01-01", "2020-01-01"),
        ("0512", "0512"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
    ],
)
def test_plain_yaml_scalars_mean_what_they_look_like(text: str, value: object) -> None:
    read = parse_yaml(f"key: {text}")
    assert read == {"key": value}
    assert type(read["key"]) is type(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_json_is_read_as_the_json_module_reads_it(value: object) -> None:
    assert parse_json(json.dumps(value)) == value


@given(
    st.dictionaries(
        st.text("abcxyzNOK_", min_size=1),
        st.integers(-(10**6), 10**6) | st.text("abcyes", min_size=1),
        min_size=1,
    )
)
def test_what_pyyaml_writes_for_plain_values_is_read_back(value: dict) -> None:
    assert parse_yaml(yaml.safe_dump(value)) == value


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: b.decode("latin-1")))
def test_any_text_is_yaml_or_a_spec_error(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        parse_yaml(text)
    except SpecError as error:
        problems = error.problems
    assert len("\n".join(map(str, problems)).splitlines()) == len(problems)


def test_values_are_described_on_one_short_line() -> None:
    assert describe(None) == "null"
    assert describe(True) == "true (a boolean)"
    assert describe(10**30) == "an integer beyond 2**63"
    assert describe([1, 2, "x"]) == "[1, 2, 'x' (text)]"
    assert describe([[1], 2]) == "a list of 2"
    assert describe({}) == "an empty mapping"
    assert describe({"a": 1}) == "a mapping of 1"
    assert describe("a\nb") == "'a\\nb' (text)"
    assert len(describe("x" * 10**6)) < 80


def test_the_nearest_name_ignores_case_and_stays_silent_when_nothing_is_near() -> None:
    assert nearest("RF_BYTE", ["pes", "rf_bytes"]) == "rf_bytes"
    assert nearest("zzz", ["pes", "rf_bytes"]) == ""
