"""Bad input: where the problems are. What is said about them may change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dmaze_cp.errors import SpecError


@contextmanager
def refused(*where: str) -> Iterator[None]:
    """What is done inside is refused, for problems at these places."""
    with pytest.raises(SpecError) as caught:
        yield
    assert [problem.where for problem in caught.value.problems] == list(where)
    assert all(problem.found and problem.expected for problem in caught.value.problems)
