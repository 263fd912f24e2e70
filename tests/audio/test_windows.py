"""Cutting a track into windows: how many, which, and the same however the samples arrive."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.audio.frontend import FMA_ARCHIVE, FrontEnd
from audiotag.audio.mel import MelAnalyser
from audiotag.audio.windows import WindowSlicer, slice_windows

# A small front-end, so that a window is 0.2 s and the tests are quick.
SMALL = FrontEnd(8_000, 256, 64, 20, 0.0, 4_000.0, 25, 10, 8, 80.0)
HOP = 64
WINDOW = 25 * HOP


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(samples).astype(np.float32) * np.float32(0.1)


def cut(*blocks: np.ndarray, frontend: FrontEnd = SMALL, rate: float = 8_000) -> list[np.ndarray]:
    return list(slice_windows(blocks, WindowSlicer(MelAnalyser.build(frontend, rate))))


@pytest.mark.parametrize(
    ("samples", "windows"),
    [
        (HOP, 1),  # shorter than a window: padded
        (WINDOW - HOP, 1),
        (WINDOW + 10 * HOP, 1),  # with the frame at its end, a rest of 11 frames of 25 adds nothing
        (WINDOW + 11 * HOP, 2),  # one of 12 does: half a window is enough
        (2 * WINDOW - HOP, 2),
        (4 * WINDOW, 4),
    ],
)
def test_a_track_has_a_window_for_each_whole_one_and_one_for_a_large_rest(samples: int, windows: int) -> None:
    assert len(cut(noise(samples))) == windows


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6 * WINDOW), st.lists(st.integers(1, 3 * WINDOW), max_size=12))
def test_it_does_not_matter_how_the_samples_arrive(samples: int, cuts: list[int]) -> None:
    track = noise(samples)
    edges = sorted({0, samples, *(edge for edge in np.cumsum(cuts).tolist() if edge < samples)})
    blocks = [track[start:end] for start, end in pairwise(edges)]
    whole, pieces = cut(track), cut(*blocks)
    assert len(whole) == len(pieces)
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_last_window_ends_with_the_track() -> None:
    track = noise(WINDOW + 20 * HOP)
    last = cut(track)[-1]
    # Its frames are centred on hops counted from the start, so they begin on a whole hop.
    frames = 1 + len(track) // HOP
    tail = cut(np.concatenate([track[(frames - 25) * HOP :], np.zeros(0, np.float32)]))[0]
    # The first frame or two look half a frame back, to samples that the tail alone lacks.
    np.testing.assert_array_equal(last[:, 2:], tail[:, 2:])


def test_a_short_track_is_followed_by_silence() -> None:
    (window,) = cut(noise(WINDOW // 2))
    assert (window[:, :3] > 0).all()
    assert (window[:, -2:] == 0).all()


def test_silent_windows_are_passed_over() -> None:
    track = np.concatenate([noise(WINDOW), np.zeros(3 * WINDOW, np.float32), noise(WINDOW)])
    assert len(cut(track)) == 3  # two with sound, and the one into which the last frames reach


def test_each_window_begins_where_it_was_cut_and_the_last_one_ends_with_the_track() -> None:
    slicer = WindowSlicer(MelAnalyser.build(SMALL, 8_000))
    quiet = np.zeros(WINDOW, np.float32)
    blocks = [noise(WINDOW), quiet, quiet, noise(2 * WINDOW + 13 * HOP)]
    starts = [slicer.start for _ in slice_windows(blocks, slicer)]
    # The last frame of the noise reaches into the first of the quiet ones; half of the last is heard twice.
    assert starts == pytest.approx([0.0, 0.2, 0.6, 0.8, 0.912])


def test_sound_above_all_bands_is_silence_too() -> None:
    above = np.sin(2 * np.pi * 20_000 * np.arange(60 * WINDOW) / 48_000).astype(np.float32)
    faded = above * np.hanning(len(above)).astype(np.float32)  # its ends are heard in every band
    assert len(cut(faded, rate=48_000)) == 0


def test_digital_silence_has_no_windows() -> None:
    assert cut(np.zeros(5 * WINDOW, np.float32)) == []


def test_every_window_reaches_its_maximum_and_has_the_card_s_shape() -> None:
    for window in cut(noise(4 * WINDOW)):
        assert window.shape == (10, 8)
        assert window.dtype == np.uint8
        assert window.max() == 255


def test_seconds_are_those_of_the_samples() -> None:
    slicer = WindowSlicer(MelAnalyser.build(SMALL, 8_000))
    list(slice_windows([noise(12_000), noise(4_000)], slicer))
    assert slicer.seconds == 2.0


def test_memory_does_not_grow_with_the_track() -> None:
    slicer = WindowSlicer(MelAnalyser.build(FMA_ARCHIVE, 8_000))
    block = noise(65_536)
    held = []
    for _ in range(40):
        list(slicer.feed(block))
        held.append(len(slicer._room))
    assert max(held) <= 2 * FMA_ARCHIVE.window_seconds * 8_000 + 2 * len(block)
