"""What files of fronts look like (schema ``dmaze-cp/front/1``)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from dmaze_cp.engine import MOST_EPSILON
from dmaze_cp.levels import Stationary
from dmaze_cp.result import Ending
from dmaze_cp.result.layer_files import Natural, Positive
from dmaze_cp.result.network import MissingLayerRecord
from dmaze_cp.spec.documents import Least, Meaning, Most, closed
from dmaze_cp.spec.layers import LayerRecord
from dmaze_cp.spec.mapping_files import TilingRecord
from dmaze_cp.spec.padded_layers import PaddedRecord
from dmaze_cp.spec.workload_files import OperatorRecord
from dmaze_cp.tradeoff.result import FrontStatus

Epsilon = Annotated[float, Least(0), Most(MOST_EPSILON)]
_Far = Annotated[int, Least(0), Most(1e100)]
"""A cost that no mapping need have."""


@closed
class PointRecord(TypedDict):
    """A mapping on the front."""

    padded: NotRequired[Annotated[PaddedRecord, Meaning("where bounds were raised")]]
    tiling: TilingRecord
    loop_order: dict[str, list[str]]
    stationary: dict[str, Stationary]
    energy_pj: Natural
    latency_cycles: Natural
    edp: Natural
    proven: Annotated[bool, Meaning("whether it is proven to be on the front")]


@closed
class RegionRecord(TypedDict):
    """Where there may be more points."""

    energy_pj: Annotated[_Far | None, Meaning("at most; null: any")]
    latency_cycles: Annotated[_Far, Meaning("at least")]


class LayerFrontRecord(LayerRecord):
    """The front of a layer; costs are of one instance."""

    status: FrontStatus
    epsilon: Epsilon
    points: Annotated[list[PointRecord], Meaning("by rising latency")]
    open: Annotated[RegionRecord | None, Meaning("where there may be more points")]
    reason: NotRequired[Annotated[str | None, Meaning("why there is no point, or no proof")]]
    ended: NotRequired[Annotated[Ending, Meaning("why the search ended")]]
    engine: NotRequired[Annotated[str | None, Meaning("null: nothing was searched")]]
    solve_time_s: NotRequired[Annotated[Positive, Meaning("wall seconds")]]
    searches: NotRequired[Natural]


@closed
class NetworkPointRecord(TypedDict):
    """Totals of a network."""

    energy_pj: Natural
    latency_cycles: Natural
    choice: Annotated[dict[str, Natural], Meaning("for each layer a place in its points")]


@closed
class NetworkFrontRecord(TypedDict):
    """The front of totals, all instances of a layer mapped alike."""

    status: FrontStatus
    epsilon: Positive
    points: Annotated[list[NetworkPointRecord], Meaning("by rising latency")]


class FrontRecord(TypedDict):
    """The energy-latency fronts of a network's layers, and of its totals."""

    schema: Literal["dmaze-cp/front/1"]
    cost_model: NotRequired[Annotated[Natural, Meaning("version of cost model and map-space")]]
    model: str
    architecture: Annotated[dict[str, Any], Meaning("in our own form")]
    constraints: Annotated[dict[str, list[str]], Meaning("pins by glob of layers")]
    interrupted: bool
    layers: list[LayerFrontRecord]
    missing: NotRequired[list[MissingLayerRecord]]
    network: NetworkFrontRecord
    unmapped_operators: NotRequired[list[OperatorRecord]]
    digest: Annotated[str, Meaning("of all that matters, see `dmaze-cp verify`")]
