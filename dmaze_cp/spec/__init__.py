"""Spec files <-> architectures and workloads."""
