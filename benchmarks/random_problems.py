"""Random layers on random accelerators within random limits, for proofs and for times.

A problem is drawn from a seed and an index: the same two, and the same range of sizes,
give the same problem again, whatever else was drawn.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from math import comb, exp, isqrt, log, log2, prod

from exhaustive_space import Problem

from dmaze_cp import AccessEnergy, Architecture, Constraints, Kind, Layer

PRIMES = (
    (2, 2, 2, 3),
    (2, 2, 2, 3, 5, 7),
    (2,) * 12 + (3,) * 5 + (5, 5, 7, 7, 11, 13, 17, 23, 31, 53, 107),
)
"""Factors of a layer's bounds, as often as they are drawn: few or many different ones."""

MOST_TAPS = 11
MOST_EXTENTS = (48, 256, 1_024, 4_096)
"""Smaller bounds leave more tilings that fit."""

MOST_MACS = 2**42
ENERGIES = (0.0, 0.001875, 0.03, 0.075, 0.48, 0.96, 2.0, 13.5, 68.3475, 200.0)
FRACTIONS = (0.0, 0.0, 0.0, 0.1, 0.25, 0.5, 0.7)


@dataclass(frozen=True)
class Sizes:
    """The range of the number of tilings, valid or not."""

    least: float
    most: float

    @property
    def options(self) -> str:
        """As on a command line."""
        return f"--min-tilings {self.least:g} --max-tilings {self.most:g}"


@dataclass(frozen=True)
class RandomProblem:
    """What is to be mapped, and where it comes from."""

    seed: int
    index: int
    sizes: Sizes
    layer: Layer
    architecture: Architecture
    constraints: Constraints

    @property
    def repeat(self) -> str:
        """Options of the scripts that draw the problem again, and no other."""
        return f"--seed {self.seed} --first {self.index} --count 1 {self.sizes.options}"

    @property
    def tilings(self) -> int:
        """Number of tilings, valid or not."""
        return count_tilings(self.layer.extents)

    def record(self) -> Problem:
        """The same for the independent search: nothing but names and numbers."""
        shape = {
            "kind": str(self.layer.kind),
            "bounds": self.layer.bounds,
            "stride": list(self.layer.stride),
            "dilation": list(self.layer.dilation),
            "padded_input": self.layer.padded_input and list(self.layer.padded_input),
        }
        return Problem(shape, asdict(self.architecture), self.constraints.texts)

    def __str__(self) -> str:
        within = f" within {self.constraints}" if self.constraints else ""
        return f"{self.layer} on {self.architecture}{within}"


def draw(seed: int, index: int, sizes: Sizes) -> RandomProblem:
    """The problem with this seed and index."""
    rng = random.Random(f"{seed}/{index}")
    return RandomProblem(
        seed,
        index,
        sizes,
        random_layer(rng, sizes),
        random_architecture(rng),
        random_constraints(rng) if rng.random() < 0.5 else Constraints(),
    )


def count_tilings(extents: tuple[int, ...]) -> int:
    """Number of ways to split every extent into four factors."""
    found = 1
    for extent in extents:
        for prime in {p for p in range(2, extent + 1) if extent % p == 0 and _is_prime(p)}:
            power = 0
            while extent % prime ** (power + 1) == 0:
                power += 1
            found *= comb(power + 3, 3)
    return found


def _is_prime(number: int) -> bool:
    return all(number % d for d in range(2, isqrt(number) + 1))


def random_layer(rng: random.Random, sizes: Sizes) -> Layer:
    """A layer of any kind; the logarithm of its number of tilings is spread evenly."""
    least, most = log(sizes.least), log(sizes.most)
    while True:
        wanted = exp(rng.uniform(least, most))
        kind = rng.choice(list(Kind))
        bounds = _random_bounds(rng, kind, wanted)
        tilings = count_tilings(tuple(bounds.values()))
        in_range = sizes.least <= tilings <= sizes.most
        if in_range and tilings <= 1.5 * wanted and prod(bounds.values()) <= MOST_MACS:
            break
    extents = tuple(bounds.values())
    if kind is Kind.GEMM:
        return Layer("random", kind, extents)
    strides = (rng.randint(1, 4), rng.randint(1, 4)) if rng.random() < 0.5 else (1, 1)
    dilations = (rng.randint(1, 3), rng.randint(1, 3)) if rng.random() < 0.3 else (1, 1)
    layer = Layer("random", kind, extents, strides, dilations)
    if rng.random() < 0.5:
        # Edge rows and columns of the input that no output uses.
        x, y = (u + rng.randrange(s) for u, s in zip(layer.used_input, strides, strict=True))
        layer = replace(layer, padded_input=(x, y))
    return layer


def _random_bounds(rng: random.Random, kind: Kind, wanted: float) -> dict[str, int]:
    """Bounds with about so many tilings: random primes on random dimensions, some favoured."""
    parts = [(d,) for d in kind.dimensions]
    if kind is not Kind.GEMM and rng.random() < 0.3:
        parts = [("N",), ("M",), ("C",), ("Ox", "Oy"), ("Fx", "Fy")]  # a square image
    if kind is Kind.DEPTHWISE:
        parts.remove(("M",))
    liking = [rng.choice((0.2, 1.0, 1.0, 3.0)) for _ in parts]
    primes, most = rng.choice(PRIMES), rng.choice(MOST_EXTENTS)
    bounds = dict.fromkeys(kind.dimensions, 1)
    for _ in range(200):
        if count_tilings(tuple(bounds.values())) >= wanted / 1.5:
            break
        part, prime = rng.choices(parts, liking)[0], rng.choice(primes)
        if bounds[part[0]] * prime <= (MOST_TAPS if part[0] in ("Fx", "Fy") else most):
            bounds |= {d: bounds[d] * prime for d in part}
    return bounds


def random_architecture(rng: random.Random) -> Architecture:
    """An accelerator with capacities that are often odd, and figures that may be 0."""
    word = rng.choice((1, 2, 4))
    return Architecture(
        name="random",
        pes=_size(rng, 1, 1_024),
        rf_bytes=_size(rng, 3, 512) * word + rng.choice((0, 0, word - 1)),
        word_bytes=word,
        spm_banks=_size(rng, 3, 128),
        spm_bank_bytes=_size(rng, 8, 2_048) * word + rng.choice((0, 0, word - 1)),
        dma_startup_cycles=rng.choice((0.0, 1.0, 7.5, 64.0, 291.0, rng.uniform(0, 1_000))),
        dma_cycles_per_byte=rng.choice((0.0, 0.1, 0.24, 0.5, 3.0, rng.uniform(0, 4))),
        dma_mhz=rng.choice((300.0, 1_600.0, 2_400.0, 3_200.0, rng.uniform(100, 4_000))),
        accelerator_mhz=rng.choice((200.0, 500.0, 700.0, 1_000.0, rng.uniform(50, 2_000))),
        energy=random_energy(rng),
        leakage_mw=rng.choice((0.0, 0.0, 0.5, 1_000.0, rng.uniform(0, 200))),
    )


def random_energy(rng: random.Random) -> AccessEnergy:
    """The default one, or figures in any order, some 0."""
    if rng.random() < 0.3:
        return AccessEnergy()
    return AccessEnergy(
        *(rng.choice((rng.choice(ENERGIES), round(rng.uniform(0, 100), 3))) for _ in range(5))
    )


def _size(rng: random.Random, least: int, most: int) -> int:
    """Half the time a power of two; its logarithm is spread evenly."""
    size = exp(rng.uniform(log(least), log(most + 1)))
    if rng.random() < 0.5:
        size = 2 ** round(log2(size))
    return max(least, min(most, int(size)))


def random_constraints(rng: random.Random) -> Constraints:
    """Search options; some leave no mapping."""
    return Constraints.of_options(
        *(rng.choice((*FRACTIONS, round(rng.uniform(0, 0.9), 2))) for _ in range(3)),
        no_feature_dram=rng.random() < 0.3,
        no_spatial_reduction=rng.random() < 0.3,
    )
