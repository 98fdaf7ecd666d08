"""Files that results go to: none that is read is replaced, and each is written all at once."""

from __future__ import annotations

import json
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from onnx import TensorProto, helper, save

from dmaze_cp.cli.output import OutputFile, OutputFolder
from dmaze_cp.spec.builtin import builtin_text
from dmaze_cp.store import default_store_path

RECORD = {
    "layer": {"kind": "gemm", "bounds": {"X": 8, "Y": 4, "K": 2}},
    "architecture": "arch.json",
    "tiling": {"DRAM": {"X": 2}, "SPM": {"K": 2}, "RF": {"X": 4}, "PE": {"Y": 4}},
}


def same(path: str) -> str:
    return path


def dotted(path: str) -> str:
    Path("sub").mkdir()
    return f"sub/../{path}"


def symbolic(path: str) -> str:
    Path("link").symlink_to(path)
    return "link"


def hard(path: str) -> str:
    os.link(path, "link")
    return "link"


def folder_link(path: str) -> str:
    Path("folder").symlink_to(".", target_is_directory=True)
    return f"folder/{path}"


ALIASES = (same, dotted, symbolic, hard, folder_link)
"""Other names of a file."""


def write_arch(name: str = "arch.json") -> None:
    Path(name).write_text(json.dumps(yaml.safe_load(builtin_text("default"))))


def write_model(location: str) -> None:
    """A model whose weights are in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[64, 64])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 64])],
        [tensor],
    )
    save(helper.make_model(graph), "net.onnx")
    Path(location).write_bytes(b"\0" * 64 * 64 * 4)


def evaluated() -> tuple[str, list[str]]:
    write_arch()
    Path("in.json").write_text(json.dumps([RECORD]))
    return "arch.json", ["evaluate", "in.json"]


def based() -> tuple[str, list[str]]:
    write_arch("base.json")
    space = {"base": "base.json", "parameters": {"pes": [4, 8]}, "models": ["resnet18"]}
    Path("space.json").write_text(json.dumps(space))
    return "base.json", ["dse", "space.json"]


def weighed() -> tuple[str, list[str]]:
    write_model("weights.bin")
    return "weights.bin", ["map", "net.onnx"]


def listed() -> tuple[str, list[str]]:
    write_model("weights.bin")
    return "weights.bin", ["layers", "net.onnx"]


def swept() -> tuple[str, list[str]]:
    write_model("weights.bin")
    return "weights.bin", ["dse", "-", "net.onnx", "--param", "pes=4,8"]


def stored() -> tuple[str, list[str]]:
    Path("store.json").touch()
    write_model("weights.bin")
    return "store.json", ["map", "net.onnx", "--store", "store.json"]


@pytest.mark.parametrize("make", [evaluated, based, weighed, listed, swept, stored])
@pytest.mark.parametrize("alias", ALIASES)
def test_no_file_that_is_read_is_replaced(run, make, alias: Callable[[str], str]) -> None:
    read, command = make()
    before = Path(read).read_bytes()
    target = alias(read)
    result = run(*command, "-o", target)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {target}: -o: found a file that is read, expected ")
    assert Path(read).read_bytes() == before


@pytest.mark.parametrize("suffix", ["", "-journal"])
def test_a_store_that_is_not_there_yet_is_not_replaced_either(run, model, suffix) -> None:
    result = run("map", model("fc"), "--store", "r.json", "-o", f"r.json{suffix}")
    assert result.exit_code == 1
    assert "-o: found a file that is read" in result.stderr
    assert os.listdir() == ["net.json"]
    Path("out").symlink_to("r.json")
    assert "-o: found a file" in run("map", "net.json", "--store", "r.json", "-o", "out").stderr


def test_the_default_store_is_not_replaced(run, model) -> None:
    default_store_path().parent.mkdir(parents=True)
    place = str(default_store_path())
    assert "found a file that is read" in run("map", model("fc"), "-o", place).stderr
    assert not default_store_path().exists()
    # It is a file like any other where it is not read.
    assert run("map", "net.json", "--no-store", "-o", place).exit_code == 0


def test_other_files_beside_those_that_are_read(run) -> None:
    _, command = evaluated()
    assert run(*command, "-o", "new.json").exit_code == 0
    assert run(*command, "-o", "new.json").exit_code == 0


@pytest.mark.parametrize("content", ["text", b"\x00\xff"], ids=["text", "bytes"])
@pytest.mark.parametrize("linked", [False, True])
def test_every_file_is_written_in_one_way(tmp_path, monkeypatch, content, linked) -> None:
    """It keeps its mode and its link, and is on the disk before it takes the place of the old."""
    done: list[str] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: (done.append("sync"), sync(number)))
    monkeypatch.setattr(os, "replace", lambda *names: (done.append("replace"), replace(*names)))
    path = named = tmp_path / "out"
    path.write_text("old")
    path.chmod(0o640)
    if linked:
        named = tmp_path / "link"
        named.symlink_to(path)
    OutputFile(str(named)).write(content)
    OutputFolder(str(tmp_path), "--plots").write({named.name: b"\x01"})
    assert done == ["sync", "replace"] * 2
    assert path.read_bytes() == b"\x01"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert named.is_symlink() == linked
    OutputFile(str(named)).write(content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)


def test_an_interrupt_while_a_file_takes_its_place_comes_after_it(tmp_path, monkeypatch) -> None:
    path = tmp_path / "out"
    replace = os.replace

    def interrupted(*names: str) -> None:
        signal.raise_signal(signal.SIGINT)
        replace(*names)

    monkeypatch.setattr(os, "replace", interrupted)
    # Tests that a shell runs in the background have interrupts ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            OutputFile(str(path)).write("new")
    finally:
        signal.signal(signal.SIGINT, before)
    assert os.listdir(tmp_path) == ["out"]
    assert path.read_text() == "new"
