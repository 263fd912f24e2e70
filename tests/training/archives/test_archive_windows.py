"""Clips of an archive are cut into windows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiotag.training.archives.archive import (
    cut,
    raise_to_maximum,
    window_offsets,
)


@given(st.integers(1, 600), st.integers(1, 200))
def test_windows_cover_a_clip_from_its_start_to_its_end(columns: int, frames: int) -> None:
    offsets = window_offsets(columns, frames)
    assert offsets[0] == 0
    assert offsets[-1] == max(0, columns - frames)
    assert all(0 < b - a <= frames for a, b in pairwise(offsets))


def test_a_window_is_relative_to_its_own_maximum() -> None:
    clip = np.zeros((1, 2, 6), np.uint8)
    clip[0, :, 0] = 255
    clip[0, 0, 3] = 100
    window = cut(clip, 2, 3)
    assert window.tolist() == [[[0, 255, 0], [0, 0, 0]]]


def test_a_clip_that_is_too_short_is_followed_by_silence() -> None:
    assert cut(np.full((1, 1, 2), 255, np.uint8), 0, 4).tolist() == [[[255, 255, 0, 0]]]


def test_silence_stays_silence() -> None:
    assert raise_to_maximum(np.zeros((1, 2, 2), np.uint8)).sum() == 0
