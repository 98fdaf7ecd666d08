"""Whatever stands in a field of a spec, it is read or refused by name: nothing else happens."""

import copy
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec import architecture_from_dict, mapping_record_from_dict, workload_from_dict
from tests.spec.test_spec_architectures import DMAZERUNNER, OWN
from tests.spec.test_spec_mappings import RECORD
from tests.spec.test_spec_workloads import CONV, DMR_CONV, DMR_DW, DMR_GEMM, GEMM

OPEN = {
    "name": "net",
    "shape": {"rows": 4, "more": 0, "all": ["rows", "more"]},
    "layers": [
        {
            "name": "g",
            "kind": "gemm",
            "bounds": {"X": "rows + more", "Y": 3, "K": "2 ** rows // 3"},
            "instances": "rows",
            "batch": "instances",
        },
        CONV,
    ],
}
"""With open sizes, and a batch."""

SPECS: list[tuple[Callable[[object], object], object]] = [
    (architecture_from_dict, OWN),
    (architecture_from_dict, DMAZERUNNER),
    (workload_from_dict, {"name": "net", "layers": [CONV, GEMM | {"also": ["h"]}]}),
    (workload_from_dict, {"CONV": [DMR_CONV], "DW_CONV": [DMR_DW], "GEMM": [DMR_GEMM]}),
    (partial(workload_from_dict, batch=2, shapes={"all": 5}), OPEN),
    (mapping_record_from_dict, RECORD),
    (mapping_record_from_dict, {**RECORD["layer"], "tiling": RECORD["tiling"], "loop_order": {}}),
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, -1, 2**20 + 1, 2**63, 10**400])
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3)
    | st.dates()
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(value: object, path: tuple = ()) -> Iterator[tuple]:
    """Paths of everything inside nested mappings and lists, the value itself included."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


@pytest.mark.parametrize("index", range(len(SPECS)))
@given(data=st.data())
def test_any_value_anywhere_is_read_or_refused(index: int, data: st.DataObject) -> None:
    read, spec = SPECS[index]
    path = data.draw(st.sampled_from(list(paths(spec))))
    value = data.draw(values)
    if not path:
        spec = value
    else:
        spec = copy.deepcopy(spec)
        inner = spec
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
    for problem in problems_of(read, spec):
        assert len(str(problem).splitlines()) == 1
        assert len(str(problem)) < 400
        assert problem.where or not path


def problems_of(read: Callable[[object], object], spec: object) -> tuple[Problem, ...]:
    """What is wrong with a spec; anything but a `SpecError` with problems is let through."""
    try:
        read(spec)
    except SpecError as error:
        return error.problems or (Problem("", "an error without problems", "problems"),)
    return ()
