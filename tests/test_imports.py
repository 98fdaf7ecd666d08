"""Imports point one way, and heavy libraries stay where they belong."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from dmaze_cp import levels

PACKAGE = Path(__file__).parents[1] / "dmaze_cp"

ORDER = [
    *(
        "errors",
        "extras",
        "files",
        "showing",
        "levels",
        "workload",
        "figures",
        "architecture",
        "padding",
        "constraints",
        "objective",
        "engine",
        "mapping",
    ),
    *(
        "digest",
        "spec",
        "frontend",
        "loading",
        "checker",
        "cost",
        "loopnest",
        "result",
        "mapspace",
        "pinning",
    ),
    *("given", "relaxation", "cp", "search", "question", "mapper", "explanation", "slices"),
    *(
        "store",
        "execution",
        "desk",
        "network",
        "dse",
        "perturbation",
        "tradeoff",
        "verification",
        "schemas",
        "documents",
        "report",
        "cli",
    ),
    "__main__",
]
"""A module imports only from those to its left; a package counts as one."""

HOMES = {
    "ortools": {"cp"},
    "onnx": {"frontend", "loading"},
    "click": {"cli"},
    "rich": {"report", "cli"},
    "yaml": {"spec", "cli"},
    "sqlite3": {"store"},
    "platformdirs": {"store"},
}
"""Where a library may be imported (the CLI prints specs as YAML, `loading` takes ONNX models)."""

LAZY = {"cli", "loading", "frontend", "cp", "search", "execution"}
"""Where imports inside functions save start-up time; elsewhere they would hide a cycle."""


OTHER_MEANINGS = {"frontend"}
"""Where names of levels and operands mean something else: ONNX operators have inputs O, I and W."""


class Import(NamedTuple):
    """One import: from which module of the package, of what, and whether in a function."""

    source: str
    target: str
    local: bool
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(source: str, path: Path) -> list[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(n) for f in functions for n in ast.walk(f)}
    found = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}:{node.lineno} imports relatively"
            assert node.module is not None
            # What is imported may be a module itself: keep the longest name that is one.
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found += [Import(source, name, id(node) in inside, node.lineno) for name in names]
    return found


IMPORTS = [one for name, path in MODULES.items() for one in imports_of(name, path)]


def own_target(target: str) -> str | None:
    """The module of the package that an import names, or None for other packages."""
    parts = target.split(".")
    if parts[0] != PACKAGE.name:
        return None
    for end in range(len(parts), 1, -1):
        name = ".".join(parts[1:end])
        if name in MODULES:
            return name
    return "__init__"


def unit(module: str) -> str:
    return module.split(".")[0]


OWN = [
    (one, target)
    for one in IMPORTS
    if (target := own_target(one.target)) is not None and one.source != "__init__"
]


def test_every_module_has_its_place():
    assert {unit(name) for name in MODULES} - {"__init__"} == set(ORDER)


def test_arrows_point_one_way():
    upward = [
        str(one)
        for one, target in OWN
        if target == "__init__"
        or (
            unit(target) != unit(one.source)
            and ORDER.index(unit(target)) > ORDER.index(unit(one.source))
        )
    ]
    assert upward == []


def test_the_checker_shares_nothing_with_the_mapper():
    """Neither itself nor through others: what checks a result restates what it checks."""
    direct = {unit(target) for one, target in OWN if unit(one.source) == "checker"}
    assert direct == {"checker", "digest", "errors", "levels", "spec"}
    reached = {name for name in MODULES if unit(name) == "checker"}
    while more := {target for one, target in OWN if one.source in reached} - reached:
        reached |= more
    shared = {"cost", "mapspace", "relaxation", "cp", "search", "mapper", "result", "store"}
    assert {name for name in reached if unit(name) in shared} == set()


def test_no_cycles_among_modules():
    graph: dict[str, set[str]] = {name: set() for name in MODULES}
    for one, target in OWN:
        if target != one.source:
            graph[one.source].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a cycle of imports: {' <- '.join(error.args[1])}")


def test_imports_inside_functions_only_save_start_up_time():
    hidden = [str(one) for one, _ in OWN if one.local and unit(one.source) not in LAZY]
    assert hidden == []


@pytest.mark.parametrize("library", sorted(HOMES))
def test_libraries_stay_where_they_belong(library):
    users = [one for one in IMPORTS if one.target.split(".")[0] == library]
    assert users, f"{library} is not used at all"
    assert [str(one) for one in users if unit(one.source) not in HOMES[library]] == []


def spelt_out(path: Path) -> list[int]:
    """Lines that spell the name of a level or an operand instead of using `dmaze_cp.levels`.

    Types of documents have to: ``Literal["O", "I", "W"]``.
    """
    names = {*levels.LEVELS, *levels.OPERANDS, *levels.COMPONENTS}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pieces = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    types = [n for n in ast.walk(tree) if isinstance(n, ast.Subscript)]
    pieces |= {id(v) for n in types if ast.unparse(n.value) == "Literal" for v in ast.walk(n)}
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in pieces]
    return [n.lineno for n in texts if isinstance(n.value, str) and n.value in names]


def test_levels_and_operands_are_spelt_in_one_place():
    found = [
        f"{name}:{line}"
        for name, path in MODULES.items()
        if name != "levels" and unit(name) not in OTHER_MEANINGS
        for line in spelt_out(path)
    ]
    assert found == []
    assert spelt_out(MODULES["levels"])


def test_the_reader_sees_cycles_and_upward_arrows():
    """The helpers above find what they are meant to find."""
    assert own_target("dmaze_cp.cost.batch.Ints") == "cost.batch"
    assert own_target("dmaze_cp.cost.evaluate") == "cost"
    assert own_target("dmaze_cp.Layer") == "__init__"
    assert own_target("numpy.typing") is None
    lazy = next(one for one in IMPORTS if one.target == "dmaze_cp.frontend.load_onnx")
    assert (lazy.source, lazy.local) == ("loading", True)
    assert not next(one for one in IMPORTS if one.source == "mapping").local
