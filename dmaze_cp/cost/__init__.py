"""The exact analytical cost model."""
