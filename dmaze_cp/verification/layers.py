"""Results of layers that are proven again by the other engine.

The second proof knows nothing of the first. It is one search for the best mapping, or for as many
as the record ranks; where the record has them, others for the layer without padding and for the
tables of parts. Each has the whole time limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dmaze_cp.constraints import padded
from dmaze_cp.engine import Engine
from dmaze_cp.errors import ProofError
from dmaze_cp.mapper import map_layer
from dmaze_cp.result import LayerResult, Slice, Status
from dmaze_cp.result.layer import Unpadded
from dmaze_cp.result.ranking import MOST_RANKED
from dmaze_cp.slices import per_dataflow, per_unrolling
from dmaze_cp.verification.ranking import ranking_contradiction, ranking_is_covered
from dmaze_cp.verification.result import Agreement, Reproof

Stop = Callable[[], bool] | None


Claim = LayerResult | Unpadded | Slice
"""What is said of a least cost."""


@dataclass(frozen=True)
class _Part:
    """A second proof of a part of what a record says.

    Attributes
    ----------
    name
        Of what, for people.
    reason
        What keeps it and the first from both being right; empty where nothing does.
    is_finished
        Whether it shows as much as the first.
    """

    name: str
    reason: str
    is_finished: bool


def layer_reproof(first: LayerResult, engine: Engine, time_limit: float, stop: Stop) -> Reproof:
    """A second proof of all that a layer's record says.

    Parameters
    ----------
    time_limit
        Wall seconds for each search.
    """
    began = time.monotonic()
    try:
        second = _searched(first, engine, time_limit, stop)
        parts: list[_Part] = []
        for part in _parts(first, second, engine, time_limit, stop):
            parts.append(part)
            if part.reason:
                break
    except ProofError as error:
        reason = f"the second search contradicts itself: {error}"
        taken = time.monotonic() - began
        return Reproof(engine, Status.UNKNOWN, None, None, Agreement.DIFFERS, reason, taken)
    reason, left = parts[-1].reason, [part.name for part in parts if not part.is_finished]
    agreement = Agreement.DIFFERS if reason else Agreement.OPEN if left else Agreement.AGREES
    if left and not reason:
        reason = f"not finished: {', '.join(left)}"
    taken = time.monotonic() - began
    return Reproof(engine, second.status, second.value, second.bound, agreement, reason, taken)


def _searched(first: LayerResult, engine: Engine, time_limit: float, stop: Stop) -> LayerResult:
    """The best mapping once more, or as many as are ranked."""
    ranking = first.ranking
    ranked: dict[str, Any] = {}
    if ranking is not None:
        # Mappings of least cost are counted only where more than one is asked for.
        count = min(max(2, 1 + len(ranking.alternatives)), MOST_RANKED)
        ranked = {"top_k": count, "diverse": ranking.diverse}
    return map_layer(
        first.layer,
        first.architecture,
        first.objective,
        time_limit=time_limit,
        constraints=first.constraints,
        engine=engine,
        tie_break=first.tie_bound is not None,
        stop=stop,
        **ranked,
    )


def _parts(
    first: LayerResult, second: LayerResult, engine: Engine, time_limit: float, stop: Stop
) -> Iterator[_Part]:
    """The second proof of each part of a record."""
    ties = first.tie_bound is None or second.breaks_ties
    yield _Part("the best mapping", contradiction(first, second), second.is_final and ties)
    if first.ranking is not None:
        covered = ranking_is_covered(first, second)
        yield _Part("the ranking", ranking_contradiction(first, second), covered)
    about = first.layer, first.architecture, first.objective
    limits: dict[str, Any] = {"time_limit": time_limit, "engine": engine, "stop": stop}
    if first.unpadded is not None:
        pins = padded(first.constraints, ())
        plain = map_layer(*about, constraints=pins, tie_break=False, reasons=False, **limits)
        reason = excluded(first.unpadded, plain)
        what = "the layer without padding"
        yield _Part(what, f"without padding: {reason}" if reason else "", plain.is_final)
    for name, rows, table in (
        ("dataflows", first.dataflows, per_dataflow),
        ("unrollings", first.unrollings, per_unrolling),
    ):
        if rows:
            again = table(*about, constraints=first.constraints, known=second, **limits)
            is_final = all(row.status in {Status.OPTIMAL, Status.INFEASIBLE} for row in again)
            yield _Part(name, table_contradiction(rows, again), is_final)


def contradiction(first: LayerResult, second: LayerResult) -> str:
    """What keeps two answers to one question from both being right; empty where nothing does.

    Each is a statement on the least cost: a mapping has it or more, a bound is it or less. So it is
    with what decides between mappings of least cost.
    """
    reason = excluded(first, second)
    if reason:
        return reason
    for one, other in ((first, second), (second, first)):
        has_less = (
            one.tie_bound is not None
            and other.tie_value is not None
            and one.value == other.value
            and one.tie_bound > other.tie_value
        )
        if has_less:
            what = f"{one.objective.tie_break} among mappings of least cost"
            return f"{what}: none has less than {one.tie_bound}; one has {other.tie_value}"
    return ""


def excluded(first: Claim, second: Claim) -> str:
    """What one says of the least cost that the other excludes; empty where nothing does."""
    for one, other in ((first, second), (second, first)):
        if other.value is None:
            continue
        if one.status is Status.INFEASIBLE:
            return f"no mapping fits, says one proof; one that costs {other.value} does, the other"
        if one.bound is not None and one.bound > other.value:
            return f"no mapping costs less than {one.bound}; one costs {other.value}"
    return ""


def table_contradiction(first: Sequence[Slice], second: Sequence[Slice]) -> str:
    """What keeps two tables of the parts of one map-space from both being right."""
    rows = {row.key: row for row in second}
    for row in first:
        reason = excluded(row, rows[row.key])
        if reason:
            return f"{' | '.join(row.key)}: {reason}"
    return ""
