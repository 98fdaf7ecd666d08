"""The analytical cost model (dMazeRunner's), stated once.

`cost_model` writes the cost of one layer on one accelerator under one *flow* as
expressions over the tiling (`dmaze_cp.cost.expression`). Exact costs of one mapping
(`dmaze_cp.cost.scalar`) and of many (`dmaze_cp.cost.batch`), the breakdown, the Lagrangian bounds
(`dmaze_cp.relaxation`) and the CP-SAT model (`dmaze_cp.cp`) are all read from these. A term that is
added here reaches all of them.

Names: ``c`` cycles of an RF pass, ``A`` RF passes in an SPM pass, ``T`` SPM passes, ``n_X``
cycles to distribute an operand, ``rho`` to add up partial sums, ``Q`` PEs that add to one output,
``V`` cycles of an SPM pass, ``d_X`` DMA cycles of a transfer, ``r`` the reuse at a level.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from math import prod

from dmaze_cp.architecture import Architecture
from dmaze_cp.cost.energy import Access, access_pj, components, leakage_pj
from dmaze_cp.cost.expression import (
    Bounded,
    Burst,
    Ceiling,
    Excess,
    Node,
    Product,
    Reduced,
    Shared,
    add,
    largest,
    times,
)
from dmaze_cp.cost.forms import Powers, multiply, powers_of
from dmaze_cp.cost.terms import (
    burst_alternatives,
    elements,
    factors,
    free_loops,
    loops,
    own_loops,
    whole_loop,
    whole_loops,
)
from dmaze_cp.cost.transfer import cycles_per_element
from dmaze_cp.levels import (
    ARRAY,
    DRAM,
    LEAKAGE,
    MAC,
    NOC,
    NONE,
    OPERANDS,
    OUTPUT,
    PE,
    RF,
    SPM,
)
from dmaze_cp.workload import Layer


@dataclass(frozen=True)
class Reuse:
    """What one level's loops reuse: an operand (or ``none``), over some innermost loops."""

    operand: str = NONE
    loops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """What decides which expression a cost is.

    Attributes
    ----------
    dram, spm
        Reuse at the two ordered levels.
    held
        The operand reused at DRAM stays in the RFs across SPM passes: no SPM loop that it
        depends on has more than one iteration.
    reduces
        Partial sums may have to be added across PEs.
    """

    dram: Reuse
    spm: Reuse
    held: bool
    reduces: bool = True


@dataclass(frozen=True, eq=False)
class CostModel:
    """The cost of a layer under one flow.

    Attributes
    ----------
    accesses
        What costs energy, component by component.
    energy
        Total energy in pJ, before it is rounded.
    latency
        Accelerator cycles.
    pass_cycles
        Cycles of one SPM pass.
    reduction_cycles
        Cycles to add up the partial sums of one array tile across PEs (None: never).
    """

    accesses: tuple[Access, ...]
    energy: Node
    latency: Node
    pass_cycles: Node
    reduction_cycles: Node | None


@lru_cache(maxsize=64)
def cost_model(
    layer: Layer,
    architecture: Architecture,
    flow: Flow,
    varying: frozenset[str] = frozenset(),
) -> CostModel:
    """The cost of a layer on an accelerator under a flow.

    Parameters
    ----------
    varying
        Dimensions whose bounds a tiling decides (`dmaze_cp.padding`): what is counted over all
        of such a loop is the product of its factors, which is its bound.
    """
    b = _Builder(layer, architecture, flow, varying)
    latency = b.latency()
    accesses = b.accesses()
    if LEAKAGE in components(architecture):
        accesses.append(Access(LEAKAGE, "cycles", leakage_pj(architecture), latency))
    energy = [times(access.count, Product((), access.price_pj)) for access in accesses]
    return CostModel(tuple(accesses), add(*energy), latency, b.pass_cycles(), b.reduction())


@dataclass(frozen=True, eq=False)
class _Resource:
    """Something that works in every pass, side by side with others.

    ``extras`` is the work that comes on top at an exchange, one entry for each thing that is
    waited for there.
    """

    every: Node
    extras: tuple[Node | None, ...]


def _overlapped(resources: list[_Resource], rest: Product, count: Product) -> Node:
    """Cycles of passes in which resources work side by side, all waiting for the slowest.

    Of ``count`` passes some are exchanges, one for each of the extras; all of this happens
    ``rest`` times: ``rest * ((count - ways) * max(every) + sum of max(every + extra))``.

    As a maximum is at least each of its parts, it is at least what each resource needs by
    itself, ``rest * (count * every + extras)``, a product where the difference is none; and at
    least what any resource needs in ordinary passes together with what the last needs at
    exchanges.
    """
    ways = len(resources[0].extras)
    slowest = largest(*(r.every for r in resources))
    ordinary = Reduced(rest, count, ways)
    exchanges = [
        times(largest(*(add(r.every, r.extras[way]) for r in resources)), rest)
        for way in range(ways)
    ]
    alone = [
        add(
            times(r.every, rest.times(count)),
            *(times(extra, rest) for extra in r.extras if extra is not None),
        )
        for r in resources
    ]
    *others, last = resources
    at_exchanges = [times(add(last.every, extra), rest) for extra in last.extras]
    mixed = [add(times(r.every, ordinary), *at_exchanges) for r in others]
    return Bounded(add(times(slowest, ordinary), *exchanges), (*alone, *mixed))


class _Builder:
    """Writes the expressions of one flow."""

    def __init__(
        self, layer: Layer, architecture: Architecture, flow: Flow, varying: frozenset[str]
    ) -> None:
        self.architecture, self.varying = architecture, varying
        self.flow, self.kind, self.bounds = flow, layer.kind, layer.bounds
        self.held = flow.dram.operand if flow.held else NONE
        # What is held over all SPM loops is not exchanged at any of them.
        self.kept = NONE if flow.held else flow.spm.operand
        every = loops(self.kind)
        self.macs = self._product(powers_of(name for d in every for name in whole_loop(d)))
        self.rf_pass = self._product(factors(RF, every))
        self.passes_rf = self._product(factors(SPM, every))
        self.passes_spm = self._product(factors(DRAM, every))
        self.reuse_spm = self._product(factors(SPM, flow.spm.loops))
        self.reuse_dram = self._product(factors(DRAM, flow.dram.loops))
        self.rest_spm = self._without(self.passes_rf, self.reuse_spm)
        self.rest_dram = self._without(self.passes_spm, self.reuse_dram)
        self.reducing = self._product(factors(PE, free_loops(self.kind, OUTPUT)))
        self._pass: Node | None = None

    def _product(self, powers: Powers, coefficient: int | float = 1) -> Product:
        whole, left = whole_loops(powers, self.kind, self.varying)
        return Product(left, coefficient * prod(self.bounds[d] for d in whole))

    def _times(self, *products: Product) -> Product:
        powers: Powers = ()
        for product in products:
            powers = multiply(powers, product.powers)
        return self._product(powers, prod(p.coefficient for p in products))

    def _without(self, product: Product, divisor: Product) -> Product:
        return Product(multiply(product.powers, divisor.powers, -1))

    def _elements(self, operand: str, tile: str) -> Product:
        return self._product(elements(self.kind, operand, tile))

    def _spread(self, operand: str) -> Product | Ceiling:
        """``n_X``: a network for each operand, which distributes some elements in a cycle."""
        array, width = self._elements(operand, ARRAY), self.architecture.noc_width(operand)
        return array if width == 1 else Ceiling(array, 1, width)

    # Energy

    def accesses(self) -> list[Access]:
        """What costs energy, by component and by operand or purpose.

        An operand that is not held moves between SPM and RFs once per reuse at SPM, the
        output there and back; a held operand once per reuse at DRAM. Partial sums are added
        up as often as the output moves: a step takes three RF accesses, a hop and an addition.
        """
        moves = {x: self._moves(x) for x in OPERANDS}
        price = partial(access_pj, self.architecture)
        steps = self._reduction_steps(moves[OUTPUT])
        mac_pj = self.architecture.energy.mac_pj
        found = [Access(MAC, "compute", mac_pj, self.macs)]
        if steps is not None:
            found.append(Access(MAC, "reduction", mac_pj, steps))
        found += self._computing()
        if steps is not None:
            thrice = times(steps, Product((), 3))
            found.append(Access(RF, "reduction", price(RF, OUTPUT), thrice))
        for x in OPERANDS:
            received = self._moved(x, moves[x], self._received(x))
            found.append(Access(NOC, x, price(NOC, x), received))
        if steps is not None:
            found.append(Access(NOC, "reduction", price(NOC, OUTPUT), steps))
        for x in OPERANDS:
            read = self._moved(x, moves[x], self._elements(x, ARRAY))
            found.append(Access(SPM, x, price(SPM, x), read))
        return [*found, *(Access(DRAM, x, price(DRAM, x), self._dram(x)) for x in OPERANDS)]

    def _computing(self) -> list[Access]:
        """RF accesses of the MACs: both inputs and the partial sum are read, the sum is written."""
        counts: dict[float, int] = {}
        for x in OPERANDS:
            price = access_pj(self.architecture, RF, x)
            counts[price] = counts.get(price, 0) + (2 if x == OUTPUT else 1)
        return [
            Access(RF, "compute", price, self.macs.times(Product((), n)))
            for price, n in counts.items()
        ]

    def _reduction_steps(self, moves: Product) -> Reduced | None:
        if not self.flow.reduces:
            return None
        return Reduced(self._times(moves, self._elements(OUTPUT, ARRAY)), self.reducing, 1)

    def _moves(self, operand: str) -> Product:
        """How often an array tile moves between SPM and PEs, one way."""
        if operand == self.held:
            return self.rest_dram
        passes = self.rest_spm if operand == self.kept else self.passes_rf
        return self._times(self.passes_spm, passes)

    def _moved(self, operand: str, moves: Product, elements: Product) -> Product:
        """Elements moved, both ways where the operand is an output that is not held."""
        both = operand == OUTPUT != self.held
        return self._times(moves, elements, Product((), 2 if both else 1))

    def _received(self, operand: str) -> Product:
        """Elements that all PEs receive: of the output, one PE of those that share it."""
        dims = own_loops(self.kind, OUTPUT) if operand == OUTPUT else loops(self.kind)
        return self._times(self._elements(operand, RF), self._product(factors(PE, dims)))

    def _dram(self, operand: str) -> Node:
        """Elements that move between DRAM and SPM.

        An output's partial sums are read back every time but the first that a tile is
        visited: ``2 Z - 1`` moves of each tile that is visited ``Z`` times.
        """
        moved = self._elements(operand, SPM)
        reused = self.flow.dram.loops if operand == self.flow.dram.operand else ()
        if operand != OUTPUT:
            dims = [d for d in loops(self.kind) if d not in reused]
            return self._times(self._product(factors(DRAM, dims)), moved)
        tiles = self._times(self._product(factors(DRAM, own_loops(self.kind, OUTPUT))), moved)
        again = [d for d in free_loops(self.kind, OUTPUT) if d not in reused]
        if not again:
            return tiles
        visits = self._product(factors(DRAM, again))
        return add(self._times(tiles, visits), Reduced(tiles, visits, 1))

    # Latency

    def reduction(self) -> Node | None:
        """Cycles to add up the partial sums of an array tile, one element after the other."""
        array = self._elements(OUTPUT, ARRAY)
        return Reduced(array, self.reducing, 1) if self.flow.reduces else None

    def _exchange(self) -> Node:
        """``c + rho``: an RF pass whose output is then added up."""
        return add(self.rf_pass, self.reduction())

    def _collect(self) -> Node:
        """``c + n_O + rho``: the same, with the output distributed first.

        With one element a cycle, ``n_O + rho = n_O Q``, which needs no difference.
        """
        spread = self._spread(OUTPUT)
        if isinstance(spread, Ceiling):
            return add(self.rf_pass, spread, self.reduction())
        return add(self.rf_pass, spread.times(self.reducing) if self.flow.reduces else spread)

    def _distribute(self, operands: list[str]) -> list[Node]:
        """Work of the networks in an RF pass whose output is exchanged.

        The networks of the operands work side by side, then the PEs compute and reduce.
        """
        return [
            self._collect() if x == OUTPUT else add(self._spread(x), self._exchange())
            for x in operands
        ]

    def pass_cycles(self) -> Node:
        """``V``: cycles of one pass over an SPM tile.

        Where the output is exchanged after every RF pass, nothing hides the distribution of
        what moves in each; where it is not, computation does.
        """
        if self._pass is None:
            self._pass = Shared(self._new_pass())
        return self._pass

    def _new_pass(self) -> Node:
        moving = [x for x in OPERANDS if x not in (self.held, self.kept)]
        if self.held == OUTPUT:
            return times(largest(self.rf_pass, *map(self._spread, moving)), self.passes_rf)
        if self.kept == NONE:
            return times(largest(*self._distribute(moving)), self.passes_rf)
        if self.kept == OUTPUT:
            hidden: list[Node] = [self.rf_pass, *map(self._spread, moving)]
            resources = [_Resource(work, (self._exchange(),)) for work in hidden]
            resources.append(_Resource(Product((), 0), (self._collect(),)))
            return _overlapped(resources, self.rest_spm, self.reuse_spm)
        return self._keeping(moving, self.kept, self.rest_spm, self.reuse_spm)

    def _keeping(self, moving: list[str], kept: str, rest: Product, reuse: Product) -> Node:
        """RF passes of which one in `reuse` also waits for a stationary input or weights."""
        resources = [_Resource(work, (None,)) for work in self._distribute(moving)]
        resources.append(_Resource(self._exchange(), (self._spread(kept),)))
        return _overlapped(resources, rest, reuse)

    def latency(self) -> Node:
        """Cycles of all SPM passes.

        The DMA of one pass overlaps with the work on another. A pass at which the reused
        operand is exchanged waits for its load, and another for its store.
        """
        reused, work = self.flow.dram.operand, self.pass_cycles()
        # An output that is exchanged in every pass is loaded and stored.
        always = add(
            *(
                times(self._burst(x), Product((), 2 if x == OUTPUT else 1))
                for x in OPERANDS
                if x != reused
            )
        )
        if reused == NONE:
            return times(largest(always, work), self.passes_spm)
        move = self._burst(reused)
        if not self.flow.held:
            ways = 2 if reused == OUTPUT else 1
            resources = [_Resource(work, (None,) * ways), _Resource(always, (move,) * ways)]
            return _overlapped(resources, self.rest_dram, self.reuse_dram)
        return self._holding(always, move, work)

    def _burst(self, operand: str) -> Burst:
        tiles = factors(DRAM, own_loops(self.kind, operand))
        alternatives = burst_alternatives(self.kind, operand, self.varying)
        if not self.varying:
            return Burst(operand, alternatives, tiles)
        per_element = cycles_per_element(self.architecture, operand)
        return Burst(operand, alternatives, tiles, self._elements(operand, SPM), per_element)

    def _holding(self, always: Node, move: Node, work: Node) -> Node:
        """Latency with an operand held in the RFs, whose exchange is also work for the PEs.

        As in `_overlapped`, with one exchange for the load and one for the store, and bounds of
        the same kind: of the ordinary passes and of either exchange one resource's work counts.
        What is ordinary for the PEs is also a bound of their work at an exchange.
        """
        output, store = self.held == OUTPUT, self._storing()
        drain = self._exchange() if output else None
        load, dma = add(work, drain), add(always, move)
        base = times(largest(always, work), Reduced(self.rest_dram, self.reuse_dram, 2))
        loading = times(largest(dma, load), self.rest_dram)
        storing = times(largest(dma if output else always, store), self.rest_dram)
        every = self.rest_dram.times(self.reuse_dram)
        moves = times(move, self.rest_dram.times(Product((), 2 if output else 1)))
        once = [None if n is None else times(n, self.rest_dram) for n in (drain, dma, store)]
        but_one = times(work, Reduced(self.rest_dram, self.reuse_dram, 1))
        bounds = [
            add(times(always, every), moves),
            add(times(work, every), once[0]),
            add(but_one, *once[:2]),
            add(but_one, once[0], once[2]),
        ]
        return Bounded(add(base, loading, storing), tuple(bounds))

    def _storing(self) -> Node:
        """Cycles of an SPM pass in which a held operand is exchanged.

        One of its RF passes distributes that operand too: ``V + max(n_Y - q, 0)``, where ``q``
        is the slowest network of the others. For the output, whose distribution computation
        hides, ``V = A D`` with ``D = max(c, q)``, and ``V + max(n_O - q, 0)`` is
        ``(A - 1) D + max(D, n_O + max(c - q, 0))``.
        """
        moving = [x for x in OPERANDS if x != self.held]
        if self.held != OUTPUT:
            return self._keeping(moving, self.held, Product(), self.passes_rf)
        slowest = largest(*map(self._spread, moving))
        hidden = largest(self.rf_pass, *map(self._spread, moving))
        last = largest(hidden, add(self._spread(OUTPUT), Excess(self.rf_pass, slowest)))
        return add(times(hidden, Reduced(Product(), self.passes_rf, 1)), last)
