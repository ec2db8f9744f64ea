"""Sharing tokens out: every token has exactly one member, and shares are as equal as they can be."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tetri_worker.failures import CallFailed
from tetri_worker.sharding import share, split


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("length", [0, 1, 7, 8, 333, 4096])
def test_slices_cover_everything_evenly(length: int, parts: int) -> None:
    sizes = split(length, parts)
    assert len(sizes) == parts and sum(sizes) == length
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("size", [2, 3, 4, 8])
def test_members_have_slices_that_follow_each_other(size: int) -> None:
    shares = [share(SimpleNamespace(size=size, rank=rank), 13, 40) for rank in range(size)]  # type: ignore[arg-type]
    text, image = [one.text_slice for one in shares], [one.image_slice for one in shares]
    for sizes, slices in ((shares[0].text, text), (shares[0].image, image)):
        assert slices[0].start == 0 and slices[-1].stop == sum(sizes)
        assert all(one.stop == two.start for one, two in zip(slices, slices[1:]))
    assert sum(shares[0].joint) == 53


def test_degree_1_has_everything() -> None:
    one = share(None, 5, 9)
    assert (one.text_slice, one.image_slice, one.joint) == (slice(0, 5), slice(0, 9), (14,))


def test_a_member_without_image_is_refused() -> None:
    with pytest.raises(CallFailed) as raised:
        share(SimpleNamespace(size=4, rank=0), 5, 3)  # type: ignore[arg-type]
    assert raised.value.code == "unsupported"
