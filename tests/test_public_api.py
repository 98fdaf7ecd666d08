"""What ``import dmaze_cp`` offers, and what it costs."""

from __future__ import annotations

import doctest
import inspect
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import dmaze_cp as dm
from dmaze_cp import _HOMES

ROOT = Path(__file__).parents[1]
HEAVY = ("numpy", "ortools", "onnx", "rich", "click", "yaml")


def modules_after(code: str) -> list[str]:
    """Which heavy libraries a fresh interpreter has loaded after running some code."""
    script = (
        f"import json, sys\n{code}\nprint(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded: list[str] = json.loads(done.stdout)
    return loaded


def test_importing_the_package_loads_nothing_heavy():
    assert modules_after("import dmaze_cp") == []


def test_layers_and_architectures_need_no_solver():
    loaded = modules_after("from dmaze_cp import Layer, Architecture, Mapping, SpecError")
    assert loaded == []


def test_reading_a_spec_loads_neither_onnx_nor_the_solver():
    loaded = modules_after("import dmaze_cp as dm; dm.load_workload('resnet18')")
    assert set(loaded) & {"onnx", "ortools", "rich", "click"} == set()


@pytest.mark.parametrize("name", dm.__all__)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(dm, name)
    home = next(module for module, names in _HOMES.items() if name in names)
    assert value is getattr(import_module(f"dmaze_cp.{home}"), name)
    assert inspect.getdoc(value)
    assert value.__module__.startswith("dmaze_cp.")


def test_every_public_name_is_on_the_page_of_the_api():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    shown = [line.removeprefix("::: dmaze_cp.") for line in page.splitlines() if ":::" in line[:3]]
    assert sorted(shown) == list(dm.__all__)


def test_all_names_are_listed():
    names = {name for names in _HOMES.values() for name in names}
    assert set(dm.__all__) == names
    assert list(dm.__all__) == sorted(dm.__all__)
    assert names <= set(dir(dm))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'map_layers'"):
        dm.map_layers  # noqa: B018 - the access is what is tested


def test_a_star_import_gives_all_of_it():
    scope: dict[str, object] = {}
    exec("from dmaze_cp import *", scope)
    assert set(dm.__all__) <= set(scope)


def test_every_error_is_of_one_family():
    errors = [getattr(dm, name) for name in dm.__all__ if name.endswith("Error")]
    assert len(errors) >= 4
    assert all(issubclass(error, dm.DmazeError) for error in errors)


def test_the_version_is_the_projects():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{dm.__version__}"' in project


def test_the_documented_use():
    """As in the package's own documentation, on a small layer."""
    layer = dm.Layer.gemm("fc", {"X": 4, "Y": 16, "K": 8})
    workload = dm.Workload("net", (layer,))
    arch = dm.load_architecture("default")
    result = dm.map_layer(workload["fc"], arch, objective="edp", time_limit=10)
    assert result.status is dm.Status.OPTIMAL
    assert result.mapping is not None
    assert result.cost is not None
    tiling = result.mapping.tiling
    for d, bound in layer.bounds.items():
        assert tiling["DRAM"][d] * tiling["SPM"][d] * tiling["RF"][d] * tiling["PE"][d] == bound
    assert dm.evaluate(result.mapping, arch) == result.cost
    assert result.bound == result.cost.energy_pj * result.cost.latency_cycles
    assert result.gap == 0.0
    network = dm.map_workload(workload, arch, objective="edp")
    assert network.totals(dm.Objective.EDP).edp == result.value


def test_the_example_in_the_docstring_runs():
    failures, tried = doctest.testmod(dm, globs={})
    assert tried >= 4
    assert failures == 0
