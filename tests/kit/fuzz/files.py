"""Spec files, records and results of every kind, damaged by chance but always in the same way."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

from dmaze_cp import evaluate
from dmaze_cp.documents import result_of
from dmaze_cp.dse.space_files import load_space
from dmaze_cp.dse.sweep_files import sweep_record
from dmaze_cp.errors import SpecError
from dmaze_cp.loading import load_workload
from dmaze_cp.report.nouns import render, report_of
from dmaze_cp.report.suffixes import Format
from dmaze_cp.result import result_record
from dmaze_cp.spec import load_architecture, load_mapping_records, mapping_record_from_dict
from dmaze_cp.spec.files import load_spec_object
from dmaze_cp.tradeoff import front_record
from dmaze_cp.workload import Workload
from tests.dse.test_dse_space_files import FULL
from tests.kit import documents, sweep_documents
from tests.kit.fronts import searched
from tests.kit.fuzz.run import Case
from tests.spec.test_spec_architectures import DMAZERUNNER, OWN
from tests.spec.test_spec_mappings import RECORD
from tests.spec.test_spec_workloads import CONV, DMR_CONV, DMR_DW, DMR_GEMM, GEMM

SPECS = Path(__file__).parents[3] / "specs"
DEEP = "@deep@"
"""Stands for a value that is nested very deeply."""

Read = Callable[[Path], object]


def read_mappings(path: Path) -> None:
    """As `dmaze-cp evaluate`: what is wrong with one record is said of that record."""
    for record in load_mapping_records(path).records:
        try:
            mapping, architecture = mapping_record_from_dict(record)
        except SpecError:
            continue
        evaluate(mapping, architecture)


def read_result(path: Path) -> None:
    """As `dmaze-cp report`, then as `dmaze-cp evaluate`."""
    try:
        render(result_of(load_spec_object(path)), Format.PAGE)
    finally:
        read_mappings(path)


def read_page(path: Path) -> None:
    """As `dmaze-cp report`."""
    render(result_of(load_spec_object(path)), Format.PAGE)


def read_space(path: Path) -> None:
    """A design space, with its designs if they are few."""
    space = load_space(path)
    if space.size <= 200:
        space.survey()


def read_workload(path: Path) -> Workload:
    """A workload, with its sums."""
    workload = load_workload(path)
    assert workload.mapped_macs > 0
    return workload


def seeds() -> list[tuple[str, object, Read]]:
    """Name, text or object, and reader of each file to be damaged."""
    own_workload = {"name": "net", "layers": [CONV, GEMM | {"also": ["h"]}]}
    unmapped = {"name": "a", "operator": "Relu", "reason": "element-wise", "macs": 1, "count": 2}
    dmr = {"CONV": [DMR_CONV], "DW_CONV": [DMR_DW], "GEMM": [DMR_GEMM]}
    found: list[tuple[str, object, Read]] = [
        ("architecture", OWN, load_architecture),
        ("dmr-architecture", DMAZERUNNER, load_architecture),
        ("workload", {**own_workload, "unmapped": [unmapped]}, read_workload),
        ("dmr-model", dmr, read_workload),
        ("mapping", RECORD, read_mappings),
        ("mappings", [RECORD, RECORD], read_mappings),
        ("space", FULL, read_space),
        ("result", result_record(documents.mapped(layers=documents.LAYERS[:2])), read_result),
        ("results", report_of(documents.results()).record(), read_page),
        ("front", sweep_record(sweep_documents.swept(pareto=True)), read_page),
        ("fronts", front_record(searched()), read_page),
        ("swept", sweep_record(sweep_documents.swept(), details=True), read_page),
    ]
    folders = {"architectures": load_architecture, "models": read_workload, "spaces": read_space}
    for folder, read in folders.items():
        for path in sorted((SPECS / folder).glob("*.yaml")):
            found.append((path.stem, path.read_text(), read))
    return found


NASTY: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**20, 2**20 + 1, 2**31, 2**40, 2**53, 2**63, 2**64, 10**400),
    *(-(10**400), 0.5, 1e300, -1e300, 1e-300, float("nan"), float("inf"), float("-inf"), "", "x"),
    *("\x00", "\u202e", "a" * 300, "1e400", "512 KiB", "1:2:*1", "*", "<<", [], {}, [[]], [1, 2]),
    *([None] * 3, {"": 1}, {"name": 1}, [10**400], "9" * 5000, "2020-01-01", "=1", DEEP),
]
TOKENS = [
    *("{", "}", "[", "]", ":", ",", "-", "&a", "*a", "!!int", "!x", "|", ">", "?", "null", "NaN"),
    *("Infinity", "1e999", "-", '"', "'", "#", "---", "...", "%YAML 9.9", "\t", "\n", "@", "`"),
    *("9" * 400, "0x" + "f" * 400, "true", "<<: *a", "\ufeff", "\x85", "\udcff"),
]


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where everything inside nested mappings and lists is."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """What is at a place; what is around it where the place is gone."""
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            break
    return value


def damaged_object(value: object, random: Random) -> object:
    """An object with a part that is lost, doubled, exchanged, or something else."""
    value = copy.deepcopy(value)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        everything = list(places(value))
        path = random.choice(everything)
        if path:
            damage(at(value, path[:-1]), path[-1], at(value, random.choice(everything)), random)
    return value


def damage(holder: Any, key: Any, other: object, random: Random) -> None:
    """Damage what a list or a mapping has at a key."""
    kind = random.randrange(7)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == 1:
        holder[random.choice(("name", "x", "layers", "1"))] = holder[key]
    elif kind == 2:
        holder[key] = copy.deepcopy(other)
    elif kind == 3 and isinstance(holder[key], int):
        holder[key] = holder[key] * random.choice((-1, 2, 3, 2**20, 10**200, 10**400))
    elif kind == 4:
        holder[key] = [holder[key]]
    else:
        holder[key] = copy.deepcopy(random.choice(NASTY))


def written(value: object, random: Random) -> tuple[str, bytes]:
    """A suffix, and an object as a text of that form."""
    deep = ("[" * random.choice((40, 1000, 30000))) + "]" * random.choice((0, 40, 30000))
    if random.randrange(3):
        suffix = random.choice((".json", ".json", ".jsonl"))
        try:
            text = json.dumps(value, indent=None if suffix == ".jsonl" else 1)
        except ValueError:  # an integer of too many digits
            text = "{}"
        return suffix, text.replace(f'"{DEEP}"', deep).encode("utf-8", "surrogatepass")
    try:
        text = yaml.dump(value, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
    except (yaml.YAMLError, ValueError):
        text = "a: 1"
    return ".yaml", text.replace(f"'{DEEP}'", deep).encode("utf-8", "surrogatepass")


def damaged_text(text: str, random: Random) -> bytes:
    """A text with tokens that are exchanged, or with other bytes."""
    if random.randrange(2):
        parts = re.split(r"(\W)", text)
        for _ in range(random.choice((1, 1, 2, 5))):
            one, other = random.randrange(len(parts)), random.randrange(len(parts))
            if random.randrange(2):
                parts[one], parts[other] = parts[other], parts[one]
            else:
                parts[one] = random.choice(TOKENS)
        return "".join(parts).encode("utf-8", "surrogateescape")
    content = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(random.choice((1, 1, 2, 8))):
        place = random.randrange(len(content))
        kind = random.randrange(4)
        if kind == 0:
            content[place] = random.randrange(256)
        elif kind == 1:
            content[place] ^= 1 << random.randrange(8)
        elif kind == 2:
            del content[place : place + random.choice((1, 3, 100))]
        else:
            content[place:place] = content[place : place + random.choice((1, 10, 200))]
        content = content or bytearray(b"x")
    return bytes(content)


def cases(seed: int, first: int, last: int, folder: Path) -> Iterator[Case]:
    """Files number `first` to `last` of a seed, each of which depends on its number alone."""
    every = seeds()
    parsed: dict[str, object] = {}
    for number in range(first, last):
        random = Random(f"{seed} {number}")
        name, content, read = every[number % len(every)]
        if name not in parsed:
            parsed[name] = yaml.safe_load(content) if isinstance(content, str) else content
        suffix = ".yaml"
        if random.randrange(3):
            suffix, data = written(damaged_object(parsed[name], random), random)
        else:
            text = content
            if not isinstance(text, str):
                text, suffix = json.dumps(content, indent=1), ".json"
            data = damaged_text(text, random)
        if suffix == ".jsonl" and read not in (read_mappings, read_result):
            suffix = ".json"
        path = folder / f"{name}{suffix}"
        path.write_bytes(data)
        yield f"{seed} {name}{suffix}", path, read
