"""Layers <-> objects: the same form in model specs, mapping records and results."""

from __future__ import annotations

from typing import Annotated, Final, NotRequired, TypedDict

from dmaze_cp.errors import Problem, SpecError
from dmaze_cp.spec.documents import Count, Least, Meaning, Most, Record
from dmaze_cp.spec.fields import Fields, is_integer, is_name
from dmaze_cp.workload import MAX_BOUND, MAX_INSTANCES, Kind, Layer

LAYER_FIELDS: Final = (
    "name",
    "kind",
    "bounds",
    "stride",
    "dilation",
    "padded_input",
    "instances",
    "also",
)
"""Fields of a layer in a spec."""


def layer_from_dict(obj: object, *, name: str | None = None, where: str = "") -> Layer:
    """A layer from an object.

    ``bounds`` names every dimension of the kind but ``N`` (1 where left out) and the
    ``M`` of a depthwise convolution (always 1). ``stride`` and ``dilation`` are [x, y] or
    one integer for both, and 1 where left out. ``padded_input`` is what the loops touch
    where left out. ``instances`` is one for the layer and one for each name in ``also``
    where left out.

    Parameters
    ----------
    obj
        The object, with the fields `LAYER_FIELDS`.
    name
        The layer's name where the object has none; without it, ``name`` is required.
    where
        Path of the object inside its file, for messages.

    Raises
    ------
    SpecError
        With every problem found.
    """
    spec = Fields(obj, "a mapping with the fields of a layer", where)
    spec.refuse_unknown(LAYER_FIELDS)
    return layer_from_fields(spec, name=name)


def layer_from_fields(spec: Fields, *, name: str | None = None) -> Layer:
    """The layer that `spec` holds, whatever other fields it has; see `layer_from_dict`."""
    layer_name = spec.name("name", name or "unnamed", required=name is None)
    also = _also(spec)
    least = 1 + len(also)
    instances = spec.integer("instances", least, required=False)
    if not least <= instances <= MAX_INSTANCES:
        spec.note("instances", f"an integer from {least} (itself and also) to {MAX_INSTANCES}")
        instances = least
    kind = _kind(spec)
    if kind is None:
        raise SpecError(spec.problems)
    before = len(spec.problems)
    bounds = _bounds(spec, kind)
    stride, dilation = _pair(spec, "stride", kind), _pair(spec, "dilation", kind)
    padded = _padded_input(spec, kind)
    if len(spec.problems) > before:
        # How much padding fits depends on what is not known.
        padded = None
    extents = tuple(bounds[d] for d in kind.dimensions)
    try:
        layer = Layer(layer_name, kind, extents, stride, dilation, padded, instances, also)
    except SpecError as error:
        inside = error.under(spec.where) if spec.where else error
        raise SpecError([*spec.problems, *inside.problems]) from None
    spec.raise_problems()
    return layer


def layer_to_dict(layer: Layer) -> dict[str, object]:
    """The layer as an object: `layer_from_dict` gives it back equal."""
    value: dict[str, object] = {
        "name": layer.name,
        "kind": str(layer.kind),
        "bounds": layer.bounds,
        "instances": layer.instances,
    }
    if layer.padded_input is not None:
        value["stride"] = list(layer.stride)
        value["dilation"] = list(layer.dilation)
        value["padded_input"] = list(layer.padded_input)
    if layer.also:
        value["also"] = list(layer.also)
    return value


class LayerRecord(TypedDict):
    """A layer: what it is and how often it occurs."""

    name: Annotated[str, Meaning("unique in its network")]
    also: NotRequired[Annotated[list[str], Meaning("names of equal layers")]]
    kind: Kind
    instances: NotRequired[Annotated[int, Least(1), Most(MAX_INSTANCES)]]
    bounds: Annotated[
        dict[str, Annotated[int, Least(1), Most(MAX_BOUND)]], Meaning("loop bound by dimension")
    ]
    stride: NotRequired[Annotated[list[int], Count(2), Meaning("x (height), y (width)")] | None]
    dilation: NotRequired[Annotated[list[int], Count(2), Meaning("x, y")] | None]
    padded_input: NotRequired[
        Annotated[list[int], Count(2), Meaning("extents with padding, x and y")] | None
    ]


def layer_record(layer: Layer) -> Record:
    """The layer as an object of results, which has all fields; `layer_from_dict` reads it too."""
    record: LayerRecord = {
        "name": layer.name,
        "also": list(layer.also),
        "kind": layer.kind,
        "instances": layer.instances,
        "bounds": layer.bounds,
        "stride": list(layer.stride),
        "dilation": list(layer.dilation),
        "padded_input": None if layer.padded_input is None else list(layer.padded_input),
    }
    return {**record, "kind": str(layer.kind)}


def _kind(spec: Fields) -> Kind | None:
    expected = f"one of {', '.join(Kind)}"
    if spec.missing("kind", expected):
        return None
    value = spec.data["kind"]
    if not isinstance(value, str) or value not in tuple(Kind):
        spec.note("kind", expected)
        return None
    return Kind(value)


def _also(spec: Fields) -> tuple[str, ...]:
    value = spec.data.get("also", ())
    if not isinstance(value, list | tuple) or not all(is_name(v) for v in value):
        spec.note("also", "a list of names of equal layers")
        return ()
    return tuple(value)


def _bounds(spec: Fields, kind: Kind) -> dict[str, int]:
    """Bound of each dimension; 1 stands in for those that are bad."""
    dims = " ".join(kind.dimensions)
    result = dict.fromkeys(kind.dimensions, 1)
    if spec.missing("bounds", f"a mapping with {dims}"):
        return result
    bounds = Fields(spec.data["bounds"], f"a mapping with {dims}", spec.path("bounds"))
    for key in bounds.data:
        if key not in kind.dimensions:
            bounds.problems.append(
                Problem(bounds.path(key), "an unknown dimension", f"one of {dims}")
            )
    optional = {"N", "M"} if kind is Kind.DEPTHWISE else {"N"}
    for d in kind.dimensions:
        result[d] = bounds.integer(d, 1, required=d not in optional)
    spec.problems.extend(bounds.problems)
    return result


def _pair(spec: Fields, key: str, kind: Kind) -> tuple[int, int]:
    if key not in spec or (kind is Kind.GEMM and spec.data[key] is None):
        return (1, 1)
    value = spec.data[key]
    if kind is Kind.GEMM:
        if value != 1 and value not in ([1, 1], (1, 1)):
            spec.note(key, "none for a gemm")
        return (1, 1)
    pair = _as_pair(value)
    if pair is None:
        spec.note(key, "two integers, for x and y")
    return pair or (1, 1)


def _padded_input(spec: Fields, kind: Kind) -> tuple[int, int] | None:
    key = "padded_input"
    if key not in spec or (kind is Kind.GEMM and spec.data[key] is None):
        return None
    if kind is Kind.GEMM:
        spec.note(key, "none for a gemm")
        return None
    pair = _as_pair(spec.data[key])
    if pair is None:
        spec.note(key, "two integers, for x and y")
    return pair


def _as_pair(value: object) -> tuple[int, int] | None:
    if isinstance(value, int) and is_integer(value):
        return (value, value)
    if isinstance(value, list | tuple) and len(value) == 2 and all(map(is_integer, value)):
        return (value[0], value[1])
    return None
