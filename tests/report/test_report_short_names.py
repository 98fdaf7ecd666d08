"""Short labels that still tell apart what they name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.report.short_names import short_names

LAYERS = [
    f"encoder.layers.{n}.{part}.projection"
    for n in (0, 1, 11)
    for part in ("self_attention.query", "self_attention.key", "feed_forward")
]
PARTS = st.sampled_from(("encoder", "layer", "0", "1", "attention", "query", "key", "w" * 40))
NAMES = st.lists(PARTS, min_size=1, max_size=8).map(".".join)


@given(st.lists(NAMES, unique=True, max_size=30), st.sampled_from((14, 16, 28)))
def test_names_that_differ_have_labels_that_differ(names: list[str], longest: int) -> None:
    labels = short_names(names, longest)
    assert list(labels) == names
    assert len(set(labels.values())) == len(names)
    assert all(len(label) <= longest for label in labels.values())
    assert all(labels[name] == name for name in names if len(name) <= longest)


@pytest.mark.parametrize("longest", [14, 28])
def test_what_tells_names_apart_is_kept(longest: int) -> None:
    """Not numbers of our own where a part of the name will do."""
    labels = short_names(LAYERS, longest)
    assert not any("#" in label for label in labels.values())
    for name, label in labels.items():
        assert all(part in name for part in label.split("…"))


def test_only_a_name_without_others_loses_its_middle() -> None:
    (label,) = short_names(["features.stage4.block2.conv1"], 14).values()
    assert label == "feat…ck2.conv1"
