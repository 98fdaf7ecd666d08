"""The latency of a case as maxima of sums of products.

Names as in the cost model: ``c`` cycles of an RF pass, ``A`` RF passes in an SPM pass,
``T`` SPM passes, ``n_X`` cycles to distribute an operand, ``Q`` PEs that add to one
output, ``V`` cycles of an SPM pass, ``d_X`` DMA cycles. The cycles ``n_O`` and those of a
reduction, ``n_O (Q - 1)``, add up to ``n_O Q``, an exact product.
"""

from __future__ import annotations

from dmaze_cp.cost.batch import Floats
from dmaze_cp.relaxation.terms import Products, Sum, Term, present, times
from dmaze_cp.workload import OPERANDS


def _distribute(p: Products, x: str, moves: Floats) -> Term:
    """Cycles to distribute an operand's array tile, so many times."""
    return Term(1.0, moves + p.basis.elements(x, "array"))


def _compute(p: Products, passes: Floats) -> Term:
    """Compute cycles of so many RF passes."""
    return Term(1.0, passes + p.times("RF"))


def _reduce(p: Products, passes: Floats) -> Term | None:
    """Reduction cycles of so many RF passes, ``n_O (Q - 1)`` each."""
    if not p.case.reduces:
        return None
    less = p.one_minus(1, p.reducing, 2, float(p.arch.pes))
    if less is None:
        return None
    return times(less, 1.0, passes + p.basis.elements("O", "array") + p.reducing)


def _collect(p: Products, passes: Floats) -> Term:
    """Output distribution and reduction together, ``n_O Q`` for each of so many passes."""
    return times(_distribute(p, "O", passes), 1.0, p.reducing)


def pass_terms(p: Products) -> tuple[Sum, ...]:
    """Sums, each at most ``V * T`` at every mapping of the case."""
    case, every = p.case, p.all_passes
    if case.held and case.dram == "O":
        overlapped = [_compute(p, every), _distribute(p, "I", every), _distribute(p, "W", every)]
        return tuple(present([term]) for term in overlapped)
    if case.spm == "O":
        return _output_stationary(p)
    kept = case.dram if case.held else case.spm
    others = [x for x in ("I", "W") if x != kept]
    after = [_compute(p, every), _reduce(p, every)]
    sums = [present([_compute(p, every), _collect(p, every)])]
    sums += [present([_distribute(p, x, every), *after]) for x in others]
    if kept == "none" or case.held:
        return tuple(sums)
    fewer = p.one_minus(1, p.reuse_spm, 2, float("inf"))
    if fewer is None:
        return tuple(sums)
    late = _distribute(p, kept, every - p.reuse_spm)
    for x in ("O", *others):
        early = times(fewer, 1.0, every + p.basis.elements(x, "array"))
        sums.append(present([early, late, *after]))
    return tuple(sums)


def _output_stationary(p: Products) -> tuple[Sum, ...]:
    """``V * T`` where the output stays in the PEs over the reduction loops at SPM."""
    every = p.all_passes
    ends = every - p.reuse_spm
    overlapped = [_compute(p, every), _distribute(p, "I", every), _distribute(p, "W", every)]
    sums = [present([term, _compute(p, ends), _reduce(p, ends)]) for term in overlapped]
    fewer = p.one_minus(1, p.reuse_spm, 2, float("inf"))
    if fewer is None:
        return tuple(sums)
    for term in overlapped:
        early = times(fewer, term.coefficient, term.row)
        sums.append(present([early, _compute(p, ends), _collect(p, ends)]))
    return tuple(sums)


def _dma(p: Products, x: str, stationary: bool) -> Term:
    """DMA cycles of an operand over the whole layer, one way."""
    moves = p.basis.zero() if stationary else p.times("DRAM", p.free(x))
    return Term(1.0, p.basis.dma(x) + moves)


def latency_terms(p: Products) -> tuple[Sum, ...]:
    """Sums, each at most the latency of every mapping of the case."""
    case = p.case
    whole = (Term(1.0, p.basis.zero(), of_pass=True),)
    moving = [x for x in OPERANDS if x != case.dram]
    always = [_dma(p, x, False) for x in moving]
    always = [
        times(term, 2.0 if x == "O" else 1.0, p.basis.zero())
        for x, term in zip(moving, always, strict=True)
    ]
    if case.dram == "none":
        return (whole, present(always))
    ways = 2 if case.dram == "O" else 1
    rare = times(_dma(p, case.dram, True), float(ways), p.basis.zero())
    sums = [whole, present([*always, rare])]
    less = p.one_minus(ways, p.reuse_dram, 2, float("inf"))
    if less is not None:
        passing = Term(less.coefficient, less.row, of_pass=True)
        waiting = [times(term, float(ways), -p.reuse_dram) for term in always]
        sums.append(present([passing, *waiting, rare]))
    if case.held:
        sums += _held_terms(p, always)
    return tuple(sums)


def _held_terms(p: Products, always: list[Term]) -> list[Sum]:
    """What loading and storing a held operand adds to the passes.

    Both happen once for each of its tiles, ``T / r`` times in all.
    """
    ends = p.times("DRAM", p.own(p.case.dram))
    less = p.one_minus(1, p.reuse_dram, 2, float("inf"))
    if less is None:
        return []
    passing = Term(less.coefficient, less.row, of_pass=True)
    waiting = [times(term, 1.0, -p.reuse_dram) for term in always]
    if p.case.dram == "O":
        whole = Term(1.0, p.basis.zero(), of_pass=True)
        drain = [_compute(p, ends), _reduce(p, ends)]
        rare = _dma(p, "O", True)
        return [
            present([whole, *drain]),
            present([passing, *drain, *waiting, rare]),
            present([passing, _compute(p, ends), _collect(p, ends)]),
        ]
    busy = ends + p.times("SPM")
    store = [_distribute(p, p.case.dram, ends), _compute(p, busy), _reduce(p, busy)]
    return [present([passing, *store])]
