"""The front-end is data: what a card may say, and which bands and frames that keeps."""

from __future__ import annotations

from dataclasses import replace
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
def test_kept_bands_are_point_sampled_as_the_archive_is(kept: int, more: int) -> None:
    frontend = replace(FMA_ARCHIVE, n_mels=kept + more, bands=kept)
    expected = np.floor((np.arange(kept) + 0.5) * (kept + more) / kept)
    assert frontend.kept_bands().tolist() == expected.astype(int).tolist()
    assert len(set(frontend.kept_bands())) == kept


def test_all_bands_and_frames_can_be_kept() -> None:
    full = replace(FMA_ARCHIVE, bands=128, frames=1024)
    assert full.kept_bands().tolist() == list(range(128))
    assert full.kept_frames().tolist() == list(range(1024))
