"""Channels that cancel out in the mean: one of them is decoded alone, and no other file is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiotag.audio.decoders import LIBSNDFILE, PYAV
from audiotag.audio.mixdown import PROBE, Mixer
from audiotag.audio.sound import BLOCK_SAMPLES
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.decoding import mono, windows
from tests.helpers.dsd import make_dsf
from tests.helpers.wave_files import make_float_wave
from tests.helpers.workers import in_worker

RATE = 22_050
SECONDS = 16.0  # six blocks


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    """One channel of sound."""
    return tone(SECONDS, RATE, 1)[:, 0] * np.float32(0.5)


def decoded(path: Path, columns: list[np.ndarray]) -> np.ndarray:
    """What comes out of channels in a file, through each decoder."""
    make_float_wave(path, np.stack(columns, axis=1), RATE)
    samples, _ = in_worker(mono, path, None, (LIBSNDFILE,))
    np.testing.assert_array_equal(in_worker(mono, path, None, (PYAV,))[0], samples)
    return samples


@pytest.mark.parametrize("pairs", [1, 2, 4, 8])
def test_opposite_channels_are_heard_by_one_of_them(pairs: int, sound: np.ndarray, tmp_path: Path) -> None:
    np.testing.assert_array_equal(decoded(tmp_path / "a.wav", [sound, -sound] * pairs), sound)


@pytest.mark.parametrize("suffix", [".flac", ".m4a", ".opus"])
def test_whatever_the_codec(suffix: str, tmp_path: Path) -> None:
    left = tone(SECONDS, 48_000, 1)
    path = make_audio(tmp_path / f"a{suffix}", np.concatenate([left, -left], axis=1), 48_000)
    samples, _ = in_worker(mono, path)
    assert np.sqrt((samples**2).mean()) == pytest.approx(np.sqrt((left**2).mean()), rel=0.1)
    assert len(in_worker(windows, path)[0]) == 1


def test_nearly_opposite_channels_too(sound: np.ndarray, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    right = -0.9 * sound + np.float32(0.01) * random.standard_normal(len(sound)).astype(np.float32)
    np.testing.assert_array_equal(decoded(tmp_path / "a.wav", [sound, right.astype(np.float32)]), sound)


def test_half_a_song_is_enough(sound: np.ndarray, tmp_path: Path) -> None:
    right = np.where(np.arange(len(sound)) < len(sound) // 2, sound, -sound)
    np.testing.assert_array_equal(decoded(tmp_path / "a.wav", [sound, right]), sound)


def test_dsd_too(tmp_path: Path) -> None:
    left = 0.4 * tone(2.0, 8_000, 1)
    path = make_dsf(tmp_path / "a.dsf", np.concatenate([left, -left], axis=1), 8_000, 352)
    samples, _ = in_worker(mono, path)
    assert np.sqrt((samples**2).mean()) > 0.05


class TestOthersAreMixed:
    """Files whose mix is all right come out as the mean, bit by bit."""

    def test_one_silent_channel(self, sound: np.ndarray, tmp_path: Path) -> None:
        nothing = np.zeros_like(sound)
        for columns in ([sound, nothing], [nothing, sound]):
            np.testing.assert_array_equal(decoded(tmp_path / "a.wav", columns), sound / 2)

    def test_the_centre_of_six(self, sound: np.ndarray, tmp_path: Path) -> None:
        nothing = np.zeros_like(sound)
        mixed = decoded(tmp_path / "a.wav", [nothing, nothing, sound, nothing, nothing, nothing])
        np.testing.assert_array_equal(mixed, sound / np.float32(6))

    @pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.9])
    def test_wide_stereo(self, correlation: float, tmp_path: Path) -> None:
        random = np.random.default_rng(2)
        left, other = (random.standard_normal((2, 4 * BLOCK_SAMPLES)) * 0.1).astype(np.float32)
        right = (correlation * left + np.sqrt(1 - correlation**2) * other).astype(np.float32)
        np.testing.assert_array_equal(decoded(tmp_path / "a.wav", [left, right]), (left + right) / 2)

    def test_one_stretch_in_opposite_phase(self, sound: np.ndarray, tmp_path: Path) -> None:
        right = sound.copy()
        right[BLOCK_SAMPLES : 2 * BLOCK_SAMPLES] *= -1
        np.testing.assert_array_equal(decoded(tmp_path / "a.wav", [sound, right]), (sound + right) / 2)


def test_blocks_that_are_silent_or_no_numbers_have_no_say() -> None:
    mixer = Mixer()
    for _ in range(19):
        mixer.mix(np.zeros((PROBE, 2), np.float32))
    mixer.mix(np.full((PROBE, 2), np.nan, np.float32))
    assert not mixer.cancels
    mixer.mix(np.tile(np.array([0.5, -0.5], np.float32), (PROBE, 1)))
    assert mixer.cancels


def test_the_loudest_channel_is_the_one_to_be_taken_alone() -> None:
    mixer = Mixer()
    mixer.mix(np.tile(np.array([0.1, -0.5, 0.4], np.float32), (PROBE, 1)))
    assert mixer.loudest == 1
    alone = Mixer(only=1).mix(np.tile(np.array([0.1, -0.5, 0.4], np.float32), (5, 1)))
    np.testing.assert_array_equal(alone, np.full(5, -0.5, np.float32))
