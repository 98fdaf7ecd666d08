"""Tests of the exact cost model."""
