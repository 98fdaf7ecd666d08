"""Settings for all tests."""

from hypothesis import HealthCheck, settings

# Same examples in every run, so that a failure can be repeated; no deadline, because
# the first call of a test pays for imports.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
