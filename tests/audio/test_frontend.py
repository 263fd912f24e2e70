"""The front-end is data: what a card may say, and which bands and frames that keeps."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.audio.frontend import FMA_ARCHIVE, FrontEnd
from audiotag.errors import ModelError


def test_a_card_is_read_back_as_it_was_written() -> None:
    assert FrontEnd.from_card(FMA_ARCHIVE.to_card()) == FMA_ARCHIVE


def test_a_window_of_the_shipped_front_end_is_23_8_seconds() -> None:
    assert FMA_ARCHIVE.window_seconds == pytest.approx(23.777, abs=0.001)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_fft": 0},
        {"bands": 129},
        {"frames": 1025},
        {"fmin": 11_025.0},
        {"hop": 512},
    ],
)
def test_a_senseless_card_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        FrontEnd.from_card(FMA_ARCHIVE.to_card() | wrong)


def test_a_card_that_lacks_something_names_it() -> None:
    values = FMA_ARCHIVE.to_card()
    del values["hop_length"]
    with pytest.raises(ModelError, match="hop_length"):
        FrontEnd.from_card(values)


@given(st.integers(1, 200), st.integers(0, 200))
def test_kept_bands_are_the_highest_of_each_share(kept: int, more: int) -> None:
    frontend = replace(FMA_ARCHIVE, n_mels=kept + more, bands=kept)
    shares = [Fraction((row + 1) * (kept + more), kept) for row in range(kept)]
    assert frontend.kept_bands().tolist() == [math.ceil(share) - 1 for share in shares]
    assert len(set(frontend.kept_bands())) == kept


@given(st.integers(1, 200), st.integers(0, 200))
def test_kept_frames_are_the_middle_of_each_share(kept: int, more: int) -> None:
    frontend = replace(FMA_ARCHIVE, window_frames=kept + more, frames=kept)
    expected = [(kept + more) * Fraction(2 * column + 1, 2 * kept) for column in range(kept)]
    assert frontend.kept_frames().tolist() == [math.floor(frame) for frame in expected]


def test_fma_s_clip_of_30_seconds_has_1292_frames_of_which_250_are_kept() -> None:
    clip = FMA_ARCHIVE.of_length(30.0)
    assert (clip.window_frames, clip.frames) == (1292, 250)
    expected = np.floor((np.arange(250) + 0.5) * 1292 / 250)
    assert clip.kept_frames().tolist() == expected.astype(int).tolist()


@given(st.floats(3.0, 600.0))
def test_the_columns_of_a_longer_window_are_as_far_apart(seconds: float) -> None:
    longer = FMA_ARCHIVE.of_length(seconds)
    assert longer.window_seconds == pytest.approx(seconds, abs=FMA_ARCHIVE.hop_seconds)
    assert longer.window_seconds == pytest.approx(
        longer.frames * FMA_ARCHIVE.column_seconds, abs=FMA_ARCHIVE.column_seconds
    )


def test_all_bands_and_frames_can_be_kept() -> None:
    full = replace(FMA_ARCHIVE, bands=128, frames=1024)
    assert full.kept_bands().tolist() == list(range(128))
    assert full.kept_frames().tolist() == list(range(1024))
