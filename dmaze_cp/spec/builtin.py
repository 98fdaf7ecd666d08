"""What is built in: architectures, models, design spaces, and the onnx package's networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from dmaze_cp.errors import DmazeError, Problem, SpecError
from dmaze_cp.spec.fields import describe, nearest

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_FOLDERS: Final = {"architecture": "architectures", "model": "models", "space": "spaces"}


@dataclass(frozen=True)
class BuiltinSpec:
    """Something that is built in.

    Attributes
    ----------
    name
        What to call it on the command line.
    description
        One line.
    path
        Its file.
    """

    name: str
    description: str
    path: Path

    @property
    def is_onnx(self) -> bool:
        """Whether it is an ONNX network and not a spec."""
        return self.path.suffix == ".onnx"


def builtin_architectures() -> list[BuiltinSpec]:
    """The built-in architectures, by name."""
    return [_described(path) for path in _spec_paths("architectures").values()]


def builtin_models() -> list[BuiltinSpec]:
    """The built-in models by name, then the networks that ship inside the onnx package."""
    specs = [_described(path) for path in _spec_paths("models").values()]
    return specs + [
        BuiltinSpec(name, "ONNX network that ships with the onnx package", path)
        for name, path in _onnx_paths().items()
    ]


def builtin_spaces() -> list[BuiltinSpec]:
    """The built-in design spaces, by name."""
    return [_described(path) for path in _spec_paths("spaces").values()]


def builtin_text(name: str) -> str:
    """The text of a built-in spec, comments included.

    Raises
    ------
    SpecError
        When nothing of that name is built in, or it is an ONNX network.
    """
    specs = builtin_architectures() + builtin_models() + builtin_spaces()
    known = {spec.name: spec for spec in specs}
    if name not in known:
        raise SpecError(Problem("", describe(name), _expected("built-in name", name, known)))
    if known[name].is_onnx:
        raise SpecError(Problem("", f"the ONNX network {name}", "a built-in spec, which is text"))
    return known[name].path.read_text(encoding="utf-8")


def builtin_architecture_path(name: str) -> Path | None:
    """File of a built-in architecture."""
    return _spec_paths("architectures").get(name)


def builtin_model_path(name: str) -> Path | None:
    """File of a built-in model or of a network inside the onnx package."""
    return _spec_paths("models").get(name) or _onnx_paths().get(name)


def builtin_space_path(name: str) -> Path | None:
    """File of a built-in design space."""
    return _spec_paths("spaces").get(name)


def resolve(
    ref: str | Path,
    what: str,
    builtin: Callable[[str], Path | None],
    suffixes: tuple[str, ...],
) -> Path:
    """The file that a built-in name or a path stands for.

    A text without a suffix of a file and without a directory is a name, unless a file of
    that name exists and nothing of it is built in.

    Parameters
    ----------
    ref
        Name or path.
    what
        ``architecture``, ``model`` or ``space``, for the message.
    builtin
        The file of a built-in name, if there is one.
    suffixes
        Suffixes that files of this sort have.

    Raises
    ------
    SpecError
        When it is neither, with the nearest names.
    """
    path = Path(ref)
    if isinstance(ref, Path):
        return path
    if (known := builtin(ref)) is not None:
        return known
    is_path = path.suffix.lower() in suffixes or "/" in ref or "\\" in ref
    if is_path or (ref and _exists(path)):
        return path
    names = _spec_paths(_FOLDERS[what]).keys()
    onnx_names = _onnx_paths().keys() if what == "model" else ()
    expected = _expected(f"built-in {what}", ref, [*names, *onnx_names])
    shown = describe(ref).removesuffix(" (text)")
    raise SpecError(Problem(what, f"{shown}, no such name or file", f"{expected} or a file"))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long for a file, or with a null byte
        return False


def _expected(what: str, ref: str, names: Iterable[str]) -> str:
    known = list(names)
    return f"a {what} ({nearest(ref, known, count=3) or ', '.join(known)})"


@cache
def _specs_directory() -> Path:
    """The ``specs`` folder: inside an installed package, else beside it in a checkout."""
    for directory in (_PACKAGE / "specs", _PACKAGE.parent / "specs"):
        if (directory / "architectures" / "default.yaml").is_file():
            return directory
    raise DmazeError(f"the installation has no specs folder in {_PACKAGE} or beside it")


@cache
def _spec_paths(folder: str) -> dict[str, Path]:
    found = sorted((_specs_directory() / folder).glob("*.yaml"))
    # The default comes first where things are listed.
    return {path.stem: path for path in sorted(found, key=lambda p: (p.stem != "default", p.stem))}


@cache
def _onnx_paths() -> dict[str, Path]:
    """The ``light_*`` networks, found without importing onnx (which takes long)."""
    package = find_spec("onnx")
    if package is None or not package.submodule_search_locations:
        return {}
    light = Path(package.submodule_search_locations[0]) / "backend" / "test" / "data" / "light"
    return {path.stem: path for path in sorted(light.glob("light_*.onnx"))}


def _described(path: Path) -> BuiltinSpec:
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    return BuiltinSpec(path.stem, first.lstrip("# ").strip(), path)
