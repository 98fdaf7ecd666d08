"""Mappings that are given: what they cost, and how far they are from the best ones."""

from dmaze_cp.given.distance import Distance, Move, distance, distance_record, moves, start
from dmaze_cp.given.evaluated import Evaluated

__all__ = ["Distance", "Evaluated", "Move", "distance", "distance_record", "moves", "start"]
