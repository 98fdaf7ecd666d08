"""The relaxation of a case: what its mappings cost and use at least."""

from __future__ import annotations

from dataclasses import dataclass

from dmaze_cp.mapspace import MapSpace
from dmaze_cp.relaxation.atoms import AtomTable, Basis
from dmaze_cp.relaxation.cases import Case, Demand, demands
from dmaze_cp.relaxation.energy_terms import energy_terms
from dmaze_cp.relaxation.latency_terms import latency_terms, pass_terms
from dmaze_cp.relaxation.terms import Products, Sum, Term
from dmaze_cp.workload import OPERANDS


@dataclass(frozen=True, eq=False)
class Capacity:
    """``sum of terms <= limit``; with ``at_least_one``, each term counts at least 1."""

    name: str
    terms: Sum
    limit: float
    at_least_one: bool = False


@dataclass(frozen=True, eq=False)
class Relaxation:
    """What a case costs at least, and what its mappings satisfy at least.

    Attributes
    ----------
    energy
        Energy (pJ, before rounding) is at least the sum of these.
    passes
        ``V * T`` (cycles of all SPM passes) is at least each of these sums.
    latency
        Latency is at least each of these sums; terms may refer to ``V * T``.
    capacities
        Hold at every valid tiling of the case.
    demands
        Products that are at least so large in this case.
    """

    case: Case
    basis: Basis
    energy: Sum
    passes: tuple[Sum, ...]
    latency: tuple[Sum, ...]
    capacities: tuple[Capacity, ...]
    demands: tuple[Demand, ...]


def capacities(p: Products) -> tuple[Capacity, ...]:
    """PEs, register files and SPM banks, each a sum of products."""
    arch, b = p.arch, p.basis
    words_per_bank = arch.spm_bank_bytes / arch.word_bytes
    return (
        Capacity("PE", (Term(1.0, p.times("PE")),), float(arch.pes)),
        Capacity(
            "RF", tuple(Term(1.0, b.elements(x, "RF")) for x in OPERANDS), float(arch.rf_words)
        ),
        Capacity(
            "SPM",
            tuple(Term(1 / words_per_bank, b.elements(x, "SPM")) for x in OPERANDS),
            float(arch.spm_banks),
            at_least_one=True,
        ),
    )


def relax(space: MapSpace, table: AtomTable, case: Case) -> Relaxation:
    """The relaxation of a case over the options in `table`."""
    p = Products(space, table, case)
    return Relaxation(
        case,
        table.basis,
        energy_terms(p),
        pass_terms(p),
        latency_terms(p),
        capacities(p),
        demands(case, p.kind),
    )
