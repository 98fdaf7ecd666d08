"""Why a layer has no mapping: what clashes, and how far each part would have to give way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypedDict

from dmaze_cp.spec.documents import Least, Meaning, Record

_Cost = Annotated[int | None, Least(0)]


@dataclass(frozen=True)
class Relaxation:
    """The least that one part of a clash has to give way for there to be a mapping.

    Attributes
    ----------
    text
        What it would be instead, such as ``an RF holds 17 words`` or ``PE.M=8``.
    status
        How good the mapping found is: `optimal`, `feasible`, or `unknown`.
    value, bound, energy_pj, latency_cycles
        What the best mapping costs then, and the bound, as far as there was time.
    """

    text: str
    status: str
    value: int | None = None
    bound: int | float | None = None
    energy_pj: int | None = None
    latency_cycles: int | None = None


@dataclass(frozen=True)
class ClashMember:
    """A capacity or a pin of a clash.

    Attributes
    ----------
    text
        The capacity in words, or the pin.
    relaxation
        None: however far it gives way, there is none, or time ran out.
    """

    text: str
    relaxation: Relaxation | None = None


@dataclass(frozen=True)
class Clash:
    """Demands that no mapping satisfies together.

    Attributes
    ----------
    text
        All of it in a sentence, with the numbers.
    members
        Capacities and pins.
    irreducible
        Proven: without any one of them the others leave a mapping.
    """

    text: str
    members: tuple[ClashMember, ...]
    irreducible: bool


class RelaxationRecord(TypedDict):
    """The least that a member has to give way."""

    text: str
    status: str
    value: _Cost
    bound: Annotated[float | None, Least(0)]
    energy_pj: _Cost
    latency_cycles: _Cost


class MemberRecord(TypedDict):
    """A capacity or a pin."""

    text: str
    relaxation: RelaxationRecord | None


class ClashRecord(TypedDict):
    """Demands that no mapping satisfies together."""

    text: str
    members: list[MemberRecord]
    irreducible: Annotated[bool, Meaning("proven that none can be left out")]


def clash_record(clash: Clash) -> Record:
    """The clash as an object; `clash_from_dict` gives it back equal."""
    record = asdict(clash)
    return {**record, "members": list(record["members"])}


def clash_from_dict(data: Mapping[str, Any]) -> Clash:
    """The clash of an object that has the form of a `ClashRecord`."""
    members = tuple(
        ClashMember(each["text"], each["relaxation"] and Relaxation(**each["relaxation"]))
        for each in data["members"]
    )
    return Clash(data["text"], members, data["irreducible"])
