"""Slow and simple references that share no code with the package."""
