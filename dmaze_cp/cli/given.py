"""Mappings that a user gives, to start from and to be compared with the best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dmaze_cp.errors import Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dmaze_cp.architecture import Architecture
    from dmaze_cp.given import Distance
    from dmaze_cp.mapping import Mapping
    from dmaze_cp.result import WorkloadResult
    from dmaze_cp.workload import Workload


def given_mappings(
    path: str, architecture: Architecture, workloads: Sequence[Workload]
) -> tuple[Mapping, ...]:
    """The mappings of a file, each of a layer that is chosen.

    Parameters
    ----------
    architecture
        In place of those of the records.

    Raises
    ------
    SpecError
        With every record that is no mapping, or one of another layer.
    """
    from dmaze_cp.loading import load_workload
    from dmaze_cp.spec import load_mapping_records, mapping_record_from_dict

    def load_model(
        ref: str | Path, batch: int | None, shapes: tuple[tuple[str, int], ...]
    ) -> Workload:
        return load_workload(ref, batch=batch, shapes=dict(shapes))

    chosen = {layer.shape for workload in workloads for layer in workload}
    found: list[Mapping] = []
    problems: list[Problem] = []
    for index, record in enumerate(load_mapping_records(path).records):
        where = f"{path}: record {index}"
        try:
            mapping, _ = mapping_record_from_dict(
                record,
                Path(path).resolve().parent,
                architecture=architecture,
                load_model=load_model,
            )
        except SpecError as error:
            problems += [problem.inside(where) for problem in error.problems]
            continue
        if mapping.of_layer.shape not in chosen:
            bounds = " ".join(f"{d}={b}" for d, b in mapping.of_layer.bounds.items())
            layer = f"{mapping.of_layer.kind} {bounds}"
            problems.append(Problem("layer", layer, "the shape of a layer that is mapped", where))
        else:
            found.append(mapping)
    if problems:
        raise SpecError(problems)
    return tuple(found)


def distances(given: Iterable[Mapping], results: Sequence[WorkloadResult]) -> tuple[Distance, ...]:
    """Every given mapping beside every result for a layer of its shape."""
    from dmaze_cp.given import distance

    return tuple(
        distance(mapping, layer)
        for mapping in given
        for result in results
        for layer in result.layers
        if layer.layer.shape == mapping.of_layer.shape
    )
