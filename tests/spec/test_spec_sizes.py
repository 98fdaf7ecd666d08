"""Sizes are read and shown in one way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmaze_cp.architecture import Architecture
from dmaze_cp.errors import SpecError
from dmaze_cp.report.machine import architecture_in_short, architecture_rows
from dmaze_cp.spec import architecture_from_dict, architecture_to_dict
from dmaze_cp.spec.sizes import size_in_bytes, size_text


@given(st.integers(1, 2**40) | st.integers(1, 2**12).map(lambda n: n * 512))
def test_what_is_shown_can_be_read(size: int) -> None:
    assert size_in_bytes(size_text(size)) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *(("8 KiB", 8192), ("8KB", 8192), ("8 kib", 8192), ("0.5 MiB", 2**19), ("1 byte", 1)),
        *(("512", 512), (512, 512), (512.0, 512), ("1e3 B", 1000), ("2 GB", 2**31)),
        *(("", None), ("KiB", None), ("8 words", None), ("-8 KiB", None), (0, None), (True, None)),
        *(("1.5 bytes", None), (2.5, None), (None, None), ("1e999 KiB", None)),
    ],
)
def test_sizes(text: object, size: int | None) -> None:
    assert size_in_bytes(text) == size


def test_an_architecture_with_units() -> None:
    spec = architecture_to_dict(Architecture())
    sizes = {"rf_bytes": "0.5 KiB", "word_bytes": "2 bytes", "spm_bank_bytes": "2 KiB"}
    read = architecture_from_dict({**spec, **sizes})
    assert read == Architecture()
    assert architecture_to_dict(read) == spec  # numbers, in bytes


@pytest.mark.parametrize("size", ["2 KiBs", "KiB", "0 KiB", "-1 KiB", "0.3 KiB", "two"])
def test_no_size(size: str) -> None:
    spec = {**architecture_to_dict(Architecture()), "spm_bank_bytes": size, "pes": "2 KiB"}
    with pytest.raises(SpecError) as caught:
        architecture_from_dict(spec)
    assert sorted(p.where for p in caught.value.problems) == ["pes", "spm_bank_bytes"]


def test_which_buffers_a_size_is_of() -> None:
    chip = Architecture(pes=4, rf_bytes=96, spm_banks=3, spm_bank_bytes=512)
    assert dict(architecture_rows(chip))["SPM"] == "3 KiB (two buffers of 3 x 512 bytes)"
    text = "4 PEs, RF 96 bytes, SPM 3 KiB (two buffers of 3 x 512 bytes)"
    assert architecture_in_short(chip) == text
