"""Samples that are no sound: silence where they are few, counted always, and nothing else is touched."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audiotag.audio.damage import Cleaner
from audiotag.errors import DamagedSoundError, TooShortError
from tests.helpers.audio_files import Samples, tone
from tests.helpers.decoding import windows
from tests.helpers.wave_files import make_float_wave
from tests.helpers.workers import in_worker

RATE = 22_050


def cleaned(samples: np.ndarray) -> tuple[np.ndarray, float]:
    cleaner = Cleaner()
    return cleaner.clean(samples), cleaner.share


@given(arrays(np.float32, 2_000, elements=st.floats(-16, 16, width=32)))
def test_sound_comes_back_as_it_is(sound: np.ndarray) -> None:
    assert cleaned(sound)[0] is sound


@given(arrays(np.float32, 2_000, elements=st.floats(width=32)))
def test_whatever_comes_what_goes_on_fits_the_arithmetic(samples: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        after, share = cleaned(samples)
    assert np.isfinite(after).all()
    assert np.abs(after).max() <= 1e10
    assert 0 <= share <= 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -1e12, 1e6, 50.0])
def test_a_damaged_sample_becomes_silence(value: float) -> None:
    sound = tone(1.0, RATE, 1)[:, 0]
    damaged = sound.copy()
    damaged[7_000] = value
    after, share = cleaned(damaged)
    assert after[7_000] == 0
    assert share == pytest.approx(1 / len(sound))
    np.testing.assert_array_equal(np.delete(after, 7_000), np.delete(sound, 7_000))


@pytest.mark.parametrize("times", [10.0, 32_768.0, 1e6, 2.0**31])
def test_what_is_loud_throughout_is_only_loud(times: float) -> None:
    loud = tone(1.0, RATE, 1)[:, 0] * np.float32(times)
    after, share = cleaned(loud)
    assert share == 0
    np.testing.assert_array_equal(after, loud)


def strictly(path: Path) -> tuple[np.ndarray, float]:
    """A file's windows, where every warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return windows(path)


class TestFiles:
    """What comes of whole files, through either decoder."""

    @pytest.fixture
    def sound(self) -> Samples:
        return tone(4.0, RATE) * np.float32(0.5)

    def test_a_few_bad_samples_leave_the_window_as_it_was(self, sound: Samples, tmp_path: Path) -> None:
        clean, _ = in_worker(windows, make_float_wave(tmp_path / "clean.wav", sound, RATE))
        damaged = sound.copy()
        damaged[20_000, 0], damaged[30_000, 1], damaged[40_000:40_010] = np.nan, 3e38, -np.inf
        for bits in (32, 64):
            path = make_float_wave(tmp_path / f"{bits}.wav", damaged, RATE, bits)
            decoded, _ = in_worker(strictly, path)
            # A sample set to zero is a faint click, which shows only where the bands are near empty.
            assert np.abs(decoded.astype(float) - clean).mean() < 10

    @pytest.mark.parametrize("channels", [2, 3])
    @pytest.mark.parametrize("value", [np.nan, np.inf, 1e20])
    def test_more_than_a_trace_is_a_fault_of_the_file(
        self, value: float, channels: int, tmp_path: Path
    ) -> None:
        damaged = tone(4.0, RATE, channels)
        damaged[: RATE // 4, channels - 1] = value
        with pytest.raises(DamagedSoundError, match="6% of its samples are not numbers"):
            in_worker(strictly, make_float_wave(tmp_path / "a.wav", damaged, RATE))

    def test_a_spike_to_the_end_of_the_scale_in_a_mix_far_too_loud(
        self, sound: Samples, tmp_path: Path
    ) -> None:
        clean, _ = in_worker(windows, make_float_wave(tmp_path / "clean.wav", sound, RATE))
        loud = sound * np.float32(1e6)
        decoded, _ = in_worker(windows, make_float_wave(tmp_path / "loud.wav", loud, RATE))
        assert np.abs(decoded.astype(float) - clean).max() <= 1

    def test_denormal_numbers_are_silence(self, sound: Samples, tmp_path: Path) -> None:
        path = make_float_wave(tmp_path / "a.wav", sound * np.float32(1e-38), RATE)
        with pytest.raises(TooShortError, match="silence"):
            in_worker(windows, path)
