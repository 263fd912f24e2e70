"""The mel window against librosa, the front-end that the training data was made with."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
from librosa.filters import mel as librosa_mel_bank

from audiotag.audio import mel
from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.audio.mel import MelAnalyser, hz_to_mel, low_pass, mel_bank, mel_to_hz
from tests.helpers.decoding import mono
from tests.helpers.librosa_mel import FULL, librosa_window, our_window, synthetic
from tests.helpers.music import songs
from tests.helpers.workers import in_worker

RATES = [22_050, 44_100, 48_000]


def assert_parity(samples: np.ndarray, rate: int) -> None:
    """The top four bands aside, where the low-pass of librosa's resampler was once another one."""
    difference = np.abs(our_window(samples, rate) - librosa_window(samples, rate))[:-4]
    assert difference.mean() < 0.1
    assert (difference > 3.0).mean() <= 0.01


@pytest.mark.parametrize("rate", RATES)
def test_parity_with_librosa_on_synthetic_sound(rate: int) -> None:
    assert_parity(synthetic(rate), rate)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_parity_with_librosa_through_a_file(rate: int, channels: int, tmp_path: Path) -> None:
    from tests.helpers.audio_files import make_audio

    left = synthetic(rate)
    right = np.roll(left, rate // 7) * np.float32(0.5)
    samples = np.stack([left, right][:channels], axis=1)
    path = make_audio(tmp_path / "sound.wav", samples, rate)
    decoded, decoded_rate = in_worker(mono, path)
    assert decoded_rate == rate
    expected, _ = librosa.load(path, sr=None, mono=True)
    assert np.abs(decoded - expected).max() < 1e-4
    assert_parity(decoded, rate)


@pytest.mark.parametrize("song", songs(), ids=lambda song: song.stem)
def test_parity_with_librosa_on_real_songs(song: Path) -> None:
    samples, rate = in_worker(mono, song)
    start = len(samples) // 4
    assert_parity(samples[start : start + 25 * int(rate)], int(rate))


def test_the_kept_cells_are_those_of_the_full_window() -> None:
    samples = synthetic(44_100)
    full = MelAnalyser.build(FULL, 44_100)
    kept = MelAnalyser.build(FMA_ARCHIVE, 44_100)
    starts = full.frame_start(np.arange(1024))
    whole = full.mel_power(samples, starts[:1000])
    frames = FMA_ARCHIVE.kept_frames()[:190]
    part = kept.mel_power(samples, kept.frame_start(frames))
    np.testing.assert_allclose(part, whole[FMA_ARCHIVE.kept_bands()][:, frames], rtol=1e-5)


def test_without_scipy_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = synthetic(44_100)
    ours = MelAnalyser.build(FMA_ARCHIVE, 44_100)
    starts = ours.frame_start(FMA_ARCHIVE.kept_frames())
    with_scipy = ours.to_window(ours.mel_power(samples, starts))
    monkeypatch.setattr(mel, "_fourier", lambda: np.fft.rfft)
    without = ours.to_window(ours.mel_power(samples, starts))
    assert np.abs(with_scipy.astype(int) - without).max() <= 1
    assert (with_scipy != without).mean() < 0.001


@pytest.mark.parametrize(
    ("rate", "length"),
    [(22_050, 2_048), (44_100, 4_096), (48_000, 4_459), (32_000, 2_970), (96_000, 8_918), (8_000, 743)],
)
def test_a_frame_s_length_is_one_of_which_an_fft_is_quick(rate: int, length: int) -> None:
    """Where there is one, within a thousandth."""
    assert MelAnalyser.build(FMA_ARCHIVE, rate).frame_length == length


def test_the_mel_bank_is_librosas() -> None:
    expected = librosa_mel_bank(sr=22_050, n_fft=2048, n_mels=128)
    np.testing.assert_allclose(mel_bank(FULL, 22_050, 2048), expected, atol=1e-7)


def test_the_low_pass_is_that_of_kaiser_best() -> None:
    """librosa's default resampler when the training data was made: a windowed sinc (resampy 0.2)."""
    zeros, per_zero, roll_off = 64, 32, 0.9475937167399596
    time = np.arange(-zeros * per_zero, zeros * per_zero + 1) / per_zero  # in samples of the result
    sinc = np.sinc(roll_off * time) * np.kaiser(len(time), 14.769656459379492)
    response = np.abs(np.fft.rfft(sinc, 1 << 16))
    theirs = 20 * np.log10(response / response[0] + 1e-9)
    hz = np.fft.rfftfreq(1 << 16, 1 / (per_zero * 22_050))
    ours = 10 * np.log10(low_pass(FMA_ARCHIVE, 44_100, hz) + 1e-18)
    for down_to, within in ((-3.0, 0.2), (-35.0, 0.6)):
        assert np.abs(theirs - ours)[theirs > down_to].max() < within


def test_what_was_not_resampled_has_no_low_pass() -> None:
    assert (low_pass(FMA_ARCHIVE, 22_050, np.array([0.0, 11_000.0])) == 1).all()


def test_hertz_and_mel_are_inverse() -> None:
    hz = np.linspace(0, 22_050, 500)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, atol=1e-8)


def test_bands_above_the_nyquist_frequency_are_floor() -> None:
    window = our_window(synthetic(8_000), 8_000)
    edges = mel_to_hz(np.linspace(0, float(hz_to_mel(11_025.0)), 130))
    above = edges[:-2] > 4_000
    assert above.sum() > 10
    assert (window[above] == -80).all()
    assert (window[~above] > -80).any()


def test_loudness_does_not_matter() -> None:
    samples = synthetic(22_050)
    loud, soft = our_window(samples, 22_050), our_window(samples / 16, 22_050)
    assert np.abs(loud - soft).max() < 0.32  # at most one step of 80 dB / 255, by rounding
    assert (loud != soft).mean() < 1e-4
