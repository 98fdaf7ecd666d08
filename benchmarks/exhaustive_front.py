"""The exact front of energy and latency of a layer by trying every mapping, for `exhaustive.py`.

Independent of the package, so that it can check it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np

EPSILON_ROOM = 1e-12
"""Room for a factor that went through a double."""


@dataclass
class Front:
    """The costs that no other beats, over what was tried, by rising latency."""

    tilings: int = 0
    latency: np.ndarray = field(default_factory=lambda: np.zeros(0))
    energy: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def update(self, energy: np.ndarray, latency: np.ndarray) -> None:
        """Take in the costs of more mappings: whole numbers, as doubles that hold them exactly."""
        energy, latency = energy.astype(np.float64), latency.astype(np.float64)
        if self.latency.size:
            # The point with the most cycles that are not more has the least energy of those.
            before = np.searchsorted(self.latency, latency, side="right") - 1
            new = (before < 0) | (energy < self.energy[before])
            energy, latency = energy[new], latency[new]
        energy = np.concatenate([self.energy, energy])
        latency = np.concatenate([self.latency, latency])
        order = np.lexsort((energy, latency))
        energy, latency = energy[order], latency[order]
        kept = np.ones(energy.size, bool)
        kept[1:] = energy[1:] < np.minimum.accumulate(energy)[:-1]
        self.energy, self.latency = energy[kept], latency[kept]

    def within(self, pins: tuple[str, ...]) -> list[tuple[int, int]]:
        """Cycles and energy of the points that satisfy limits on costs."""
        most = {"energy": np.inf, "latency": np.inf}
        for pin in pins:
            name, _, value = pin.partition("<=")
            if name in most:
                most[name] = min(most[name], int(value))
        return [
            (int(cycles), int(energy))
            for cycles, energy in zip(self.latency, self.energy, strict=True)
            if cycles <= most["latency"] and energy <= most["energy"]
        ]


def pins_of(record: dict, rules: dict[str, list[str]], loops: dict[str, set]) -> tuple[str, ...]:
    """The pins of a layer: by its name, or that of an equal one.

    What is unrolled alone is asked only of layers that have one of the dimensions.

    Parameters
    ----------
    loops
        Dimensions by name, and those of each operand by its letter.
    """
    names = [record["name"], *record.get("also", ())]
    every = [
        pin
        for glob, pins in rules.items()
        if any(fnmatchcase(name, glob) for name in names)
        for pin in pins
    ]
    unrolled = {pin: pin.removeprefix("spatial=").split(",") for pin in every if "spatial=" in pin}
    return tuple(
        pin for pin in every if pin not in unrolled or any(loops.get(d) for d in unrolled[pin])
    )


def front_complaints(exact: list[tuple[int, int]], record: dict) -> list[str]:
    """Where the whole space contradicts a front.

    Parameters
    ----------
    exact
        Cycles and energy of the points of the exact front.
    """
    factor = (1 + record["epsilon"]) * (1 + EPSILON_ROOM)
    own = [(point["latency_cycles"], point["energy_pj"]) for point in record["points"]]
    proven = [cost for cost, point in zip(own, record["points"], strict=True) if point["proven"]]
    complaints = [f"{cost} is not on the front" for cost in proven if cost not in exact]
    region = record["open"]
    for cycles, energy in exact:
        if any(t <= cycles and e <= energy * factor for t, e in own):
            continue
        if region is not None and cycles >= region["latency_cycles"]:
            most = region["energy_pj"]
            if most is None or energy <= most:
                continue
        complaints.append(f"{(cycles, energy)} is left out")
    if record["status"] == "complete" and not record["epsilon"] and own != exact:
        complaints.append(f"reported as complete: {len(own)} points, {len(exact)} there are")
    return complaints
