"""Fronts that are proven again by the other engine."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from dmaze_cp.engine import Engine
from dmaze_cp.errors import ProofError
from dmaze_cp.question import Options
from dmaze_cp.tradeoff import FrontStatus, LayerFront, WorkloadFront, layer_front
from dmaze_cp.verification.result import Agreement, Reproof


def front_reproof(
    fronts: WorkloadFront,
    first: LayerFront,
    engine: Engine,
    time_limit: float,
    stop: Callable[[], bool] | None,
) -> Reproof:
    """A second proof of a layer's front, which knows nothing of the first.

    Parameters
    ----------
    fronts
        What the layer's front is one of.
    time_limit
        Wall seconds.
    """
    try:
        second = layer_front(
            first.layer,
            fronts.architecture,
            epsilon=first.epsilon,
            constraints=fronts.constraints.of(first.layer),
            options=Options(time_limit, engine=engine),
            stop=stop,
        )
    except ProofError as error:
        reason = f"the second search contradicts itself: {error}"
        status = FrontStatus.PARTIAL
        return Reproof(engine, status, None, None, Agreement.DIFFERS, reason, 0.0)
    reason = front_contradiction(first, second)
    finished = second.status is FrontStatus.COMPLETE
    agreement = Agreement.DIFFERS if reason else Agreement.AGREES if finished else Agreement.OPEN
    return Reproof(engine, second.status, None, None, agreement, reason, second.solve_time_s)


def front_contradiction(first: LayerFront, second: LayerFront) -> str:
    """What keeps two fronts of one layer from both being right; empty where nothing does.

    The points of a front follow one from another: each has the least latency, and then the least
    energy, of what those before it do not match. So the costs of all points that are proven are the
    same, place by place, and a complete front has no fewer.
    """
    costs = [[(p.cost.latency_cycles, p.cost.energy_pj) for p in f.points] for f in (first, second)]
    one, other = costs[0][: first.proven], costs[1][: second.proven]
    for place, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return f"point {place}: the least is {_told(*mine)}, and {_told(*its)}"
    for front, own, found in ((first, one, costs[1]), (second, other, costs[0])):
        factor = 1 + Fraction(front.epsilon)
        for cycles, energy in found if front.status is FrontStatus.COMPLETE else ():
            if not any(t <= cycles and e <= energy * factor for t, e in own):
                return f"no point of a front matches {_told(cycles, energy)}, which a mapping costs"
    if first.status is second.status is FrontStatus.COMPLETE and len(one) != len(other):
        return f"{len(one)} points are all, says one proof; {len(other)}, the other"
    return ""


def _told(cycles: int, energy: int) -> str:
    return f"{cycles} cycles with {energy} pJ"
