"""The original's pipeline, of which the benchmark needs a fair copy."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.against_others import in_turn
from benchmarks.others import slices


@pytest.mark.parametrize(("frames", "count"), [(100, 1), (1024, 1), (2047, 1), (5000, 4)])
def test_a_track_is_cut_into_slices_of_1024_frames(frames: int, count: int) -> None:
    cut = slices(np.linspace(-80, 0, 128 * frames).reshape(frames, 128).T)
    assert cut.shape == (count, 200, 1024, 1)
    assert (cut.min(), cut.max() <= 1) == (0, True)


def test_slices_follow_one_another_and_rows_keep_their_order() -> None:
    mel = np.zeros((128, 3 * 1024)) - 80
    mel[:, 1024:2048] = np.linspace(-80, 0, 128)[:, None]
    first, second, third = slices(mel)[..., 0]
    assert first.max() == third.max() == 0
    assert second[0, 0] == 0
    assert second[-1, 0] == 1
    assert (np.diff(second[:, 0]) >= 0).all()


def test_rounds_go_forwards_and_backwards() -> None:
    ran: list[str] = []
    for backwards in (False, True):
        in_turn(["a", "b", "c"], backwards, ran.append)
    assert "".join(ran) == "abccba"
