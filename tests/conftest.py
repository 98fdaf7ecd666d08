"""Settings for all tests."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# These bind the mapper where they are loaded: before any test puts another in its place.
import dmaze_cp.explanation
import dmaze_cp.slices
import dmaze_cp.verification  # noqa: F401
from tests.kit import examples

# Same examples in every run, so that a failure can be repeated; no deadline, because
# the first call of a test pays for imports.
settings.register_profile(
    "repeatable",
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """Properties know how many examples they are tried with."""
    examples.choose(config.option.markexpr)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Results of tests, also of programs they start, are kept apart from the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        for name in [name for name in os.environ if name.startswith("DMAZE_CP_")]:
            patch.delenv(name)
        yield
