"""Proven-optimal mappings of neural-network layers onto spatial accelerators."""
