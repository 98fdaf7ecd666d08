"""The energy of a case as a sum of products."""

from __future__ import annotations

from math import prod

from dmaze_cp.cost.batch import Floats
from dmaze_cp.relaxation.terms import Products, Sum, Term, present


def energy_terms(p: Products) -> Sum:
    """Terms whose sum is at most the energy (pJ) of every mapping of the case."""
    e = p.arch.energy
    ops = float(p.layer.macs)
    constant = ops * e.mac_pj + 4 * ops * e.rf_pj
    moving, fixed = _dram(p, constant)
    terms = [*_on_chip("I", p), *_on_chip("W", p), *_output_on_chip(p), *moving]
    return present([Term(fixed, p.basis.zero()), *terms])


def _transfers(x: str, p: Products) -> Floats:
    """How often an operand's array tile moves between SPM and PEs."""
    if p.case.held and p.case.dram == x:
        return p.times("DRAM", p.own(x))
    return p.all_passes - (p.reuse_spm if p.case.spm == x else p.basis.zero())


def _on_chip(x: str, p: Products) -> list[Term]:
    """NoC and SPM energy of input or weights."""
    e, moves = p.arch.energy, _transfers(x, p)
    return [
        Term(e.noc_pj, moves + p.basis.elements(x, "RF") + p.times("PE")),
        Term(e.spm_pj, moves + p.basis.elements(x, "array")),
    ]


def _output_on_chip(p: Products) -> list[Term]:
    """NoC, SPM and reduction energy of the output: ``b + k(Q - 1)`` a moved element.

    ``k`` is the energy of one step of a reduction, ``Q`` the PEs that add to one output.
    Where ``b < k``, ``b + k(Q - 1) >= Q (b + k)/2`` for ``Q >= 2``.
    """
    e = p.arch.energy
    held = p.case.held and p.case.dram == "O"
    base = (1 if held else 2) * (e.noc_pj + e.spm_pj)
    step = 3 * e.rf_pj + e.noc_pj + e.mac_pj
    moved = _transfers("O", p) + p.basis.elements("O", "array")
    if not p.case.reduces:
        return [Term(base, moved)]
    if base >= step:
        return [Term(base - step, moved), Term(step, moved + p.reducing)]
    return [Term((base + step) / 2, moved + p.reducing)]


def _dram(p: Products, constant: float) -> tuple[list[Term], float]:
    """DRAM energy as terms, and what is left of the energy that is the same everywhere.

    An output that is not stationary costs ``(2Z - 1)`` times its size, ``Z`` being the
    iterations over which its partial sums are spilled. The constant pays for the ``-1``
    as far as it reaches: ``2Z - 1 >= (1 + t)Z - t`` for ``t`` from 0 to 1.
    """
    dram = p.arch.energy.dram_pj
    terms = []
    for x in ("I", "W"):
        loops = p.own(x) if p.case.dram == x else p.dims
        terms.append(Term(dram, p.times("DRAM", loops) + p.basis.elements(x, "SPM")))
    output = dram * prod(float(p.layer.bounds[d]) for d in p.own("O"))
    if p.case.dram == "O":
        return terms, constant + output
    share = min(1.0, constant / output) if output > 0 else 0.0
    spilled = Term((1 + share) * output, p.times("DRAM", p.free("O")))
    return [*terms, spilled], max(0.0, constant - share * output)
